"""Files go through it side by side: parsers read them, the model embeds their passages, Postgres keeps them.

    process(file) ─► a parser's process ─► passages wait ─► window ─► embedding thread ─► writer ─► report
                     (one file each)      (bounded)        (256)     (one at a time)     (one at a time)

The three arrows work at the same time. What waits between them is bounded, so memory does not grow with the
number of files. A file is reported when its transaction is committed.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import Pool, create_pool
from ingest.reading.chunked_document import ChunkedDocument, ReadRequest
from ingest.reading.process import Parsers
from ingest.report import Watcher
from ingest.storing.chunk_rows import Vectors, text_hash
from ingest.storing.documents import NewDocument, known_vectors, store_documents
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import hold_space_in_use

logger = logging.getLogger("ingest")

# Passages that are embedded and written together: enough for batches of equal length, little to lose.
WINDOW = 256
# How long a window waits for more passages when there are few, in seconds: small files come one by one.
GATHER_SECONDS = 0.1
EMBEDDED_AT_ONCE = 64
# Passages that may wait for the model; when there are more, the parsers wait.
MAX_WAITING = 2 * WINDOW
# Windows that are embedded while another one is written.
WINDOWS_BETWEEN = 1
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


@dataclass(frozen=True)
class Window:
    """Documents whose passages have their vectors."""

    waiting: Sequence[Waiting]
    space_id: int
    vectors: Vectors


def open_ingest_pool(url: str) -> Pool:
    """A pool whose connections can copy vectors; the migrations must have been applied."""
    return create_pool(url, max_size=3, statement_timeout_ms=STATEMENT_TIMEOUT_MS, configure=_know_vectors)


@asynccontextmanager
async def open_pipeline(
    pool: Pool, embedder: Embedder, parsers: Parsers, watcher: Watcher
) -> AsyncGenerator["Pipeline"]:
    """A pipeline that works while in the block."""
    pipeline = Pipeline(pool, embedder, parsers, watcher)
    arrows = [
        asyncio.create_task(pipeline.embed_windows(), name="embedding"),
        asyncio.create_task(pipeline.write_windows(), name="writing"),
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

    def __init__(self, pool: Pool, embedder: Embedder, parsers: Parsers, watcher: Watcher) -> None:
        self._pool = pool
        self._embedder = embedder
        self._parsers = parsers
        self._watcher = watcher
        self._to_embed: asyncio.Queue[Waiting] = asyncio.Queue()
        self._to_write: asyncio.Queue[Window] = asyncio.Queue(WINDOWS_BETWEEN)
        self._unwritten: list[Vectors] = []
        self._chunks_waiting = 0
        self._room = asyncio.Condition()

    async def process(self, file: FileToIngest) -> Done:
        """Bring one file in. Raises `psycopg.Error` when Postgres cannot, and errors of the model."""
        async with self._parsers.one() as parser:
            answer = await parser.read(ReadRequest(file.path, file.source, file.media_type))
            if answer.content is None:
                return Done(problem=answer.problem or "The file cannot be read.")
            stored = await self._enqueue(self._document(file, answer.content))
        return await stored

    async def embed_windows(self) -> None:
        """The model's side: never ends."""
        while True:
            waiting = await self._next_window()
            if not waiting:
                continue
            try:
                window = await self._embed(waiting)
            except Exception as error:  # noqa: BLE001 - whoever waits for these files is told, and decides
                _fail(waiting, error)
                continue
            await self._to_write.put(window)

    async def write_windows(self) -> None:
        """The database's side: never ends."""
        while True:
            window = await self._to_write.get()
            try:
                await self._write(window)
            except Exception as error:  # noqa: BLE001 - whoever waits for these files is told, and decides
                _fail(window.waiting, error)
            self._unwritten = [vectors for vectors in self._unwritten if vectors is not window.vectors]

    def _document(self, file: FileToIngest, content: ChunkedDocument) -> NewDocument:
        return NewDocument(file.collection, file.origin, file.source, file.recipe, file.given, content)

    async def _enqueue(self, document: NewDocument) -> "asyncio.Future[Done]":
        chunks = document.content.chunk_count
        async with self._room:
            await self._room.wait_for(lambda: self._chunks_waiting < MAX_WAITING)
            self._chunks_waiting += chunks
        stored: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._to_embed.put_nowait(Waiting(document, stored))
        return stored

    async def _next_window(self) -> list[Waiting]:
        """What waits now, up to the size of a window; documents nobody waits for any more are dropped."""
        waiting = [await self._to_embed.get()]
        if self._to_embed.qsize() < WINDOW // 4:
            # A window costs Postgres the same with one passage as with many: more will have been read soon.
            await asyncio.sleep(GATHER_SECONDS)
        chunks = waiting[0].document.content.chunk_count
        while chunks < WINDOW and len(waiting) < WINDOW and not self._to_embed.empty():
            waiting.append(self._to_embed.get_nowait())
            chunks += waiting[-1].document.content.chunk_count
        async with self._room:
            self._chunks_waiting -= chunks
            self._room.notify_all()
        return [item for item in waiting if not item.stored.cancelled()]

    async def _embed(self, waiting: Sequence[Waiting]) -> Window:
        """Vectors of all passages; those of texts that are known already are not made again."""
        texts = {
            text_hash(chunk): chunk.embedded_text
            for item in waiting
            for document in item.document.content.documents
            for chunk in document.chunks
        }
        async with self._pool.connection() as connection, connection.transaction():
            space_id = await hold_space_in_use(connection, self._embedder)
            # First those that are on their way to Postgres: once written they are found there.
            vectors = {key: known[key] for known in self._unwritten for key in texts if key in known}
            vectors |= await known_vectors(connection, space_id, [key for key in texts if key not in vectors])
        missing = [key for key in texts if key not in vectors]
        # In parts, so that progress is seen and Ctrl+C is heard; equal lengths together, for they are padded.
        missing.sort(key=lambda key: len(texts[key]))
        for start in range(0, len(missing), EMBEDDED_AT_ONCE):
            part = missing[start : start + EMBEDDED_AT_ONCE]
            made = await asyncio.to_thread(self._embedder.embed_documents, [texts[key] for key in part])
            vectors |= {key: HalfVector(vector) for key, vector in zip(part, made, strict=True)}
            self._watcher.embedded(len(part), 0)
        chunks = sum(item.document.content.chunk_count for item in waiting)
        self._watcher.embedded(chunks - len(missing), chunks - len(missing))
        self._unwritten.append(vectors)
        return Window(waiting, space_id, vectors)

    async def _write(self, window: Window) -> None:
        try:
            await self._store(window, window.waiting)
        except (psycopg.DataError, psycopg.IntegrityError):
            # One of the documents is at fault: the others shall not suffer.
            for item in window.waiting:
                await self._write_alone(window, item)

    async def _write_alone(self, window: Window, item: Waiting) -> None:
        try:
            await self._store(window, [item])
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            logger.warning("Postgres refuses %s (%s).", item.document.source, error.sqlstate)
            _finish(item, Done(problem=f"Postgres cannot keep its text ({error.diag.message_primary})."))

    async def _store(self, window: Window, items: Sequence[Waiting]) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            if await hold_space_in_use(connection, self._embedder) != window.space_id:
                raise psycopg.OperationalError("the index was replaced meanwhile")
            await store_documents(
                connection, window.space_id, [item.document for item in items], window.vectors
            )
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


async def _know_vectors(connection: AsyncConnection[TupleRow]) -> None:
    await register_vector_async(connection)
