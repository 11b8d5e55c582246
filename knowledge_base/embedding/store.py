"""Converted models on disk: whole or not at all, whoever is killed or writes at the same time."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from knowledge_base.embedding.model import ModelFacts
from knowledge_base.embedding.source import sha256

try:
    import fcntl
except ImportError:  # Windows: both build it, and the second one's is kept
    fcntl = None

logger = logging.getLogger("knowledge_base.embedding")

XML, WEIGHTS, TOKENIZER, META = "model.xml", "model.bin", "tokenizer.json", "meta.json"
UNFINISHED = ".unfinished-"
ABANDONED_AFTER_SECONDS = 24 * 3600


def read_converted(folder: Path, versions: dict[str, str]) -> "ConvertedModel | None":
    """The converted model in `folder`; None if there is none of these `versions`, or a damaged one."""
    if not folder.is_dir():
        return None
    try:
        meta = _META.validate_json((folder / META).read_bytes())
        damaged = [name for name, digest in meta.files.items() if sha256(folder / name) != digest]
    except (OSError, ValueError) as error:
        logger.warning("The converted embedding model in %s is damaged (%s).", folder, type(error).__name__)
        return None
    if damaged:
        logger.warning("The converted embedding model in %s is damaged (%s).", folder, ", ".join(damaged))
        return None
    return ConvertedModel(folder, meta) if meta.versions == versions else None


def seal(folder: Path, meta: "Meta") -> None:
    """Write what makes the files in `folder` a converted model. Raises `OSError`."""
    (folder / META).write_bytes(_META.dump_json(meta, indent=1))


def digests(folder: Path) -> dict[str, str]:
    """The checksums by which damage to the files of a converted model is found. Raises `OSError`."""
    return {name: sha256(folder / name) for name in (XML, WEIGHTS, TOKENIZER)}


@contextmanager
def alone(lock: Path) -> Generator[None]:
    """Only one process at a time is in the block; the others wait. Raises `OSError`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as opened:
        if fcntl is not None:
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield


@contextmanager
def unfinished(cache: Path) -> Generator[Path]:
    """A folder in `cache` to build a model in; what is not published from it is gone at the end.

    Raises `OSError` where nothing can be written.
    """
    cache.mkdir(parents=True, exist_ok=True)
    _sweep(cache)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=cache))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(built: Path, target: Path) -> None:
    """Make the folder `built` the folder `target`, in the place of what was there. Raises `OSError`."""
    try:
        built.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        # No system replaces a full folder in one step; a reader in between builds a model for itself.
        with unfinished(target.parent) as old:
            target.rename(old / "replaced")
            built.rename(target)


def write_whole(file: Path, content: bytes) -> None:
    """Write `file` so that a reader sees the old content or the new one. Raises `OSError`."""
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _sweep(cache: Path) -> None:
    for folder in cache.glob(f"{UNFINISHED}*"):
        if time.time() - folder.stat().st_mtime > ABANDONED_AFTER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Meta:
    """What the files of a converted model do not say themselves."""

    facts: ModelFacts
    inputs: tuple[str, ...]
    pad_id: int
    versions: dict[str, str]
    files: dict[str, str]


@dataclass(frozen=True)
class ConvertedModel:
    """A whole converted model on disk."""

    folder: Path
    meta: Meta

    @property
    def xml(self) -> Path:
        """Its graph; the weights lie beside it."""
        return self.folder / XML

    @property
    def tokenizer(self) -> Path:
        """Its tokenizer."""
        return self.folder / TOKENIZER


_META = TypeAdapter(Meta)
