"""A new index beside the old one, for another embedding model; search goes on with the old one meanwhile."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.acting import act_as, now_acting
from database.pool import Pool
from ingest.errors import ChangeUnderWayError
from ingest.reading.measure import embedded_text
from ingest.storing.language_fits import measure_fits
from ingest.storing.vectors import Passage, give_vectors
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import (
    SPACE_LOCK,
    Progress,
    new_space,
    progress_of,
    space_with_id,
    switch_to_space,
)
from knowledge_base.vector_index import ensure_vector_index

EMBEDDED_AT_ONCE = 256
# Held by the one who changes the model; `SPACE_LOCK` itself is free in between.
CHANGE_LOCK = SPACE_LOCK + 2

OnProgress = Callable[[Progress], None]


async def reindex(url: str, pool: Pool, embedder: Embedder, *, on_progress: OnProgress) -> int:
    """Embed every chunk with `embedder`, then search with it from one moment to the next.

    Returns how many chunks there are. What was made is kept when the run ends early: the next one goes on.
    Documents that come in meanwhile are included. Raises `ModelInUseError`, `ChangeUnderWayError`.
    """
    async with _alone(url) as own:
        async with own.transaction():
            space_id = await new_space(own, embedder)
        space = await space_with_id(own, space_id)
        while True:
            await embed_missing(pool, embedder, space_id, on_progress=on_progress)
            await measure_fits(pool, embedder, space_id)
            # Searches would else be slow from the switch on until the next run makes it.
            await ensure_vector_index(own, space=space)
            async with own.transaction():
                if await switch_to_space(own, space_id):
                    return (await progress_of(own, space_id)).total


@asynccontextmanager
async def _alone(url: str) -> AsyncGenerator[AsyncConnection[TupleRow]]:
    """A connection that keeps others from changing the model; released by Postgres when the process dies."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await act_as(connection, now_acting())
        rows = await connection.execute("select pg_try_advisory_lock(%(key)s)", {"key": CHANGE_LOCK})
        if await rows.fetchone() != (True,):
            raise ChangeUnderWayError
        yield connection


async def embed_missing(
    pool: Pool, embedder: Embedder, space_id: int, *, on_progress: OnProgress | None = None
) -> int:
    """Give every chunk that has none a vector in the space; returns how many were made."""
    made, last = 0, 0
    while chunks := await _missing(pool, space_id, last):
        if on_progress is not None:
            async with pool.connection() as connection:
                on_progress(await progress_of(connection, space_id))
        made += await give_vectors(pool, embedder, space_id, chunks, lambda _made, _reused: None)
        last = chunks[-1].chunk_id
    return made


async def _missing(pool: Pool, space_id: int, after: int) -> list[Passage]:
    """The next chunks without a vector; new chunks always have higher ids."""
    async with pool.connection() as connection:
        rows = await connection.execute(
            """
            select id, context, content
            from chunks
            where id > %(after)s
              and not exists (
                  select 1
                  from chunk_embeddings
                  where chunk_embeddings.space_id = %(space_id)s and chunk_embeddings.chunk_id = chunks.id
              )
            order by id
            limit %(limit)s
            """,
            {"after": after, "space_id": space_id, "limit": EMBEDDED_AT_ONCE},
        )
        return [
            Passage(chunk_id, embedded_text(context, content)) async for chunk_id, context, content in rows
        ]
