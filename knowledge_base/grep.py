"""Exact search: the lines of documents that a pattern matches, in the order in which they were stored.

Which passages can match is asked of their letters (`grams.py`); these are read and searched with RE2. Without
three letters in a row that must be there, passages are read one after the other, while there is time.
"""

import sys
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import LiteralString

import numpy as np
from anyio import to_thread
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from knowledge_base.document_lines import DocumentLines, new_headings, read_lines
from knowledge_base.grams import bits_wanted
from knowledge_base.patterns import Pattern
from knowledge_base.search_filter import Condition, SearchFilter, condition_of

Connection = AsyncConnection[TupleRow]

# Ids among which passages are looked for at once, and passages that are read at once: few at first, for a
# pattern that is everywhere fills its page there.
FIRST_WINDOW, WINDOW = 5_000, 500_000
FIRST_BATCH, BATCH, GROWTH = 100, 2_000, 4
# Of one line; passages of one line can have a thousand characters.
MAX_LINE = 400

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]

LAST: LiteralString = "select coalesce(max(chunk_id), 0) from passage_grams"
CANDIDATES: LiteralString = """
select coalesce(string_agg(int8send(chunk_id), ''::bytea), ''::bytea)
from passage_grams
where chunk_id > %(after)s and chunk_id <= %(until)s and {of_documents} and ({letters})
"""
# How many passages there are where is searched, and of these up to one.
COUNTED: LiteralString = """
select count(*), count(*) filter (where chunk_id <= %(after)s) from passage_grams where {of_documents}
"""
TEXTS: LiteralString = """
select id, heading_path, content from chunks where id = any(%(ids)s) order by id
"""
PASSAGES: LiteralString = """
select chunks.id, chunks.document_id, chunks.position, coalesce(before.heading_path, '{}'),
       chunks.heading_path, chunks.content
from chunks
left join chunks as before
    on before.document_id = chunks.document_id and before.position = chunks.position - 1
where chunks.id = any(%(ids)s)
order by chunks.id
"""
DOCUMENTS: LiteralString = """
select id, title, source, collection from documents where id = any(%(ids)s)
"""


@dataclass(frozen=True)
class Wanted:
    """What is looked for, where, and how much of it: `limit` matching lines and `characters` of text, both at
    most but for the first passage, with `context` lines around; only numbers with `count_only`.

    `after`: the passage behind which to begin. `seconds`: how long passages are read.
    """

    pattern: Pattern
    which: SearchFilter = field(default_factory=SearchFilter)
    context: int = 0
    limit: int = 50
    characters: int = 20_000
    count_only: bool = False
    after: int = 0
    seconds: float = 2.0


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
class Stopped:
    """Where time ended a search: after `searched` of all `passages` where is searched."""

    searched: int
    passages: int


@dataclass(frozen=True)
class Grepped:
    """Documents with what matches in them; `next_after` goes on, None when all was searched."""

    documents: Sequence[FoundDocument]
    next_after: int | None
    stopped: Stopped | None


@dataclass(frozen=True)
class _Passage:
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
class _Hit:
    """A passage with the lines of it that match, by their place in it, and where they match."""

    passage: _Passage
    spans: dict[int, tuple[int, int]]


async def grep(connection: Connection, wanted: Wanted) -> Grepped:
    """The lines that match, by document. The caller is whom the transaction serves."""
    deadline = time.monotonic() + wanted.seconds
    most = sys.maxsize if wanted.count_only else wanted.limit
    hits: list[_Hit] = []
    found, after = 0, wanted.after
    async for ids, until in _candidates(connection, wanted):
        for batch in _batches(ids):
            more = await _hits(connection, wanted.pattern, batch)
            hits += more
            found += sum(len(hit.spans) for hit in more)
            after = batch[-1]
            if found >= most or time.monotonic() > deadline:
                break
        else:
            after = until
            if time.monotonic() <= deadline:
                continue
        break
    else:
        after = None
    documents, last_shown = await _shown(connection, wanted, hits)
    stopped = after is not None and last_shown is None and found < most
    return Grepped(
        documents,
        after if last_shown is None else last_shown,
        await _stopped(connection, wanted, after or 0) if stopped else None,
    )


async def _candidates(connection: Connection, wanted: Wanted) -> AsyncGenerator[tuple[Ids, int]]:
    """The ids of the passages that may match, ascending, and up to which id these are all."""
    rows = await connection.execute(LAST)
    row = await rows.fetchone()
    assert row is not None
    condition = _of_documents(wanted.which)
    statement = sql.SQL(CANDIDATES).format(letters=_with_letters(wanted.pattern), of_documents=condition.text)
    until, window = wanted.after, FIRST_WINDOW
    while until < row[0]:
        after, until = until, until + window
        window = min(window * GROWTH, WINDOW)
        cursor = connection.cursor(binary=True)
        await cursor.execute(statement, {**condition.values, "after": after, "until": until})
        found = await cursor.fetchone()
        assert found is not None
        yield np.sort(np.frombuffer(found[0], ">i8").astype(np.int64)), until


def _with_letters(pattern: Pattern) -> sql.Composable:
    """That a passage may have one of the texts that the pattern needs."""
    wanted = bits_wanted(pattern.alternatives)
    if not wanted:
        return sql.SQL("true")
    each = [
        sql.SQL(" and ").join(sql.SQL("get_bit(bits, {}) = 1").format(sql.Literal(bit)) for bit in bits)
        for bits in wanted
    ]
    return sql.SQL("bits is null or ({})").format(sql.SQL(") or (").join(each))


def _of_documents(which: SearchFilter) -> Condition:
    condition = condition_of(which)
    text = sql.SQL("document_id in (select id from documents where {})").format(condition.text)
    return Condition(text if which.narrows else sql.Composed([sql.SQL("true")]), condition.values)


def _batches(ids: Ids) -> Iterator[list[int]]:
    place, size = 0, FIRST_BATCH
    while place < len(ids):
        yield ids[place : place + size].tolist()
        place, size = place + size, min(size * GROWTH, BATCH)


async def _hits(connection: Connection, pattern: Pattern, ids: list[int]) -> list[_Hit]:
    """Those of the passages that have a line which matches."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(TEXTS, {"ids": ids}, prepare=True)
    texts = await cursor.fetchall()
    likely = await to_thread.run_sync(lambda: [row[0] for row in texts if _may_match(pattern, *row[1:])])
    if not likely:
        return []
    cursor = connection.cursor(binary=True)
    await cursor.execute(PASSAGES, {"ids": likely}, prepare=True)
    passages = [_Passage(*row) for row in await cursor.fetchall()]
    return await to_thread.run_sync(_matching, pattern, passages)


def _may_match(pattern: Pattern, heading_path: list[str], content: str) -> bool:
    return pattern.may_match("\n".join((*new_headings((), heading_path), content)))


async def _stopped(connection: Connection, wanted: Wanted, after: int) -> Stopped:
    condition = _of_documents(wanted.which)
    statement = sql.SQL(COUNTED).format(of_documents=condition.text)
    rows = await connection.execute(statement, {**condition.values, "after": after})
    row = await rows.fetchone()
    assert row is not None
    return Stopped(row[1], row[0])


def _matching(pattern: Pattern, passages: Sequence[_Passage]) -> list[_Hit]:
    found: list[_Hit] = []
    for passage in passages:
        spans = ((place, pattern.span_in(line)) for place, line in enumerate(passage.lines))
        there = {place: span for place, span in spans if span is not None}
        if there:
            found.append(_Hit(passage, there))
    return found


async def _shown(
    connection: Connection, wanted: Wanted, hits: Sequence[_Hit]
) -> tuple[list[FoundDocument], int | None]:
    """The documents of the hits that fit an answer, and the last passage of them where others do not."""
    documents: dict[int, FoundDocument] = {}
    last: int | None = None
    texts = {} if wanted.count_only else await _lines_around(connection, wanted, hits)
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
    connection: Connection, wanted: Wanted, hits: Sequence[_Hit]
) -> dict[int, DocumentLines]:
    """The documents of the hits as lines, with the content around each hit."""
    near = range(-wanted.context, wanted.context + 1)
    places = {(hit.passage.document_id, hit.passage.position + distance) for hit in hits for distance in near}
    return await read_lines(connection, {hit.passage.document_id for hit in hits}, with_content=places)


def _lines_of(document: DocumentLines, hit: _Hit, context: int) -> list[FoundLine]:
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
