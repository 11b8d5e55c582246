"""The text of an attached file, read in a process of its own: a hostile file harms nothing but that."""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from typing import Any, cast

from agent_service.attachments.file_types import DOCX, HTML, IMAGES, PDF
from agent_service.errors import RequestRefusedError
from agent_service.http.sandbox import run_child

SECONDS = 20
MEMORY_BYTES = 1_500_000_000
MAX_CHARACTERS = 400_000
MOST_PAGES = 500
MOST_UNPACKED_BYTES = 100_000_000
MOST_PIXELS = 50_000_000
UNREADABLE = "upload.unreadable"


class _UnreadableError(Exception):
    """Why a file cannot be read: a sentence of the catalogue, by its key."""


async def read_text(mime_type: str, data: bytes, *, seconds: float = SECONDS) -> str | None:
    """The file's text, at most 400 000 characters; None for images.

    Raises `RequestRefusedError` when the file cannot be read, or takes more than `seconds`.
    """
    try:
        output = await run_child("agent_service.attachments.reader", mime_type, data, seconds=seconds)
    except TimeoutError:
        raise _refusal("upload.too_slow") from None
    return _text_in(output)


def _text_in(output: bytes) -> str | None:
    try:
        answer = cast(dict[str, Any], json.loads(output))
    except ValueError:
        raise _refusal(UNREADABLE) from None
    if "problem" in answer:
        key = str(answer["problem"])
        raise _refusal(key)
    text = answer["text"]
    return None if text is None else str(text).replace("\x00", "")


def _refusal(key: str) -> RequestRefusedError:
    return RequestRefusedError(key, status=422, code="unreadable_file")


def main() -> None:
    """Read a file of the type in the first argument from standard input; write its text as JSON."""
    _limit_memory()
    mime_type = sys.argv[1]
    try:
        text = _reader(mime_type)(sys.stdin.buffer.read())
        if text is not None and not text.strip():
            raise _UnreadableError("upload.no_text")
        answer = {"text": text[:MAX_CHARACTERS] if text is not None else None}
    except _UnreadableError as error:
        answer = {"problem": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever a parser raises means the same to the user
        print(type(error).__name__, file=sys.stderr)  # noqa: T201
        answer = {"problem": UNREADABLE}
    sys.stdout.write(json.dumps(answer))


def _reader(mime_type: str) -> Callable[[bytes], str | None]:
    if mime_type in IMAGES:
        return _checked_image
    return {PDF: _pdf, DOCX: _docx, HTML: _html}.get(mime_type, _plain)


def _pdf(data: bytes) -> str:
    import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

    document = pypdfium2.PdfDocument(data)
    pages: list[str] = []
    left = MAX_CHARACTERS
    for number in range(min(len(document), MOST_PAGES)):
        text = document[number].get_textpage().get_text_range()
        pages.append(text.replace("\r\n", "\n"))
        left -= len(text)
        if left < 0:
            break
    return "\n\n".join(pages)


def _docx(data: bytes) -> str:
    import mammoth  # pyright: ignore[reportMissingTypeStubs]

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED_BYTES:
            raise _UnreadableError("upload.unpacks_too_large")
    no_images = mammoth.images.img_element(lambda _: {"src": ""})  # pyright: ignore
    html = cast(str, mammoth.convert_to_html(io.BytesIO(data), convert_image=no_images).value)  # pyright: ignore
    return _as_markdown(html)


def _html(data: bytes) -> str:
    return _as_markdown(_plain(data))


def _as_markdown(html: str) -> str:
    from html_to_markdown import ConversionOptions, convert

    result: Any = convert(html, ConversionOptions(skip_images=True, extract_metadata=False))
    return str(result.content or "")


def _plain(data: bytes) -> str:
    from charset_normalizer import from_bytes

    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(data[:MAX_CHARACTERS]).best()
    if best is None:
        raise _UnreadableError("upload.unknown_characters")
    return str(best)


def _checked_image(data: bytes) -> None:
    """Nothing: an image has no text. Its head must be one, and of a size that can be looked at."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise _UnreadableError("upload.too_many_pixels")


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
