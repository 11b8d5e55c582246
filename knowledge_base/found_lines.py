"""What exact search shows of the passages it found: their lines with numbers, by document, as many as fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.document_lines import DocumentLines, new_headings, read_lines

Connection = AsyncConnection[TupleRow]

# Of one line; passages of one line can have a thousand characters.
MAX_LINE = 400

DOCUMENTS: LiteralString = """
select id, title, source, collection from documents where id = any(%(ids)s)
"""


@dataclass(frozen=True)
class HowMuch:
    """As in `grep.Wanted`."""

    limit: int
    characters: int
    context: int
    count_only: bool


@dataclass(frozen=True)
class FoundLine:
    """A line of a document, counted from 1; `matches` or stands near one that does."""

    number: int
    text: str
    matches: bool


@dataclass
class FoundDocument:
    """A document with lines that match."""

    document_id: int
    title: str = ""
    source: str = ""
    collection: str = ""
    matches: int = 0
    chunk_ids: list[int] = field(default_factory=list[int])
    lines: dict[int, FoundLine] = field(default_factory=dict[int, FoundLine])


@dataclass(frozen=True)
class Passage:
    chunk_id: int
    document_id: int
    position: int
    before: list[str]
    heading_path: list[str]
    content: str

    @property
    def lines(self) -> list[str]:
        headings = [
            line for heading in new_headings(self.before, self.heading_path) for line in (heading, "")
        ]
        return [*([""] if self.position else []), *headings, *self.content.split("\n")]


@dataclass(frozen=True)
class Hit:
    """A passage with the lines of it that match, by their place in it, and where they match."""

    passage: Passage
    spans: dict[int, tuple[int, int]]


async def shown(
    connection: Connection, hits: Sequence[Hit], wanted: HowMuch
) -> tuple[list[FoundDocument], int | None]:
    """The documents of the hits that fit an answer, and the last passage of them where others do not."""
    documents: dict[int, FoundDocument] = {}
    last: int | None = None
    texts = {} if wanted.count_only else await _lines_around(connection, wanted.context, hits)
    left, lines_left = wanted.characters, wanted.limit
    for hit in hits:
        passage = hit.passage
        document = documents.get(passage.document_id) or FoundDocument(passage.document_id)
        if not wanted.count_only:
            lines = _lines_of(texts[passage.document_id], hit, wanted.context)
            fresh = [line for line in lines if line.number not in document.lines]
            left -= sum(len(line.text) + 8 for line in fresh) + (0 if document.lines else 200)
            if last is not None and (left < 0 or lines_left <= 0):
                break
            lines_left -= len(hit.spans)
            for line in lines:
                if line.matches or line.number not in document.lines:
                    document.lines[line.number] = line
        documents[passage.document_id] = document
        document.matches += len(hit.spans)
        document.chunk_ids.append(passage.chunk_id)
        last = passage.chunk_id
    else:
        last = None
    await _name(connection, documents)
    return list(documents.values()), last


async def _lines_around(
    connection: Connection, context: int, hits: Sequence[Hit]
) -> dict[int, DocumentLines]:
    """The documents of the hits as lines, with the content around each hit."""
    near = range(-context, context + 1)
    places = {(hit.passage.document_id, hit.passage.position + distance) for hit in hits for distance in near}
    return await read_lines(connection, {hit.passage.document_id for hit in hits}, with_content=places)


def _lines_of(document: DocumentLines, hit: Hit, context: int) -> list[FoundLine]:
    """The lines of a hit with those around them."""
    place = next(place for place, part in enumerate(document.parts) if part.chunk_id == hit.passage.chunk_id)
    first = document.firsts[place]
    spans = {first + number: span for number, span in hit.spans.items()}
    found: dict[int, FoundLine] = {}
    for number, span in spans.items():
        for near, text in document.lines(number - context, number + context):
            if near in spans:
                continue
            found[near] = FoundLine(near, _cut(text, (0, 0)), matches=False)
        found[number] = FoundLine(number, _cut(hit.passage.lines[number - first], span), matches=True)
    return [found[number] for number in sorted(found)]


def _cut(line: str, span: tuple[int, int]) -> str:
    """The line, or what is around the match where it is long."""
    if len(line) <= MAX_LINE:
        return line
    first = max(min(span[0] - MAX_LINE // 4, len(line) - MAX_LINE), 0)
    last = first + MAX_LINE
    return ("…" if first else "") + line[first:last] + ("…" if last < len(line) else "")


async def _name(connection: Connection, documents: dict[int, FoundDocument]) -> None:
    rows = await connection.execute(DOCUMENTS, {"ids": list(documents)})
    for document_id, title, source, collection in await rows.fetchall():
        document = documents[document_id]
        document.title, document.source, document.collection = title, source, collection
