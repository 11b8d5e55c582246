"""The first arrow: which files there are, and their bytes."""

import hashlib
import logging
import os
import unicodedata
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pathspec import GitIgnoreSpec

from parsing.errors import FileTooLargeError, FileUnreadableError
from parsing.formats import is_lock_file, named_type

logger = logging.getLogger("ingest")

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})
READ_SIZE = 1024 * 1024
# Under this name the lock files of office programs are counted.
LOCK_FILES = "lock files"


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

    data: bytes
    content_hash: bytes


@dataclass
class Walk:
    """A walk through the folder `root`, called `name` in the knowledge base.

    `include` and `exclude` are patterns as in a `.gitignore`, relative to the root; the `.gitignore` files in
    it are respected. The folder `avoid` is not entered. Files of unknown types are counted in `left_out` by
    the end of their name, lock files of office programs under a name of their own.
    """

    root: Path
    name: str
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    avoid: Path | None = None
    left_out: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        self._included = GitIgnoreSpec.from_lines(self.include) if self.include else None
        self._excluded = GitIgnoreSpec.from_lines(self.exclude) if self.exclude else None
        self._start = len(str(self.root / "_")) - 1
        above = [self.root, *self.root.parents]
        # Git's own boundary is the checkout, which may begin above the folder that is ingested.
        self._top = next((place for place in above if (place / ".git").exists()), self.root)

    def files(self, below: Path) -> Generator[SourceFile]:
        """The files at or below `below` whose type is known, in a stable order.

        A file that is named itself counts whatever its type: the report then says why it cannot be read.
        Hidden entries are left out, and so are links that lead out of the folder. Folders that cannot be
        listed come last, each with its problem.
        """
        if below.is_file():
            yield self._source_file(str(below))
            return
        closed: list[OSError] = []
        pending = [(str(below), self._rules_above(below))]
        while pending:
            folder, above = pending.pop()
            try:
                folders, files = _listed(folder)
            except OSError as error:
                closed.append(error)
                continue
            rules = _with_rules_of(folder, above)
            yield from (self._source_file(file.path) for file in files if self._takes(file, rules))
            pending += [(entry.path, rules) for entry in reversed(folders) if self._enters(entry, rules)]
        for error in closed:
            problem = f"The folder cannot be listed ({error.strerror}). Change its permissions."
            yield self._source_file(str(error.filename), problem)

    def source_of(self, path: Path) -> str:
        """The place of a path of this folder in the knowledge base."""
        inner = path.relative_to(self.root).as_posix()
        return self._source("" if inner == "." else inner)

    def _source_file(self, path: str, problem: str | None = None) -> SourceFile:
        return SourceFile(Path(path), self._source(path[self._start :]), problem)

    def _source(self, inner: str) -> str:
        # macOS writes names decomposed, Linux as typed: the same name must be the same source.
        source = unicodedata.normalize("NFC", f"{self.name}/{inner}" if inner else self.name)
        # A name in another encoding than the system's comes with surrogates, which Postgres cannot store.
        return source.encode("utf-8", "backslashreplace").decode()

    def _enters(self, folder: "os.DirEntry[str]", rules: "Rules") -> bool:
        if folder.name.startswith(".") or folder.name in SKIPPED_FOLDERS or folder.is_symlink():
            return False
        if self.avoid is not None and folder.path == str(self.avoid):
            return False
        inner = f"{folder.path[self._start :]}/"
        return not (_ignored(f"{folder.path}/", rules) or _matches(self._excluded, inner))

    def _takes(self, file: "os.DirEntry[str]", rules: "Rules") -> bool:
        if is_lock_file(file.name):
            self.left_out[LOCK_FILES] += 1
            return False
        if file.name.startswith(".") or not self._holds(file) or _ignored(file.path, rules):
            return False
        inner = file.path[self._start :]
        if _matches(self._excluded, inner):
            return False
        if self._included is not None and not self._included.match_file(inner):
            return False
        if named_type(file.name) is not None:
            return True
        self.left_out[PurePosixPath(file.name).suffix.lower() or file.name] += 1
        return False

    def _holds(self, file: "os.DirEntry[str]") -> bool:
        # `Path.resolve` would raise for a link that leads to itself.
        return not file.is_symlink() or Path(os.path.realpath(file.path)).is_relative_to(self.root)

    def _rules_above(self, folder: Path) -> "Rules":
        """What the `.gitignore` files between the checkout and a folder say, without that in it."""
        rules: Rules = ()
        for place in reversed(folder.parents):
            if place.is_relative_to(self._top):
                rules = _with_rules_of(str(place), rules)
        return rules


# What `.gitignore` files say of the paths in a folder, the nearest first: each with where in such a path the
# part that it speaks of begins. A walk of a hundred thousand files has no time for `Path` at each of them.
Rules = tuple[tuple[int, GitIgnoreSpec], ...]


def _listed(folder: str) -> "tuple[list[os.DirEntry[str]], list[os.DirEntry[str]]]":
    """The folders and the other entries in a folder, by name. Raises `OSError`."""
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    folders = [entry for entry in entries if _is_folder(entry)]
    return folders, [entry for entry in entries if not _is_folder(entry)]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _with_rules_of(folder: str, above: Rules) -> Rules:
    file = Path(folder, ".gitignore")
    spec = _read_ignore_file(file)
    return above if spec is None else ((len(str(file)) - len(file.name), spec), *above)


def _ignored(path: str, rules: Rules) -> bool:
    """Whether a `.gitignore` leaves the path out: the nearest one that speaks of it decides."""
    for start, spec in rules:
        decision = spec.check_file(path[start:]).include
        if decision is not None:
            return decision
    return False


def _matches(spec: GitIgnoreSpec | None, inner: str) -> bool:
    return spec is not None and spec.match_file(inner)


def load(path: Path, *, max_bytes: int) -> LoadedFile:
    """The content of a file. Raises `FileProblemError`."""
    with _opened(path) as opened:
        data = opened.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    return LoadedFile(data, hashlib.sha256(data).digest())


def content_hash(path: Path, *, max_bytes: int) -> bytes:
    """The SHA-256 of a file, read piece by piece. Raises `FileProblemError`."""
    digest = hashlib.sha256()
    size = 0
    with _opened(path) as opened:
        while piece := opened.read(READ_SIZE):
            size += len(piece)
            if size > max_bytes:  # it grows while it is read
                raise _too_large(max_bytes)
            digest.update(piece)
    return digest.digest()


@contextmanager
def _opened(path: Path) -> Generator[BinaryIO]:
    try:
        # Neither a pipe nor a device is opened: reading one may never end.
        if not path.is_file():
            raise FileUnreadableError("This is no longer a regular file.")
        with path.open("rb") as opened:
            yield opened
    except OSError as error:
        raise FileUnreadableError(f"The file cannot be read ({error.strerror}).") from None


def _too_large(max_bytes: int) -> FileTooLargeError:
    return FileTooLargeError(
        f"The file is larger than {max_bytes} bytes. Raise INGEST_MAX_FILE_BYTES to read it."
    )


def _read_ignore_file(file: Path) -> GitIgnoreSpec | None:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("%s cannot be read (%s): nothing is ignored for it.", file, error.strerror)
        return None
    return GitIgnoreSpec.from_lines(lines)
