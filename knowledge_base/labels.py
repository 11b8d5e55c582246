"""Passages by the labels of their documents: each value of the metadata has a posting list, as words have.

A label stands among a passage's words, with the impact 0, so it comes, goes and is checked with them. What it
is, says `label_of` in SQL, which stores and asks alike. The lists say which passages a filter of metadata
lets through, and their heads how many, without looking at a document.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any, cast

import numpy as np

from knowledge_base.posting_lists import Lists
from knowledge_base.search_filter import SearchFilter
from knowledge_base.word_codes import Array, key_of

# The label of documents that have too many values to be labelled with each.
MANY_LABELS = 1


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


def labels_of(which: SearchFilter) -> Labels:
    """The labels that a filter's metadata stand for; values with parts have none."""
    if not which.metadata:
        return Labels()
    found = [
        [label_of(name, value) for value in _accepted(wanted)] for name, wanted in which.metadata.items()
    ]
    wanted = [[label for label in each if label is not None] for each in found if None not in each]
    elsewhere = any((which.source, which.since, which.until))
    return Labels(wanted, whole=len(wanted) == len(found) and not elsewhere)


def label_of(name: str, value: Any) -> int | None:
    """The label of a value of the metadata, as `label_of` in SQL has it; None for one that has parts."""
    if isinstance(value, dict | list):
        return None
    written = _fraction(value) if isinstance(value, float) else _as_json(value)
    return key_of(f"label {_as_json(name)}{written}")


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _fraction(value: float) -> str:
    """A number as Postgres writes it, which knows neither powers of ten nor digits that say nothing."""
    digits = f"{Decimal(repr(value)):f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


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
