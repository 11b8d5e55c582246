"""Search over the chunks: the nearest ones first, the threshold applied to what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from knowledge_base.embedding import Embedder, Vectors
from knowledge_base.errors import EmbeddingSpaceMismatchError

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class SearchFilter:
    """What may be found: a collection, and documents whose metadata have these values.

    A metadata value is one value or a list of which any will do; a list in the metadata matches by any of
    its members.
    """

    collection: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Hit:
    """A chunk that was found; `similarity` is the cosine with the question, `score` orders the hits."""

    chunk_id: int
    document_id: int
    title: str
    source: str
    heading_path: list[str]
    page: int | None
    position: int
    content: str
    token_count: int
    similarity: float
    score: float


@dataclass(frozen=True)
class SearchOutcome:
    """The hits at or above the threshold, best first, and what the threshold held back."""

    hits: list[Hit]
    below: list[Hit]
    chunks_searched: int
    threshold: float
    mode: Literal["vector"] = "vector"

    @property
    def best_similarity_below(self) -> float | None:
        """Similarity of the best chunk that the threshold held back."""
        return self.below[0].similarity if self.below else None


async def search(
    connection: Connection,
    embedding: Vectors,
    *,
    model_name: str,
    limit: int,
    min_similarity: float,
    which: SearchFilter,
) -> SearchOutcome:
    """The `limit` chunks nearest to `embedding` (made by `model_name`), in one round trip.

    The threshold is applied to the nearest chunks, never inside the scan: there it would keep the scan going
    for rows that do not exist. Raises `EmbeddingSpaceMismatchError`.
    """
    rows = await connection.execute(
        """
        with space as (
            select id, model_name from embedding_spaces where in_use
        ),
        eligible as materialized (
            select chunk_embeddings.chunk_id, chunk_embeddings.embedding
            from chunk_embeddings
            join space on space.id = chunk_embeddings.space_id
            join chunks on chunks.id = chunk_embeddings.chunk_id
            join documents on documents.id = chunks.document_id
            where (%(collection)s::text is null or documents.collection = %(collection)s)
              and not exists (
                  select 1
                  from jsonb_each(%(metadata)s::jsonb) as wanted
                  where not exists (
                      select 1
                      from jsonb_array_elements(
                          case jsonb_typeof(wanted.value)
                              when 'array' then wanted.value
                              else jsonb_build_array(wanted.value)
                          end
                      ) as accepted
                      where documents.metadata -> wanted.key @> accepted.value
                  )
              )
        ),
        nearest as (
            select chunk_id, 1 - (embedding <=> %(embedding)s::halfvec) as similarity
            from eligible
            order by embedding <=> %(embedding)s::halfvec
            limit %(limit)s
        )
        select (select count(*) from eligible), space.model_name,
               chunks.id, documents.id, documents.title, documents.source, chunks.heading_path, chunks.page,
               chunks.position, chunks.content, chunks.token_count, nearest.similarity
        from space
        left join (nearest
            join chunks on chunks.id = nearest.chunk_id
            join documents on documents.id = chunks.document_id) on true
        order by nearest.similarity desc, chunks.id
        """,
        {
            "embedding": HalfVector(embedding).to_text(),
            "collection": which.collection,
            "metadata": Jsonb(dict(which.metadata or {})),
            "limit": limit,
        },
    )
    return _outcome(await rows.fetchall(), model_name, min_similarity)


async def use_embedding_space(connection: Connection, embedder: Embedder) -> int:
    """Id of the space in use, made for this model when there is none.

    Raises `EmbeddingSpaceMismatchError` when the stored vectors come from another model.
    """
    await connection.execute(
        """
        insert into embedding_spaces (model_name, dimensions, in_use)
        select %(model_name)s, %(dimensions)s, true
        where not exists (select 1 from embedding_spaces where in_use)
        on conflict do nothing
        """,
        {"model_name": embedder.model_name, "dimensions": embedder.dimensions},
    )
    rows = await connection.execute("select id, model_name from embedding_spaces where in_use")
    space = await rows.fetchone()
    assert space is not None
    check_model(space[1], embedder.model_name)
    return space[0]


async def model_in_use(connection: Connection) -> str | None:
    """Name of the model that made the stored vectors; None while there are none."""
    rows = await connection.execute("select model_name from embedding_spaces where in_use")
    row = await rows.fetchone()
    return None if row is None else row[0]


def check_model(stored: str, configured: str) -> None:
    """Raise `EmbeddingSpaceMismatchError` when the two models differ."""
    if stored != configured:
        raise EmbeddingSpaceMismatchError(
            f"The documents were embedded with {stored}, but EMBEDDING_MODEL is {configured}. "
            f"Set EMBEDDING_MODEL={stored}, or ingest the documents into a new database."
        )


def _outcome(rows: list[TupleRow], model_name: str, threshold: float) -> SearchOutcome:
    if not rows:
        return SearchOutcome([], [], 0, threshold)
    check_model(rows[0][1], model_name)
    found = [Hit(*row[2:], score=row[-1]) for row in rows if row[2] is not None]
    return SearchOutcome(
        hits=[hit for hit in found if hit.similarity >= threshold],
        below=[hit for hit in found if hit.similarity < threshold],
        chunks_searched=rows[0][0],
        threshold=threshold,
    )
