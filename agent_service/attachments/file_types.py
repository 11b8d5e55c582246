"""What kind of file some bytes are: decided by the bytes, the name only tells apart what is text anyway."""

import io
import re
import zipfile
from pathlib import PurePosixPath

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML = "text/html"
IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
TEXTS = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": HTML,
    ".htm": HTML,
    ".csv": "text/csv",
    ".json": "application/json",
}
PLAIN = "text/plain"
ACCEPTED = (PDF, DOCX, PLAIN, *sorted(set(TEXTS.values())), *IMAGES)
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Beginnings of formats that hold no control characters where we look, and are no text.
NO_TEXT = (b"%!PS", b"{\\rtf", b"PK\x03\x04", b"Rar!")
LOOKED_AT = 65_536


def file_type(name: str, data: bytes) -> str | None:
    """The MIME type of a file that can be attached, found in its bytes; None when it is of another kind."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if b"%PDF-" in data[:1024]:
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return DOCX if _is_docx(data) else None
    if _is_text(data):
        return TEXTS.get(PurePosixPath(name.lower()).suffix, PLAIN)
    return None


def same_kind(declared: str, found: str) -> bool:
    """Whether a file may be called what it was called: texts go by many names, all else by one."""
    declared = declared.partition(";")[0].strip().lower()
    exact = {PDF, DOCX, *IMAGES}
    if found in exact:
        return declared in ("", "application/octet-stream", found)
    return declared not in exact


def _is_docx(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "word/document.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def _is_text(data: bytes) -> bool:
    if data.startswith(UTF16_MARKS):
        return True
    return not data.startswith(NO_TEXT) and CONTROLS.search(data[:LOOKED_AT]) is None
