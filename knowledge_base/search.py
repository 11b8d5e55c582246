"""Search over the chunks: the nearest ones first, the threshold applied to what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from knowledge_base.embedding import Vectors
from knowledge_base.spaces import check_model

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
    model_in_use: str | None = None
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

    Vectors of a model that was replaced meanwhile are searched as long as they are there.

    The threshold is applied to the nearest chunks, never inside the scan: there it would keep the scan going
    for rows that do not exist. Raises `EmbeddingSpaceMismatchError`.
    """
    rows = await connection.execute(
        """
        with space as (
            select id
            from embedding_spaces
            where model_name = %(model_name)s and (in_use or retired_at is not null)
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
        select (select count(*) from eligible),
               (select model_name from embedding_spaces where in_use),
               space.id,
               chunks.id, documents.id, documents.title, documents.source, chunks.heading_path, chunks.page,
               chunks.position, chunks.content, chunks.token_count, nearest.similarity
        from (values (1)) as always
        left join space on true
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
            "model_name": model_name,
        },
    )
    return _outcome(await rows.fetchall(), model_name, min_similarity)


def _outcome(rows: list[TupleRow], model_name: str, threshold: float) -> SearchOutcome:
    chunks_searched, in_use, space_id = rows[0][:3]
    if space_id is None and in_use is not None:
        check_model(in_use, model_name)
    found = [Hit(*row[3:], score=row[-1]) for row in rows if row[3] is not None]
    return SearchOutcome(
        hits=[hit for hit in found if hit.similarity >= threshold],
        below=[hit for hit in found if hit.similarity < threshold],
        chunks_searched=chunks_searched,
        threshold=threshold,
        model_in_use=in_use,
    )
