"""Tables as Markdown, written alike whatever they were read from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from parsing.document import Block

# A table beyond this is no longer understood line by line: each row is written with its headers.
MAX_COLUMNS = 12
MAX_ROW_LENGTH = 120 * 7
MAX_VALUE_LENGTH = 400
# A passage repeats the head of its table: a longer one would leave no room for rows.
MAX_HEAD_LENGTH = 320
# What a column adds to the head: its bars, and its part of the line below.
COLUMN_LENGTH = 12
MAX_HEAD_ROWS = 4
MAX_HEAD_AREAS = 1_000
HEAD_GLUE = " / "
# A merged cell may cover a whole sheet: its value is repeated only so often.
MAX_REPEATED_CHARACTERS = 5_000_000
NUMBER = re.compile(r"[-+(]?[^\w()]{0,3}\d[\d\s.,:%/-]*\D{0,4}")
UNTIDY = re.compile(r"[^\S ]|  ")
YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Merged:
    """Cells that are one: rows `top` to `bottom`, columns `left` to `right`, from 0, all inclusive."""

    top: int
    left: int
    bottom: int
    right: int

    def moved(self, rows: int) -> "Merged":
        """The same, so many rows further down."""
        return Merged(self.top + rows, self.left, self.bottom + rows, self.right)


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """A pipe table whose first row is its header; short rows are padded, and no rows give an empty text."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    head, *body = [_line(row, width) for row in rows]
    return "\n".join([head, "|" + " --- |" * width, *body])


def table_blocks(rows: Sequence[Sequence[str]], path: tuple[str, ...] = ()) -> Iterator[Block]:
    """A table as one block, or with a block for each row when it is too wide; the first row is its header."""
    if not any(any(row) for row in rows):
        return
    if not is_wide(rows):
        yield Block(markdown_table(rows), "table", path)
        return
    header, *body = rows
    for row in body or [header]:
        text = named_values(zip_longest(header if body else (), row, fillvalue=""))
        if text:
            yield Block(text, "text", path)


def merged_table_blocks(
    rows: Sequence[Sequence[str]], merged: Sequence[Merged], heads: int
) -> Iterator[Block]:
    """The same for a table with merged cells, whose first `heads` rows it states as its head (0: none).

    The value of a merged cell stands wherever it covers; one above all columns is a text before the table.
    """
    grid = [list(row) for row in rows]
    captions = _captions(grid, merged)
    yield from (Block("".join(row)) for row in grid[:captions])
    areas = [area.moved(-captions) for area in merged if area.top >= captions]
    grid = grid[captions:]
    spread(grid, areas)
    table = with_one_head(grid, areas, heads - captions)
    yield from table_blocks([row for row in table if any(row)])


def spread(rows: list[list[str]], merged: Iterable[Merged]) -> None:
    """Write the value of each merged cell wherever it covers.

    Rows that have no value of their own stay as they are, and so does a band over the whole table.
    """
    merged = list(merged)
    if not merged:
        return
    own = [sum(map(bool, row)) for row in rows]
    width = max(map(len, rows), default=0)
    left = MAX_REPEATED_CHARACTERS
    for area in merged:
        text = _at(rows, area.top, area.left)
        end = min(area.right, width - 1) + 1
        band = own[area.top] == 1 and _covers_next(rows, area) if text else True
        for number in range(area.top + band, min(area.bottom, len(rows) - 1) + 1) if text else ():
            left -= len(text) * (end - area.left)
            if left < 0:
                return
            if own[number]:
                row = rows[number]
                row.extend([""] * (end - len(row)))
                row[area.left : end] = [text] * (end - area.left)


def with_one_head(rows: list[list[str]], merged: Sequence[Merged], heads: int) -> list[list[str]]:
    """The table, its values spread already, with the rows of its head joined to one."""
    count = min(max(heads, 1), MAX_HEAD_ROWS, max(len(rows) - 1, 1))
    above = [area for area in merged if area.top < MAX_HEAD_ROWS][:MAX_HEAD_AREAS]
    while count < min(len(rows) - 1, MAX_HEAD_ROWS) and _head_goes_on(rows, above, count):
        count += 1
    if count == 1:
        return rows
    labels = zip_longest(*rows[:count], fillvalue="")
    return [[HEAD_GLUE.join(filter(None, dict.fromkeys(column))) for column in labels], *rows[count:]]


def is_wide(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table has so many columns, or rows so long, that it is better written row by row."""
    longest = max((sum(map(len, row)) for row in rows), default=0)
    columns = max((len(row) for row in rows), default=0)
    head = sum(map(len, rows[0])) + COLUMN_LENGTH * columns if rows else 0
    return longest > MAX_ROW_LENGTH or columns > MAX_COLUMNS or head > MAX_HEAD_LENGTH


def named_values(pairs: Iterable[tuple[str, str]]) -> str:
    """Lines "name: value" of the values that are not empty; a long value is a paragraph below its name."""
    lines: list[str] = []
    for name, value in pairs:
        if not value.strip():
            continue
        if len(value) > MAX_VALUE_LENGTH:
            lines.append(f"\n{name}:\n\n{value.strip()}\n" if name else f"\n{value.strip()}\n")
        else:
            flat = " ".join(value.split())
            lines.append(f"{name}: {flat}" if name else flat)
    return "\n".join(lines).strip()


def _captions(rows: list[list[str]], merged: Sequence[Merged]) -> int:
    """How many rows at the top hold nothing but one cell above all columns."""
    last = max((position for row in rows for position, cell in enumerate(row) if cell), default=0)
    wide = {area.top for area in merged if area.left == 0 and area.right >= max(last, 1)}
    count = 0
    while count < len(rows) - 1 and count in wide and sum(map(bool, rows[count])) == 1:
        count += 1
    return count


def _head_goes_on(rows: list[list[str]], merged: Sequence[Merged], count: int) -> bool:
    """Whether the row belongs to the head above it, where a label spans several columns.

    Every column has one label of its own then: below that, or beside it in one of both rows.
    """
    above, row = rows[count - 1], rows[count]
    wide = _covered(area for area in merged if area.bottom == count - 1 and area.left < area.right)
    tall = _covered(area for area in merged if area.top < count <= area.bottom)
    if not any(cell for column, cell in enumerate(row) if column in wide):
        return False
    if any(NUMBER.fullmatch(cell) and not YEAR.fullmatch(cell) for cell in row):
        return False
    both = (column for column, pair in enumerate(zip(above, row, strict=False)) if all(pair))
    return all(column in wide or column in tall for column in both)


def _covers_next(rows: list[list[str]], area: Merged) -> bool:
    """Whether what stands below the area is nowhere wider than the area."""
    below = rows[area.bottom + 1] if area.bottom + 1 < len(rows) else []
    return all(area.left <= column <= area.right for column, cell in enumerate(below) if cell)


def _covered(merged: Iterable[Merged]) -> set[int]:
    return {column for area in merged for column in range(area.left, min(area.right, area.left + 1_000) + 1)}


def _at(rows: list[list[str]], row: int, column: int) -> str:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else ""


def _line(cells: Sequence[str], width: int) -> str:
    line = f"| {' | '.join(cells)} |"
    if len(cells) == width and line.count("|") == width + 1 and not UNTIDY.search(line):
        return line  # as most are
    padded = [*map(_cell, cells), *[""] * (width - len(cells))]
    return f"| {' | '.join(padded)} |"


def _cell(text: str) -> str:
    # What is escaped already stays so.
    return " ".join(text.split()).replace("\\|", "|").replace("|", "\\|")
