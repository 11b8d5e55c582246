"""Tables of AsciiDoc: cells in their rows, over several of them, or written as CSV."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

# `2+|`, `.3+^.>s|`: over how many columns and rows a cell goes, and how it looks.
CELL = re.compile(r"(?:(?<=\s)|^)((?:\d+(?:\.\d+)?|\.\d+)?[+*]?[<^>]?(?:\.[<^>])?[a-z]?)(?<!\\)\|")
SPAN = re.compile(r"(\d*)(?:\.(\d+))?([+*])")
MAX_SPAN = 100
# A cell may reach over a hundred rows: together they make the table longer by so much.
MAX_REPEATED_CHARACTERS = 1_000_000


@dataclass
class Cell:
    """A cell's text, and over how many rows it goes."""

    text: str
    rows: int = 1


def table_rows(inside: Sequence[str], mark: str, style: str) -> list[list[str]] | None:
    """The rows of a table; None where they cannot be told apart."""
    separator = _separator(mark, style)
    if mark == "|" and not separator:
        stated = re.search(r"cols=\"?([^\"\]]*)", style)
        return _rows(*_cells(inside), _stated_columns(stated[1]) if stated else 0)
    if not separator:
        return None
    try:
        return list(csv.reader(StringIO("\n".join(inside)), delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a cell that is too long
        return None


def _separator(mark: str, style: str) -> str:
    """What parts the cells of a table that is written as CSV; empty where it is not."""
    stated = re.search(r"format=\"?(csv|tsv|dsv)", style)
    if stated:
        return {"csv": ",", "tsv": "\t", "dsv": ":"}[stated[1]]
    return mark if mark in ",:" else ""


def _rows(cells: Sequence[Cell], first: int, stated: int) -> list[list[str]]:
    """Cells in their rows; one that reaches over several rows stands in each of them."""
    width = stated or first or 1
    rows: list[list[str]] = [[]]
    below: dict[tuple[int, int], str] = {}
    repeated = 0
    for cell in cells:
        _fill(rows, below, width)
        place = (len(rows) - 1, len(rows[-1]))
        rows[-1].append(cell.text)
        repeated += (len(cell.text) + 10) * (cell.rows - 1)
        if repeated < MAX_REPEATED_CHARACTERS:
            below.update({(place[0] + more, place[1]): cell.text for more in range(1, cell.rows)})
    _fill(rows, below, width)
    return rows


def _fill(rows: list[list[str]], below: dict[tuple[int, int], str], width: int) -> None:
    """Goes on to the next place that no cell above reaches."""
    while True:
        if len(rows[-1]) >= width:
            rows.append([])
        text = below.pop((len(rows) - 1, len(rows[-1])), None)
        if text is None:
            return
        rows[-1].append(text)


def _stated_columns(stated: str) -> int:
    columns = 0
    for part in filter(None, re.split(r"[,;]", stated)):
        times = re.match(r"(\d{1,3})\*", part.strip())
        columns += int(times[1]) if times else 1
    return columns


def _cells(lines: Sequence[str]) -> tuple[list[Cell], int]:
    """The cells of a table in their order, and how many the first line has."""
    cells: list[Cell] = []
    first = 0
    for line in lines:
        marks = list(CELL.finditer(line))
        before = line[: marks[0].start()] if marks else line
        if cells and before.strip():
            cells[-1].text = f"{cells[-1].text} {before.strip()}".strip()
        for mark, following in zip(marks, [*marks[1:], None], strict=False):
            text = line[mark.end() : following.start() if following else len(line)].strip()
            span = SPAN.match(mark[1])
            times = min(int(span[1] or 1) if span else 1, MAX_SPAN)
            rows = min(int(span[2] or 1) if span else 1, MAX_SPAN)
            cells += [Cell(text.replace("\\|", "|"), rows) for _ in range(times)]
        first = first or len(cells)
    return cells, first
