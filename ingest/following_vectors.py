"""Vectors follow the words: passages that wait for theirs are found in the database, whoever stored them.

Passages are taken in blocks of neighbouring ids. A block belongs to one process at a time, by a lock that
Postgres releases when the process dies; what it had not written then still waits.
"""

import asyncio
import logging

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import Pool
from ingest.reading.measure import embedded_text
from ingest.report import Watcher
from ingest.storing.vectors import Passage, give_vectors
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import count_awaiting, hold_space_in_use

logger = logging.getLogger("ingest")

Connection = AsyncConnection[TupleRow]

# Ids of a block; it is written in one transaction. Whoever has the last one works while the others wait:
# with larger ones for long. Smaller ones would hold too few texts of like length.
BLOCK = 64
# Waiting passages that are looked through for a free block.
LOOKED_THROUGH = 256 * BLOCK
# Any fixed numbers serve. Locks on blocks have the first one as their first key; whoever makes vectors, or
# loads the model for it, holds the second one.
BLOCK_LOCK, ATTENDED_LOCK = 7_021_545, 7_021_546
# How often it is asked whether the others are done, in seconds.
LOOK_AGAIN_SECONDS = 0.25
FIRST_PAUSE, MAX_PAUSE = 1.0, 60.0


class FollowingVectors:
    """Makes the vectors that are missing, one block at a time."""

    def __init__(self, url: str, pool: Pool, embedder: Embedder, watcher: Watcher) -> None:
        self._url = url
        self._pool = pool
        self._embedder = embedder
        self._watcher = watcher
        self._wanted = asyncio.Event()
        self._alone = asyncio.Lock()

    def wake(self) -> None:
        """There are passages without a vector."""
        self._wanted.set()

    @property
    def is_wanted(self) -> bool:
        """Whether it was woken and has not begun."""
        return self._wanted.is_set()

    async def wake_if_left_alone(self) -> None:
        """Take over what waits in the database and nobody attends to."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                """
                select exists (select 1 from chunks_awaiting_vectors)
                   and not exists (
                       select 1
                       from pg_locks
                       where locktype = 'advisory'
                         and database = (select oid from pg_database where datname = current_database())
                         and classid = %(lock)s
                         and objsubid = 2
                   )
                """,
                {"lock": ATTENDED_LOCK},
            )
            row = await rows.fetchone()
        if row is not None and row[0]:
            self.wake()

    async def follow(self) -> None:
        """Make what is missing whenever `wake` is called: never ends. What fails is tried again."""
        pause = FIRST_PAUSE
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._make_all(wait_for_others=False)
                pause = FIRST_PAUSE
            except Exception as error:  # noqa: BLE001 - words go on; `finish` raises it where it matters
                logger.warning("Passages wait for their vectors: %s: %s", type(error).__name__, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, MAX_PAUSE)
                self.wake()

    async def finish(self) -> None:
        """Return when no passage waits any more.

        Raises `EmbeddingModelError`, `EmbeddingSpaceMismatchError`, `psycopg.Error`.
        """
        async with self._pool.connection() as connection:
            waiting = await count_awaiting(connection)
        if waiting:
            self._watcher.following(waiting)
            await self._make_all(wait_for_others=True)

    async def _make_all(self, *, wait_for_others: bool) -> None:
        async with (
            self._alone,
            await psycopg.AsyncConnection.connect(self._url, autocommit=True) as locks,
        ):
            await locks.execute("select pg_advisory_lock_shared(%(lock)s, 0)", {"lock": ATTENDED_LOCK})
            # Before a block is taken: it may take long, and others may have done so already.
            await asyncio.to_thread(self._embedder.embed_query, "ready")
            while True:
                block = await _take_block(locks)
                if block is not None:
                    await self._make(block)
                    await _give_back(locks, block)
                elif wait_for_others and await count_awaiting(locks):
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
                else:
                    return

    async def _make(self, block: int) -> None:
        passages = await self._passages(block)
        if not passages:
            return
        async with self._pool.connection() as connection, connection.transaction():
            space_id = await hold_space_in_use(connection, self._embedder)
        written = await give_vectors(self._pool, self._embedder, space_id, passages, self._watcher.embedded)
        if not written:
            # All of them are just being removed; that takes a moment.
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _passages(self, block: int) -> list[Passage]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                """
                select id, context, content
                from chunks
                join chunks_awaiting_vectors on chunk_id = id
                where chunk_id >= %(block)s::bigint * %(size)s
                  and chunk_id < (%(block)s::bigint + 1) * %(size)s
                order by id
                """,
                {"block": block, "size": BLOCK},
            )
            return [
                Passage(chunk_id, embedded_text(context, content))
                async for chunk_id, context, content in rows
            ]


async def _take_block(locks: Connection) -> int | None:
    """The first block with waiting passages that nobody has, locked; None when there is none."""
    rows = await locks.execute(
        """
        with first as materialized (
            select chunk_id from chunks_awaiting_vectors order by chunk_id limit %(passages)s
        ),
        blocks as materialized (
            select distinct chunk_id / %(size)s as block from first order by block
        )
        select block from blocks where pg_try_advisory_lock(%(lock)s, block::integer) limit 1
        """,
        {"passages": LOOKED_THROUGH, "size": BLOCK, "lock": BLOCK_LOCK},
    )
    row = await rows.fetchone()
    return None if row is None else row[0]


async def _give_back(locks: Connection, block: int) -> None:
    await locks.execute(
        "select pg_advisory_unlock(%(lock)s, %(block)s::integer)", {"lock": BLOCK_LOCK, "block": block}
    )
