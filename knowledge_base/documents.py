"""Documents and their chunks, read only; ingestion writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.errors import DocumentNotFoundError

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class Document:
    """One document; `source` is its stable place (`<folder name>/<path in the folder>`)."""

    document_id: int
    collection: str
    source: str
    title: str
    media_type: str
    metadata: Mapping[str, Any]
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


async def get_document(connection: Connection, document_id: int) -> Document:
    """One document without its text. Raises `DocumentNotFoundError`."""
    async with connection.cursor(row_factory=class_row(Document)) as cursor:
        await cursor.execute(
            """
            select id as document_id, collection, source, title, media_type, metadata, updated_at,
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


async def list_documents(
    connection: Connection, *, collection: str | None, after: int, limit: int
) -> list[Document]:
    """Up to `limit` documents with an id above `after`, by id."""
    async with connection.cursor(row_factory=class_row(Document)) as cursor:
        await cursor.execute(
            """
            select id as document_id, collection, source, title, media_type, metadata, updated_at,
                   (select count(*) from chunks where document_id = documents.id) as chunks
            from documents
            where id > %(after)s and (%(collection)s::text is null or collection = %(collection)s)
            order by id
            limit %(limit)s
            """,
            {"collection": collection, "after": after, "limit": limit},
        )
        return await cursor.fetchall()


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
