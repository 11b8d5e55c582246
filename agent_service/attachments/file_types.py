"""What can be attached: every format that `parsing` reads except archives, and the images browsers show."""

from parsing.detection import IMAGES, sent_type
from parsing.errors import FileFormatError
from parsing.formats import FORMATS, MODULES

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAIN = "text/plain"
# An archive is many documents under one name: nobody could tell which of them an answer rests on.
ARCHIVES = frozenset(media_type for media_type, module in MODULES.items() if module == "archive")
TAKEN = tuple(format for format in FORMATS if format.media_type not in ARCHIVES)
COMMON = (PDF, DOCX, PLAIN)
ACCEPTED = (*COMMON, *sorted({format.media_type for format in TAKEN} - set(COMMON)), *IMAGES)
ENDINGS = (
    *(ending for format in TAKEN for ending in format.endings),
    *(".png", ".jpg", ".jpeg", ".webp", ".gif"),
)
ACCEPTED_IN_WORDS = (
    ", ".join(format.endings[0].removeprefix(".").upper() for format in TAKEN if format.module != "source")
    + ", source code and other text, and images (PNG, JPEG, WebP, GIF)"
)


def file_type(name: str, data: bytes) -> str:
    """The MIME type of a file that can be attached, found in its bytes; the name tells apart what is text.

    Raises `FileFormatError` for files of other kinds.
    """
    found = sent_type(name, data)
    if found in ARCHIVES:
        raise FileFormatError("This is an archive. Unpack it and attach the files you need.")
    return found


def same_kind(declared: str, found: str) -> bool:
    """Whether a file may be called what it was called: texts go by many names, all else by one."""
    declared = declared.partition(";")[0].strip().lower()
    exact = {PDF, DOCX, *IMAGES}
    if found in exact:
        return declared in ("", "application/octet-stream", found)
    return declared not in exact
