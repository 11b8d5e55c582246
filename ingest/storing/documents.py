"""The last arrow: documents and all their chunks are written, many at once, each whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from database.acting import Acting, bounded
from ingest.planning import Step
from ingest.reading.chunked_document import ChunkedDocument
from ingest.storing.chunk_rows import Stored, Vectors, replace_chunks
from knowledge_base.posting_merge import merge_when_many
from knowledge_base.postings import Place, languages_of, remember_collections, vocabularies_of
from knowledge_base.uploads import ADDED_BY, origin_of

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class NewDocument:
    """A file that was read, and where it belongs; `given` is the metadata the user gave."""

    collection: str
    origin: str
    source: str
    recipe: str
    given: Mapping[str, Any]
    content: ChunkedDocument


@dataclass(frozen=True)
class Row:
    """A document of the database to be: one that was read, or one inside it."""

    document: NewDocument
    content: ChunkedDocument
    language: str
    parent_id: int | None = None

    @property
    def vocabulary(self) -> Place:
        """Where its words are."""
        return self.document.collection, self.language

    @property
    def source(self) -> str:
        """The place of the document."""
        return f"{self.document.source}/{self.content.path}" if self.content.path else self.document.source

    @property
    def place(self) -> tuple[str, str]:
        """Which document it is: collection and source."""
        return self.document.collection, self.source


async def known_vectors(
    connection: Connection, space_id: int, hashes: Sequence[bytes]
) -> dict[bytes, HalfVector]:
    """Vectors that passages with these texts have already, by the hash of the text."""
    rows = await connection.execute(
        """
        select distinct on (chunks.text_hash) chunks.text_hash, chunk_embeddings.embedding
        from chunks
        join chunk_embeddings on chunk_embeddings.chunk_id = chunks.id
        where chunks.text_hash = any(%(hashes)s) and chunk_embeddings.space_id = %(space_id)s
        """,
        {"hashes": list(hashes), "space_id": space_id},
        binary=True,
    )
    return {bytes(key): vector async for key, vector in rows}


async def store_documents(
    connection: Connection, space_id: int | None, documents: Sequence[NewDocument], vectors: Vectors
) -> None:
    """Write or replace documents in one transaction; their ids stay the same when they are replaced.

    `vectors` are of the space `space_id`; passages of other texts get theirs later. The connection must know
    the vector types (`pgvector.psycopg.register_vector_async`).
    """
    # Always in the same order: two writers of the same documents then wait for each other instead of failing.
    documents = sorted(documents, key=lambda document: document.source)
    async with connection.transaction():
        await _say_whose(connection, documents)
        collections = {document.collection for document in documents}
        await remember_collections(connection, collections)
        languages = await languages_of(connection, collections)
        rows = [
            Row(document, document.content, languages[document.collection].of(document.content.language))
            for document in documents
        ]
        known = await _upsert(connection, rows)
        ids = [document_id for document_id, _ in known]
        members = [
            Row(document, member, languages[document.collection].of(member.language), parent_id)
            for document, parent_id in zip(documents, ids, strict=True)
            for member in document.content.members
        ]
        await _remove_members(connection, ids, [row.source for row in members])
        await _forget_problems(connection, documents)
        known_members = await _upsert(connection, members)
        vocabularies = await vocabularies_of(connection, {row.vocabulary for row in [*rows, *members]})
        stored = [
            Stored(document_id, row.language, vocabularies[row.vocabulary], labels, row.content)
            for (document_id, labels), row in zip([*known, *known_members], [*rows, *members], strict=True)
        ]
        await replace_chunks(connection, space_id, stored, vectors)
        await merge_when_many(connection)


async def move_document(connection: Connection, step: Step) -> None:
    """Give a document, and those inside it, their new place. Text and vectors stay as they are.

    One that must be read again there has no recipe until that is done: whatever comes between, the next run
    does it.
    """
    assert step.document_id is not None
    assert step.old_source is not None
    old, new = step.old_source, step.source
    async with connection.transaction():
        await connection.execute(
            """
            update documents
            set source = %(new)s,
                recipe = case when %(renamed)s then '' else recipe end,
                updated_at = now()
            where id = %(id)s
            """,
            {"id": step.document_id, "new": new, "renamed": step.renamed},
        )
        await connection.execute(
            """
            update documents
            set source = %(new)s || substr(source, length(%(old)s) + 1), updated_at = now()
            where parent_id = %(id)s
            """,
            {"id": step.document_id, "old": old, "new": new},
        )


async def remove_documents(connection: Connection, ids: Sequence[int]) -> None:
    """Remove documents with everything that belongs to them."""
    await connection.execute("delete from documents where id = any(%(ids)s)", {"ids": list(ids)})


async def _say_whose(connection: Connection, documents: Sequence[NewDocument]) -> None:
    """Tell the audit log which of these documents were handed in by clients, and by whom."""
    handed_in = [one for one in documents if one.origin.startswith(f"{ADDED_BY}/")]
    if not handed_in:
        return
    rows = await connection.execute(
        """
        select collection, user_id, name, through, request_id, trace_id
        from uploads
        where status = 'working' and collection = any(%(collections)s)
        """,
        {"collections": sorted({one.collection for one in handed_in})},
    )
    whose: dict[str, dict[str, dict[str, Any]]] = {}
    wanted = {(one.collection, one.source) for one in handed_in}
    async for collection, user_id, name, through, request_id, trace_id in rows:
        source = f"{origin_of(user_id)}/{name}"
        if (collection, source) in wanted:
            acting = Acting(bounded(user_id), through, request_id or "", trace_id or "")
            whose.setdefault(collection, {})[source] = asdict(acting)
    await connection.execute(
        "select set_config('owflex.acting_for', %(whose)s, true)", {"whose": json.dumps(whose)}
    )


async def _upsert(connection: Connection, rows: Sequence[Row]) -> list[tuple[int, bytes]]:
    """The ids and the labels of the documents, in the order of `rows`."""
    if not rows:
        return []
    # One statement for all of them: one each would take longer than everything else that is written.
    stored = await connection.execute(
        """
        insert into documents (
            collection, origin, source, title, media_type, content_hash, recipe, metadata, given, notes,
            chunk_count, parent_id, language
        )
        select collection, origin, source, title, media_type, decode(content_hash, 'hex'), recipe, metadata,
               given, array(select jsonb_array_elements_text(notes)), chunk_count, parent_id, language
        from jsonb_to_recordset(%(rows)s) as rows (
            collection text, origin text, source text, title text, media_type text, content_hash text,
            recipe text, metadata jsonb, given jsonb, notes jsonb, chunk_count integer, parent_id bigint,
            language text
        )
        on conflict (collection, source) do update
        set origin = excluded.origin,
            title = excluded.title,
            media_type = excluded.media_type,
            content_hash = excluded.content_hash,
            recipe = excluded.recipe,
            metadata = excluded.metadata,
            given = excluded.given,
            notes = excluded.notes,
            chunk_count = excluded.chunk_count,
            parent_id = excluded.parent_id,
            language = excluded.language,
            updated_at = now()
        returning collection, source, id, labels_of(metadata)
        """,
        {"rows": Jsonb(list({row.place: _values(row) for row in rows}.values()))},
    )
    known = {(collection, source): (number, labels) async for collection, source, number, labels in stored}
    return [known[row.place] for row in rows]


def _values(row: Row) -> dict[str, Any]:
    return {
        "collection": row.document.collection,
        "origin": row.document.origin,
        "source": row.source,
        "title": row.content.title,
        "media_type": row.content.media_type,
        "content_hash": row.content.content_hash,
        "recipe": row.document.recipe,
        "metadata": {**row.content.metadata, **row.document.given},
        "given": dict(row.document.given),
        "notes": row.content.notes,
        "chunk_count": len(row.content.chunks),
        "parent_id": row.parent_id,
        "language": row.language,
    }


async def _remove_members(connection: Connection, ids: Sequence[int], kept: Sequence[str]) -> None:
    await connection.execute(
        "delete from documents where parent_id = any(%(ids)s) and not source = any(%(kept)s)",
        {"ids": list(ids), "kept": list(kept)},
    )


async def _forget_problems(connection: Connection, documents: Sequence[NewDocument]) -> None:
    await connection.execute(
        """
        delete from file_problems
        using unnest(%(collections)s::text[], %(sources)s::text[]) as stored (collection, source)
        where file_problems.collection = stored.collection and file_problems.source = stored.source
        """,
        {
            "collections": [document.collection for document in documents],
            "sources": [document.source for document in documents],
        },
    )
