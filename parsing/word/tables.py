"""Tables of Word documents as grids of cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from parsing.archives.zipped import Element
from parsing.tables import Merged
from parsing.unseen import left_unseen
from parsing.word.names import WORD, number, switched_on, value

MAX_COLUMNS = 1_000
# Twentieths of a point: the height of a row, or the width of a column, in which nothing can be seen.
FLAT = 20
# What a table may hold its rows in, and a row its cells.
WRAPPERS = frozenset(WORD + name for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo"))


@dataclass(frozen=True)
class Table:
    """Rows of texts, the cells among them that are merged, and how many rows the document calls its head."""

    rows: list[list[str]]
    merged: list[Merged]
    heads: int


@dataclass(frozen=True)
class Cell:
    """A cell in its columns; `goes_on` where it is only the continuation of the one above."""

    element: Element
    left: int
    right: int
    is_tall: bool
    goes_on: bool


@dataclass(frozen=True)
class Row:
    """The cells of a row that are seen; those that continue others are in `hidden`."""

    cells: list[Cell]
    hidden: list[Cell]
    is_head: bool


def table_rows(table: Element) -> list[Row]:
    """The rows of a table, without those that are deleted or that nobody sees."""
    rows = [row for row in _parts(table, "tr") if row.find(f"{WORD}trPr/{WORD}del") is None]
    return [_row(row) for row in rows if not _is_unseen(row)]


def _is_unseen(row: Element) -> bool:
    """Whether a row is hidden, or flat; its words are counted."""
    properties = row.find(f"{WORD}trPr")
    height = properties.find(f"{WORD}trHeight") if properties is not None else None
    is_flat = (
        height is not None
        and height.get(f"{WORD}hRule") == "exact"
        and number(height.get(f"{WORD}val"), FLAT + 1) <= FLAT
    )
    hidden = switched_on(properties, "hidden")
    if hidden or is_flat:
        left_unseen("hidden text" if hidden else "tiny text", _words(row))
    return hidden or is_flat


def _words(element: Element) -> str:
    return " ".join(text.text or "" for text in element.iter(f"{WORD}t"))


def in_grid(rows: Sequence[Row], texts: Sequence[Sequence[str]]) -> Table:
    """The table whose cells have these texts."""
    grid = [_grid_row(row, words) for row, words in zip(rows, texts, strict=True)]
    heads = next((count for count, row in enumerate(rows) if not row.is_head), len(rows))
    return Table(grid, list(_merged(rows)), heads)


def _parts(parent: Element, name: str) -> Iterator[Element]:
    for child in parent:
        if child.tag == WORD + name:
            yield child
        elif child.tag in WRAPPERS:
            yield from _parts(child, name)


def _is_narrow(cell: Element, *, is_fixed: bool) -> bool:
    """Whether a cell has no width in a table whose columns do not grow; its words are counted."""
    width = cell.find(f"{WORD}tcPr/{WORD}tcW") if is_fixed else None
    is_narrow = (
        width is not None
        and width.get(f"{WORD}type") == "dxa"
        and number(width.get(f"{WORD}w"), FLAT + 1) <= FLAT
    )
    if is_narrow:
        left_unseen("tiny text", _words(cell))
    return is_narrow


def _row(row: Element) -> Row:
    properties = row.find(f"{WORD}trPr")
    layout = next(row.iterancestors(f"{WORD}tbl"), row).find(f"{WORD}tblPr/{WORD}tblLayout")
    is_fixed = layout is not None and layout.get(f"{WORD}type") == "fixed"
    column = number(value(properties, "gridBefore"), 0)
    cells: list[Cell] = []
    hidden: list[Cell] = []
    for element in _parts(row, "tc"):
        cell = _cell(element, min(column, MAX_COLUMNS))
        column = cell.right + 1
        if element.find(f"{WORD}tcPr/{WORD}cellDel") is not None or _is_narrow(element, is_fixed=is_fixed):
            continue
        if cells and _state(element, "hMerge") == "continue":
            cells[-1] = replace(cells[-1], right=cell.right)
        else:
            (hidden if cell.goes_on else cells).append(cell)
    return Row(cells, hidden, switched_on(properties, "tblHeader"))


def _cell(element: Element, left: int) -> Cell:
    span = number(value(element, "tcPr/gridSpan"), 1)
    right = min(left + max(span, 1) - 1, MAX_COLUMNS)
    state = _state(element, "vMerge")
    return Cell(element, left, right, state == "restart", state == "continue")


def _state(cell: Element, name: str) -> str | None:
    """ "restart" or "continue", which need not be written."""
    found = cell.find(f"{WORD}tcPr/{WORD}{name}")
    return found.get(f"{WORD}val", "continue") if found is not None else None


def _grid_row(row: Row, texts: Sequence[str]) -> list[str]:
    width = max((cell.right for cell in (*row.cells, *row.hidden)), default=-1) + 1
    line = [""] * width
    for cell, text in zip(row.cells, texts, strict=True):
        line[cell.left] = text
    return line


def _merged(rows: Sequence[Row]) -> Iterator[Merged]:
    open_areas: dict[int, Merged] = {}
    for line, row in enumerate(rows):
        going_on = {cell.left for cell in row.hidden}
        for left in [left for left in open_areas if left not in going_on]:
            yield open_areas.pop(left)
        for left in going_on & open_areas.keys():
            open_areas[left] = replace(open_areas[left], bottom=line)
        for cell in row.cells:
            area = Merged(line, cell.left, line, cell.right)
            if cell.is_tall:
                open_areas[cell.left] = area
            elif cell.right > cell.left:
                yield area
    yield from open_areas.values()
