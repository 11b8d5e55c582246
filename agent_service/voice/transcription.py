"""Dictation: recordings become text, by a provider or on this machine."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx2
from chatkit.types import InputTranscribeReq
from openai import APITimeoutError, AsyncOpenAI, OpenAIError
from pydantic import SecretStr

from agent_service.errors import RequestRefusedError
from agent_service.http.upload_allowance import UploadAllowance
from agent_service.settings.run_time import is_fixed
from agent_service.settings.settings import AgentServiceSettings
from agent_service.voice.local_whisper import is_installed, transcribe_locally
from serving.certificates import certificates_for
from serving.fair_slots import FairSlots
from serving.guarded_connections import transport_to_services

OPENAI_URL = "https://api.openai.com/v1"
GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta"
GEMINI_ORDER = "Write down what is said in this recording, word for word, and nothing else."
ENDINGS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/webm": "webm",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/flac": "flac",
    "audio/aac": "aac",
}

MAX_AUDIO_BYTES = 25 * 1024 * 1024

# A user who sends many recordings waits behind those of others.
RECORDINGS_AT_ONCE, RECORDINGS_OF_ONE = 8, 2
# A person dictates one after the other. Each that waits is held in memory.
RECORDINGS_WAITING = 10
RETRY_SECONDS = 10
# A multiple of four characters.
BASE64_PART = 1 << 20

Transcribe = Callable[[bytes, str], Awaitable[str]]


@dataclass(frozen=True)
class Speech:
    """Where a provider's transcription is, with its key and model."""

    base_url: str
    key: SecretStr | None
    model: str
    seconds: float
    # Whether somebody has entered the address on the page.
    guarded: bool = False


class Dictation:
    """Writes recordings down with the engine that the settings choose."""

    def __init__(self, settings: AgentServiceSettings) -> None:
        self._settings = settings
        self.renew()
        self._seconds = settings.transcription_seconds
        self._allowance = UploadAllowance(settings)
        self._slots = FairSlots[str](
            RECORDINGS_AT_ONCE, each=RECORDINGS_OF_ONE, contended=1, waiting=RECORDINGS_WAITING
        )

    def renew(self) -> None:
        """Read the settings anew."""
        self._transcribe = choose_engine(self._settings)

    @property
    def is_set_up(self) -> bool:
        """Whether there is an engine."""
        return self._transcribe is not None

    async def text_of(self, data: bytes, user: str) -> str:
        """What is said in the recording of this user. Raises `RequestRefusedError`."""
        if self._transcribe is None:
            raise RequestRefusedError("dictation.not_set_up", code="unsupported")
        mime_type = check_audio(data)
        self._allowance.take(user, len(data))
        try:
            async with self._slots.one(user, self._seconds, _too_many), asyncio.timeout(self._seconds):
                text = await self._transcribe(data, mime_type)
        except (TimeoutError, APITimeoutError):
            raise _failed("dictation.too_slow", status=504) from None
        except (OpenAIError, httpx2.HTTPError) as error:
            status = getattr(error, "status_code", None)
            if status:
                raise _failed("dictation.refused", answer=status) from None
            raise _failed("dictation.unreachable") from None
        return text.strip()


def _too_many() -> RequestRefusedError:
    return RequestRefusedError(
        "dictation.too_many", status=429, code="too_many_recordings", retry_after=RETRY_SECONDS
    )


def choose_engine(settings: AgentServiceSettings) -> Transcribe | None:
    """The engine that TRANSCRIPTION names, or the first one that is set up; None without any."""
    engines: dict[str, Callable[[AgentServiceSettings], Transcribe | None]] = {
        "openai": _openai,
        "local": _local,
        "gemini": _gemini,
    }
    if settings.transcription != "auto":
        make = engines.get(settings.transcription)
        return make(settings) if make else None
    order = (
        ["openai", "local", "gemini"] if settings.transcription_base_url else ["local", "openai", "gemini"]
    )
    return next((engine for name in order if (engine := engines[name](settings)) is not None), None)


def audio_type(data: bytes) -> str | None:
    """The type of a recording, found in its bytes; None when it is none."""
    starts = {b"\x1a\x45\xdf\xa3": "audio/webm", b"OggS": "audio/ogg", b"fLaC": "audio/flac"}
    if data[:4] in starts:
        return starts[data[:4]]
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    if data[4:8] == b"ftyp":
        return "audio/mp4"
    if data[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return "audio/aac"
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] and data[1] & 0xE6 in (0xE2, 0xE4)):
        return "audio/mpeg"
    return None


def check_audio(data: bytes) -> str:
    """The type of a recording that can be written down. Raises `RequestRefusedError`."""
    if not data:
        raise RequestRefusedError("dictation.no_sound")
    if len(data) > MAX_AUDIO_BYTES:
        raise RequestRefusedError("dictation.too_large", status=413, code="too_large", bytes=MAX_AUDIO_BYTES)
    mime_type = audio_type(data)
    if mime_type is None:
        raise RequestRefusedError("dictation.wrong_type", status=415, code="unsupported_type")
    return mime_type


async def sound_in(request: InputTranscribeReq) -> bytes:
    """The recording. The SDK would skip what is not valid Base64. Raises `RequestRefusedError`."""
    data = await asyncio.to_thread(_decoded, request.params.audio_base64)
    if data is None:
        raise RequestRefusedError("dictation.not_base64")
    if not data:
        raise RequestRefusedError("dictation.no_sound")
    return data


def _decoded(text: str) -> bytes | None:
    """In parts: decoding keeps all other threads waiting until it is done."""
    if "=" in text[:-2]:
        return None
    data = bytearray()
    try:
        for start in range(0, len(text), BASE64_PART):
            data += base64.b64decode(text[start : start + BASE64_PART], validate=True)
    except (binascii.Error, ValueError):
        return None
    return bytes(data)


def _openai(settings: AgentServiceSettings) -> Transcribe | None:
    base_url = settings.transcription_base_url or settings.openai_base_url
    key = settings.transcription_api_key or settings.openai_api_key
    # A key of OpenAI's is not for a server somebody named for dictation only.
    if settings.transcription_base_url and settings.openai_base_url is None:
        key = settings.transcription_api_key
    if base_url is None and key is None:
        return None
    speech = Speech(
        base_url or OPENAI_URL,
        key,
        settings.transcription_model or "whisper-1",
        settings.transcription_seconds,
        guarded=settings.transcription_base_url is None and not is_fixed(settings, "openai_base_url"),
    )
    return partial(_ask_openai, speech)


def _gemini(settings: AgentServiceSettings) -> Transcribe | None:
    key = settings.transcription_api_key or settings.gemini_api_key
    if key is None:
        return None
    base_url = settings.transcription_base_url or GEMINI_URL
    model = settings.transcription_model or "gemini-2.5-flash"
    return partial(_ask_gemini, Speech(base_url, key, model, settings.transcription_seconds))


def _local(settings: AgentServiceSettings) -> Transcribe | None:
    if not is_installed(settings.transcription_model):
        return None
    # One at a time: each takes two cores.
    turn = asyncio.Lock()

    async def transcribe(data: bytes, mime_type: str) -> str:
        async with turn:
            return await transcribe_locally(
                data, settings.transcription_model, seconds=settings.transcription_seconds
            )

    return transcribe


async def _ask_openai(speech: Speech, data: bytes, mime_type: str) -> str:
    key = speech.key.get_secret_value() if speech.key is not None else "no-key"
    if speech.guarded:
        http = httpx2.AsyncClient(
            timeout=speech.seconds, transport=transport_to_services(speech.base_url), trust_env=False
        )
    else:
        http = httpx2.AsyncClient(timeout=speech.seconds, verify=certificates_for(speech.base_url))
    async with AsyncOpenAI(
        api_key=key, base_url=speech.base_url, timeout=speech.seconds, max_retries=1, http_client=http
    ) as client:
        file = (f"recording.{ENDINGS[mime_type]}", data, mime_type)
        return (await client.audio.transcriptions.create(model=speech.model, file=file)).text


async def _ask_gemini(speech: Speech, data: bytes, mime_type: str) -> str:
    assert speech.key is not None
    sound = {"mimeType": mime_type, "data": base64.b64encode(data).decode()}
    body = {"contents": [{"role": "user", "parts": [{"text": GEMINI_ORDER}, {"inlineData": sound}]}]}
    model = quote(speech.model.removeprefix("models/"), safe="")
    verify = certificates_for(speech.base_url)
    async with httpx2.AsyncClient(timeout=speech.seconds, verify=verify) as client:
        answer = await client.post(
            f"{speech.base_url}/models/{model}:generateContent",
            json=body,
            headers={"x-goog-api-key": speech.key.get_secret_value()},
        )
    if answer.status_code != 200:
        raise _failed("dictation.refused", answer=answer.status_code)
    return _gemini_text(answer)


def _gemini_text(answer: httpx2.Response) -> str:
    try:
        content: Any = answer.json()["candidates"][0]["content"]
        return "".join(str(part["text"]) for part in content["parts"] if not part.get("thought"))
    except (ValueError, KeyError, IndexError, TypeError):
        raise _failed("dictation.no_text") from None


def _failed(key: str, *, status: int = 502, **values: Any) -> RequestRefusedError:
    return RequestRefusedError(key, status=status, code="transcription_failed", **values)
