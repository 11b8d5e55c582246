"""An export as a folder or as a ZIP: written part by part, and read back without leaving it."""

import os
import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from owflex.keeping.archive import DAMAGED
from owflex.keeping.drafts import drafted, drafted_folder
from owflex.keeping.errors import ArchiveError

MAX_LINE_BYTES = 512 << 20


class BundleWriter(Protocol):
    """Takes files by their path inside the export."""

    def add(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file, block by block."""
        ...


class BundleReader(Protocol):
    """Opens files by their path inside the export."""

    @contextmanager
    def opened(self, path: str) -> Generator[IO[bytes] | None]:
        """A file as a stream; None where it is not there."""
        ...


@contextmanager
def written_bundle(target: Path) -> Generator[BundleWriter]:
    """A new export: a ZIP where the name ends so, else a folder. It is there when the block has ended well.

    Raises `KeepingError`.
    """
    if target.suffix.lower() == ".zip":
        with drafted(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            yield ZipWriter(archive)
        return
    with drafted_folder(target) as draft:
        yield FolderWriter(draft)


@contextmanager
def read_bundle(source: Path) -> Generator[BundleReader]:
    """An export. Raises `ArchiveError` when there is none."""
    if source.is_dir():
        yield FolderReader(source.resolve())
        return
    if not source.is_file():
        raise ArchiveError(f"There is no {source}. Name a folder or a ZIP made by: owflex export")
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise ArchiveError(f"{source} is no export of OwFlex, or was cut short. Export again.") from None
    with archive:
        yield ZipReader(source, archive)


def lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    """The lines of a file of JSON; an overlong one is an `ArchiveError`."""
    while line := file.readline(MAX_LINE_BYTES):
        if len(line) >= MAX_LINE_BYTES:
            raise ArchiveError(f"{name} has a line that is longer than it can be. Export again.")
        if line.strip():
            yield line


class ZipWriter:
    """See `BundleWriter`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file, block by block."""
        entry = zipfile.ZipInfo(path)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        with self._archive.open(entry, "w", force_zip64=True) as file:
            for block in blocks:
                file.write(block)


class FolderWriter:
    """See `BundleWriter`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file, block by block."""
        file = self._folder / path
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            for block in blocks:
                output.write(block)


class ZipReader:
    """See `BundleReader`."""

    def __init__(self, source: Path, archive: zipfile.ZipFile) -> None:
        self._source = source
        self._archive = archive
        self._names = set(archive.namelist())

    @contextmanager
    def opened(self, path: str) -> Generator[IO[bytes] | None]:
        """A file as a stream; None where it is not there."""
        if path not in self._names:
            yield None
            return
        try:
            with self._archive.open(path) as file:
                yield file
        except DAMAGED:
            raise ArchiveError(f"{self._source}: {path} is damaged. Export again.") from None


class FolderReader:
    """See `BundleReader`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def opened(self, path: str) -> Generator[IO[bytes] | None]:
        """A file as a stream; None where it is not there, or is a link to another place."""
        file = (self._folder / path).resolve()
        if not file.is_relative_to(self._folder) or not file.is_file():
            yield None
            return
        with file.open("rb") as stream:
            yield stream
