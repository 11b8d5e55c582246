"""Tools that agents know from files: exact search, and finding one's way by folders and headings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter

from knowledge_base import grep as exact
from knowledge_base.patterns import MAX_PATTERN_CHARACTERS, compiled
from knowledge_base.reads import Reads
from knowledge_base.search import SearchFilter
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.calls.arguments import Filters, Text
from mcp_server.calls.cursors import BYTES_A_TOKEN, MAX_CURSOR_CHARACTERS, cursor_after, key_of
from mcp_server.file_results import GrepDocument, GrepResult
from mcp_server.passages import fenced, new_marker

MAX_MATCHES, MAX_CONTEXT = 200, 20
AFTER = TypeAdapter(tuple[int])

Collection = Annotated[Text | None, Field(max_length=100)]
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
        fixed: bool = False,
        ignore_case: bool = False,
        collection: Collection = None,
        source: Source = None,
        filters: Annotated[Filters | None, Field(description="As in search_documents.")] = None,
        context: Annotated[int, Field(ge=0, le=MAX_CONTEXT, description="Lines around each match.")] = 1,
        count_only: bool = False,
        limit: Annotated[int, Field(ge=1, le=MAX_MATCHES, description="Most matching lines.")] = 50,
        cursor: Cursor = None,
    ) -> GrepResult:
        """Find the lines of documents that match a regular expression or have exact words.

        For identifiers, names, numbers and phrases as they are written; search_documents finds by meaning.
        Read on with get_document and its lines.
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


def _grepped(document: exact.FoundDocument, marker: str, caller: Caller) -> GrepDocument:
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


def _written(lines: Sequence[exact.FoundLine]) -> Iterator[str]:
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
