"""The last arrow: a document and all its chunks are written in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from ingest.chunking import Chunk
from ingest.errors import FolderNameTakenError
from knowledge_base.embedding import Vectors

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class StoredVersion:
    """What the knowledge base holds of a source: the hash of the file and how its chunks were made."""

    content_hash: bytes
    recipe: str


@dataclass(frozen=True)
class NewDocument:
    """A document ready to be stored; one vector a chunk, in the same order."""

    collection: str
    source: str
    title: str
    media_type: str
    version: StoredVersion
    metadata: Mapping[str, Any]
    chunks: Sequence[Chunk]
    vectors: Vectors


@dataclass(frozen=True)
class Folder:
    """A folder that was ingested; `name` begins the source of every document in it."""

    name: str
    path: Path


async def register_folder(connection: Connection, collection: str, path: Path, name: str | None) -> Folder:
    """The folder that `path` belongs to: one that is known and holds it, or `path` itself, remembered now.

    Raises `FolderNameTakenError` when the name stands for another folder.
    """
    if name is None:
        known = await _folder_around(connection, collection, path)
        if known is not None:
            return known
    name = name or path.name or "root"
    rows = await connection.execute(
        """
        insert into folders (collection, name, path)
        values (%(collection)s, %(name)s, %(path)s)
        on conflict (collection, name) do update set name = excluded.name
        returning path
        """,
        {"collection": collection, "name": name, "path": str(path)},
    )
    row = await rows.fetchone()
    if row is None or row[0] != str(path):
        raise FolderNameTakenError(name, collection, "" if row is None else row[0])
    return Folder(name, path)


async def stored_versions(
    connection: Connection, collection: str, folder: Folder
) -> dict[str, StoredVersion]:
    """What is stored of the folder, by source."""
    rows = await connection.execute(
        """
        select source, content_hash, recipe
        from documents
        where collection = %(collection)s and starts_with(source, %(prefix)s)
        """,
        {"collection": collection, "prefix": f"{folder.name}/"},
    )
    return {source: StoredVersion(bytes(content_hash), recipe) async for source, content_hash, recipe in rows}


async def store_document(connection: Connection, space_id: int, document: NewDocument) -> int:
    """Write or replace a document in one transaction; returns its id, which stays the same when replaced.

    The connection must know the vector types (`pgvector.psycopg.register_vector_async`).
    """
    async with connection.transaction():
        document_id = await _upsert(connection, document)
        await connection.execute("delete from chunks where document_id = %(id)s", {"id": document_id})
        chunk_ids = await _new_chunk_ids(connection, len(document.chunks))
        await _copy_chunks(connection, document_id, chunk_ids, document.chunks)
        await _copy_embeddings(connection, space_id, chunk_ids, document.vectors)
    return document_id


async def _folder_around(connection: Connection, collection: str, path: Path) -> Folder | None:
    rows = await connection.execute(
        "select name, path from folders where collection = %(collection)s order by length(path) desc",
        {"collection": collection},
    )
    folders = [Folder(name, Path(place)) async for name, place in rows]
    return next((folder for folder in folders if path.is_relative_to(folder.path)), None)


async def _upsert(connection: Connection, document: NewDocument) -> int:
    rows = await connection.execute(
        """
        insert into documents (collection, source, title, media_type, content_hash, recipe, metadata)
        values (
            %(collection)s, %(source)s, %(title)s, %(media_type)s, %(content_hash)s, %(recipe)s, %(metadata)s
        )
        on conflict (collection, source) do update
        set title = excluded.title,
            media_type = excluded.media_type,
            content_hash = excluded.content_hash,
            recipe = excluded.recipe,
            metadata = excluded.metadata,
            updated_at = now()
        returning id
        """,
        {
            "collection": document.collection,
            "source": document.source,
            "title": document.title,
            "media_type": document.media_type,
            "content_hash": document.version.content_hash,
            "recipe": document.version.recipe,
            "metadata": Jsonb(dict(document.metadata)),
        },
    )
    row = await rows.fetchone()
    assert row is not None
    return row[0]


async def _new_chunk_ids(connection: Connection, count: int) -> list[int]:
    rows = await connection.execute(
        "select nextval(pg_get_serial_sequence('chunks', 'id')) from generate_series(1, %(count)s)",
        {"count": count},
    )
    return [row[0] async for row in rows]


async def _copy_chunks(
    connection: Connection, document_id: int, chunk_ids: Sequence[int], chunks: Sequence[Chunk]
) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            """
            copy chunks (id, document_id, position, heading_path, page, content, token_count)
            from stdin (format binary)
            """
        ) as copy,
    ):
        copy.set_types(["int8", "int8", "int4", "text[]", "int4", "text", "int4"])
        for chunk_id, chunk in zip(chunk_ids, chunks, strict=True):
            await copy.write_row(
                (
                    chunk_id,
                    document_id,
                    chunk.position,
                    list(chunk.heading_path),
                    chunk.page,
                    chunk.content,
                    chunk.token_count,
                )
            )


async def _copy_embeddings(
    connection: Connection, space_id: int, chunk_ids: Sequence[int], vectors: Vectors
) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy chunk_embeddings (space_id, chunk_id, embedding) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["int2", "int8", "halfvec"])
        for chunk_id, vector in zip(chunk_ids, vectors, strict=True):
            await copy.write_row((space_id, chunk_id, HalfVector(vector)))
