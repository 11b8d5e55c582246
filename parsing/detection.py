"""Which format a file has: by the end of its name, corrected by its first bytes where they are certain."""

import re
import struct
from collections.abc import Iterator
from pathlib import PurePosixPath

from parsing.errors import FileFormatError
from parsing.formats import FORMATS, MODULES, is_lock_file, named_type

PROTECTED = "The file is protected by a password. Save a copy without one."
OFFICE = "application/vnd.openxmlformats-officedocument."
EXCEL = "application/vnd.ms-excel"
OUTLOOK = "application/vnd.ms-outlook"
ZIP = "application/zip"
# The beginnings of files that say for certain what they are.
KNOWN_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"{\\rtf", "application/rtf"),
)
IMAGE_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
IMAGES = {
    "image/png": "a PNG image",
    "image/jpeg": "a JPEG image",
    "image/webp": "a WebP image",
    "image/gif": "a GIF image",
}
FOREIGN_BEGINNINGS = (
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"8BPS\x00", "a Photoshop image"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\x00asm", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"OggS\x00", "a sound file"),
    (b"fLaC\x00", "a sound file"),
    (b"ID3\x03", "a sound file"),
    (b"ID3\x04", "a sound file"),
    (b"\x1a\x45\xdf\xa3", "a video"),
)
REPACK = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\x04\x22\x4d\x18", "LZ4"),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream that holds a current Office file under its password.
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
# Names of streams in an OLE container.
OLE_STREAMS = (
    ("__properties_version1.0", OUTLOOK),
    ("Workbook", EXCEL),
    ("Book", EXCEL),
)
OLD_FORMATS = (("WordDocument", "Word", ".docx"), ("PowerPoint Document", "PowerPoint", ".pptx"))
HTML_BEGINNING = re.compile(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# Of these modules the files are text of some kind: their first characters prove nothing.
TEXT_MODULES = frozenset(
    {
        *("markdown.markdown", "text", "html.html", "rtf.rtf", "source", "notebook"),
        *("mail.mail", "mail.mbox", "mail.mhtml"),
        *(
            "data.delimited",
            "data.json",
            "data.xml",
            "data.content_lines",
            "data.subtitles",
            "data.translations",
        ),
    }
)
# Text holds none of these; a byte order mark explains the NULs of UTF-16.
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
POSTSCRIPT = b"%!PS"
MAX_TEXT_LOOKED_AT = 65_536
OFFICE_PARTS = (
    (b"word/document", OFFICE + "wordprocessingml.document"),
    (b"ppt/presentation", OFFICE + "presentationml.presentation"),
    (b"xl/workbook.bin", EXCEL),
    (b"xl/workbook", OFFICE + "spreadsheetml.sheet"),
)
MAX_ENTRIES_LOOKED_AT = 10_000
ENTRY_HEADER = struct.Struct("<4s24xHHH12x")
FIRST_ENTRY = struct.Struct("<18xLLHH")


def media_type_of(name: str, data: bytes) -> str:
    """The media type of a file, one of the table's. Raises `FileFormatError` for files that are not read."""
    if is_lock_file(PurePosixPath(name).name):
        raise FileFormatError("This file only marks a document as open. Give the document itself.")
    named = named_type(name)
    _refuse_foreign(data)
    return _by_first_bytes(data, named) or named or _unknown(name)


def sent_type(name: str, data: bytes) -> str:
    """The same for a file that somebody sends: an image is taken, and text whatever its name is.

    Raises `FileFormatError`, also when a file that is called text is none.
    """
    image = image_type(data)
    if image is not None:
        return image
    _refuse_foreign(data)
    named = named_type(name)
    certain = _by_first_bytes(data, named)
    if certain is not None:
        return certain
    media_type = named or "text/plain"
    if MODULES[media_type] in TEXT_MODULES and not _looks_like_text(data):
        raise FileFormatError("This is not a text file.")
    return media_type


def image_type(data: bytes) -> str | None:
    """The media type of an image that browsers show; None for all else."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in IMAGE_BEGINNINGS if data.startswith(beginning)), None)


def is_encrypted_office(data: bytes) -> bool:
    """Whether it is a current Office file in the container that a password needs."""
    return data.startswith(OLE) and ENCRYPTED_PACKAGE in data


def is_named_like_known(name: str) -> bool:
    """Whether the end of the name belongs to a format that is read."""
    return named_type(name) is not None


def _by_first_bytes(data: bytes, named: str | None) -> str | None:
    if data.startswith(OLE):
        return _ole_type(data, named)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(data, named)
    for beginning, media_type in KNOWN_BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data.startswith(b"BZh") and data[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "application/x-bzip2"
    if data[257:262] == b"ustar":
        return "application/x-tar"
    if (named is None or MODULES[named] not in TEXT_MODULES) and HTML_BEGINNING.match(data[:1024]):
        return "text/html"
    return None


def _refuse_foreign(data: bytes) -> None:
    for beginning, kind in REPACK:
        if data.startswith(beginning):
            raise FileFormatError(f"{kind} archives are not read. Repack the files as ZIP.")
    kind = IMAGES.get(image_type(data) or "") or next(
        (kind for beginning, kind in FOREIGN_BEGINNINGS if data.startswith(beginning)), None
    )
    if data.startswith(b"RIFF") and data[8:12] in (b"WAVE", b"AVI "):
        kind = {b"WAVE": "a sound file", b"AVI ": "a video"}[data[8:12]]
    elif data[4:8] == b"ftyp" and data[:1] == b"\x00":
        kind = "a video or sound file"
    elif data.startswith(b"MZ") and b"\x00\x00" in data[:64]:
        kind = "a program"
    if kind:
        raise FileFormatError(f"This is {kind}, not a document with text.")


def _looks_like_text(data: bytes) -> bool:
    if data.startswith(UTF_16_MARKS):
        return True
    return not data.startswith(POSTSCRIPT) and CONTROLS.search(data[:MAX_TEXT_LOOKED_AT]) is None


def _ole_type(data: bytes, named: str | None) -> str:
    """Old Office files, Outlook messages and protected new Office files share one container."""
    if is_encrypted_office(data):
        raise FileFormatError(PROTECTED)
    if named in (OUTLOOK, EXCEL):
        return named
    for stream, media_type in OLE_STREAMS:
        if _has_stream(data, stream):
            return media_type
    for stream, program, ending in OLD_FORMATS:
        if _has_stream(data, stream):
            raise FileFormatError(f"The old format of {program} is not read. Save a copy as {ending}.")
    if named and named.startswith(OFFICE):
        raise FileFormatError(PROTECTED)
    raise FileFormatError("This kind of old Office file is not read. Save a copy in a current format.")


def _has_stream(data: bytes, name: str) -> bool:
    return f"{name}\x00".encode("utf-16-le") in data


def _zip_type(data: bytes, named: str | None) -> str | None:
    stated = _stated_type(data)
    if stated in MODULES:
        return stated
    names = tuple(_zip_names(data))
    if b"[Content_Types].xml" in names:
        for part, media_type in OFFICE_PARTS:
            if any(name.startswith(part) for name in names):
                return media_type
    # A damaged document is the business of its own parser.
    return named if named and MODULES[named] not in TEXT_MODULES else ZIP


def _stated_type(data: bytes) -> str:
    """The content of a first entry `mimetype`, which is stored as it is."""
    if len(data) < 30 or data[30:38] != b"mimetype":
        return ""
    size, _, name_size, extra_size = FIRST_ENTRY.unpack_from(data)
    start = 30 + name_size + extra_size
    stated = data[start : start + min(size, 100)].decode("ascii", "replace").strip()
    return stated.removesuffix("-template")


def _zip_names(data: bytes) -> Iterator[bytes]:
    """Names out of the directory at the end, without building an object for each."""
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(data):
        return
    position = end - int.from_bytes(data[end + 12 : end + 16], "little")
    for _ in range(MAX_ENTRIES_LOOKED_AT):
        if position < 0 or position + 46 > end:
            return
        magic, name_size, extra_size, comment_size = ENTRY_HEADER.unpack_from(data, position)
        if magic != b"PK\x01\x02":
            return
        yield data[position + 46 : position + 46 + name_size]
        position += 46 + name_size + extra_size + comment_size


def _unknown(name: str) -> str:
    ending = PurePosixPath(name).suffix
    files = f"Files ending in {ending}" if ending else "Files without an ending"
    known = ", ".join(format.endings[0] for format in FORMATS if format.module != "source")
    raise FileFormatError(f"{files} are not read. Known are {known} and the source code of many languages.")
