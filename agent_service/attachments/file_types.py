"""What can be attached: every format that `parsing` reads except archives, and the images browsers show."""

from typing import Any

from agent_service.errors import RequestRefusedError
from parsing.detection import IMAGES, sent_type
from parsing.errors import FileFormatError
from parsing.formats import FORMATS, MODULES

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAIN = "text/plain"
# An archive is many documents under one name: nobody could tell which of them an answer rests on.
ARCHIVES = frozenset(media_type for media_type, module in MODULES.items() if module == "archives.archive")
TAKEN = tuple(format for format in FORMATS if format.media_type not in ARCHIVES)
COMMON = (PDF, DOCX, PLAIN)
ACCEPTED = (*COMMON, *sorted({format.media_type for format in TAKEN} - set(COMMON)), *IMAGES)
ENDINGS = (
    *(ending for format in TAKEN for ending in format.endings),
    *(".png", ".jpg", ".jpeg", ".webp", ".gif"),
)
# Those that people attach most come first. Without source code and images, which a sentence names in words.
KINDS = tuple(
    format.endings[0].removeprefix(".").upper()
    for format in sorted(TAKEN, key=lambda format: format.media_type not in (PDF, DOCX))
    if format.module != "source"
)
IMAGE_KINDS = ("PNG", "JPEG", "WebP", "GIF")


def file_type(name: str, data: bytes) -> str:
    """The MIME type of a file that can be attached, found in its bytes; the name tells apart what is text.

    Raises `RequestRefusedError` for files of other kinds.
    """
    try:
        found = sent_type(name, data)
    except FileFormatError as error:
        # The reason is a sentence of the parsers', in English.
        raise unsupported("upload.wrong_type", name, reason=str(error), types=", ".join(KINDS)) from None
    if found in ARCHIVES:
        raise unsupported("upload.archive", name)
    return found


def unsupported(key: str, name: str, **values: Any) -> RequestRefusedError:
    """The refusal of a file that cannot be attached."""
    return RequestRefusedError(key, status=415, code="unsupported_type", name=name, **values)


def same_kind(declared: str, found: str) -> bool:
    """Whether a file may be called what it was called: texts go by many names, all else by one."""
    declared = declared.partition(";")[0].strip().lower()
    exact = {PDF, DOCX, *IMAGES}
    if found in exact:
        return declared in ("", "application/octet-stream", found)
    return declared not in exact
