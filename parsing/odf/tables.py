"""Tables of OpenDocument files as grids of cells."""

from collections.abc import Callable, Iterator, Sequence

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.odf.names import TABLE, count
from parsing.tables import Merged, merged_table_blocks

# Repeated and merged cells are stated as a number, which may be anything.
MAX_COLUMNS = 1_000
MAX_ROWS = 100_000
CELL, COVERED = f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
HEAD_ROWS = f"{TABLE}table-header-rows"
ROW_GROUPS = frozenset({HEAD_ROWS, f"{TABLE}table-rows", f"{TABLE}table-row-group"})

TextOf = Callable[[Element], str]


def odf_table_blocks(table: Element, text_of: TextOf) -> Iterator[Block]:
    """A table; `text_of` tells what a cell says."""
    rows: list[list[str]] = []
    merged: list[Merged] = []
    heads = 0
    for row, is_head in _rows(table, is_head=False):
        cells, areas = row_cells(row, len(rows), text_of)
        heads += is_head and heads == len(rows)
        rows.append(cells)
        merged += areas
    yield from merged_table_blocks(rows, merged, heads)


def row_cells(row: Element, number: int, text_of: TextOf) -> tuple[list[str], Sequence[Merged]]:
    """The texts of a row, and the cells that cover others; covered ones are empty."""
    texts: list[str] = []
    merged: list[Merged] = []
    for cell in row:
        if cell.tag not in (CELL, COVERED):
            continue
        text = text_of(cell) if cell.tag == CELL else ""
        left = len(texts)
        # What is empty to the end of the row is never written down.
        repeated = count(cell, f"{TABLE}number-columns-repeated", MAX_COLUMNS)
        texts.extend([text] * min(repeated, MAX_COLUMNS - left))
        right = left + count(cell, f"{TABLE}number-columns-spanned", MAX_COLUMNS) - 1
        bottom = number + count(cell, f"{TABLE}number-rows-spanned", MAX_ROWS) - 1
        if text and (right > left or bottom > number):
            merged.append(Merged(number, left, bottom, right))
    while texts and not texts[-1]:
        texts.pop()
    return texts, merged


def _rows(table: Element, *, is_head: bool) -> Iterator[tuple[Element, bool]]:
    """The rows of a table, not those of a table within it, and whether they are its head."""
    for child in table.iterchildren():
        if child.tag == f"{TABLE}table-row":
            yield child, is_head
        elif child.tag in ROW_GROUPS:
            yield from _rows(child, is_head=is_head or child.tag == HEAD_ROWS)
