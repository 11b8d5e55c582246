"""The file of a backup: a ZIP whose parts are written and read as streams, whole or not at all.

It holds a dump of each database, few small files of the data folder, and, written last, the manifest.
Nothing in it is ever unpacked to a path that it names.
"""

import hashlib
import zipfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

from agent_service.settings.settings import SETTINGS_KEY_FILE
from database.settings import SETTINGS_FILE
from mcp_server.settings import SIGNING_KEY_FILE, TOKEN_FILE
from owflex.keeping.drafts import drafted
from owflex.keeping.errors import ArchiveError
from owflex.keeping.manifest import Manifest, Part, read_manifest

MANIFEST = "manifest.json"
CHAT_DUMP, KNOWLEDGE_BASE_DUMP = "chat.dump", "knowledge_base.dump"
DUMPS = {"chat": CHAT_DUMP, "knowledge_base": KNOWLEDGE_BASE_DUMP}
KEY_FILES = (TOKEN_FILE, SIGNING_KEY_FILE, SETTINGS_KEY_FILE)
SMALL_FILES = (SETTINGS_FILE, *KEY_FILES)
KNOWN_PARTS = {MANIFEST, CHAT_DUMP, KNOWLEDGE_BASE_DUMP, *SMALL_FILES}
BLOCK_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 16 << 20
MAX_SMALL_BYTES = 4 << 20
# What is raised while a part of a ZIP is read that is cut short, altered or stored in an unknown way.
DAMAGED = (zipfile.BadZipFile, EOFError, NotImplementedError)
NOT_A_BACKUP = "is no backup of OwFlex, or was cut short. Use another one."


class ArchiveWriter:
    """Adds parts to a backup and remembers their checksums."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts: dict[str, Part] = {}

    def add(self, name: str, write_to: Callable[[Callable[[bytes], object]], object]) -> None:
        """A part; `write_to` is called with the function that takes its blocks."""
        counted, size = hashlib.sha256(), 0
        with self._archive.open(_entry(name), "w", force_zip64=True) as entry:

            def write(block: bytes) -> None:
                nonlocal size
                counted.update(block)
                size += len(block)
                entry.write(block)

            write_to(write)
        self.parts[name] = Part(size, counted.hexdigest())

    def add_bytes(self, name: str, content: bytes) -> None:
        """A small part."""
        self.add(name, lambda write: write(content))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, by which a backup is known to be whole."""
        with self._archive.open(_entry(MANIFEST), "w") as entry:
            entry.write(manifest.as_json())


class ArchiveReader:
    """A backup whose structure is known to be right."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._archive = archive

    @contextmanager
    def opened(self, name: str) -> Generator[IO[bytes]]:
        """A part as a stream. Raises `ArchiveError` when it cannot be read."""
        try:
            with self._archive.open(name) as entry:
                yield entry
        except DAMAGED:
            raise ArchiveError(f"{self.path}: {name} is damaged. Use another backup.") from None

    def small(self, name: str) -> bytes | None:
        """What a small file held; None when it is not in the backup."""
        if name not in self.manifest.parts:
            return None
        with self.opened(name) as entry:
            return entry.read(MAX_SMALL_BYTES)

    def check(self) -> None:
        """Read all of it and compare every checksum. Raises `ArchiveError`."""
        for name, part in self.manifest.parts.items():
            if self._measured(name) != part:
                raise ArchiveError(
                    f"{self.path}: {name} is not what was backed up (its checksum differs). The file is "
                    "damaged; nothing was changed. Use another backup."
                )

    def _measured(self, name: str) -> Part:
        counted, size = hashlib.sha256(), 0
        with self.opened(name) as entry:
            while block := entry.read(BLOCK_BYTES):
                counted.update(block)
                size += len(block)
        return Part(size, counted.hexdigest())


@contextmanager
def written(path: Path) -> Generator[ArchiveWriter]:
    """A new backup at `path`, for its owner only. It appears there when the block has ended well, and whole.

    Raises `KeepingError`; then nothing of it is left.
    """
    with drafted(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        yield ArchiveWriter(archive)


@contextmanager
def read(path: Path) -> Generator[ArchiveReader]:
    """A backup, looked through as far as its structure goes. Raises `ArchiveError`."""
    if not path.is_file():
        raise ArchiveError(f"There is no file {path}. Name a backup made by: owflex backup FILE")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise ArchiveError(f"{path} {NOT_A_BACKUP}") from None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read ({error.strerror}).") from None
    with archive:
        yield ArchiveReader(path, archive, _checked_manifest(path, archive))


def _checked_manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    listed = archive.namelist()
    if MANIFEST not in listed:
        raise ArchiveError(f"{path} {NOT_A_BACKUP}")
    if unknown := sorted(set(listed) - KNOWN_PARTS):
        raise ArchiveError(
            f"{path} holds {unknown[0][:100]!r}, which no backup of this version holds. It was changed; "
            "nothing was unpacked. Use another one."
        )
    manifest = read_manifest(_bounded(path, archive, MANIFEST, MAX_MANIFEST_BYTES), version("owflex"))
    if len(listed) != len(set(listed)) or set(listed) != {*manifest.parts, MANIFEST}:
        raise ArchiveError(f"{path} does not hold what it says it holds. It was changed; use another one.")
    if not set(DUMPS.values()) <= manifest.parts.keys() or set(DUMPS) != set(manifest.databases):
        raise ArchiveError(f"{path} does not hold both databases. Use another backup.")
    for name in SMALL_FILES:
        if name in listed and archive.getinfo(name).file_size > MAX_SMALL_BYTES:
            raise ArchiveError(f"{path}: {name} is larger than it can be. It was changed; use another one.")
    return manifest


def _bounded(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        with archive.open(name) as entry:
            content = entry.read(most + 1)
    except (*DAMAGED, RuntimeError):
        raise ArchiveError(f"{path} {NOT_A_BACKUP}") from None
    if len(content) > most:
        raise ArchiveError(f"{path}: {name} is larger than it can be. It was changed; use another one.")
    return content


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o600 << 16
    return entry


def backups_in(folder: Path) -> Iterator[Path]:
    """The backups that the schedule made in a folder, oldest first."""
    yield from sorted(folder.glob("owflex-*.backup"))
