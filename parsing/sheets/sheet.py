"""A sheet as its cells are shown, and how it becomes tables and texts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from parsing.document import Block
from parsing.tables import NUMBER, Merged, spread, table_blocks, with_one_head

Row = list[str]
# What stands for a row without values; it is never written to.
NO_CELLS: Row = []


@dataclass
class Sheet:
    """The cells of a sheet by row and column, those that are merged, and what else stands on it."""

    name: str
    rows: list[Row] = field(default_factory=list[Row])
    merged: list[Merged] = field(default_factory=list[Merged])
    blocks: list[Block] = field(default_factory=list[Block])
    notes: list[str] = field(default_factory=list[str])

    def cell(self, row: int, column: int) -> str:
        """The text of a cell; empty beyond the last."""
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else ""

    def write(self, row: int, column: int, text: str) -> None:
        """Put a text into a cell, wherever it is."""
        cells = self.rows[row] if row < len(self.rows) and self.rows[row] else []
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text
        self.place(row, cells)

    def place(self, row: int, cells: Row) -> None:
        """Put a row where it belongs; those between have no cells."""
        self.rows.extend([NO_CELLS] * (row + 1 - len(self.rows)))
        self.rows[row] = cells


def sheet_blocks(sheet: Sheet) -> Iterator[Block]:
    """Tables with the texts around them, below the sheet's name."""
    path = (sheet.name,) if sheet.name else ()
    spread(sheet.rows, sheet.merged)
    for start, region in _joined(list(_regions(sheet.rows))):
        yield from _region_blocks(sheet, start, region, path)
    yield from (Block(block.text, block.kind, path) for block in sheet.blocks)


def _region_blocks(sheet: Sheet, start: int, region: list[Row], path: tuple[str, ...]) -> Iterator[Block]:
    columns = sorted(_columns(region))
    captions = list(takewhile(lambda row: _is_caption(row, columns[0]), region)) if len(columns) > 1 else []
    if len(captions) == len(region):
        captions = []
    yield from (Block(row[columns[0]], "text", path) for row in captions)
    first = start + len(captions)
    merged = [area.moved(-first) for area in sheet.merged if first <= area.top < start + len(region)]
    rows = with_one_head(region[len(captions) :], merged, 1)
    columns = sorted(_columns(rows))
    table = rows if len(columns) == columns[-1] + 1 else list(_of_columns(rows, columns))
    if len(columns) == 1:
        yield Block("\n".join(row[0] for row in table), "text", path)
    elif len(table) == 1:
        yield Block(" | ".join(filter(None, table[0])), "text", path)
    else:
        yield from table_blocks(table, path)


def _regions(rows: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Rows that follow each other without an empty one between, each group with the number of its first."""
    region: list[Row] = []
    for number, row in enumerate([*rows, NO_CELLS]):
        if any(row):
            region.append(row)
        elif region:
            yield number - len(region), region
            region = []


def _joined(regions: list[tuple[int, list[Row]]]) -> list[tuple[int, list[Row]]]:
    """The regions; what goes on below an empty row without a header of its own belongs to the table above."""
    joined: list[tuple[int, list[Row]]] = []
    for start, region in regions:
        if joined and _continues(joined[-1][1], region):
            joined[-1][1].extend(region)
        else:
            joined.append((start, region))
    return joined


def _continues(above: list[Row], region: list[Row]) -> bool:
    has_numbers = any(NUMBER.fullmatch(cell) for cell in region[0])
    columns = _columns(region)
    return has_numbers and len(columns) > 1 and columns <= _columns(above) and len(above) > 1


def _is_caption(row: Row, first: int) -> bool:
    """A row with nothing but its first cell stands above the header."""
    return first < len(row) and bool(row[first]) and not any(row[first + 1 :])


def _of_columns(rows: list[Row], columns: list[int]) -> Iterator[Row]:
    for row in rows:
        yield [row[column] if column < len(row) else "" for column in columns]


def _columns(rows: list[Row]) -> set[int]:
    """The columns in which something stands; rows without an empty cell, as most are, tell it at once."""
    full = max((len(row) for row in rows if all(row)), default=0)
    longer = (row for row in rows if len(row) > full)
    return {
        *range(full),
        *(position for row in longer for position, cell in enumerate(row) if cell),
    }
