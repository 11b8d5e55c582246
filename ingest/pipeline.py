"""Files go through it side by side: parsers read them, Postgres keeps their words; vectors follow.

    process(file) ─► a parser's process ─► documents wait ─► window ─► writer ─► report
                     (one file each)       (bounded)         (256)     (one at a time)
                                                                          ╰─► vectors follow (one thread)

The arrows work at the same time. What waits between them is bounded, so memory does not grow with the number
of files: passages without a vector wait in the database. A file is reported when its words are committed;
then it is found by them.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.acting import act_as, now_acting
from database.pool import Pool, create_pool
from ingest.following_vectors import FollowingVectors
from ingest.reading.chunked_document import ChunkedDocument, ReadRequest
from ingest.reading.language import with_languages
from ingest.reading.process import Parsers
from ingest.report import Watcher
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, known_vectors, store_documents
from knowledge_base.embedding_spaces import hold_space_if_any

logger = logging.getLogger("ingest")

# Passages that are written together: a transaction costs the same for few as for many.
WINDOW = 256
# How long a window waits for more passages when there are few, in seconds: small files come one by one.
GATHER_SECONDS = 0.1
# Passages that may wait for the writer; when there are more, the parsers wait.
MAX_WAITING = 2 * WINDOW
# A document with thousands of chunks must not hold the database for minutes, but it is one transaction.
STATEMENT_TIMEOUT_MS = 120_000


@dataclass(frozen=True)
class FileToIngest:
    """A file and where its document belongs; `given` is metadata from the user."""

    collection: str
    origin: str
    source: str
    path: str
    media_type: str | None
    recipe: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """A file that was read and stored, or the problem with it; `notes` are about parts of it.

    `queued`: a worker will do it.
    """

    chunks: int = 0
    notes: Sequence[str] = ()
    problem: str | None = None
    queued: bool = False


@dataclass(frozen=True)
class Waiting:
    """A document that was read and waits to be stored; `stored` becomes true when it is."""

    document: NewDocument
    stored: "asyncio.Future[Done]"


def open_ingest_pool(url: str) -> Pool:
    """A pool whose connections can copy vectors; the migrations must have been applied."""
    # That Postgres is away and back is said once, by who waits for it; the pool would say it at each attempt.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    return create_pool(url, max_size=3, statement_timeout_ms=STATEMENT_TIMEOUT_MS, configure=_prepare)


@asynccontextmanager
async def open_pipeline(
    pool: Pool, model_name: str, parsers: Parsers, watcher: Watcher, vectors: FollowingVectors
) -> AsyncGenerator["Pipeline"]:
    """A pipeline that works while in the block."""
    pipeline = Pipeline(pool, model_name, parsers, watcher, vectors)
    arrows = [
        asyncio.create_task(pipeline.write_windows(), name="writing"),
        asyncio.create_task(vectors.follow(), name="embedding"),
    ]
    try:
        yield pipeline
    finally:
        for arrow in arrows:
            arrow.cancel()
        await asyncio.gather(*arrows, return_exceptions=True)
        await parsers.close()


class Pipeline:
    """See the module. `process` may be called for many files at once."""

    def __init__(
        self, pool: Pool, model_name: str, parsers: Parsers, watcher: Watcher, vectors: FollowingVectors
    ) -> None:
        self._pool = pool
        self._model_name = model_name
        self._parsers = parsers
        self._watcher = watcher
        self._vectors = vectors
        self._to_write: asyncio.Queue[Waiting] = asyncio.Queue()
        self._chunks_waiting = 0
        self._room = asyncio.Condition()

    async def process(self, file: FileToIngest) -> Done:
        """Bring one file in: from then on its words are found.

        Raises `psycopg.Error` when Postgres cannot, `EmbeddingSpaceMismatchError`.
        """
        async with self._parsers.one() as parser:
            answer = await parser.read(ReadRequest(file.path, file.source, file.media_type))
            if answer.content is None:
                return Done(problem=answer.problem or "The file cannot be read.")
            content = await asyncio.to_thread(with_languages, answer.content)
            stored = await self._enqueue(self._document(file, content))
        return await stored

    async def write_windows(self) -> None:
        """The database's side: never ends."""
        while True:
            waiting = await self._next_window()
            if not waiting:
                continue
            try:
                await self._write(waiting)
            except Exception as error:  # noqa: BLE001 - whoever waits for these files is told, and decides
                _fail(waiting, error)

    def _document(self, file: FileToIngest, content: ChunkedDocument) -> NewDocument:
        return NewDocument(file.collection, file.origin, file.source, file.recipe, file.given, content)

    async def _enqueue(self, document: NewDocument) -> "asyncio.Future[Done]":
        chunks = document.content.chunk_count
        async with self._room:
            await self._room.wait_for(lambda: self._chunks_waiting < MAX_WAITING)
            self._chunks_waiting += chunks
        stored: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._to_write.put_nowait(Waiting(document, stored))
        return stored

    async def _next_window(self) -> list[Waiting]:
        """What waits now, up to the size of a window; documents nobody waits for any more are dropped."""
        waiting = [await self._to_write.get()]
        if self._to_write.qsize() < WINDOW // 4:
            # A window costs Postgres the same with one passage as with many: more will have been read soon.
            await asyncio.sleep(GATHER_SECONDS)
        chunks = waiting[0].document.content.chunk_count
        while chunks < WINDOW and len(waiting) < WINDOW and not self._to_write.empty():
            waiting.append(self._to_write.get_nowait())
            chunks += waiting[-1].document.content.chunk_count
        async with self._room:
            self._chunks_waiting -= chunks
            self._room.notify_all()
        return [item for item in waiting if not item.stored.cancelled()]

    async def _write(self, waiting: Sequence[Waiting]) -> None:
        try:
            await self._store(waiting)
        except (psycopg.DataError, psycopg.IntegrityError):
            # One of the documents is at fault: the others shall not suffer.
            for item in waiting:
                await self._write_alone(item)

    async def _write_alone(self, item: Waiting) -> None:
        try:
            await self._store([item])
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            logger.warning("Postgres refuses %s (%s).", item.document.source, error.sqlstate)
            _finish(item, Done(problem=f"Postgres cannot keep its text ({error.diag.message_primary})."))

    async def _store(self, items: Sequence[Waiting]) -> None:
        """Keep the words, and the vectors of texts that are known already; the others follow."""
        chunks = [
            chunk for item in items for part in item.document.content.documents for chunk in part.chunks
        ]
        hashes = [text_hash(chunk) for chunk in chunks]
        async with self._pool.connection() as connection, connection.transaction():
            space_id = await hold_space_if_any(connection, self._model_name)
            known = {} if space_id is None else await known_vectors(connection, space_id, hashes)
            await store_documents(connection, space_id, [item.document for item in items], known)
        reused = sum(key in known for key in hashes)
        self._watcher.embedded(reused, reused)
        if reused < len(hashes):
            self._vectors.wake()
        for item in items:
            content = item.document.content
            _finish(item, Done(content.chunk_count, _notes(content)))


def _notes(content: ChunkedDocument) -> list[str]:
    inner = [f"{member.path}: {note}" for member in content.members for note in member.notes]
    return [*content.notes, *inner]


def _finish(item: Waiting, done: Done) -> None:
    if not item.stored.done():
        item.stored.set_result(done)


def _fail(waiting: Sequence[Waiting], error: Exception) -> None:
    for item in waiting:
        if not item.stored.done():
            item.stored.set_exception(error)


async def _prepare(connection: AsyncConnection[TupleRow]) -> None:
    await register_vector_async(connection)
    await act_as(connection, now_acting())
