"""Tools that agents know from files: exact search, and finding one's way by folders and headings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated

from pydantic import Field, TypeAdapter

from knowledge_base import documents as stored
from knowledge_base import grep as exact
from knowledge_base.access import Connection
from knowledge_base.document_lines import DocumentLines, read_lines
from knowledge_base.folder_tree import TreeEntry, list_tree
from knowledge_base.found_lines import FoundDocument, FoundLine
from knowledge_base.outline import Section, sections
from knowledge_base.patterns import MAX_PATTERN_CHARACTERS, compiled
from knowledge_base.reads import Reads
from knowledge_base.search import SearchFilter
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.calls.arguments import MAX_ID, Filters, Text
from mcp_server.calls.cursors import BYTES_A_TOKEN, MAX_CURSOR_CHARACTERS, cursor_after, key_of, that_fit
from mcp_server.file_results import GrepDocument, GrepResult, LsResult, OutlineResult, TreeEntryShown
from mcp_server.passages import fenced, new_marker

MAX_MATCHES, MAX_CONTEXT = 200, 20
AFTER = TypeAdapter(tuple[int])
BY_NAME = TypeAdapter(tuple[str, int])
NOTHING_THERE = "Nothing that you may read is there. Call ls without a path to see the top, or with a glob."

Collection = Annotated[Text | None, Field(max_length=100, description="Only in this collection.")]
Source = Annotated[
    Text | None, Field(max_length=1000, description='A document, a folder, or a glob such as "docs/**/*.md".')
]
Cursor = Annotated[str | None, Field(max_length=MAX_CURSOR_CHARACTERS, description="next_cursor, to go on.")]


@dataclass(frozen=True)
class FileTools:
    """The tools that treat the documents of one knowledge base as files."""

    reads: Reads
    token_budget: int
    stdio_caller: Caller | None = None

    async def grep(
        self,
        pattern: Annotated[
            Text,
            Field(
                min_length=1, max_length=MAX_PATTERN_CHARACTERS, description="RE2, or with fixed plain text."
            ),
        ],
        fixed: Annotated[bool, Field(description="Take the pattern as plain text.")] = False,
        ignore_case: Annotated[bool, Field(description="Capitals do not count.")] = False,
        collection: Collection = None,
        source: Source = None,
        filters: Annotated[Filters | None, Field(description="As in search_documents.")] = None,
        context: Annotated[int, Field(ge=0, le=MAX_CONTEXT, description="Lines around each match.")] = 1,
        count_only: Annotated[bool, Field(description="Without the lines.")] = False,
        limit: Annotated[int, Field(ge=1, le=MAX_MATCHES, description="Most matching lines.")] = 50,
        cursor: Cursor = None,
    ) -> GrepResult:
        """Find the lines of documents that match a regular expression or have exact words.

        For identifiers, names, numbers and phrases as they are written; search_documents finds by meaning.
        Returns numbered lines by document; read on with get_document and its lines.
        """
        looked_for = compiled(pattern, fixed=fixed, ignore_case=ignore_case)
        wanted = ["grep", pattern, fixed, ignore_case, collection, source, filters, count_only]
        after = 0 if cursor is None else key_of(cursor, wanted, AFTER)[0]
        caller = current_caller(self.stdio_caller)
        asked = exact.Wanted(
            looked_for,
            SearchFilter(caller.stored_name(collection), filters or {}, source),
            context=context,
            limit=limit,
            characters=self.token_budget * BYTES_A_TOKEN,
            count_only=count_only,
            after=after,
        )
        found = await self.reads.run(caller.access, lambda connection: exact.grep(connection, asked))
        marker = new_marker()
        next_cursor = None if found.next_after is None else cursor_after(wanted, [found.next_after])
        return GrepResult(
            documents=[_grepped(document, marker, caller) for document in found.documents],
            text_marker=marker,
            matches=sum(document.matches for document in found.documents),
            next_cursor=next_cursor,
            hint=_hint(found, started=cursor is None),
        )

    async def ls(
        self,
        path: Annotated[
            Text, Field(max_length=1000, description='A folder, or a glob such as "**/*.pdf"; else the top.')
        ] = "",
        collection: Collection = None,
        limit: Annotated[int, Field(ge=1, le=200, description="Most entries.")] = 100,
        cursor: Cursor = None,
    ) -> LsResult:
        """List what is in a folder, or find documents by a glob.

        Returns folders, and documents with their ids, type, tokens and time of change.
        """
        wanted = ["ls", path, collection]
        after = None if cursor is None else key_of(cursor, wanted, BY_NAME)
        caller = current_caller(self.stdio_caller)
        found = await self.reads.run(
            caller.access,
            lambda connection: list_tree(
                connection, path.strip(), caller.stored_name(collection), after=after, limit=limit + 1
            ),
        )
        page = that_fit([_listed(entry, caller) for entry in found[:limit]], self.token_budget)
        is_cut = len(found) > len(page)
        return LsResult(
            entries=page,
            next_cursor=cursor_after(wanted, found[len(page) - 1].key) if is_cut else None,
            hint=None if page or cursor else NOTHING_THERE,
        )

    async def outline(
        self,
        document_id: Annotated[int, Field(ge=1, le=MAX_ID, description="From ls or search_documents.")],
        cursor: Cursor = None,
    ) -> OutlineResult:
        """Show how a long document is divided, before you read a part of it.

        Returns its headings with their lines, pages and what reading below them costs in tokens; then read
        with get_document and its heading, lines or pages.
        """
        wanted = ["outline", document_id]
        after = 0 if cursor is None else key_of(cursor, wanted, AFTER)[0]

        async def read(connection: Connection) -> tuple[stored.Document, DocumentLines]:
            document = await stored.get_document(connection, document_id)
            lines = await read_lines(connection, [document_id], with_content=[], with_bold=True)
            return document, lines.get(document_id, DocumentLines([]))

        document, lines = await self.reads.run(current_caller(self.stdio_caller).access, read)
        left = [section for section in sections(lines) if section.line > after]
        written = _within([_headline(section) for section in left], self.token_budget * BYTES_A_TOKEN)
        marker = new_marker()
        return OutlineResult(
            document_id=document_id,
            title=document.title,
            source=document.source,
            lines=lines.count,
            tokens=round(lines.tokens_before(lines.count + 1)),
            pages=max((part.page for part in lines.parts if part.page is not None), default=None),
            text_marker=marker,
            outline=fenced("\n".join(written), marker),
            next_cursor=(
                cursor_after(wanted, [left[len(written) - 1].line]) if len(written) < len(left) else None
            ),
        )


def _headline(section: Section) -> str:
    page = "" if section.page is None else f"page {section.page}, "
    return f"{section.line}: {'#' * min(section.level, 6)} {section.heading} ({page}{section.tokens} tokens)"


def _within(texts: Sequence[str], characters: int) -> list[str]:
    """The first texts that fit; always the first one."""
    used = accumulate(len(text) + 1 for text in texts)
    return [
        text
        for number, (text, so_far) in enumerate(zip(texts, used, strict=True))
        if not number or so_far <= characters
    ]


def _listed(entry: TreeEntry, caller: Caller) -> TreeEntryShown:
    if not entry.document_id:
        return TreeEntryShown(name=entry.name, documents=entry.documents, updated_at=entry.updated_at)
    return TreeEntryShown(
        name=entry.name,
        document_id=entry.document_id,
        title=entry.title,
        collection=caller.shown_name(entry.collection),
        media_type=entry.media_type,
        tokens=entry.tokens,
        updated_at=entry.updated_at,
    )


def _grepped(document: FoundDocument, marker: str, caller: Caller) -> GrepDocument:
    lines = [document.lines[number] for number in sorted(document.lines)]
    return GrepDocument(
        document_id=document.document_id,
        title=document.title,
        source=document.source,
        collection=caller.shown_name(document.collection),
        matches=document.matches,
        chunk_ids=document.chunk_ids,
        text=fenced("\n".join(_written(lines)), marker) if lines else None,
    )


def _written(lines: Sequence[FoundLine]) -> Iterator[str]:
    """The lines as grep writes them."""
    before: int | None = None
    for line in lines:
        if before is not None and line.number > before + 1:
            yield "--"
        yield f"{line.number}{':' if line.matches else '-'}{line.text}"
        before = line.number


def _hint(found: exact.Grepped, *, started: bool) -> str | None:
    if found.stopped is not None:
        return (
            f"Time was up after {found.stopped.searched} of {found.stopped.passages} passages: pass "
            "next_cursor to go on. Three plain letters in a row in the pattern, or a source, make it quick."
        )
    if found.documents or found.next_after is not None or not started:
        return None
    return (
        "No line matches in the documents that you may read there. Try ignore_case, a shorter pattern, or "
        "search_documents, which finds other words for the same."
    )
