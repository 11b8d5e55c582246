"""Document text as answers carry it: fenced, within a budget of tokens, with its headings."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from knowledge_base.document_lines import new_headings
from knowledge_base.documents import ChunkInPlace, DocumentChunk
from knowledge_base.hits import Hit

Passage = TypeVar("Passage", Hit, DocumentChunk, ChunkInPlace)

# Metadata come from the files themselves and can be of any size.
MAX_METADATA_BYTES = 2000
MAX_NOTES = 20
MAX_NOTE_LENGTH = 300


def new_marker() -> str:
    """A tag name that no document can know, so that no document text can end the fence."""
    return f"document-text-{secrets.token_hex(4)}"


def fenced(text: str, marker: str) -> str:
    """The text between two tags."""
    return f"<{marker}>\n{text}\n</{marker}>"


def within_budget(passages: Iterable[Passage], token_budget: int) -> Iterable[Passage]:
    """The first passages that fit the budget; always the first one."""
    used = 0
    for passage in passages:
        used += passage.token_count
        if used > token_budget and used > passage.token_count:
            return
        yield passage


def around_within_budget(
    passages: Sequence[ChunkInPlace], middle: int, token_budget: int
) -> Sequence[ChunkInPlace]:
    """The passage at index `middle` with as many neighbours as fit the budget, those near it first."""
    first, last = middle, middle + 1
    left = token_budget - passages[middle].token_count
    for distance in range(1, len(passages)):
        for index in (middle + distance, middle - distance):
            # What does not touch what is shown already lies behind a passage that did not fit.
            if index not in (first - 1, last) or not 0 <= index < len(passages):
                continue
            left -= passages[index].token_count
            if left < 0:
                return passages[first:last]
            first, last = min(first, index), max(last, index + 1)
    return passages[first:last]


def joined(chunks: Iterable[DocumentChunk]) -> str:
    """The passages as one Markdown text, each heading written where it begins."""
    parts: list[str] = []
    shown: Sequence[str] = ()
    for chunk in chunks:
        parts += [*new_headings(shown, chunk.heading_path), chunk.content]
        shown = chunk.heading_path
    return "\n\n".join(parts)


def bounded_metadata(metadata: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The metadata that fit an answer, and how many entries do not."""
    left = MAX_METADATA_BYTES
    fitting: dict[str, Any] = {}
    for key, value in metadata.items():
        size = len(json.dumps({key: value}, ensure_ascii=False).encode("utf-8", "replace"))
        if size <= left:
            fitting[key] = value
            left -= size
    return fitting, len(metadata) - len(fitting)


def bounded_notes(notes: Sequence[str]) -> list[str]:
    """The notes that fit an answer, and how many do not."""
    shown = [note if len(note) <= MAX_NOTE_LENGTH else note[:MAX_NOTE_LENGTH] + "…" for note in notes]
    more = len(notes) - MAX_NOTES
    return [*shown[:MAX_NOTES], f"There are {more} more notes of this kind."] if more > 0 else shown
