"""Tables of reStructuredText: grids, simple ones, and those written as lists."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

SIMPLE_TABLE = re.compile(r"=+(?:\s+=+)+\s*$")
GRID_TABLE = re.compile(r"\+(?:[-=]+\+)+\s*$")


def listed_rows(body: Sequence[str]) -> Iterator[list[str]]:
    """The rows of a table written as a list of lists."""
    row: list[str] = []
    column = 0
    for line in body:
        begins = re.match(r"(\s*\*\s+|\s*)-(?:\s(.*)|$)", line)
        if begins and begins[1].strip():
            if row:
                yield row
            row, column = [(begins[2] or "").strip()], len(begins[1])
        elif begins and len(begins[1]) <= column:  # further in, it is a list in a cell
            row.append((begins[2] or "").strip())
        elif row and line.strip():
            row[-1] = f"{row[-1]} {line.strip()}".strip()
    if row:
        yield row


def simple_rows(lines: Sequence[str]) -> list[list[str]]:
    starts = [found.start() for found in re.finditer("=+", lines[0])]
    rows: list[list[str]] = []
    for line in lines:
        if not line.strip() or re.fullmatch(r"[=\-\s]+", line):
            continue
        ends = [*starts[1:], None]
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if rows and not cells[0]:
            rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    # A backslash stands for an empty cell at the beginning of a row.
    return [["" if cell == "\\" else cell for cell in row] for row in rows]


def grid_rows(lines: Sequence[str]) -> list[list[str]] | None:
    """The rows of a grid; None where cells are merged."""
    columns = [found.start() for found in re.finditer(r"\+", lines[0])]
    rows: list[list[str]] = []
    cells: list[str] = []
    for line in lines:
        if GRID_TABLE.match(line):
            rows += [cells] if any(cells) else []
            cells = [""] * (len(columns) - 1)
            continue
        if any(line[at : at + 1] != "|" for at in columns):
            return None
        parts = [line[start + 1 : end].strip() for start, end in pairwise(columns)]
        cells = [f"{above} {part}".strip() for above, part in zip(cells, parts, strict=True)]
    return [*rows, *([cells] if any(cells) else [])]
