"""Workbooks: each sheet a heading, each region of cells a table."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from itertools import islice, takewhile
from typing import Any, TypeVar

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    ZipError,
)

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.properties import office_properties
from parsing.tables import table_blocks
from parsing.text import clean, title_from
from parsing.zipped import open_zip, refuse_encrypted

MAX_CELLS = 1_000_000
# The empty cells between two far ones cost time and memory, too.
MAX_AREA = 10_000_000
MAX_TITLE_LENGTH = 300
NUMBER = re.compile(r"[-+]?[\d.,:%/-]+")

Cell = int | float | str | bool | time | date | datetime | timedelta
Row = list[str]
Result = TypeVar("Result")


def parse(data: bytes, source: str) -> ParsedDocument:
    """Tables of every sheet of a workbook, with text around them. Raises `FileFormatError`."""
    metadata: dict[str, Any] = {}
    refuse_encrypted(data)
    if data.startswith(b"PK"):
        with open_zip(data) as archive:
            metadata = office_properties(archive)
    blocks: list[Block] = []
    notes: list[str] = []
    left = MAX_CELLS
    workbook = _read(lambda: CalamineWorkbook.from_filelike(BytesIO(data)))
    for index, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ is not SheetTypeEnum.WorkSheet:
            continue
        try:
            rows, left, complete = _read(partial(_rows, workbook, index, left))
        except FileFormatError as error:
            notes.append(f'The sheet "{clean(sheet.name)}" was not read: {error}')
            continue
        heading = " ".join(clean(sheet.name).split())
        blocks.extend(_sheet_blocks(rows, (heading,) if heading else ()))
        if not complete:
            notes.append(f'The sheet "{heading}" is too large: the rest of it was not read.')
    title = metadata.get("title") or title_from(source)
    return ParsedDocument(title[:MAX_TITLE_LENGTH], tuple(blocks), metadata, notes=tuple(notes))


def _read(call: Callable[[], Result]) -> Result:
    """What calamine answers; its errors, and the panics of its Rust, as ours."""
    try:
        return call()
    except PasswordError:
        raise FileFormatError("The file is protected by a password. Save a copy without one.") from None
    except (CalamineError, ZipError, OSError, ValueError) as error:
        raise FileFormatError(f"The file is damaged ({error}).") from None
    except BaseException as error:
        # A panic is no `Exception`, and its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise FileFormatError("The file is damaged (its cells cannot be read).") from None


def _rows(workbook: CalamineWorkbook, index: int, left: int) -> tuple[list[Row], int, bool]:
    """The sheet's rows as text, how many cells may still be read, and whether these are all."""
    sheet = workbook.get_sheet_by_index(index)
    most = MAX_AREA // max(sheet.width, 1)
    rows: list[Row] = []
    for row in islice(sheet.iter_rows(), most):
        cells = [_text(cell) if cell != "" else "" for cell in row]
        filled = sum(map(bool, cells))
        if filled > left:
            return rows, 0, False
        left -= filled
        rows.append(cells if filled else [])
    return rows, left, sheet.height <= most


def _text(cell: Cell) -> str:
    """The cell as a person would write it."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
        case datetime():
            return str(cell.date()) if cell.time() == time() else cell.isoformat(" ", "seconds")
        case time():
            return cell.isoformat("seconds")
        case _:
            return clean(str(cell)).strip()


def _sheet_blocks(rows: list[Row], path: tuple[str, ...]) -> Iterator[Block]:
    for region in _joined(list(_regions(rows))):
        captions = list(takewhile(_is_caption, region)) if _width(region) > 1 else []
        if len(captions) == len(region):
            captions = []
        for caption in captions:
            yield Block(next(filter(None, caption)), "text", path)
        table = _without_empty_columns(region[len(captions) :])
        if _width(table) == 1:
            yield Block("\n".join(row[0] for row in table), "text", path)
        elif len(table) == 1:
            yield Block(" | ".join(filter(None, table[0])), "text", path)
        else:
            yield from table_blocks(table, path)


def _regions(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows that follow each other without an empty one between."""
    region: list[Row] = []
    for row in [*rows, []]:
        if any(row):
            region.append(row)
        elif region:
            yield region
            region = []


def _joined(regions: list[list[Row]]) -> list[list[Row]]:
    """The regions; what goes on below an empty row without a header of its own belongs to the table above."""
    joined: list[list[Row]] = []
    for region in regions:
        if joined and _continues(joined[-1], region):
            joined[-1] = [*joined[-1], *region]
        else:
            joined.append(region)
    return joined


def _continues(above: list[Row], region: list[Row]) -> bool:
    has_numbers = any(NUMBER.fullmatch(cell) for cell in region[0])
    return has_numbers and _width(region) > 1 and _columns(region) <= _columns(above) and len(above) > 1


def _is_caption(row: Row) -> bool:
    """A row with nothing but its first cell stands above the header."""
    return bool(row[0]) and not any(row[1:])


def _columns(rows: list[Row]) -> set[int]:
    return {position for row in rows for position, cell in enumerate(row) if cell}


def _width(rows: list[Row]) -> int:
    return len(_columns(rows))


def _without_empty_columns(rows: list[Row]) -> list[Row]:
    columns = sorted(_columns(rows))
    return [[row[column] for column in columns] for row in rows]
