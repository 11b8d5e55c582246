"""Archives: ZIP, tar and single compressed files, as documents made of members only."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, cast

from parsing.archives.members import MAX_TOTAL_BYTES, Entry, collect
from parsing.detection import PROTECTED
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.text import clean

# All that the libraries raise on archives that are no good.
LIBRARY_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)
ENCRYPTED = 0x1
UTF_8_NAME = 0x800
# The directory of a ZIP is read at once: so many entries of it fit into memory.
MAX_DIRECTORY_ENTRIES = 100_000
XZ_MEMORY = 256_000_000
TAR_BLOCK = 512
COMPRESSED_ENDINGS = (".gz", ".bz2", ".xz")


def parse(data: bytes, source: str) -> ParsedDocument:
    """The documents in an archive as members. Raises `FileFormatError` for a protected or damaged one."""
    with _plain_errors():
        entries = _entries(data, PurePosixPath(source).name)
    members, notes = collect(entries)
    return ParsedDocument(clean(PurePosixPath(source).name)[:300] or source, (), {}, members, notes)


def _entries(data: bytes, name: str) -> Iterator[Entry]:
    if data.startswith(b"PK"):
        return _zip_entries(data)
    stream = _unpacked(data)
    if stream is None:
        return _tar_entries(io.BytesIO(data))
    head = _Bounded(stream, MAX_TOTAL_BYTES).read(TAR_BLOCK)
    stream.seek(0)
    if _is_tar(head):
        return _tar_entries(stream)
    return iter([Entry(_inner_name(name), _reader_of(stream))])


def _unpacked(data: bytes) -> IO[bytes] | None:
    file = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)  # pyright: ignore[reportReturnType] - it reads like one
    if data.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if data.startswith(b"\xfd7zXZ"):
        # The file says how much memory reading it takes.
        lzma.LZMADecompressor(memlimit=XZ_MEMORY).decompress(data[: 1 << 16], max_length=TAR_BLOCK)
        return lzma.LZMAFile(file)
    return None


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _inner_name(name: str) -> str:
    stem, ending = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
    return stem if ending in COMPRESSED_ENDINGS else f"{stem}.txt"


def _zip_entries(data: bytes) -> Iterator[Entry]:
    if data.count(b"PK\x01\x02") > MAX_DIRECTORY_ENTRIES:
        raise FileFormatError(f"The archive has more than {MAX_DIRECTORY_ENTRIES} files. Unpack it first.")
    archive = zipfile.ZipFile(io.BytesIO(data))
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_link(info)]
    if files and all(info.flag_bits & ENCRYPTED for info in files):
        raise FileFormatError(PROTECTED)
    return (Entry(_zip_name(info), _zip_reader(archive, info)) for info in files)


def _is_link(info: zipfile.ZipInfo) -> bool:
    made_on_unix = info.create_system == 3
    return made_on_unix and (info.external_attr >> 28) not in (0, 0o10)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Names without the mark of UTF-8 are often in it all the same."""
    if info.flag_bits & UTF_8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if info.flag_bits & ENCRYPTED:
            raise FileFormatError(PROTECTED)
        with _plain_errors(), archive.open(info) as file:
            return file.read(limit)

    return read


def _tar_entries(stream: IO[bytes]) -> Iterator[Entry]:
    """Files in the order of the archive; each can be read only until the next is asked for."""
    with _plain_errors():
        archive = tarfile.open(fileobj=cast(IO[bytes], _Bounded(stream, MAX_TOTAL_BYTES)), mode="r|")  # noqa: SIM115
        for info in archive:
            if info.isreg():
                yield Entry(_tar_name(info.name), _tar_reader(archive, info))
            # It would keep all of them.
            archive.members = []  # pyright: ignore[reportAttributeAccessIssue]


def _tar_name(name: str) -> str:
    stored = name.encode("utf-8", "surrogateescape")
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode("latin-1")


def _tar_reader(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with _plain_errors():
            file = archive.extractfile(info)
            return file.read(limit) if file else b""

    return read


def _reader_of(stream: IO[bytes]) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with _plain_errors():
            return stream.read(limit)

    return read


@contextmanager
def _plain_errors() -> Generator[None]:
    try:
        yield
    except (NotImplementedError, RuntimeError) as error:
        raise FileFormatError(
            f"The archive is packed in a way that is not read ({error}). Repack it as plain ZIP."
        ) from None
    except LIBRARY_ERRORS as error:
        raise FileFormatError(f"The archive is damaged ({error or type(error).__name__}).") from None


class _Bounded:
    """A stream that ends with an error where a bomb would go on."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise FileFormatError(f"It unpacks to more than {MAX_TOTAL_BYTES // 1_000_000} MB.")
        return data
