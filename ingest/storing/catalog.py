"""What the knowledge base holds, and whether it is whole."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row

from ingest.errors import DocumentUnknownError
from ingest.storing.word_faults import count_engine_faults, find_word_faults

Connection = AsyncConnection[TupleRow]
PAGE = 500
# A document, what it holds, or all documents of an origin.
_OF_SOURCE = sql.SQL(
    """
    collection = %(collection)s
    and (source = %(source)s or starts_with(source, %(source)s || '/') or origin = %(source)s)
    """
)


@dataclass(frozen=True)
class ListedDocument:
    """A document as it is listed; `inside` is the document that holds it."""

    document_id: int
    collection: str
    source: str
    title: str
    media_type: str
    chunks: int
    inside: str | None
    notes: Sequence[str]
    metadata: Mapping[str, Any]
    updated_at: datetime


@dataclass(frozen=True)
class Faults:
    """What is not as it must be: counts of documents, chunks, vectors and postings.

    A posting is a word of a passage as keyword search finds it. Chunks that await their vector are as they
    must be: the next run, or a worker, makes it.
    """

    documents_without_chunks: int
    chunks_without_vectors: int
    vectors_of_wrong_length: int
    chunks_without_postings: int
    postings_without_chunks: int
    chunks_wrong_in_word_engine: int
    origins_without_documents: int
    retired_vectors: int
    chunks_awaiting_vectors: int

    @property
    def any(self) -> bool:
        """Whether there is anything to repair."""
        return any(
            (
                self.documents_without_chunks,
                self.chunks_without_vectors,
                self.vectors_of_wrong_length,
                self.chunks_without_postings,
                self.postings_without_chunks,
                self.chunks_wrong_in_word_engine,
            )
        )


async def list_sources(
    connection: Connection, *, collection: str | None, below: str | None
) -> AsyncGenerator[ListedDocument]:
    """All documents, or those at or below a source, by collection and source."""
    after = ("", "")
    while True:
        async with connection.cursor(row_factory=class_row(ListedDocument)) as cursor:
            await cursor.execute(
                """
                select documents.id as document_id, documents.collection, documents.source, documents.title,
                       documents.media_type, documents.chunk_count as chunks, holder.source as inside,
                       documents.notes, documents.metadata, documents.updated_at
                from documents
                left join documents as holder on holder.id = documents.parent_id
                where (documents.collection, documents.source) > (%(collection_after)s, %(source_after)s)
                  and (%(collection)s::text is null or documents.collection = %(collection)s)
                  and (
                      %(below)s::text is null
                      or documents.source = %(below)s
                      or starts_with(documents.source, %(below)s || '/')
                  )
                order by documents.collection, documents.source
                limit %(page)s
                """,
                {
                    "collection_after": after[0],
                    "source_after": after[1],
                    "collection": collection,
                    "below": below,
                    "page": PAGE,
                },
            )
            page = await cursor.fetchall()
        for document in page:
            yield document
        if len(page) < PAGE:
            return
        after = (page[-1].collection, page[-1].source)


async def count_source(connection: Connection, collection: str, source: str) -> int:
    """How many documents `remove_source` would remove."""
    rows = await connection.execute(
        sql.SQL("select count(*) from documents where {}").format(_OF_SOURCE),
        {"collection": collection, "source": source},
    )
    count = await rows.fetchone()
    return 0 if count is None else count[0]


async def remove_source(connection: Connection, collection: str, source: str) -> int:
    """Remove a document, or an origin with all its documents; returns how many documents went.

    Raises `DocumentUnknownError`.
    """
    async with connection.transaction():
        rows = await connection.execute(
            sql.SQL("delete from documents where {}").format(_OF_SOURCE),
            {"collection": collection, "source": source},
        )
        origins = await connection.execute(
            "delete from origins where collection = %(collection)s and name = %(source)s",
            {"collection": collection, "source": source},
        )
    if not (rows.rowcount or origins.rowcount):
        raise DocumentUnknownError(source)
    return rows.rowcount


async def find_faults(connection: Connection) -> Faults:
    """Look through everything that is stored."""
    lost, unfounded = 0, 0
    async for faults in find_word_faults(connection):
        lost, unfounded = lost + len(faults.lost), unfounded + faults.unfounded
    wrong_in_engine = await count_engine_faults(connection)
    async with connection.cursor(row_factory=class_row(Faults)) as cursor:
        await cursor.execute(
            """
            select (
                       select count(*)
                       from documents
                       where chunk_count <> (select count(*) from chunks where document_id = documents.id)
                          or chunk_count <> coalesce(
                              (select max(position) + 1 from chunks where document_id = documents.id), 0
                          )
                   ) as documents_without_chunks,
                   (
                       select count(*)
                       from chunks
                       cross join (select id from embedding_spaces where in_use) as space
                       where not exists (
                           select 1
                           from chunk_embeddings
                           where chunk_embeddings.chunk_id = chunks.id
                             and chunk_embeddings.space_id = space.id
                       )
                         and not exists (
                             select 1 from chunks_awaiting_vectors where chunk_id = chunks.id
                         )
                   ) as chunks_without_vectors,
                   (
                       select count(*)
                       from chunk_embeddings
                       join embedding_spaces on embedding_spaces.id = chunk_embeddings.space_id
                       where vector_dims(chunk_embeddings.embedding) <> embedding_spaces.dimensions
                   ) as vectors_of_wrong_length,
                   %(lost)s::bigint as chunks_without_postings,
                   %(unfounded)s::bigint as postings_without_chunks,
                   %(wrong_in_engine)s::bigint as chunks_wrong_in_word_engine,
                   (
                       select count(*)
                       from origins
                       where not exists (
                           select 1
                           from documents
                           where documents.collection = origins.collection and documents.origin = origins.name
                       )
                   ) as origins_without_documents,
                   (
                       select count(*)
                       from chunk_embeddings
                       join embedding_spaces on embedding_spaces.id = chunk_embeddings.space_id
                       where embedding_spaces.retired_at < now() - interval '1 hour'
                   ) as retired_vectors,
                   (select count(*) from chunks_awaiting_vectors) as chunks_awaiting_vectors
            """,
            {"lost": lost, "unfounded": unfounded, "wrong_in_engine": wrong_in_engine},
        )
        faults = await cursor.fetchone()
    assert faults is not None
    return faults
