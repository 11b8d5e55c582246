"""From a folder to the knowledge base, file by file: load, parse, chunk, embed, store."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import Pool, create_pool
from ingest.chunking import chunk
from ingest.errors import FileProblemError, PathMissingError
from ingest.loading import LoadedFile, SourceFile, find_files, load
from ingest.parsing import parse
from ingest.storing import (
    NewDocument,
    StoredVersion,
    register_folder,
    store_document,
    stored_versions,
)
from knowledge_base.embedding import Embedder
from knowledge_base.search import use_embedding_space

logger = logging.getLogger("ingest")

# The model reads 256 tokens and cuts the rest off silently.
MAX_TOKENS = 250
# Changes whenever parsing or chunking changes, so that documents stored by an older version are made anew.
RECIPE = f"2/{MAX_TOKENS}"
# A document with thousands of chunks must not hold the database for minutes, but it is one transaction.
STATEMENT_TIMEOUT_MS = 120_000

Outcome = Literal["added", "updated", "unchanged", "failed"]


@dataclass(frozen=True)
class FileReport:
    """What became of one file; `reason` is a sentence when it failed or holds no text."""

    source: str
    outcome: Outcome
    chunks: int = 0
    reason: str | None = None


@dataclass
class Report:
    """What a run did, file by file."""

    files: list[FileReport] = field(default_factory=list[FileReport])

    def count(self, outcome: Outcome) -> int:
        """How many files ended this way."""
        return sum(1 for file in self.files if file.outcome == outcome)

    @property
    def chunks(self) -> int:
        """Chunks written in this run."""
        return sum(file.chunks for file in self.files)

    @property
    def failed(self) -> list[FileReport]:
        """The files that could not be ingested."""
        return [file for file in self.files if file.outcome == "failed"]


@dataclass(frozen=True)
class Job:
    """What to ingest and where to."""

    collection: str
    max_file_bytes: int
    embedder: Embedder


OnPlan = Callable[[int], None]
OnFile = Callable[[FileReport], None]


def open_ingest_pool(url: str) -> Pool:
    """A pool whose connections can copy vectors; the migrations must have been applied."""
    return create_pool(url, max_size=2, statement_timeout_ms=STATEMENT_TIMEOUT_MS, configure=_know_vectors)


async def ingest_path(
    pool: Pool, job: Job, path: Path, name: str | None, *, on_plan: OnPlan, on_file: OnFile
) -> list[FileReport]:
    """Ingest a file or a folder; tells `on_plan` how many files there are and `on_file` about each.

    One bad file costs one row of the report. Raises `PathMissingError`, `FolderNameTakenError`.
    """
    path = await asyncio.to_thread(path.resolve)
    if not path.exists():
        raise PathMissingError(path)
    async with pool.connection() as connection:
        folder = await register_folder(
            connection, job.collection, path if path.is_dir() else path.parent, name
        )
        stored = await stored_versions(connection, job.collection, folder)
    files = await asyncio.to_thread(lambda: list(find_files(folder.path, folder.name, below=path)))
    on_plan(len(files))
    reports: list[FileReport] = []
    for file in files:
        reports.append(await _ingest_file(pool, job, file, stored.get(file.source)))
        on_file(reports[-1])
    return reports


async def _ingest_file(pool: Pool, job: Job, file: SourceFile, stored: StoredVersion | None) -> FileReport:
    try:
        loaded = await asyncio.to_thread(load, file, max_bytes=job.max_file_bytes)
        version = StoredVersion(loaded.content_hash, RECIPE)
        if version == stored:
            return FileReport(file.source, "unchanged")
        document = await asyncio.to_thread(_prepare, job, loaded, version)
    except FileProblemError as error:
        return FileReport(file.source, "failed", reason=str(error))
    async with pool.connection() as connection:
        space_id = await use_embedding_space(connection, job.embedder)
        await store_document(connection, space_id, document)
    return FileReport(
        file.source,
        "added" if stored is None else "updated",
        chunks=len(document.chunks),
        reason=None if document.chunks else "There is no text in the file.",
    )


def _prepare(job: Job, loaded: LoadedFile, version: StoredVersion) -> NewDocument:
    parsed = parse(loaded.media_type, loaded.data, loaded.source)
    chunks = chunk(parsed, job.embedder.count_tokens, max_tokens=MAX_TOKENS)
    return NewDocument(
        collection=job.collection,
        source=loaded.source,
        title=parsed.title,
        media_type=loaded.media_type,
        version=version,
        metadata=parsed.metadata,
        chunks=chunks,
        vectors=job.embedder.embed_documents([piece.embedded_text for piece in chunks]),
    )


async def _know_vectors(connection: AsyncConnection[TupleRow]) -> None:
    await register_vector_async(connection)
