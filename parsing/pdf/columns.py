"""Columns of a page: which words are read before which."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from parsing.pdf.parts import Part
from parsing.pdf.rows import PARAGRAPH_GAP, gap_between, rows_of

COLUMN_LINES = 8
FEW_COLUMN_LINES = 4
COLUMN_CHARACTERS = 25
SHORT_TEXT = 15


def columns_of(parts: list[Part], depth: int) -> Iterator[list[Part]]:
    """The parts of each column; what runs across a gutter parts the columns above from those below."""
    gutter = _gutter(parts) if depth > 1 else None
    if gutter is None:
        yield parts
        return
    left: list[Part] = []
    right: list[Part] = []
    across: list[Part] = []
    for part in sorted(parts, key=lambda part: -part.top):
        if gutter.is_crossed_by(part):
            if left or right:
                yield from _both(left, right, depth)
                left, right = [], []
            across.append(part)
            continue
        if across:
            yield across
            across = []
        (left if part.right <= gutter.place else right).append(part)
    yield from _both(left, right, depth)
    yield across


def _both(left: list[Part], right: list[Part], depth: int) -> Iterator[list[Part]]:
    yield from columns_of(left, depth - 1)
    yield from columns_of(right, depth - 1)


def _gutter(parts: list[Part]) -> "_Gutter | None":
    """Where a page of two columns of prose is parted, if it is one."""
    if len(parts) < 2 * FEW_COLUMN_LINES:
        return None
    start, end = min(part.left for part in parts), max(part.right for part in parts)
    places = [start + (end - start) * step / 100 for step in range(20, 81)]
    # No gutter goes through a table with rules.
    crossing = {
        place: sum(part.is_cell or part.left < place < part.right for part in parts) for place in places
    }
    fewest = min(crossing.values())
    if fewest > len(parts) / 4:
        return None
    best = [place for place in places if crossing[place] == fewest]
    place = best[len(best) // 2]
    left = rows_of([part for part in parts if part.right <= place])
    right = rows_of([part for part in parts if part.left >= place])
    if min(len(left), len(right)) < FEW_COLUMN_LINES or min(_length(left), _length(right)) < SHORT_TEXT:
        return None
    # One clear column is enough: beside it may stand a list or a table.
    long = min(len(left), len(right)) >= COLUMN_LINES
    if long and max(_prose(left) / len(left), _prose(right) / len(right)) >= 0.6:
        return _Gutter(place)
    return _short_gutter(place, left, right)


def _short_gutter(place: float, left: list[list[Part]], right: list[list[Part]]) -> "_Gutter | None":
    """Between columns of few lines; both must be running text where they stand beside each other."""
    low = max(rows[-1][0].bottom for rows in (left, right))
    high = min(rows[0][0].top for rows in (left, right))
    gutter = _Gutter(place, low - 1, high + 1)
    columns = [[row for row in rows if not gutter.is_crossed_by(row[0])] for rows in (left, right)]
    is_prose = all(len(rows) >= FEW_COLUMN_LINES and _runs_on(rows) for rows in columns)
    return gutter if is_prose else None


def _runs_on(rows: list[list[Part]]) -> bool:
    """Whether the rows are lines of sentences: many begin in the middle of one, and none stands apart."""
    begun = sum(row[0].text[:1].islower() for row in rows[1:])
    close = all(
        gap_between(above, below) < 2 * PARAGRAPH_GAP * below[0].size for above, below in pairwise(rows)
    )
    return 2 * begun >= len(rows) - 1 and close and _prose(rows) >= 0.6 * len(rows)


def _prose(rows: list[list[Part]]) -> int:
    """How many of the rows are lines of text without the gaps between cells."""
    return sum(
        sum(len(part.text) for part in row) >= COLUMN_CHARACTERS
        and all(right.left - left.right < 1.5 * right.size for left, right in pairwise(row))
        for row in rows
    )


def _length(rows: list[list[Part]]) -> float:
    return sum(len(part.text) for row in rows for part in row) / max(len(rows), 1)


@dataclass(frozen=True, slots=True)
class _Gutter:
    """Where two columns are parted, from `low` to `high`."""

    place: float
    low: float = -inf
    high: float = inf

    def is_crossed_by(self, part: Part) -> bool:
        """Whether a part stands in neither column."""
        beyond = part.bottom < self.low or part.top > self.high
        return beyond or part.left < self.place < part.right
