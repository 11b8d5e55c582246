"""Tables without rules: parts of lines that stand below each other, over several pages where they go on."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from parsing.pdf.parts import Part
from parsing.tables import markdown_table

Row = Sequence[Part]
Span = tuple[float, float]
# A cell that is no name of a column: a number, perhaps with its unit. A year may be one.
NUMBER = re.compile(r"[^\w\n]{0,3}\d[\d.,:/'\u2019 -]*\s?(?:%|[^\W\d]{1,3}\.?|[€$£¥])?")
YEAR = re.compile(r"(?:19|20)\d\d")
# Of the cells of a column, so many are numbers where it is one of numbers.
MOSTLY = 0.6


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a page: where its columns stand, its head (empty where it has none) and its other rows."""

    columns: tuple[Span, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bold_head: bool

    @property
    def markdown(self) -> str:
        """The table as Markdown."""
        return markdown_table([self.head, *self.rows])


def table_of(rows: Sequence[Row], above: Table | None = None) -> Table | None:
    """The rows as a table, if their parts stand below each other.

    `above` is one that may go on with them, on the page before: then the head is its own.
    """
    full = [row for row in rows if len(row) > 1]
    if above is not None and full and _continues(full[0], above):
        return _going_on(rows, above)
    columns = _cell_columns(full) if len(full) > 1 else ()
    if len(columns) < 2:
        return None
    cells = _cells(rows, columns)
    bold_head = _is_bold(rows[0]) and not _is_bold(rows[-1])
    if bold_head or not _is_data(cells):
        return Table(columns, cells[0], tuple(cells[1:]), bold_head)
    return Table(columns, ("",) * len(columns), tuple(cells), bold_head=False)


def counted_items(table: Table) -> str | None:
    """A table that is a list: two columns without a head, whose first counts the lines of the second."""
    if any(table.head) or len(table.columns) != 2 or len(table.rows) < 2 or not table.rows[0][0].isdecimal():
        return None
    first = int(table.rows[0][0][:9])
    counts = all(row[0] == str(first + number) for number, row in enumerate(table.rows))
    told = all(any(map(str.isalpha, row[1])) for row in table.rows)
    return "\n".join(f"{number}. {text}" for number, text in table.rows) if counts and told else None


def crosses(above: Row, row: Row) -> bool:
    """Whether two rows of drawn cells are of two tables: each is parted within cells of the other.

    Where cells are merged, one row is parted only where the other is, too.
    """
    if not all(part.is_cell for part in (*above, *row)):
        return False
    return _parts_a_cell(above, row) and _parts_a_cell(row, above)


def _parts_a_cell(row: Row, other: Row) -> bool:
    inner = [edge for left, right in pairwise(row) for edge in (left.right, right.left)]
    return any(part.left + part.size < edge < part.right - part.size for edge in inner for part in other)


def _going_on(rows: Sequence[Row], above: Table) -> Table | None:
    cells = _cells(rows, above.columns)
    if cells[0] == above.head:
        return replace(above, rows=tuple(cells[1:]))
    if _is_bold(rows[0]) and not _is_bold(rows[-1]):
        # Another table, with a head of its own.
        return table_of(rows)
    return replace(above, rows=tuple(cells))


def _continues(row: Row, above: Table) -> bool:
    """Whether the parts of a row stand in columns of the table, each in one of its own."""
    places = [_column_of(part, above.columns) for part in row]
    apart = all(left < right for left, right in pairwise(places))
    return apart and all(
        part.left < above.columns[place][1] and above.columns[place][0] < part.right
        for part, place in zip(row, places, strict=True)
    )


def _is_bold(row: Row) -> bool:
    return all(part.bold for part in row)


def _is_data(cells: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is like the others, so that the table has no head."""
    first, *others = cells
    if first[0].endswith(":"):
        return True
    numbers = [_is_of_numbers([row[column] for row in others]) for column in range(len(first))]
    named = any(
        is_of_numbers and not _is_number(cell) for cell, is_of_numbers in zip(first, numbers, strict=True)
    )
    return bool(first[0]) and not named and any(numbers) and not any(map(YEAR.fullmatch, first))


def _is_of_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(_is_number, filled)) >= MOSTLY * len(filled)


def _is_number(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell))


def _cells(rows: Sequence[Row], columns: Sequence[Span]) -> list[tuple[str, ...]]:
    cells: list[tuple[str, ...]] = []
    for row in rows:
        texts = [""] * len(columns)
        for part in row:
            place = _column_of(part, columns)
            texts[place] = f"{texts[place]} {part.text}".strip()
        if len(row) == 1 and cells and not texts[0] and not row[0].is_cell:
            cells[-1] = tuple(f"{old} {new}".strip() for old, new in zip(cells[-1], texts, strict=True))
        else:
            cells.append(tuple(texts))
    return cells


def _cell_columns(rows: Sequence[Row]) -> tuple[Span, ...]:
    """Where the cells of the rows with most of them stand."""
    usual = Counter(len(row) for row in rows).most_common()
    most = max(count for count, times in usual if times * 3 >= usual[0][1])
    spans = sorted((part.left, part.right) for row in rows if len(row) == most for part in row)
    columns: list[Span] = []
    for left, right in spans:
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return tuple(columns)


def _column_of(part: Part, columns: Sequence[Span]) -> int:
    def distance(place: int) -> tuple[float, float]:
        left, right = columns[place]
        shared = min(part.right, right) - max(part.left, left)
        return (-shared, abs(part.left - left))

    return min(range(len(columns)), key=distance)
