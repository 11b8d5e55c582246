"""Tables with rules: the words between the lines that are drawn around a cell belong together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from parsing.pdf.parts import Box, Part, Sight

# Points: a line is thinner, and longer.
THICKNESS = 3.0
SHORTEST = 5.0
# How far apart two drawn lines may be that are meant to be one.
NEAR = 2.0
# Drawings have more; then their lines are none of tables.
MAX_LINES = 1_500


def lines_among(paths: Sequence[Box], sight: Sight) -> list[Box]:
    """The straight lines among what is drawn, and the sides of rectangles, as the reader sees them."""
    lines: list[Box] = []
    for box in paths:
        lines += _sides(sight.seen(box))
        if len(lines) > MAX_LINES:
            return []
    return lines


def _sides(box: Box) -> Iterator[Box]:
    left, right, bottom, top = box
    wide, high = right - left, top - bottom
    if min(wide, high) <= THICKNESS:
        if max(wide, high) >= SHORTEST:
            yield box
    elif min(wide, high) >= SHORTEST:
        yield from ((left, left, bottom, top), (right, right, bottom, top))
        yield from ((left, right, bottom, bottom), (left, right, top, top))


def bars_among(lines: Sequence[Box]) -> list[Box]:
    """The upright ones of the lines."""
    return [line for line in lines if line[1] - line[0] <= THICKNESS]


def cells_of(words: Sequence[Part], lines: Sequence[Box]) -> tuple[dict[Box, list[Part]], list[Part]]:
    """The words of each cell that stands in a row of cells, by the box of it, and the words in none."""
    upright = bars_among(lines)
    level = [line for line in lines if line[3] - line[2] <= THICKNESS]
    if len(upright) < 3 or len(level) < 2:
        return {}, list(words)
    cells = defaultdict[Box, list[Part]](list)
    for word in words:
        cells[_cell_around(word, upright, level)].append(word)
    drawn = {box: found for box, found in cells.items() if _is_drawn(box, upright, level)}
    rows = defaultdict[tuple[float, float], set[Box]](set)
    for box in drawn:
        rows[box[2:]].add(box)
    tabular = {box: found for box, found in drawn.items() if len(rows[box[2:]]) > 1}
    if any(_is_several(box, found, tabular) for box, found in tabular.items()):
        return {}, list(words)
    inside = {id(word) for found in tabular.values() for word in found}
    return tabular, [word for word in words if id(word) not in inside]


def _is_drawn(box: Box, upright: Sequence[Box], level: Sequence[Box]) -> bool:
    """Whether all four sides of a cell are lines from end to end."""
    left, right, bottom, top = box
    across = (left + 2 * NEAR, (left + right) / 2, right - 2 * NEAR)
    up = (bottom + 2 * NEAR, (bottom + top) / 2, top - 2 * NEAR)
    return box != NOWHERE and (
        all(_on_line(line, place, upright) for line in (left, right) for place in up)
        and all(_on_line(place, line, level) for line in (bottom, top) for place in across)
    )


def _on_line(across: float, up: float, lines: Sequence[Box]) -> bool:
    return any(
        left - NEAR <= across <= right + NEAR and bottom - NEAR <= up <= top + NEAR
        for left, right, bottom, top in lines
    )


def _is_several(box: Box, words: Sequence[Part], cells: Iterable[Box]) -> bool:
    """Whether a cell holds lines of several rows, as the lower cells beside it show."""
    high = box[3] - box[2]
    lines = {round(word.bottom / word.size) for word in words}
    beside = (other for other in cells if abs(other[1] - box[0]) <= NEAR or abs(other[0] - box[1]) <= NEAR)
    within = (other for other in beside if box[2] - NEAR <= other[2] and other[3] <= box[3] + NEAR)
    return len(lines) > 1 and any(other[3] - other[2] < 0.7 * high for other in within)


NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)


def _cell_around(word: Part, upright: Sequence[Box], level: Sequence[Box]) -> Box:
    """The nearest lines around a word; `NOWHERE` when there are not four."""
    across, up = (word.left + word.right) / 2, (word.bottom + word.top) / 2
    beside = [(line[0] + line[1]) / 2 for line in upright if line[2] - NEAR < up < line[3] + NEAR]
    stacked = [(line[2] + line[3]) / 2 for line in level if line[0] - NEAR < across < line[1] + NEAR]
    left = max((place for place in beside if place <= across), default=None)
    right = min((place for place in beside if place > across), default=None)
    bottom = max((place for place in stacked if place <= up), default=None)
    top = min((place for place in stacked if place > up), default=None)
    if left is None or right is None or bottom is None or top is None:
        return NOWHERE
    return _rounded(left), _rounded(right), _rounded(bottom), _rounded(top)


def _rounded(place: float) -> float:
    return round(place / NEAR) * NEAR
