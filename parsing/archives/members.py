"""Documents inside others: the files of an archive, the attachments of a message, and their limits."""

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from parsing import parse
from parsing.detection import is_named_like_known, media_type_of
from parsing.document import Member
from parsing.errors import FileFormatError, FileProblemError
from parsing.formats import MODULES, is_lock_file
from parsing.text import clean

MEGABYTE = 1_000_000
MAX_DEPTH = 3
MAX_FILES = 10_000
MAX_TOTAL_BYTES = 200 * MEGABYTE
MAX_FILE_BYTES = 50 * MEGABYTE
MAX_PROBLEMS = 50
MAX_PATH_LENGTH = 500
# They are nothing but what is in them.
CONTAINERS = frozenset({"archives.archive", "mail.mbox"})
# What systems keep beside files for themselves.
SYSTEM_FILES = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


def collect(entries: "Iterable[Entry]") -> "tuple[tuple[Member, ...], tuple[str, ...]]":
    """The documents among the entries, and notes about what was left out.

    Raises `FileFormatError` when the entries end with one before any could be read.
    """
    with _one_deeper() as budget:
        found = _Found()
        try:
            _read_all(entries, budget, found)
        except FileFormatError as error:
            if not found.members:
                raise
            found.problems.append(f"The rest was left out: {error}")
        return tuple(found.members), tuple(_notes(found))


def plain_path(path: str) -> str:
    """The path as a relative one that stays inside: no drive, root, `..` or invisible character."""
    parts = clean(path).replace("\\", "/").replace("\n", " ").split("/")
    kept = [part.strip() for part in parts if part.strip() not in ("", ".", "..") and part[1:] != ":"]
    return "/".join(kept)[-MAX_PATH_LENGTH:]


@contextmanager
def _one_deeper() -> "Generator[_Budget]":
    """What may still be read, one level below whoever is reading now."""
    above = _BUDGET.get()
    if above is not None and above.depth >= MAX_DEPTH:
        raise FileFormatError(f"It is nested more than {MAX_DEPTH} archives deep. Unpack it first.")
    budget = _Budget(above.depth + 1, above.left) if above else _Budget(1, _Left(MAX_FILES, MAX_TOTAL_BYTES))
    token = _BUDGET.set(budget)
    try:
        yield budget
    finally:
        _BUDGET.reset(token)


def _read_all(entries: "Iterable[Entry]", budget: "_Budget", found: "_Found") -> None:
    for entry in entries:
        path = plain_path(entry.path)
        parts = path.split("/")
        if not path or not SYSTEM_FILES.isdisjoint(parts):
            found.system += 1
            continue
        if any(part.startswith(".") for part in parts):
            found.hidden += 1
            continue
        if is_lock_file(PurePosixPath(path).name):
            found.others["lock file"] += 1
            continue
        if not is_named_like_known(path):
            found.others[PurePosixPath(path).suffix.lower() or "without an ending"] += 1
            continue
        if budget.left.files <= 0 or budget.left.bytes <= 0:
            found.problems.append(
                f"Only a part was read: at most {MAX_FILES} files and {MAX_TOTAL_BYTES // MEGABYTE} MB."
            )
            return
        _read_one(_unique(path, found), entry, budget, found)


def _read_one(path: str, entry: "Entry", budget: "_Budget", found: "_Found") -> None:
    try:
        data = _bytes_of(entry, budget)
        media_type = media_type_of(path, data)
        document = parse(media_type, data, path)
    except FileProblemError as error:
        found.problems.append(f"{path}: {error}")
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - one member that trips a parser must not cost all the others
        found.problems.append(f"{path}: The file cannot be read ({type(error).__name__}).")
    else:
        _add(Member(path, media_type, hashlib.sha256(data).digest(), document), found)


def _bytes_of(entry: "Entry", budget: "_Budget") -> bytes:
    limit = min(MAX_FILE_BYTES, budget.left.bytes)
    budget.left.files -= 1
    data = entry.read(limit + 1)
    budget.left.bytes -= len(data)
    if len(data) > limit:
        raise FileFormatError(f"It is larger than the {limit / MEGABYTE:.0f} MB that may still be read.")
    return data


def _add(member: Member, found: "_Found") -> None:
    """Members of the member come to lie beside it; an archive is nothing but its members."""
    inner = [replace(below, path=f"{member.path}/{below.path}") for below in member.document.members]
    if MODULES[member.media_type] in CONTAINERS:
        found.problems += [f"{member.path}: {note}" for note in member.document.notes]
    else:
        found.members.append(replace(member, document=replace(member.document, members=())))
    found.members += inner


def _unique(path: str, found: "_Found") -> str:
    found.paths[path] += 1
    count = found.paths[path]
    place = PurePosixPath(path)
    return path if count == 1 else str(place.with_name(f"{place.stem} ({count}){place.suffix}"))


def _notes(found: "_Found") -> Iterator[str]:
    yield from found.problems[:MAX_PROBLEMS]
    if len(found.problems) > MAX_PROBLEMS:
        yield f"{len(found.problems) - MAX_PROBLEMS} more files could not be read."
    if found.others:
        count = found.others.total()
        kinds = ", ".join(f"{ending} {number}" for ending, number in found.others.most_common())
        files = "1 file of another type was" if count == 1 else f"{count} files of other types were"
        yield f"{files} left out: {kinds}."
    if found.hidden:
        yield f"hidden files: {found.hidden} left out"
    if found.system:
        yield f"files of the operating system: {found.system} left out"


@dataclass(frozen=True)
class Entry:
    """A file inside another: its path there, and how to read at most so many of its bytes.

    `read` raises `FileFormatError` when it cannot.
    """

    path: str
    read: Callable[[int], bytes]


@dataclass
class _Left:
    files: int
    bytes: int


@dataclass(frozen=True)
class _Budget:
    depth: int
    left: _Left


@dataclass
class _Found:
    members: list[Member] = field(default_factory=list[Member])
    problems: list[str] = field(default_factory=list[str])
    others: Counter[str] = field(default_factory=Counter[str])
    hidden: int = 0
    system: int = 0
    paths: Counter[str] = field(default_factory=Counter[str])


# `parse` has no argument for how deep it is called.
_BUDGET: ContextVar[_Budget | None] = ContextVar("budget", default=None)
