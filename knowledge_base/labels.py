"""Passages by the labels of their documents: each value of the metadata has a posting list, as words have.

A label stands among a passage's words, with the impact 0, so it comes, goes and is checked with them. What it
is, says `label_of` in SQL, which stores and asks alike. The lists say which passages a filter of metadata
lets through, and their heads how many, without looking at a document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, LiteralString, cast

import numpy as np
from psycopg.types.json import Jsonb

from knowledge_base.posting_lists import Lists
from knowledge_base.postings import Connection
from knowledge_base.search_filter import SearchFilter
from knowledge_base.word_codes import Array

# The label of documents that have too many values to be labelled with each.
MANY_LABELS = 1
LABELS: LiteralString = """
select number, label_of(name, value)
from unnest(%(numbers)s::integer[], %(names)s::text[], %(values)s::jsonb[]) as asked (number, name, value)
"""


@dataclass(frozen=True)
class Labels:
    """What a filter asks of labels: of each of the `wanted` groups any, and of all groups.

    `whole`: nothing else is asked of documents.
    """

    wanted: Sequence[Sequence[int]] = ()
    whole: bool = False

    @property
    def all(self) -> list[int]:
        """The labels whose lists are asked for."""
        return (
            sorted({MANY_LABELS, *(label for each in self.wanted for label in each)}) if self.wanted else []
        )


async def labels_of_filter(connection: Connection, which: SearchFilter) -> Labels:
    """The labels that a filter's metadata stand for; values with parts have none."""
    if not which.metadata:
        return Labels()
    accepted = [_accepted(wanted) for wanted in which.metadata.values()]
    asked = [
        (number, name, Jsonb(value))
        for number, (name, values) in enumerate(zip(which.metadata, accepted, strict=True))
        for value in values
    ]
    rows = await connection.execute(
        LABELS,
        {
            "numbers": [number for number, _, _ in asked],
            "names": [name for _, name, _ in asked],
            "values": [value for _, _, value in asked],
        },
        prepare=True,
    )
    labels = await rows.fetchall()
    found = [[label for number, label in labels if number == place] for place in range(len(accepted))]
    wanted = [each for each in found if None not in each]
    elsewhere = any((which.source, which.since, which.until))
    return Labels(wanted, whole=len(wanted) == len(accepted) and not elsewhere)


def labelled(lists: Lists, labels: Labels) -> Array | None:
    """The passages that have what is wanted, ascending; None where lists do not say it, or are too long."""
    if not labels.wanted or lists.count(MANY_LABELS):
        return None
    groups = [lists.having(each) for each in labels.wanted]
    known = [group for group in groups if group is not None]
    return _in_all(known) if len(known) == len(groups) else None


def count_labelled(lists: Lists, labels: Labels) -> int | None:
    """How many passages have what is wanted, where that is one label."""
    if lists.count(MANY_LABELS) or [len(each) for each in labels.wanted] != [1]:
        return None
    return lists.count(labels.wanted[0][0], searched=True)


def _in_all(groups: Sequence[Array]) -> Array:
    smallest_first = sorted(groups, key=len)
    return reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), smallest_first)


def _accepted(wanted: Any) -> list[Any]:
    return cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
