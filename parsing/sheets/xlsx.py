"""Workbooks of Excel (Office Open XML): values as shown, merged cells, links, comments, what is hidden."""

from collections.abc import Iterator
from dataclasses import dataclass

from parsing.archives.zipped import Element
from parsing.errors import FileFormatError
from parsing.left_out import LeftOut
from parsing.office.package import RELATION_ID, OfficePackage
from parsing.office.theme import theme_colours
from parsing.sheets.builtin_formats import BUILTIN_FORMATS, GENERAL
from parsing.sheets.cell_formats import CellFormats
from parsing.sheets.cell_sight import unseen_styles
from parsing.sheets.remarks import add_comments, add_drawings
from parsing.sheets.sheet import Sheet
from parsing.sheets.sheet_notes import hidden_sheet, unread_sheet
from parsing.sheets.sheet_xml import Budget, SheetReader, stored_text, streamed
from parsing.text import clean
from parsing.unseen import left_unseen

WORKBOOK = "xl/workbook.xml"
TRUE = frozenset({"1", "true"})


@dataclass(frozen=True)
class ListedSheet:
    """A sheet as the workbook lists it."""

    name: str
    part: str
    is_hidden: bool
    # No menu of Excel shows it: only programs can.
    is_very_hidden: bool


def read_xlsx(package: OfficePackage, budget: Budget, left_out: LeftOut) -> Iterator[Sheet]:
    """The sheets in their order; one that is damaged has nothing but a note. Raises `FileFormatError`."""
    name = package.main_part(WORKBOOK)
    workbook = package.xml(name)
    if workbook is None:
        raise FileFormatError(f"The file is damaged ({name} is missing in it).")
    properties = next(workbook.iter("{*}workbookPr"), None)
    from_1904 = properties is not None and properties.get("date1904") in TRUE
    styles = _first_part(package, name, "styles")
    codes = _format_codes(styles)
    formats = CellFormats(codes, from_1904=from_1904)
    unseen = unseen_styles(styles, codes, theme_colours(_first_part(package, name, "theme")))
    reader = SheetReader(package, formats, _shared_strings(package, name), budget, unseen)
    for listed in _listed(workbook, package, name):
        sheet = Sheet(listed.name)
        try:
            if listed.is_very_hidden:
                reader.read(sheet, listed.part)
                left_unseen("very hidden sheets", " ".join(cell for row in sheet.rows for cell in row))
                continue
            if listed.is_hidden:
                sheet.notes.append(hidden_sheet(sheet.name))
            reader.read(sheet, listed.part)
            add_comments(sheet, package, listed.part)
            add_drawings(sheet, package, listed.part, left_out)
        except FileFormatError as error:
            sheet.notes.append(unread_sheet(sheet.name, error))
        yield sheet
    if package.has_macros:
        left_out.add("macros")


def _listed(workbook: Element, package: OfficePackage, name: str) -> Iterator[ListedSheet]:
    relations = package.relations(name)
    for element in workbook.iter("{*}sheet"):
        relation = relations.get(element.get(f"{RELATION_ID}id", ""))
        if relation is not None and relation.kind in ("worksheet", "chartsheet"):
            title = " ".join(clean(element.get("name", "")).split())
            state = element.get("state", "visible")
            yield ListedSheet(title, relation.target, state != "visible", state == "veryHidden")


def _first_part(package: OfficePackage, name: str, kind: str) -> Element | None:
    part = next(iter(package.related(name, kind)), "")
    return package.xml(part) if part else None


def _format_codes(root: Element | None) -> list[str]:
    """The number format of each cell style."""
    if root is None:
        return []
    stated = {one.get("numFmtId", ""): one.get("formatCode", "") for one in root.iter("{*}numFmt")}
    styles = root.find("{*}cellXfs")
    ids = [style.get("numFmtId", "0") for style in styles] if styles is not None else []
    return [stated.get(one) or BUILTIN_FORMATS.get(one, GENERAL) for one in ids]


def _shared_strings(package: OfficePackage, name: str) -> list[str]:
    """The texts that cells refer to by their numbers."""
    part = next(iter(package.related(name, "sharedStrings")), "")
    if not part:
        return []
    return [stored_text(element) for element in streamed(package, part, ("si",))]
