"""Vectors of passages: made where nobody knows them yet, and written."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import Pool
from ingest.storing.chunk_rows import Vectors, hash_of
from ingest.storing.documents import known_vectors
from knowledge_base.embedding import Embedder

Connection = AsyncConnection[TupleRow]

# So many at once: progress is seen, and Ctrl+C is heard.
EMBEDDED_AT_ONCE = 64

# Told how many passages have their vectors now, and how many of these took that of an equal text.
OnEmbedded = Callable[[int, int], None]


@dataclass(frozen=True)
class Passage:
    """A stored passage as the embedding model reads it."""

    chunk_id: int
    text: str

    @property
    def text_hash(self) -> bytes:
        """What passages share whose vectors are equal."""
        return hash_of(self.text)


async def give_vectors(
    pool: Pool, embedder: Embedder, space_id: int, passages: Sequence[Passage], on_embedded: OnEmbedded
) -> int:
    """Give passages their vectors in a space; returns how many have one now.

    The others were removed meanwhile, or are just being removed. Raises `EmbeddingModelError`.
    """
    texts = {passage.text_hash: passage.text for passage in passages}
    async with pool.connection() as connection:
        vectors = await known_vectors(connection, space_id, list(texts))
    missing = [key for key in texts if key not in vectors]
    on_embedded(len(passages) - len(missing), len(passages) - len(missing))
    # Equal lengths together, for they are padded.
    missing.sort(key=lambda key: len(texts[key]))
    for start in range(0, len(missing), EMBEDDED_AT_ONCE):
        part = missing[start : start + EMBEDDED_AT_ONCE]
        made = await asyncio.to_thread(embedder.embed_documents, [texts[key] for key in part])
        vectors |= {key: HalfVector(vector) for key, vector in zip(part, made, strict=True)}
        on_embedded(len(part), 0)
    async with pool.connection() as connection:
        return await _write(connection, space_id, passages, vectors)


async def _write(connection: Connection, space_id: int, passages: Sequence[Passage], vectors: Vectors) -> int:
    # Whoever removes a passage right now is not waited for: two that wait for each other would both fail.
    rows = await connection.execute(
        """
        with present as (
            select id, vocabulary_id from chunks where id = any(%(ids)s) for key share skip locked
        ),
        written as (
            insert into chunk_embeddings (space_id, chunk_id, vocabulary_id, embedding)
            select %(space_id)s, present.id, vocabulary_id, given.embedding::halfvec
            from present
            join unnest(%(ids)s::bigint[], %(embeddings)b::halfvec[]) as given (id, embedding) using (id)
            on conflict do nothing
        ),
        no_longer_awaiting as (
            delete from chunks_awaiting_vectors
            using present
            where chunk_id = present.id
              and exists (select 1 from embedding_spaces where id = %(space_id)s and in_use)
        )
        select count(*) from present
        """,
        {
            "ids": [passage.chunk_id for passage in passages],
            # Binary: written out as text, a vector costs thirty times as much.
            "embeddings": [vectors[passage.text_hash] for passage in passages],
            "space_id": space_id,
        },
    )
    row = await rows.fetchone()
    return 0 if row is None else row[0]
