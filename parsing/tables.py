"""Tables as Markdown, written alike whatever they were read from."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from parsing.document import Block

# A table beyond this is no longer understood line by line: each row is written with its headers.
MAX_COLUMNS = 12
MAX_ROW_LENGTH = 120 * 7
MAX_VALUE_LENGTH = 400


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


def is_wide(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table has so many columns, or rows so long, that it is better written row by row."""
    longest = max((sum(map(len, row)) for row in rows), default=0)
    return longest > MAX_ROW_LENGTH or max((len(row) for row in rows), default=0) > MAX_COLUMNS


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


def _line(cells: Sequence[str], width: int) -> str:
    padding = [""] * (width - len(cells))
    return "|" + "".join(f" {_cell(cell)} |" for cell in [*cells, *padding])


def _cell(text: str) -> str:
    # What is escaped already stays so.
    return " ".join(text.split()).replace("\\|", "|").replace("|", "\\|")
