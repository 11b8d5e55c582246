"""Which passages a search may find, in the form that costs least: all, a list, or a condition.

A filter that lets few through is a list, which is searched exactly. How many it lets through is asked of a
sample first: to list many takes longer than to search.
"""

import math
import random
from dataclasses import dataclass

import numpy as np

from knowledge_base.id_arrays import as_array
from knowledge_base.labels import Labels, count_labelled, labelled
from knowledge_base.posting_lists import Asking, Lists
from knowledge_base.postings import Connection
from knowledge_base.search_filter import Condition, SearchFilter, condition_of
from knowledge_base.search_query import (
    AWAITING_OF_SAMPLE,
    AWAITING_OF_THESE,
    MOST_COUNTED,
    allowed_statement,
    awaiting_statement,
    listing_statement,
)
from knowledge_base.word_codes import EVERY_PASSAGE, RANGE, RANGE_BITS, Array

# So many passages are listed and compared one by one, where the index does not find what they are sooner.
MAX_LISTED = 15_000
# To compare one takes a microsecond. The index takes 25 for each vector that it comes upon, and it comes upon
# the more the fewer are let through until it has found a hundred.
PAIRS_WORTH_COMPARING = 2_500
# Passages that are looked at to learn how many a filter lets through.
SAMPLE = 200
# When a sample says so many they are hardly few enough for a list.
SURELY_MANY = 18_000


@dataclass(frozen=True)
class Scope:
    """What may be found: the passages `ids` (ascending) where they are few, else those of the vocabularies
    that are searched and of documents that meet the `condition`; `passages` is how many that are, or
    (`estimated`) about. `by_index`: the index finds the nearest sooner than all of `ids` are compared.
    """

    passages: int
    ids: Array | None = None
    condition: Condition | None = None
    estimated: bool = False
    by_index: bool = False


async def scope_of(
    connection: Connection, which: SearchFilter, lists: Lists, labels: Labels, vectors: int
) -> Scope:
    """What a filter lets through, where there are about so many vectors."""
    there = lists.count(EVERY_PASSAGE, searched=True)
    if labels.whole:
        ids = labelled(lists, labels)
        if ids is not None:
            return _of_list(ids, vectors, condition_of(which))
        count = count_labelled(lists, labels)
        if count is not None:
            return Scope(count, condition=condition_of(which))
    if which.by_document:
        return await _of_documents(connection, condition_of(which), lists, there)
    if which.by_collection:
        return Scope(there, ids=lists.ids)
    return Scope(there)


def _of_list(ids: Array, vectors: int, condition: Condition) -> Scope:
    """Few are compared one by one; among many the index looks."""
    if len(ids) <= most_listed(vectors):
        return Scope(len(ids), ids=ids)
    return Scope(len(ids), ids=ids, condition=condition, by_index=True)


async def _of_documents(connection: Connection, condition: Condition, lists: Lists, there: int) -> Scope:
    if there > SURELY_MANY:
        about = round(await _share(connection, condition, lists) * there)
        if about > SURELY_MANY:
            return Scope(about, condition=condition, estimated=True)
    ids = await _list(connection, condition)
    if len(ids) <= MAX_LISTED:
        return Scope(len(ids), ids=ids)
    about = max(len(ids), round(await _share(connection, condition, lists) * there))
    return Scope(about, condition=condition, estimated=True)


async def _list(connection: Connection, condition: Condition) -> Array:
    """The passages that meet a condition, ascending; more than `MAX_LISTED` are not all there."""
    rows = await connection.execute(
        listing_statement(condition),
        {**condition.values, "most": MAX_LISTED + 1},
        prepare=False,
        binary=True,
    )
    row = await rows.fetchone()
    return np.sort(np.frombuffer(row[0] if row else b"", ">i8").astype(np.int64))


async def _share(connection: Connection, condition: Condition, lists: Lists) -> float:
    """The part of the passages that meets a condition, by a sample."""
    there = await _looked_at(connection, condition, _some_ids(lists))
    return sum(bool(met) for _, met in there) / max(len(there), 1)


def _some_ids(lists: Lists) -> Array:
    """Ids at random where there are passages; not all of them are there."""
    ranges = [each for each in lists.lists if each.lexeme == EVERY_PASSAGE and each.searched]
    if not ranges:
        return np.empty(0, np.int64)
    drawn = random.choices(ranges, [each.passages for each in ranges], k=SAMPLE)  # noqa: S311
    ids = {each.id_range << RANGE_BITS | random.randrange(RANGE) for each in drawn}  # noqa: S311
    return np.array(sorted(ids), np.int64)


async def those_allowed(connection: Connection, condition: Condition, ids: Array) -> Array:
    """Which of some passages may be found, ascending."""
    there = await _looked_at(connection, condition, ids)
    return np.sort(np.array([chunk_id for chunk_id, met in there if met], np.int64))


async def _looked_at(
    connection: Connection, condition: Condition, ids: Array
) -> list[tuple[int, bool | None]]:
    rows = await connection.execute(
        allowed_statement(condition), {**condition.values, "ids": as_array(ids)}, prepare=False
    )
    return await rows.fetchall()


def most_listed(vectors: int) -> int:
    """How many of so many vectors are compared one by one before the index is sooner."""
    return max(MAX_LISTED, math.isqrt(PAIRS_WORTH_COMPARING * vectors))


def asking_in(which: SearchFilter, labels: Labels, most_read: int | None) -> Asking:
    """How the index of words is asked for what a filter lets through."""
    if not which.by_collection:
        return Asking(which.collection, 0, 0, most_read, labels.all)
    return Asking(which.collection, MAX_LISTED, PAIRS_WORTH_COMPARING, most_read, labels.all)


async def count_awaiting_in(
    connection: Connection, scope: Scope, which: SearchFilter, lists: Lists, counted: int
) -> int:
    """How many of the passages wait for their vector, of `counted` in all; of many, about how many."""
    if counted >= MOST_COUNTED and (scope.ids is None or len(scope.ids) > MAX_LISTED):
        about = round(await _share_awaiting(connection, lists) * scope.passages)
        return about if which.narrows else max(about, counted)
    if not which.narrows:
        return counted
    if scope.ids is not None:
        rows = await connection.execute(AWAITING_OF_THESE, {"ids": as_array(scope.ids)})
    else:
        condition = condition_of(which)
        rows = await connection.execute(awaiting_statement(condition), condition.values)
    row = await rows.fetchone()
    return 0 if row is None else row[0]


async def _share_awaiting(connection: Connection, lists: Lists) -> float:
    """The part of the passages that waits for its vector, by a sample."""
    rows = await connection.execute(AWAITING_OF_SAMPLE, {"ids": as_array(_some_ids(lists))})
    row = await rows.fetchone()
    there, awaiting = row or (0, 0)
    return awaiting / max(there, 1)
