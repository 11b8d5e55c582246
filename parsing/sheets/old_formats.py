"""Binary workbooks of Excel (`.xlsb`, and `.xls` that are damaged), read by calamine."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from itertools import islice
from typing import TypeVar

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)

from parsing.errors import FileFormatError
from parsing.sheets.numbers import general
from parsing.sheets.sheet import NO_CELLS, Sheet
from parsing.sheets.sheet_notes import hidden_sheet, too_large, unread_sheet
from parsing.sheets.sheet_xml import Budget
from parsing.tables import Merged
from parsing.text import clean

# The empty cells between two far ones cost time and memory, too.
MAX_AREA = 10_000_000

Cell = int | float | str | bool | time | date | datetime | timedelta
Result = TypeVar("Result")


def read_old(data: bytes, budget: Budget) -> Iterator[Sheet]:
    """The sheets of a workbook; one that is damaged has nothing but a note. Raises `FileFormatError`."""
    workbook = _read(lambda: CalamineWorkbook.from_filelike(BytesIO(data)))
    for index, listed in enumerate(workbook.sheets_metadata):
        if listed.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = Sheet(" ".join(clean(listed.name).split()))
        if listed.visible is not SheetVisibleEnum.Visible:
            sheet.notes.append(hidden_sheet(sheet.name))
        try:
            _read(partial(_fill, sheet, workbook, index, budget))
        except FileFormatError as error:
            sheet.notes.append(unread_sheet(sheet.name, error))
        yield sheet


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


def _fill(sheet: Sheet, workbook: CalamineWorkbook, index: int, budget: Budget) -> None:
    found = workbook.get_sheet_by_index(index)
    most = MAX_AREA // max(found.width, 1)
    top, left = found.start or (0, 0)
    for row in islice(found.iter_rows(), most):
        cells = [_text(cell) if cell != "" else "" for cell in row]
        budget.cells -= sum(map(bool, cells))
        if budget.cells < 0:
            break
        sheet.rows.append(cells if any(cells) else NO_CELLS)
    if budget.cells < 0 or found.height > most:
        sheet.notes.append(too_large(sheet.name))
    for (first_row, first_column), (last_row, last_column) in found.merged_cell_ranges or ():
        area = Merged(first_row - top, first_column - left, last_row - top, last_column - left)
        if area.top >= 0 and area.left >= 0:
            sheet.merged.append(area)


def _text(cell: Cell) -> str:
    """The cell as a person would write it."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return general(cell)
        case datetime():
            return str(cell.date()) if cell.time() == time() else cell.isoformat(" ", "seconds")
        case time():
            return cell.isoformat("seconds")
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return clean(str(cell)).strip()
