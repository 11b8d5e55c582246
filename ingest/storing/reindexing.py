"""A new index beside the old one, for another embedding model; search goes on with the old one meanwhile."""

import asyncio
from collections.abc import Callable, Sequence

from pgvector import HalfVector

from database.pool import Pool
from ingest.reading.measure import embedded_text
from ingest.storing.chunk_rows import hash_of
from ingest.storing.documents import known_vectors
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import Progress, new_space, progress_of, switch_to_space

EMBEDDED_AT_ONCE = 256

OnProgress = Callable[[Progress], None]


async def reindex(pool: Pool, embedder: Embedder, *, on_progress: OnProgress) -> int:
    """Embed every chunk with `embedder`, then search with it from one moment to the next.

    Returns how many chunks there are. What was made is kept when the run ends early: the next one goes on.
    Documents that come in meanwhile are included. Raises `ModelInUseError`.
    """
    async with pool.connection() as connection, connection.transaction():
        space_id = await new_space(connection, embedder)
    while True:
        await embed_missing(pool, embedder, space_id, on_progress=on_progress)
        async with pool.connection() as connection, connection.transaction():
            if await switch_to_space(connection, space_id):
                return (await progress_of(connection, space_id)).total


async def embed_missing(
    pool: Pool, embedder: Embedder, space_id: int, *, on_progress: OnProgress | None = None
) -> int:
    """Give every chunk that has none a vector in the space; returns how many were made."""
    made, last = 0, 0
    while chunks := await _missing(pool, space_id, last):
        if on_progress is not None:
            async with pool.connection() as connection:
                on_progress(await progress_of(connection, space_id))
        await _embed(pool, embedder, space_id, chunks)
        made += len(chunks)
        last = chunks[-1][0]
    return made


async def _missing(pool: Pool, space_id: int, after: int) -> list[tuple[int, bytes, str]]:
    """Ids, hashes and texts of the next chunks without a vector; new chunks always have higher ids."""
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
        texts = [(chunk_id, embedded_text(context, content)) async for chunk_id, context, content in rows]
    return [(chunk_id, hash_of(text), text) for chunk_id, text in texts]


async def _embed(
    pool: Pool, embedder: Embedder, space_id: int, chunks: Sequence[tuple[int, bytes, str]]
) -> None:
    texts = {key: text for _, key, text in chunks}
    async with pool.connection() as connection:
        vectors = await known_vectors(connection, space_id, list(texts))
    missing = [key for key in texts if key not in vectors]
    made = await asyncio.to_thread(embedder.embed_documents, [texts[key] for key in missing])
    vectors |= {key: HalfVector(vector) for key, vector in zip(missing, made, strict=True)}
    async with pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
        # A chunk may be gone by now.
        await cursor.executemany(
            """
            insert into chunk_embeddings (space_id, chunk_id, embedding)
            select %(space_id)s, id, %(embedding)s::halfvec
            from chunks
            where id = %(chunk_id)s
            on conflict do nothing
            """,
            [
                {"space_id": space_id, "chunk_id": chunk_id, "embedding": vectors[key]}
                for chunk_id, key, _ in chunks
            ],
        )
