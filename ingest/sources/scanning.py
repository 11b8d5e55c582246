"""What is there now: the files of a folder with their hashes."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

from ingest.planning import ScannedFile
from ingest.sources.loading import SourceFile, Walk, content_hash
from parsing.errors import FileProblemError

BATCH = 200
NAME_PROBLEM = "The file's name is not UTF-8, or that of a folder above it is not. Rename it."


async def scan_folder(walk: Walk, below: Path, *, max_bytes: int) -> AsyncGenerator[Sequence[ScannedFile]]:
    """The files at or below `below`, in batches; files that cannot be read with their problem."""
    files = iter(walk.files(below))
    while batch := await asyncio.to_thread(_scan_batch, files, max_bytes):
        yield batch


def _scan_batch(files: Iterator[SourceFile], max_bytes: int) -> list[ScannedFile]:
    return [_scan(file, max_bytes) for file in itertools.islice(files, BATCH)]


def _scan(file: SourceFile, max_bytes: int) -> ScannedFile:
    # Bytes that are no UTF-8 come as surrogates, which neither Postgres nor JSON takes.
    path = str(file.path).encode("utf-8", "backslashreplace").decode()
    problem = file.problem or (None if path == str(file.path) else NAME_PROBLEM)
    if problem:
        return ScannedFile(file.source, path, None, problem)
    try:
        return ScannedFile(file.source, path, content_hash(file.path, max_bytes=max_bytes))
    except FileProblemError as error:
        return ScannedFile(file.source, path, None, str(error))
