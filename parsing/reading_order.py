"""In which order boxes on a page are read: column by column where they stand so, else row by row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Sides that lie this part of the smaller box apart are meant to lie at the same place.
SLACK = 0.25


@dataclass(frozen=True)
class Box:
    """Where something stands on a page, in any unit, and its `number` there."""

    number: int
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower side."""
        return self.top + self.height


def in_reading_order(boxes: Iterable[Box]) -> list[int]:
    """The numbers of the boxes as a person would read them."""
    return [box.number for box in _ordered(sorted(boxes, key=lambda box: (box.top, box.left)))]


def _ordered(boxes: list[Box]) -> list[Box]:
    if len(boxes) < 2:
        return boxes
    columns = _columns(boxes)
    if len(columns) > 1 and all(map(_is_aligned, columns)):
        return [box for column in columns for box in _ordered(column)]
    bands = _bands(boxes)
    if len(bands) > 1:
        return [box for group in _joined(bands) for box in _ordered(group)]
    if len(columns) > 1:
        return [box for column in columns for box in _ordered(column)]
    return boxes


def _joined(bands: list[list[Box]]) -> list[list[Box]]:
    """Bands above each other that are the rows of the same columns belong together."""
    joined: list[list[Box]] = []
    for band in bands:
        both = [*joined[-1], *band] if joined else []
        columns = _columns(both)
        if len(columns) == len(_columns(band)) > 1 and all(map(_is_aligned, columns)):
            joined[-1] = both
        else:
            joined.append(band)
    return joined


def _columns(boxes: Sequence[Box]) -> list[list[Box]]:
    return _apart(boxes, lambda box: (box.left, box.right))


def _bands(boxes: Sequence[Box]) -> list[list[Box]]:
    return _apart(boxes, lambda box: (box.top, box.bottom))


def _apart(boxes: Sequence[Box], sides: Callable[[Box], tuple[float, float]]) -> list[list[Box]]:
    """Groups of boxes with nothing, or a hair's breadth of each other, between them in this direction."""
    groups: list[list[Box]] = []
    end = smallest = 0.0
    for box in sorted(boxes, key=sides):
        first, last = sides(box)
        smallest = min(smallest, last - first) if groups else last - first
        if groups and first < end - SLACK * smallest:
            groups[-1].append(box)
            end = max(end, last)
        else:
            groups.append([box])
            end, smallest = (max(end, last) if groups[1:] else last), last - first
    return [sorted(group, key=lambda box: (box.top, box.left)) for group in groups]


def _is_aligned(column: Sequence[Box]) -> bool:
    """Whether boxes stand below each other, their left sides in line or their middles."""
    return all(
        min(abs(above.left - box.left), abs(above.left + above.right - box.left - box.right) / 2)
        <= SLACK * min(above.width, box.width)
        for above, box in pairwise(column)
    )
