"""The first arrow: which files there are, and their bytes."""

import hashlib
import os
import unicodedata
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.errors import FileFormatError, FileTooLargeError, FileUnreadableError
from ingest.parsing import MEDIA_TYPES

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True)
class SourceFile:
    """A file and its stable place in the knowledge base: `<folder name>/<posix path in the folder>`.

    `problem` says why it cannot be read, where that is known already: then it may be a folder.
    """

    path: Path
    source: str
    problem: str | None = None


@dataclass(frozen=True)
class LoadedFile:
    """The content of a file; `content_hash` is its SHA-256."""

    source: str
    media_type: str
    data: bytes
    content_hash: bytes


def find_files(root: Path, name: str, *, below: Path) -> Generator[SourceFile]:
    """The files of the folder `root` at or below `below` whose type is known, in a stable order.

    A file that is named itself counts whatever its type: the report then says why it cannot be read. Hidden
    entries are left out, and so are links that lead out of the folder. Folders that cannot be listed come
    last, each with its problem.
    """
    closed: list[OSError] = []
    if below.is_file():
        yield _source_file(below, root, name)
        return
    for folder, subfolders, files in os.walk(below, onerror=closed.append):
        subfolders[:] = sorted(entry for entry in subfolders if _wanted(entry))
        for entry in sorted(files):
            path = Path(folder, entry)
            if _wanted(entry) and path.suffix.lower() in MEDIA_TYPES and _inside(path, root):
                yield _source_file(path, root, name)
    for error in closed:
        problem = f"The folder cannot be listed ({error.strerror}). Change its permissions."
        yield replace(_source_file(Path(error.filename), root, name), problem=problem)


def load(file: SourceFile, *, max_bytes: int) -> LoadedFile:
    """The content of a file. Raises `FileProblemError`."""
    if file.problem:
        raise FileUnreadableError(file.problem)
    media_type = MEDIA_TYPES.get(file.path.suffix.lower())
    if media_type is None:
        known = ", ".join(sorted(MEDIA_TYPES))
        raise FileFormatError(f"Files of this type cannot be read. Known are {known}.")
    data = _read(file.path, max_bytes)
    return LoadedFile(file.source, media_type, data, hashlib.sha256(data).digest())


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise FileUnreadableError("This is not a regular file any more.")
        with path.open("rb") as opened:
            data = opened.read(max_bytes + 1)
    except OSError as error:
        raise FileUnreadableError(f"The file cannot be read ({error.strerror}).") from None
    if len(data) > max_bytes:
        raise FileTooLargeError(
            f"The file is larger than {max_bytes} bytes. Raise INGEST_MAX_FILE_BYTES to read it."
        )
    return data


def _source_file(path: Path, root: Path, name: str) -> SourceFile:
    # macOS writes names decomposed, Linux as typed: the same name must be the same source.
    source = unicodedata.normalize("NFC", f"{name}/{path.relative_to(root).as_posix()}")
    # A name in another encoding than the system's comes with surrogates, which Postgres cannot store.
    return SourceFile(path, source.encode("utf-8", "backslashreplace").decode())


def _wanted(entry: str) -> bool:
    return not entry.startswith(".") and entry not in SKIPPED_FOLDERS


def _inside(path: Path, root: Path) -> bool:
    # `Path.resolve` would raise for a link that leads to itself.
    return not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(root)
