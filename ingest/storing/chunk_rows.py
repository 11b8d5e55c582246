"""Passages with their postings and the vectors there are, written many at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from knowledge_base.grams import bits_of, lines_text
from knowledge_base.passage_words import PassageText, coded_words
from knowledge_base.postings import copy_pending

Connection = AsyncConnection[TupleRow]
Vectors = Mapping[bytes, HalfVector]


@dataclass(frozen=True)
class Stored:
    """A document that is stored, and the content its passages come from; `language` is the document's, and
    `labels` is what its passages keep of its metadata (see `knowledge_base.labels`).
    """

    document_id: int
    language: str
    vocabulary_id: int
    labels: bytes
    content: ChunkedDocument


@dataclass(frozen=True)
class ChunkRow:
    """A passage with its place in the database and what it keeps of its words and its document's labels."""

    chunk_id: int
    document: Stored
    chunk: Chunk
    text_hash: bytes
    words: bytes


def text_hash(chunk: Chunk) -> bytes:
    """What two passages share when the embedding model reads the same."""
    return hash_of(chunk.embedded_text)


def hash_of(text: str) -> bytes:
    """16 bytes that stand for what the embedding model reads."""
    return hashlib.sha256(text.encode()).digest()[:16]


async def replace_chunks(
    connection: Connection, space_id: int | None, documents: Sequence[Stored], vectors: Vectors
) -> None:
    """Give documents their passages in the place of those from before; part of a transaction.

    Passages without a vector among `vectors` wait for it, and are found by their words meanwhile.
    """
    ids = [document.document_id for document in documents]
    await connection.execute("delete from chunks where document_id = any(%(ids)s)", {"ids": ids})
    rows: list[ChunkRow] = []
    for language in sorted({document.language for document in documents}):
        rows += await _rows(connection, language, documents)
    await _copy_chunks(connection, rows)
    await _copy_grams(connection, rows)
    embedded = {row.chunk_id: vectors.get(row.text_hash) for row in rows}
    vocabulary_ids = {row.chunk_id: row.document.vocabulary_id for row in rows}
    await _copy_embeddings(connection, space_id, vocabulary_ids, embedded)
    await _copy_awaiting(connection, [chunk_id for chunk_id, vector in embedded.items() if vector is None])
    await copy_pending(connection, vocabulary_ids, {row.chunk_id: row.words for row in rows})


async def _rows(connection: Connection, language: str, documents: Sequence[Stored]) -> list[ChunkRow]:
    owned = [
        (document, chunk)
        for document in documents
        if document.language == language
        for chunk in document.content.chunks
    ]
    passages = [PassageText(chunk.context, chunk.content) for _, chunk in owned]
    coded = await coded_words(connection, language, passages)
    chunk_ids = await _new_chunk_ids(connection, len(owned))
    return [
        ChunkRow(chunk_id, document, chunk, text_hash(chunk), words + document.labels)
        for chunk_id, (document, chunk), words in zip(chunk_ids, owned, coded, strict=True)
    ]


async def _new_chunk_ids(connection: Connection, count: int) -> list[int]:
    rows = await connection.execute(
        "select nextval(pg_get_serial_sequence('chunks', 'id')) from generate_series(1, %(count)s)",
        {"count": count},
    )
    return [row[0] async for row in rows]


async def _copy_chunks(connection: Connection, rows: Sequence[ChunkRow]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            """
            copy chunks (
                id, document_id, position, heading_path, page, content, token_count, context, text_hash,
                vocabulary_id, lexemes
            )
            from stdin (format binary)
            """
        ) as copy,
    ):
        copy.set_types(
            ["int8", "int8", "int4", "text[]", "int4", "text", "int4", "text", "bytea", "int4", "bytea"]
        )
        for row in rows:
            chunk = row.chunk
            await copy.write_row(
                (
                    row.chunk_id,
                    row.document.document_id,
                    chunk.position,
                    list(chunk.heading_path),
                    chunk.page,
                    chunk.content,
                    chunk.token_count,
                    chunk.context,
                    row.text_hash,
                    row.document.vocabulary_id,
                    row.words,
                )
            )


async def _copy_grams(connection: Connection, rows: Sequence[ChunkRow]) -> None:
    bits = bits_of([lines_text(row.chunk.heading_path, row.chunk.content) for row in rows])
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy passage_grams (chunk_id, document_id, vocabulary_id, bits) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["int8", "int8", "int4", "bytea"])
        for row, of_row in zip(rows, bits, strict=True):
            document = row.document
            await copy.write_row((row.chunk_id, document.document_id, document.vocabulary_id, of_row))


async def _copy_embeddings(
    connection: Connection,
    space_id: int | None,
    vocabulary_ids: Mapping[int, int],
    embedded: Mapping[int, HalfVector | None],
) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy chunk_embeddings (space_id, chunk_id, vocabulary_id, embedding) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["int2", "int8", "int4", "halfvec"])
        for chunk_id, vector in embedded.items():
            if vector is not None:
                await copy.write_row((space_id, chunk_id, vocabulary_ids[chunk_id], vector))


async def _copy_awaiting(connection: Connection, chunk_ids: Sequence[int]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy("copy chunks_awaiting_vectors (chunk_id) from stdin (format binary)") as copy,
    ):
        copy.set_types(["int8"])
        for chunk_id in chunk_ids:
            await copy.write_row((chunk_id,))
