"""One sheet of an Excel workbook, read row by row while it is unpacked."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

from lxml import etree

from parsing.archives.zipped import READ_ERRORS, Element
from parsing.data.safe_xml import SAFE
from parsing.document import Block
from parsing.errors import FileFormatError
from parsing.links import MAX_ADDRESS_LENGTH, linked
from parsing.markdown.inline import marked_above, with_digits_above
from parsing.office.package import RELATION_ID, OfficePackage
from parsing.sheets.cell_formats import CellFormats
from parsing.sheets.choices import choices_of
from parsing.sheets.places import area_of, column_number
from parsing.sheets.sheet import Sheet
from parsing.sheets.sheet_notes import hidden_parts, too_large
from parsing.sheets.unseen_cells import drop_unseen, tables_of, unseen_cells
from parsing.text import clean
from parsing.unseen import Kind

MAX_CELLS = 1_000_000
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
MAX_MERGED, MAX_BLOCKS = 100_000, 1_000
# A link may be laid over a whole column.
MAX_LINKED_CELLS = 100_000
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
LINK_FORMULA = re.compile(rf'HYPERLINK\(\s*"([^"]{{1,{MAX_ADDRESS_LENGTH}}})"', re.IGNORECASE)
# `Page &P of &N`, and `&L`, `&"Arial,Bold"`, `&12`, `&KFF0000`, `&D` in what frames the printed pages.
PAGE_CODE = re.compile(
    r"(?:(?:(?<=&[LCR])|\b)(?:page|seite|página|pagina|p[áa]g\.|p\.|s\.)[ ]?)?&P"
    r"(?:[ ]?(?:of|von|de|sur|di|/)[ ]?&N)?",
    re.IGNORECASE,
)
MARGIN_CODE = re.compile(r"&(?:&|\"[^\"]{0,100}\"|\d{1,3}|K[0-9A-Fa-f]{6}|[A-Za-z])")
MARGINS = {f"{which}{place}": place for which in ("first", "odd", "even") for place in ("Header", "Footer")}
# A cell with a place, a style, a type and at most a value, and nothing else.
PLAIN_CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d{1,7}"(?: s="(\d{1,6})")?(?: t="(\w{1,20})")?(?:/>|><v>([^<&]*)</v></c>)'
)
NAMES = ("row", "conditionalFormatting", "mergeCell", "hyperlink", "col", "dataValidation", *MARGINS)
ON = frozenset({"1", "true"})


@dataclass
class Budget:
    """How many cells may still be read."""

    cells: int = MAX_CELLS


class SheetReader:
    """Reads the sheets of one workbook."""

    def __init__(
        self,
        package: OfficePackage,
        formats: CellFormats,
        texts: Sequence[str],
        budget: Budget,
        unseen: Mapping[str, Kind] = MappingProxyType({}),
    ) -> None:
        self._unseen = unseen
        self._doubtful: list[tuple[int, int, Kind]] = []
        self._package, self._formats, self._texts, self._budget = package, formats, texts, budget
        self._margins: set[str] = set()
        self._writer = lru_cache(1_000)(self._new_writer)

    def read(self, sheet: Sheet, part: str) -> None:
        """Fill the sheet with the rows of this part. Raises `FileFormatError`."""
        formulas = _Formulas()
        done: set[tuple[int, int]] = set()
        self._doubtful = []
        coloured = tables_of(self._package, part) if self._unseen else []
        hidden_rows = hidden_columns = 0
        for element in streamed(self._package, part, NAMES):
            match etree.QName(element).localname:
                case "row":
                    if self._budget.cells <= 0:
                        sheet.notes.append(too_large(sheet.name))
                        break
                    filled = self._row(element, sheet, formulas)
                    hidden_rows += filled and element.get("hidden") in ON
                case "conditionalFormatting":
                    coloured += filter(None, map(area_of, element.get("sqref", "").split()[:MAX_BLOCKS]))
                case "mergeCell" if len(sheet.merged) < MAX_MERGED:
                    area = area_of(element.get("ref", ""))
                    sheet.merged += [area] if area else []
                case "col" if element.get("hidden") in ON:
                    hidden_columns += _column_count(element)
                case name:
                    self._beside(name, element, sheet, part, done)
        drop_unseen(sheet, self._doubtful, coloured)
        sheet.notes += hidden_parts(sheet.name, hidden_rows, hidden_columns, formulas.shown)

    def _beside(
        self, name: str, element: Element, sheet: Sheet, part: str, done: set[tuple[int, int]]
    ) -> None:
        """What belongs to cells, or stands beside them."""
        if name == "hyperlink":
            self._link(element, sheet, part, done)
        elif name in MARGINS:
            self._margin(MARGINS[name], element, sheet)
        elif name == "dataValidation" and len(sheet.blocks) < MAX_BLOCKS:
            sheet.blocks += choices_of(element)

    def _margin(self, place: str, element: Element, sheet: Sheet) -> None:
        """A header or footer, once for the workbook."""
        words = margin_text(element.text or "")
        if words and words not in self._margins:
            self._margins.add(words)
            sheet.blocks.append(Block(f"{place}: {words}"))

    def _row(self, row: Element, sheet: Sheet, formulas: "_Formulas") -> bool:
        stated = row.get("r")
        number = int(stated) - 1 if stated and stated.isdecimal() else len(sheet.rows)
        cells = self._plain_row(row) or _placed(self._cells(row, formulas))
        if self._unseen:
            self._doubtful += unseen_cells(row, number, self._unseen)
        self._budget.cells -= len(cells) - cells.count("")
        if cells and 0 <= number < MAX_ROWS:
            sheet.place(number, cells)
        return bool(cells)

    def _plain_row(self, row: Element) -> list[str]:
        """The texts of a row whose cells are all plain values, as most are; of another row nothing.

        A pattern over the row as text takes a third of the time that asking each element takes.
        """
        found = PLAIN_CELL.findall(etree.tostring(row, encoding="unicode", with_tail=False))
        if len(found) != len(row) or not found:
            return []
        writer = self._writer
        texts = [writer(kind, style)(stored) if stored else "" for _, style, kind, stored in found]
        if all(texts) and column_number(found[-1][0]) == len(texts) - 1:
            return texts
        columns = (column_number(letters) for letters, *_ in found)
        return _placed((column, text) for column, text in zip(columns, texts, strict=True) if text)

    def _cells(self, row: Element, formulas: "_Formulas") -> Iterator[tuple[int, str]]:
        """Columns and texts of a row."""
        column = -1
        for cell in row:
            place = cell.get("r")
            column = column_number(place.rstrip("0123456789")) if place else column + 1
            text = self._cell(cell, formulas)
            if text:
                yield column, text

    def _cell(self, cell: Element, formulas: "_Formulas") -> str:
        stored = formula = None
        for child in cell:
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag.endswith("}v"):
                stored = child.text
            elif tag.endswith("}f"):
                formula = formulas.of(child)
            elif tag.endswith("}is"):
                return self._formats.text(stored_text(child), cell.get("s"))
        kind = cell.get("t", "n")
        if not stored:
            return formulas.without_value(formula) if formula and kind != "str" else ""
        shown = self._writer(kind, cell.get("s", ""))(stored)
        link = LINK_FORMULA.search(formula) if formula else None
        return linked(shown, link[1]) if link else shown

    def _new_writer(self, kind: str, style: str) -> Callable[[str], str]:
        """How cells of this type and style show what they store."""
        match kind:
            case "n" | "":
                return self._formats.number_writer(style)
            case "s":
                return self._formats.text_writer(self._listed, style)
            case "str":
                return self._formats.text_writer(_unescaped, style)
            case "b":
                return lambda stored: "TRUE" if stored.strip() == "1" else "FALSE"
            case _:
                return lambda stored: clean(stored).strip()

    def _listed(self, stored: str) -> str:
        try:
            position = int(stored)
            return self._texts[position] if position >= 0 else ""
        except (ValueError, IndexError):
            return ""

    def _link(self, element: Element, sheet: Sheet, part: str, done: set[tuple[int, int]]) -> None:
        relation = self._package.relations(part).get(element.get(f"{RELATION_ID}id", ""))
        area = area_of(element.get("ref", ""))
        if relation is None or not relation.is_external or area is None:
            return
        place = element.get("location")
        address = f"{relation.target}#{place}" if place else relation.target
        rows = range(area.top, min(area.bottom, len(sheet.rows) - 1) + 1)
        places = ((row, column) for row in rows for column in range(area.left, area.right + 1))
        for row, column in islice(places, MAX_LINKED_CELLS - len(done)):
            text = sheet.cell(row, column)
            if text and (row, column) not in done:
                sheet.rows[row][column] = linked(text, address)
            done.add((row, column))


class _Formulas:
    """The formulas of a sheet, of which some are shown because nothing was computed."""

    def __init__(self) -> None:
        self.shown = 0
        self._shared: dict[str, str] = {}

    def of(self, element: Element) -> str:
        """The formula; cells that share one name it by a number."""
        text = clean(element.text or "")
        number = element.get("si")
        if number is None:
            return text
        return self._shared.setdefault(number, text) if text else self._shared.get(number, "…")

    def without_value(self, formula: str) -> str:
        """What stands for a value that is not stored."""
        self.shown += 1
        return f"={formula}"


def streamed(package: OfficePackage, part: str, names: Sequence[str]) -> Iterator[Element]:
    """The elements with these names as they end, each forgotten afterwards. Raises `FileFormatError`."""
    tags = [f"{{*}}{name}" for name in names]
    try:
        with package.archive.open(part) as opened:
            for _, element in etree.iterparse(opened, tag=tags, recover=True, **SAFE):
                yield element
                _forget(element)
    except KeyError:
        raise FileFormatError(f"The file is damaged ({part} is missing in it).") from None
    except (etree.LxmlError, *READ_ERRORS) as error:
        raise FileFormatError(f"The file is damaged ({part}: {error}).") from None


def stored_text(element: Element) -> str:
    """The text of a shared or inner string, without how it is pronounced."""
    if len(element) == 1 and len(element[0]) == 0:
        return _unescaped(element[0].text or "").strip()
    runs = (child for child in element.iter("{*}t") if not _is_pronunciation(child))
    return _unescaped(with_digits_above("".join(map(_run_text, runs)))).strip()


def _run_text(text: Element) -> str:
    words, run = text.text or "", text.getparent()
    above = run.find("{*}rPr/{*}vertAlign") if run is not None else None
    return marked_above(words) if above is not None and above.get("val") == "superscript" else words


def margin_text(code: str) -> str:
    """The words of a header or footer, without numbers of pages, fonts and places."""
    words = PAGE_CODE.sub(" ", code)
    return " ".join(clean(MARGIN_CODE.sub(lambda found: "&" if found[0] == "&&" else " ", words)).split())


def _is_pronunciation(text: Element) -> bool:
    parent = text.getparent()
    return parent is not None and isinstance(parent.tag, str) and parent.tag.endswith("}rPh")


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as their codes."""
    return clean(ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)) if "_x" in text else clean(text)


def _placed(cells: Iterable[tuple[int, str]]) -> list[str]:
    """Texts at their columns."""
    row: list[str] = []
    for column, text in cells:
        if 0 <= column < MAX_COLUMNS:
            row.extend([""] * (column + 1 - len(row)))
            row[column] = text
    return row


def _forget(element: Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _column_count(element: Element) -> int:
    first, last = (element.get(name, "") for name in ("min", "max"))
    number = int(last) - int(first) + 1 if first.isdecimal() and last.isdecimal() else 0
    # Whoever hides all columns behind the table hides nothing.
    return number if number < MAX_COLUMNS // 2 else 0
