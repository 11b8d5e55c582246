"""Workbooks: each sheet a heading, each region of cells a table."""

import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from parsing.archives.zipped import open_zip, refuse_encrypted
from parsing.document import Block, ParsedDocument
from parsing.left_out import LeftOut
from parsing.office.package import OfficePackage
from parsing.office.properties import office_properties
from parsing.sheets.ods import read_ods
from parsing.sheets.old_formats import read_old
from parsing.sheets.sheet import Sheet, sheet_blocks
from parsing.sheets.sheet_xml import Budget
from parsing.sheets.xls import open_xls, read_xls
from parsing.sheets.xlsx import read_xlsx
from parsing.text import title_from

MAX_CELLS = 1_000_000
MAX_TITLE_LENGTH = 300
BINARY_WORKBOOK = "xl/workbook.bin"
OPEN_DOCUMENT = "content.xml"
COMMENTS = re.compile(r"xl/(?:threadedC|c)omments/?[^/]*\.(?:bin|xml)")


def parse(data: bytes, source: str) -> ParsedDocument:
    """Tables of every sheet of a workbook, with text around them. Raises `FileFormatError`."""
    refuse_encrypted(data)
    budget, left_out = Budget(MAX_CELLS), LeftOut()
    if not data.startswith(b"PK"):
        book = open_xls(data)
        sheets = read_old(data, budget) if book is None else read_xls(book, budget)
        return _document(sheets, {}, left_out, source)
    with open_zip(data) as archive:
        return _document(
            _sheets(data, archive, budget, left_out), office_properties(archive), left_out, source
        )


def _sheets(data: bytes, archive: zipfile.ZipFile, budget: Budget, left_out: LeftOut) -> Iterator[Sheet]:
    names = archive.NameToInfo
    if BINARY_WORKBOOK in names:
        left_out.say(*_unread_in_binary(names))
        yield from read_old(data, budget)
    elif OPEN_DOCUMENT in names:
        yield from read_ods(archive, budget, left_out)
    else:
        yield from read_xlsx(OfficePackage(archive), budget, left_out)


def _unread_in_binary(names: Iterable[str]) -> Iterator[str]:
    """What the library does not tell of a binary workbook."""
    yield "Formats of numbers, and links, were left out. Save the workbook as .xlsx to read them."
    comments = sum(bool(COMMENTS.fullmatch(name)) for name in names)
    if comments:
        yield f"Sheets whose comments were left out: {comments}."


def _document(
    sheets: Iterator[Sheet], metadata: dict[str, Any], left_out: LeftOut, source: str
) -> ParsedDocument:
    blocks: list[Block] = []
    notes: list[str] = []
    for sheet in sheets:
        blocks += sheet_blocks(sheet)
        notes += sheet.notes
    title = (metadata.get("title") or title_from(source))[:MAX_TITLE_LENGTH]
    return ParsedDocument(title, tuple(blocks), metadata, notes=(*notes, *left_out.notes()))
