"""Workbooks of Excel before 2007 (`.xls`): values as shown, merged cells, links, comments, what is hidden."""

import os
from collections.abc import Iterator
from typing import Any, cast

import xlrd  # pyright: ignore[reportMissingTypeStubs]

from parsing.links import linked
from parsing.sheets.builtin_formats import BUILTIN_FORMATS, GENERAL
from parsing.sheets.number_formats import formatted
from parsing.sheets.sheet import NO_CELLS, Sheet
from parsing.sheets.sheet_notes import hidden_parts, hidden_sheet, too_large
from parsing.sheets.sheet_xml import MAX_LINKED_CELLS, Budget
from parsing.tables import Merged
from parsing.text import clean

MAX_COLUMNS = 256


def open_xls(data: bytes) -> Any | None:
    """The workbook; None when it is damaged, or in a form that xlrd does not know."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - it is no file
        try:
            return cast(Any, xlrd).open_workbook(
                file_contents=data, formatting_info=True, on_demand=False, logfile=nowhere
            )
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - xlrd lets through the errors of any of its parts; another library tries
            return None


def read_xls(book: Any, budget: Budget) -> Iterator[Sheet]:
    """The sheets in their order."""
    for found in book.sheets():
        sheet = Sheet(" ".join(clean(found.name).split()))
        if found.visibility:
            sheet.notes.append(hidden_sheet(sheet.name))
        _fill(sheet, book, found, budget)
        _add_links(sheet, found)
        _add_comments(sheet, found)
        merged = (area for area in found.merged_cells if area[1] > area[0] and area[3] > area[2])
        sheet.merged += [Merged(top, left, below - 1, behind - 1) for top, below, left, behind in merged]
        yield sheet


def _fill(sheet: Sheet, book: Any, found: Any, budget: Budget) -> None:
    hidden = 0
    for number in range(found.nrows):
        if budget.cells <= 0:
            sheet.notes.append(too_large(sheet.name))
            break
        cells = [_text(cell, book) for cell in found.row(number)]
        filled = sum(map(bool, cells))
        budget.cells -= filled
        hidden += number in found.rowinfo_map and bool(found.rowinfo_map[number].hidden and filled)
        sheet.rows.append(cells if filled else NO_CELLS)
    columns = [info.hidden for column, info in found.colinfo_map.items() if column < found.ncols]
    sheet.notes += hidden_parts(sheet.name, hidden, sum(map(bool, columns)), 0)


def _text(cell: Any, book: Any) -> str:
    """The cell as it is shown."""
    match cell.ctype:
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            return formatted(cell.value, _code(cell, book), from_1904=book.datemode == 1)
        case xlrd.XL_CELL_BOOLEAN:
            return "TRUE" if cell.value else "FALSE"
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, ""))
        case _:
            return clean(str(cell.value)).strip()


def _code(cell: Any, book: Any) -> str:
    key = book.xf_list[cell.xf_index].format_key
    stated = book.format_map.get(key)
    return BUILTIN_FORMATS.get(str(key)) or (stated.format_str if stated is not None else GENERAL)


def _add_links(sheet: Sheet, found: Any) -> None:
    left = MAX_LINKED_CELLS
    for link in found.hyperlink_list:
        rows = range(link.frowx, min(link.lrowx, len(sheet.rows) - 1) + 1)
        for row, column in ((row, column) for row in rows for column in range(link.fcolx, link.lcolx + 1)):
            left -= 1
            text = sheet.cell(row, column)
            if left < 0:
                return
            if text and link.type == "url" and "(http" not in text:
                sheet.rows[row][column] = linked(text, str(link.url_or_path))


def _add_comments(sheet: Sheet, found: Any) -> None:
    for (row, column), note in sorted(found.cell_note_map.items()):
        author = clean(str(note.author or "")).strip()
        words = " ".join(clean(note.text).removeprefix(f"{author}:").split())
        if words and column < MAX_COLUMNS:
            by = f" by {author}" if author else ""
            sheet.write(row, column, f"{sheet.cell(row, column)} [Comment{by}: {words}]".strip())
