"""Tools that list what there is, and read around a passage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, TypeAdapter

from knowledge_base import documents as stored
from knowledge_base.access import Connection
from knowledge_base.collection_list import Collection, list_collections
from knowledge_base.documents import ChunkInPlace, DocumentFilter
from knowledge_base.known_names import Named, check_names
from knowledge_base.outline import Place
from knowledge_base.reads import Reads
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.calls.arguments import MAX_ID, MAX_POSITION, Filters, Text
from mcp_server.calls.cursors import MAX_CURSOR_CHARACTERS, cursor_after, key_of, that_fit
from mcp_server.document_parts import part_at, part_from
from mcp_server.passages import (
    around_within_budget,
    bounded_metadata,
    bounded_notes,
    fenced,
    new_marker,
)
from mcp_server.results import (
    CollectionEntry,
    CollectionList,
    DocumentEntry,
    DocumentList,
    DocumentText,
    Neighbour,
    Neighbours,
)

PAGE_KEYS: Mapping[stored.Sort, TypeAdapter[tuple[str | datetime, int]]] = {
    "source": TypeAdapter(tuple[str, int]),
    "newest": TypeAdapter(tuple[datetime, int]),
}
BY_NAME = TypeAdapter(tuple[str])

Cursor = Annotated[
    str | None,
    Field(
        max_length=MAX_CURSOR_CHARACTERS,
        description="next_cursor of the page before, with the same arguments.",
    ),
]


@dataclass(frozen=True)
class ReadingTools:
    """The tools that look around in one knowledge base."""

    reads: Reads
    token_budget: int
    stdio_caller: Caller | None = None

    async def read_chunks(
        self,
        chunk_id: Annotated[
            int,
            Field(ge=1, le=MAX_ID, description="From search_documents, next or previous."),
        ],
        before: Annotated[int, Field(ge=0, le=20, description="Passages before it.")] = 2,
        after: Annotated[int, Field(ge=0, le=20, description="Passages after it.")] = 2,
    ) -> Neighbours:
        """Read the passages around a search result that is cut off or needs its context.

        Returns them in reading order; go on with next as chunk_id and before=0, or back with previous and
        after=0. For a whole document use get_document. An unknown id is an error.
        """

        async def read(connection: Connection) -> tuple[Sequence[ChunkInPlace], stored.Document]:
            # One more at each end, to know whether there is more.
            found = await stored.read_around(connection, chunk_id, before=before + 1, after=after + 1)
            return found, await stored.get_document(connection, found[0].document_id)

        found, document = await self.reads.run(current_caller(self.stdio_caller).access, read)
        shown = _shown(found, chunk_id, before=before, after=after, token_budget=self.token_budget)
        marker = new_marker()
        return Neighbours(
            document_id=document.document_id,
            title=document.title,
            source=document.source,
            text_marker=marker,
            chunks=[_neighbour(chunk, marker) for chunk in shown],
            previous=_chunk_at(found, shown[0].position - 1),
            next=_chunk_at(found, shown[-1].position + 1),
        )

    async def get_document(
        self,
        document_id: Annotated[
            int,
            Field(ge=1, le=MAX_ID, description="From search_documents or list_documents."),
        ],
        from_position: Annotated[int, Field(ge=0, le=MAX_POSITION, description="Passage to begin with.")] = 0,
        heading: Annotated[
            Text | None, Field(max_length=300, description="Only what is below this heading.")
        ] = None,
        lines: Annotated[Text | None, Field(max_length=30, description='Only these, e.g. "120-180".')] = None,
        pages: Annotated[Text | None, Field(max_length=30, description='Only these, e.g. "3-5".')] = None,
    ) -> DocumentText:
        """Read a whole document, e.g. to sum it up, from its beginning or on from a position, or a part.

        Returns its text in parts: next_position is the from_position of the next. For what stands around a
        search result use read_chunks. An unknown id is an error.
        """
        place = Place(lines, pages, heading)
        caller = current_caller(self.stdio_caller)
        part = await self.reads.run(
            caller.access,
            lambda connection: (
                part_at(connection, document_id, place, self.token_budget)
                if place.is_given
                else part_from(connection, document_id, from_position, self.token_budget)
            ),
        )
        document, marker = part.document, new_marker()
        metadata, left_out = bounded_metadata(document.metadata)
        return DocumentText(
            document_id=document_id,
            title=document.title,
            source=document.source,
            collection=caller.shown_name(document.collection),
            metadata=metadata,
            metadata_left_out=left_out,
            notes=bounded_notes(document.notes),
            text_marker=marker,
            content=fenced(part.text, marker),
            next_position=part.next_position,
            lines=part.lines,
            next_lines=part.next_lines,
        )

    async def list_documents(
        self,
        collection: Annotated[
            Text | None,
            Field(max_length=100, description="Only this collection, as list_collections names it."),
        ] = None,
        source: Annotated[
            Text | None,
            Field(max_length=1000, description="Only this document or folder, e.g. handbook/leave.md"),
        ] = None,
        title: Annotated[Text | None, Field(max_length=200, description="Part of the title.")] = None,
        query: Annotated[
            Text | None,
            Field(max_length=200, description="Words that title or source must all have."),
        ] = None,
        filters: Annotated[
            Filters | None,
            Field(description='Metadata it must have, e.g. {"year": 2024}'),
        ] = None,
        sort: Annotated[
            stored.Sort,
            Field(description="newest: changed last first."),
        ] = "source",
        limit: Annotated[int, Field(ge=1, le=200, description="Most documents.")] = 50,
        cursor: Cursor = None,
    ) -> DocumentList:
        """List the documents with titles and ids, to see what there is or to find one by its name.

        Returns a page, and next_cursor for the next. For what documents say use search_documents. Unknown
        filters are errors.
        """
        wanted = ["documents", collection, source, title, query, filters, sort]
        key = None if cursor is None else key_of(cursor, wanted, PAGE_KEYS[sort])
        caller = current_caller(self.stdio_caller)
        which = DocumentFilter(caller.stored_name(collection), source, title, filters, (query or "").split())
        named = Named(which.collection, which.metadata or {}, which.source, caller.own_collection)

        async def read(connection: Connection) -> Sequence[stored.Document]:
            documents = await stored.list_documents(connection, which, sort=sort, after=key, limit=limit + 1)
            if not documents and cursor is None:
                # Only then can it name what is not there.
                await check_names(connection, named)
            return documents

        found = await self.reads.run(caller.access, read)
        page = that_fit([_document(document, caller) for document in found[:limit]], self.token_budget)
        return DocumentList(
            documents=page,
            next_cursor=cursor_after(wanted, _key(page[-1], sort)) if len(found) > len(page) else None,
        )

    async def list_collections(
        self,
        limit: Annotated[int, Field(ge=1, le=200, description="Most collections.")] = 100,
        cursor: Cursor = None,
    ) -> CollectionList:
        """List the collections of documents, with their sizes, languages and the user's rights.

        Use it for the names that the argument collection of other tools takes. Returns a page, and
        next_cursor for the next. For the documents in them use list_documents.
        """
        wanted = ["collections"]
        after = None if cursor is None else key_of(cursor, wanted, BY_NAME)[0]
        caller = current_caller(self.stdio_caller)
        found = await self.reads.run(
            caller.access,
            lambda connection: list_collections(
                connection, after=after, limit=limit + 1, own=caller.own_collection
            ),
        )
        page = that_fit([collection_entry(collection) for collection in found[:limit]], self.token_budget)
        return CollectionList(
            collections=page,
            next_cursor=cursor_after(wanted, [page[-1].name]) if len(found) > len(page) else None,
        )


def collection_entry(collection: Collection) -> CollectionEntry:
    """A collection as answers carry it."""
    return CollectionEntry(
        name=collection.name,
        language=collection.language,
        languages=collection.languages,
        documents=collection.documents,
        chunks=collection.chunks,
        changed_at=collection.changed_at,
        right=collection.right,
        own=collection.own,
    )


def _shown(
    found: Sequence[ChunkInPlace], chunk_id: int, *, before: int, after: int, token_budget: int
) -> Sequence[ChunkInPlace]:
    middle = next(index for index, chunk in enumerate(found) if chunk.chunk_id == chunk_id)
    first = max(middle - before, 0)
    return around_within_budget(found[first : middle + after + 1], middle - first, token_budget)


def _chunk_at(found: Sequence[ChunkInPlace], position: int) -> int | None:
    return next((chunk.chunk_id for chunk in found if chunk.position == position), None)


def _neighbour(chunk: ChunkInPlace, marker: str) -> Neighbour:
    return Neighbour(
        chunk_id=chunk.chunk_id,
        position=chunk.position,
        heading_path=chunk.heading_path,
        page=chunk.page,
        content=fenced(chunk.content, marker),
    )


def _document(document: stored.Document, caller: Caller) -> DocumentEntry:
    return DocumentEntry(
        document_id=document.document_id,
        title=document.title,
        source=document.source,
        collection=caller.shown_name(document.collection),
        media_type=document.media_type,
        chunks=document.chunks,
        updated_at=document.updated_at,
    )


def _key(last: DocumentEntry, sort: stored.Sort) -> tuple[str | datetime, int]:
    return (last.updated_at.isoformat() if sort == "newest" else last.source), last.document_id
