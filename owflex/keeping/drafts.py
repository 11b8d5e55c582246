"""Files and folders that appear whole or not at all: written beside their place under a name of their own."""

import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from owflex.keeping.errors import KeepingError, said_plainly

SUFFIX = ".partial"


@contextmanager
def drafted(path: Path) -> Generator[IO[bytes]]:
    """A file that is written beside `path` and takes that name when the block has ended well.

    Raises `KeepingError`; then nothing of it is left.
    """
    if path.exists():
        raise KeepingError(f"{path} is there already. Name a file that is not, or move it away.")
    remove_drafts(path.parent)
    draft = _beside(path)
    with said_plainly(f"{path} cannot be written"):
        try:
            with _new(draft) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _put(draft, path)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()


@contextmanager
def drafted_folder(path: Path) -> Generator[Path]:
    """The same for a folder; one that is there must be empty."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise KeepingError(f"{path} is there already. Name a folder that is not, or an empty one.")
    remove_drafts(path.parent)
    draft = _beside(path)
    with said_plainly(f"{path} cannot be written"):
        try:
            draft.mkdir(mode=0o700)
            yield draft
            draft.rename(path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def write_private(path: Path, content: bytes) -> None:
    """Put a small file, for its owner only, in the place of what is there. Raises `OSError`."""
    draft = _beside(path)
    try:
        with _new(draft) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(folder: Path) -> None:
    """Remove what programs that were killed have left in a folder."""
    for draft in folder.glob(f".*{SUFFIX}"):
        owner = draft.name.removesuffix(SUFFIX).rpartition(".")[2].partition("-")[0]
        if not owner.isdigit() or psutil.pid_exists(int(owner)):
            continue
        if draft.is_dir() and not draft.is_symlink():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")


def _new(draft: Path) -> IO[bytes]:
    return os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _put(draft: Path, path: Path) -> None:
    """Let the finished file appear, and nothing that is there be lost."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise KeepingError(f"{path} has appeared meanwhile. Name another file.") from None
    except OSError:
        # Some file systems have no links.
        draft.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
