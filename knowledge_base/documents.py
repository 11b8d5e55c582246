"""Documents and their chunks, read only; ingestion writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from knowledge_base.errors import DocumentNotFoundError, KnowledgeBaseError

Connection = AsyncConnection[TupleRow]
Sort = Literal["source", "newest"]

# An argument without a value leaves nothing out. Metadata are compared as the search does it.
MATCHING: LiteralString = """
    select id as document_id, collection, source, title, media_type, metadata, notes, updated_at,
           (select count(*) from chunks where document_id = documents.id) as chunks
    from documents
    where (%(collection)s::text is null or collection = %(collection)s)
      and (
          %(source)s::text is null
          or source = %(source)s
          or starts_with(source, %(source)s || '/')
      )
      and (%(title)s::text is null or strpos(lower(title), lower(%(title)s)) > 0)
      and not exists (
          select 1
          from unnest(%(words)s::text[]) as word
          where strpos(lower(title || ' ' || source), lower(word)) = 0
      )
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
"""
PAGES: Mapping[Sort, LiteralString] = {
    "source": """
      and (%(id)s::bigint is null or (source, id) > (%(key)s::text, %(id)s))
    order by source, id
    limit %(limit)s
    """,
    "newest": """
      and (%(id)s::bigint is null or (updated_at, id) < (%(key)s::timestamptz, %(id)s))
    order by updated_at desc, id desc
    limit %(limit)s
    """,
}


class ChunkNotFoundError(KnowledgeBaseError):
    """No passage has this id."""

    def __init__(self, chunk_id: int) -> None:
        super().__init__(
            f"Passage {chunk_id} not found. Passages get new ids when their document changes: "
            "call search_documents again."
        )


@dataclass(frozen=True)
class Document:
    """One document; `source` is its stable place (`<folder name>/<path in the folder>`).

    `notes` are sentences about what was left out when it was read.
    """

    document_id: int
    collection: str
    source: str
    title: str
    media_type: str
    metadata: Mapping[str, Any]
    notes: Sequence[str]
    chunks: int
    updated_at: datetime


@dataclass(frozen=True)
class DocumentChunk:
    """A passage of a document; positions count from 0 and have no gaps."""

    position: int
    heading_path: list[str]
    page: int | None
    content: str
    token_count: int


@dataclass(frozen=True)
class ChunkInPlace(DocumentChunk):
    """A passage that says which it is, and of which document."""

    chunk_id: int
    document_id: int


@dataclass(frozen=True)
class DocumentFilter:
    """Which documents to list; None leaves nothing out.

    `source` is a document or a folder of them, `title` a part of the title in any case; each of `words` is a
    part of the title or the source; a metadata value is one value or a list of which any will do.
    """

    collection: str | None = None
    source: str | None = None
    title: str | None = None
    metadata: Mapping[str, Any] | None = None
    words: Sequence[str] = ()


async def get_document(connection: Connection, document_id: int) -> Document:
    """One document without its text. Raises `DocumentNotFoundError`."""
    async with connection.cursor(row_factory=class_row(Document)) as cursor:
        await cursor.execute(
            """
            select id as document_id, collection, source, title, media_type, metadata, notes, updated_at,
                   (select count(*) from chunks where document_id = documents.id) as chunks
            from documents
            where id = %(document_id)s
            """,
            {"document_id": document_id},
        )
        document = await cursor.fetchone()
    if document is None:
        raise DocumentNotFoundError(document_id)
    return document


async def read_chunks(
    connection: Connection, document_id: int, *, from_position: int, limit: int
) -> list[DocumentChunk]:
    """Up to `limit` passages of a document in reading order, from `from_position` on."""
    async with connection.cursor(row_factory=class_row(DocumentChunk)) as cursor:
        await cursor.execute(
            """
            select position, heading_path, page, content, token_count
            from chunks
            where document_id = %(document_id)s and position >= %(from_position)s
            order by position
            limit %(limit)s
            """,
            {"document_id": document_id, "from_position": from_position, "limit": limit},
        )
        return await cursor.fetchall()


async def read_near(
    connection: Connection, document_id: int, position: int, distance: int
) -> list[ChunkInPlace]:
    """The passages of a document at most so far from a position, in reading order."""
    async with connection.cursor(row_factory=class_row(ChunkInPlace)) as cursor:
        await cursor.execute(
            """
            select id as chunk_id, document_id, position, heading_path, page, content, token_count
            from chunks
            where document_id = %(document_id)s and position between %(first)s and %(last)s
            order by position
            """,
            {"document_id": document_id, "first": position - distance, "last": position + distance},
        )
        return await cursor.fetchall()


async def read_around(
    connection: Connection, chunk_id: int, *, before: int, after: int
) -> list[ChunkInPlace]:
    """A passage with up to so many before and after it, in reading order. Raises `ChunkNotFoundError`."""
    async with connection.cursor(row_factory=class_row(ChunkInPlace)) as cursor:
        await cursor.execute(
            """
            select near.id as chunk_id, document_id, near.position, near.heading_path, near.page,
                   near.content, near.token_count
            from chunks as hit
            join chunks as near using (document_id)
            where hit.id = %(chunk_id)s
              and near.position between hit.position - %(before)s and hit.position + %(after)s
            order by near.position
            """,
            {"chunk_id": chunk_id, "before": before, "after": after},
        )
        found = await cursor.fetchall()
    if not found:
        raise ChunkNotFoundError(chunk_id)
    return found


async def list_documents(
    connection: Connection,
    which: DocumentFilter,
    *,
    sort: Sort = "source",
    after: tuple[str | datetime, int] | None = None,
    limit: int,
) -> list[Document]:
    """Up to `limit` documents: by source, or those changed last first.

    `after` is the place of the last one of the page before: its source or time of change, and its id.
    """
    key, document_id = after or (None, None)
    values = {
        "collection": which.collection,
        "source": which.source,
        "title": which.title,
        "words": list(which.words),
        "metadata": Jsonb(dict(which.metadata or {})),
        "key": key,
        "id": document_id,
        "limit": limit,
    }
    async with connection.cursor(row_factory=class_row(Document)) as cursor:
        await cursor.execute(MATCHING + PAGES[sort], values)
        return await cursor.fetchall()


async def ids_for_beginning(connection: Connection, beginning: str, *, limit: int) -> list[int]:
    """Ids of up to `limit` documents whose title, or whose id, begins so."""
    rows = await connection.execute(
        """
        select id
        from documents
        where starts_with(lower(title), lower(%(beginning)s)) or starts_with(id::text, %(beginning)s)
        order by lower(title), id
        limit %(limit)s
        """,
        {"beginning": beginning, "limit": limit},
    )
    return [row[0] for row in await rows.fetchall()]


async def count_documents(connection: Connection, *, outside: str) -> int:
    """How many documents there are outside one collection."""
    rows = await connection.execute(
        "select count(*) from documents where collection <> %(outside)s", {"outside": outside}
    )
    row = await rows.fetchone()
    assert row is not None
    return row[0]


async def remove_collection(connection: Connection, collection: str) -> None:
    """Remove a collection with all its documents, in one transaction."""
    async with connection.transaction():
        await connection.execute(
            "delete from documents where collection = %(collection)s", {"collection": collection}
        )
        await connection.execute(
            "delete from origins where collection = %(collection)s", {"collection": collection}
        )
