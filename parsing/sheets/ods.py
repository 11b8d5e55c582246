"""Sheets of OpenDocument workbooks: cells hold their values as they are shown."""

import zipfile
from collections.abc import Iterator

from lxml import etree

from parsing.archives.zipped import READ_ERRORS, Element
from parsing.data.safe_xml import SAFE
from parsing.document import Block
from parsing.errors import FileFormatError
from parsing.left_out import LeftOut
from parsing.odf.frames import framed
from parsing.odf.inline import inline
from parsing.odf.names import OFFICE, TABLE, count
from parsing.odf.open_file import OpenFile, hidden_tables, refuse_encrypted
from parsing.odf.sight import unseen_styles
from parsing.odf.tables import row_cells
from parsing.sheets.sheet import Sheet
from parsing.sheets.sheet_notes import hidden_parts, hidden_sheet, too_large
from parsing.sheets.sheet_xml import MAX_ROWS, Budget
from parsing.text import clean

CONTENT = "content.xml"
# A row that is filled and repeated more often is a mistake of a program.
MAX_REPEATED_ROWS = 1_000
SHEET, ROW, STYLES = f"{TABLE}table", f"{TABLE}table-row", f"{OFFICE}automatic-styles"
HIDDEN = frozenset({"collapse", "filter"})


def read_ods(archive: zipfile.ZipFile, budget: Budget, left_out: LeftOut) -> Iterator[Sheet]:
    """The sheets in their order, read row by row. Raises `FileFormatError`."""
    refuse_encrypted(archive)
    file = OpenFile(archive, left_out)
    hidden_styles: set[str] = set()
    sheet, reader = Sheet(""), _Rows(file, budget)
    for event, element in _events(archive):
        if element.tag == STYLES and event == "end":
            hidden_styles = hidden_tables(element)
            file.unseen = unseen_styles([element])
        elif element.tag == SHEET and event == "start":
            sheet = _begun(element, hidden_styles)
            reader = _Rows(file, budget)
        elif element.tag == ROW and event == "end":
            reader.read(element, sheet)
            _forget(element)
        elif element.tag == SHEET:
            sheet.notes += reader.notes(sheet.name)
            # What other workbooks hold is kept in sheets that nobody sees.
            if element.find(f"{TABLE}table-source") is None:
                yield sheet


def _events(archive: zipfile.ZipFile) -> Iterator[tuple[str, Element]]:
    try:
        with archive.open(CONTENT) as opened:
            tags = (SHEET, ROW, STYLES)
            yield from etree.iterparse(opened, events=("start", "end"), tag=tags, recover=True, **SAFE)
    except (etree.LxmlError, *READ_ERRORS) as error:
        raise FileFormatError(f"The file is damaged ({CONTENT}: {error}).") from None


def _begun(element: Element, hidden_styles: set[str]) -> Sheet:
    sheet = Sheet(" ".join(clean(element.get(f"{TABLE}name", "")).split()))
    if element.get(f"{TABLE}style-name") in hidden_styles:
        sheet.notes.append(hidden_sheet(sheet.name))
    return sheet


class _Rows:
    """The rows of one sheet."""

    def __init__(self, file: OpenFile, budget: Budget) -> None:
        self._file, self._budget = file, budget
        self._number = self._hidden = self._formulas = 0
        self._is_cut = False

    def read(self, row: Element, sheet: Sheet) -> None:
        """Put a row into the sheet as often as it is repeated."""
        repeated = count(row, f"{TABLE}number-rows-repeated", MAX_ROWS)
        if self._budget.cells <= 0:
            self._is_cut = True
            return
        texts, merged = row_cells(row, self._number, self._text)
        sheet.merged += merged
        sheet.blocks += [item for item in framed(row, self._file) if isinstance(item, Block)]
        copies = min(repeated, MAX_REPEATED_ROWS, MAX_ROWS - self._number) if any(texts) else 0
        for copy in range(copies):
            sheet.place(self._number + copy, [*texts])
        self._hidden += copies if row.get(f"{TABLE}visibility") in HIDDEN else 0
        self._budget.cells -= copies * sum(map(bool, texts))
        self._number += repeated

    def notes(self, name: str) -> Iterator[str]:
        """What was hidden, computed nowhere, or too much."""
        if self._is_cut:
            yield too_large(name)
        yield from hidden_parts(name, self._hidden, 0, self._formulas)

    def _text(self, cell: Element) -> str:
        text = inline(cell, self._file).strip()
        formula = cell.get(f"{TABLE}formula")
        if text or not formula or cell.get(f"{OFFICE}value-type"):
            return text
        self._formulas += 1
        return formula[formula.find("=") :]


def _forget(row: Element) -> None:
    row.clear()
    before, parent = row.getprevious(), row.getparent()
    if before is not None and parent is not None and before.tag == ROW:
        parent.remove(before)
