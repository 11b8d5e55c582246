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

from knowledge_base.found_lines import FoundDocument, Hit, HowMuch, Passage, shown
from knowledge_base.grams import bits_wanted, lines_text
from knowledge_base.patterns import Pattern
from knowledge_base.search_filter import Condition, SearchFilter, condition_of

Connection = AsyncConnection[TupleRow]

# Ids among which passages are looked for at once, and passages that are read at once: few at first, for a
# pattern that is everywhere fills its page there.
FIRST_WINDOW, WINDOW = 5_000, 500_000
FIRST_BATCH, BATCH, GROWTH = 100, 2_000, 4
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


async def grep(connection: Connection, wanted: Wanted) -> Grepped:
    """The lines that match, by document. The caller is whom the transaction serves."""
    deadline = time.monotonic() + wanted.seconds
    most = sys.maxsize if wanted.count_only else wanted.limit
    hits: list[Hit] = []
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
    documents, last_shown = await shown(
        connection,
        hits,
        HowMuch(wanted.limit, wanted.characters, wanted.context, wanted.count_only),
    )
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


async def _hits(connection: Connection, pattern: Pattern, ids: list[int]) -> list[Hit]:
    """Those of the passages that have a line which matches."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(TEXTS, {"ids": ids}, prepare=True)
    texts = await cursor.fetchall()
    likely = await to_thread.run_sync(lambda: [row[0] for row in texts if _may_match(pattern, *row[1:])])
    if not likely:
        return []
    cursor = connection.cursor(binary=True)
    await cursor.execute(PASSAGES, {"ids": likely}, prepare=True)
    passages = [Passage(*row) for row in await cursor.fetchall()]
    return await to_thread.run_sync(_matching, pattern, passages)


def _may_match(pattern: Pattern, heading_path: list[str], content: str) -> bool:
    return pattern.may_match(lines_text(heading_path, content))


async def _stopped(connection: Connection, wanted: Wanted, after: int) -> Stopped:
    condition = _of_documents(wanted.which)
    statement = sql.SQL(COUNTED).format(of_documents=condition.text)
    rows = await connection.execute(statement, {**condition.values, "after": after})
    row = await rows.fetchone()
    assert row is not None
    return Stopped(row[1], row[0])


def _matching(pattern: Pattern, passages: Sequence[Passage]) -> list[Hit]:
    found: list[Hit] = []
    for passage in passages:
        spans = ((place, pattern.span_in(line)) for place, line in enumerate(passage.lines))
        there = {place: span for place, span in spans if span is not None}
        if there:
            found.append(Hit(passage, there))
    return found
