"""Zip files, opened so that no bomb goes off: archives, and the formats that are one inside."""

import zipfile
import zlib
from io import BytesIO
from typing import TypeAlias, cast

from lxml import etree

from parsing.data.safe_xml import SAFE
from parsing.detection import OLE, PROTECTED, is_encrypted_office
from parsing.errors import FileFormatError

# The name lxml gives to what everybody handles.
Element: TypeAlias = etree._Element  # pyright: ignore[reportPrivateUsage]

MAX_ENTRIES = 20_000
MAX_TOTAL_BYTES = 400_000_000
# A small file may be dense (an empty sheet of a million rows); a large one that is as dense is a bomb.
MAX_DENSE_TOTAL_BYTES = 50_000_000
MAX_DENSITY = 200
ENCRYPTED = 0x1
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,  # covers NotImplementedError: a compression or a version that is not known
    ValueError,
)


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive, safe to list. Raises `FileFormatError` when it is damaged, encrypted or far too large."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except READ_ERRORS as error:
        raise FileFormatError(f"The file is damaged ({error}).") from None
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise FileFormatError(f"The file holds {len(entries)} files inside, more than is read.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES or (total > MAX_DENSE_TOTAL_BYTES and total > MAX_DENSITY * len(data)):
        raise FileFormatError(f"The file unpacks to {total // 1_000_000} MB, more than is read.")
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise FileFormatError(PROTECTED)
    return archive


def refuse_encrypted(data: bytes) -> None:
    """Nothing for a file that is open to read. Raises `FileFormatError` for an encrypted Microsoft file."""
    if is_encrypted_office(data):
        raise FileFormatError(PROTECTED)


def refuse_ole(data: bytes) -> None:
    """The same, and `FileFormatError` for the formats before 2007, which lie under the same signature."""
    refuse_encrypted(data)
    if data.startswith(OLE):
        raise FileFormatError(
            "The file is in the format of Office before 2007. Save a copy in the current one."
        )


def read_member(archive: zipfile.ZipFile, name: str, limit: int = 100_000_000) -> bytes:
    """The bytes of a file inside. Raises `FileFormatError` when it is missing, damaged or over the limit."""
    try:
        with archive.open(name) as member:
            data = member.read(limit + 1)
    except KeyError:
        raise FileFormatError(f"The file is damaged ({name} is missing in it).") from None
    except READ_ERRORS as error:
        raise FileFormatError(f"The file is damaged ({name}: {error}).") from None
    if len(data) > limit:
        raise FileFormatError(
            f"{name} in the file is larger than {limit // 1_000_000} MB, more than is read."
        )
    return data


def parse_xml(data: bytes) -> Element:
    """The root of an XML file; nothing outside is fetched, no entity grows. Raises `FileFormatError`."""
    parser = etree.XMLParser(**SAFE, recover=True)
    try:
        # A parser that recovers answers nothing at all for bytes that are no XML.
        root = cast("Element | None", etree.fromstring(data, parser))
    except (etree.LxmlError, ValueError) as error:
        raise FileFormatError(f"The file is damaged ({error}).") from None
    if root is None:
        raise FileFormatError("The file is damaged (a part of it is no XML).")
    return root
