"""Pending words come into the posting lists: thousands of passages at once, in one transaction.

Log-structured like the indexes of search engines: who stores or removes passages only writes down that it was
done (`pending_postings`). One at a time merges that into the lists, so that nobody waits for a list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.engine_words import follow
from knowledge_base.id_arrays import as_array
from knowledge_base.list_rows import lists_of_keys, write_lists
from knowledge_base.word_codes import (
    EVERY_PASSAGE,
    POSTING,
    RANGE_BITS,
    Array,
    decode_postings,
    decode_words,
    lengths_of,
)

Connection = AsyncConnection[TupleRow]

# Any fixed number serves: whoever merges holds it.
MERGE_LOCK = 7_021_544_014
# Passages that are merged in one transaction.
BLOCK = 4096
# While fewer are pending a search reads them in less than a millisecond.
WORTH_A_MERGE = 256


@dataclass(frozen=True)
class Pending:
    """A passage that came (`added`) or went, with its words."""

    chunk_id: int
    vocabulary_id: int
    added: bool
    words: bytes


@dataclass(frozen=True)
class Changes:
    """Postings of a vocabulary and a range that come or go: (lexeme, place) in 64 bits, and impacts."""

    vocabulary_id: int
    id_range: int
    keys: Array
    impacts: Array
    gone: Array


async def merge_pending(connection: Connection, *, at_least: int = WORTH_A_MERGE) -> int:
    """Bring into the lists what is pending, when it is so much; returns how many passages it was.

    In autocommit mode each block is a transaction. Whoever merges already does it for all.
    """
    merged = 0
    while await _pending_at_least(connection, at_least):
        block = await merge_block(connection)
        if not block:
            break
        merged += block
    return merged


async def merge_when_many(connection: Connection) -> None:
    """Bring pending passages into the lists when they fill a block; part of a transaction."""
    if await _pending_at_least(connection, BLOCK):
        await merge_block(connection)


async def merge_block(connection: Connection) -> int:
    """Bring up to `BLOCK` pending passages into the lists, in a transaction; 0 where another one does."""
    async with connection.transaction():
        if not await _may_merge(connection):
            return 0
        pending = await _take(connection)
        for changes in _changes(pending):
            await _apply(connection, changes)
        await follow(
            connection,
            [one.chunk_id for one in pending if not one.added],
            [(one.chunk_id, one.vocabulary_id, one.words) for one in pending if one.added],
        )
    return len(pending)


async def hold_merge(connection: Connection) -> None:
    """Nobody else merges until the transaction ends."""
    await connection.execute("select pg_advisory_xact_lock(%(key)s)", {"key": MERGE_LOCK})


async def _pending_at_least(connection: Connection, count: int) -> bool:
    rows = await connection.execute(
        "select 1 from pending_postings offset %(before)s limit 1", {"before": max(count - 1, 0)}
    )
    return await rows.fetchone() is not None


async def _may_merge(connection: Connection) -> bool:
    rows = await connection.execute("select pg_try_advisory_xact_lock(%(key)s)", {"key": MERGE_LOCK})
    row = await rows.fetchone()
    return row is not None and row[0]


async def _take(connection: Connection) -> list[Pending]:
    # Passages that are just being removed are left: to wait for each other would be the end of both.
    rows = await connection.execute(
        """
        with taken as (
            select chunk_id from pending_postings order by chunk_id limit %(limit)s for update skip locked
        )
        delete from pending_postings
        using taken
        where pending_postings.chunk_id = taken.chunk_id
        returning pending_postings.chunk_id, vocabulary_id, added, lexemes
        """,
        {"limit": BLOCK},
    )
    return [Pending(*row) for row in await rows.fetchall()]


def _changes(pending: Sequence[Pending]) -> Iterator[Changes]:
    """What changes, by vocabulary and range."""
    by_place: dict[tuple[int, int], list[Pending]] = {}
    for one in pending:
        by_place.setdefault((one.vocabulary_id, one.chunk_id >> RANGE_BITS), []).append(one)
    for (vocabulary_id, id_range), here in by_place.items():
        keys, impacts = keys_of([(one.chunk_id, one.words) for one in here if one.added])
        gone, _ = keys_of([(one.chunk_id, one.words) for one in here if not one.added])
        yield Changes(vocabulary_id, id_range, keys, impacts, gone)


def keys_of(passages: Sequence[tuple[int, bytes]]) -> tuple[Array, Array]:
    """Lexeme and place in the range of every word of the passages, in one number each, and the impacts."""
    coded = [words for _, words in passages]
    lexemes, impacts = decode_words(b"".join(coded))
    places = np.array([chunk_id for chunk_id, _ in passages], np.uint64) & (2**RANGE_BITS - 1)
    every = np.uint64(EVERY_PASSAGE << RANGE_BITS) | places
    keys = lexemes << RANGE_BITS | np.repeat(places, lengths_of(coded))
    return np.concatenate([every, keys]), np.concatenate([np.zeros(len(passages), np.uint8), impacts])


async def _apply(connection: Connection, changes: Changes) -> None:
    if len(changes.gone):
        keys, impacts = await _take_lists(connection, changes)
        stays = ~np.isin(keys, changes.gone)
        await write_lists(connection, changes.vocabulary_id, changes.id_range, keys[stays], impacts[stays])
    if len(changes.keys):
        await _lengthen(connection, changes)


async def _take_lists(connection: Connection, changes: Changes) -> tuple[Array, Array]:
    """Remove the lists of which something goes, and return what is in them."""
    touched = np.unique(changes.gone >> RANGE_BITS)
    rows = await connection.execute(
        """
        delete from postings
        using unnest(%(lexemes)s::bigint[]) as touched (lexeme)
        where postings.lexeme = touched.lexeme
          and vocabulary_id = %(vocabulary_id)s
          and id_range = %(id_range)s
        returning postings.lexeme, passages, list
        """,
        {
            "lexemes": as_array(touched),
            "vocabulary_id": changes.vocabulary_id,
            "id_range": changes.id_range,
        },
    )
    return joined(await rows.fetchall())


async def _lengthen(connection: Connection, changes: Changes) -> None:
    """Append to the lists, which are made where there are none.

    They stay where they are: no list is sent back and forth, and its place in the index stays the same. Each
    is found by its key, however many there are; a join might be planned to read them all.
    """
    added = lists_of_keys(changes.keys, changes.impacts)
    await connection.execute(
        """
        insert into postings (lexeme, vocabulary_id, id_range, passages, max_impact, list)
        select lexeme, %(vocabulary_id)s, %(id_range)s, count, highest,
               substr(%(coded)b::bytea, first::integer, count::integer * %(size)s)
        from unnest(%(lexemes)s::bigint[], %(counts)s::bigint[], %(firsts)s::bigint[], %(highest)s::bigint[])
             as added (lexeme, count, first, highest)
        on conflict (lexeme, vocabulary_id, id_range) do update
        set passages = postings.passages + excluded.passages,
            max_impact = greatest(postings.max_impact, excluded.max_impact),
            list = postings.list || excluded.list
        """,
        {
            "vocabulary_id": changes.vocabulary_id,
            "id_range": changes.id_range,
            "coded": added.coded,
            "size": POSTING.itemsize,
            "lexemes": as_array(added.lexemes),
            "counts": as_array(added.ends - added.starts),
            "firsts": as_array(added.starts * POSTING.itemsize + 1),
            "highest": as_array(added.highest),
        },
    )


def joined(lists: Sequence[tuple[int, int, bytes]]) -> tuple[Array, Array]:
    """Keys and impacts of lists of one range, given as lexeme, number of passages and bytes."""
    places, impacts = decode_postings(b"".join(coded for _, _, coded in lists))
    lexemes = np.array([lexeme for lexeme, _, _ in lists], np.uint64)
    return np.repeat(lexemes, [count for _, count, _ in lists]) << RANGE_BITS | places, impacts
