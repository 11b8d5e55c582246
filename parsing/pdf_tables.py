"""Tables without rules: parts of lines that stand below each other."""

from collections import Counter
from collections.abc import Sequence

from parsing.pdf_words import Part


def table_of(rows: Sequence[Sequence[Part]]) -> str | None:
    """The rows as a Markdown table, if their parts stand below each other."""
    full = [row for row in rows if len(row) > 1]
    if len(full) < 2:
        return None
    columns = _cell_columns(full)
    if len(columns) < 2:
        return None
    cells: list[list[str]] = []
    for row in rows:
        texts = [""] * len(columns)
        for part in row:
            place = _column_of(part, columns)
            texts[place] = f"{texts[place]} {part.text}".strip()
        if len(row) == 1 and cells and not texts[0]:
            cells[-1] = [f"{old} {new}".strip() for old, new in zip(cells[-1], texts, strict=True)]
        else:
            cells.append(texts)
    return _markdown(cells)


def _cell_columns(rows: Sequence[Sequence[Part]]) -> list[tuple[float, float]]:
    """Where the cells of the rows with most of them stand."""
    usual = Counter(len(row) for row in rows).most_common()
    most = max(count for count, times in usual if times * 3 >= usual[0][1])
    spans = sorted((part.left, part.right) for row in rows if len(row) == most for part in row)
    columns: list[tuple[float, float]] = []
    for left, right in spans:
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _column_of(part: Part, columns: list[tuple[float, float]]) -> int:
    def distance(place: int) -> tuple[float, float]:
        left, right = columns[place]
        shared = min(part.right, right) - max(part.left, left)
        return (-shared, abs(part.left - left))

    return min(range(len(columns)), key=distance)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
