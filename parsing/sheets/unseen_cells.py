"""Cells of a sheet that show nothing, and what else may colour them."""

from collections.abc import Iterator, Mapping, Sequence

from parsing.archives.zipped import Element
from parsing.office.package import OfficePackage
from parsing.sheets.cell_sight import PALE
from parsing.sheets.places import area_of, column_number
from parsing.sheets.sheet import Sheet
from parsing.tables import Merged
from parsing.unseen import Kind, left_unseen

UnseenCell = tuple[int, int, Kind]


def unseen_cells(row: Element, number: int, styles: Mapping[str, Kind]) -> Iterator[UnseenCell]:
    """The cells of a row whose style shows nothing, by row and column."""
    column = -1
    for cell in row:
        place = cell.get("r")
        column = column_number(place.rstrip("0123456789")) if place else column + 1
        kind = styles.get(cell.get("s", "0"))
        if kind:
            yield number, column, kind


def tables_of(package: OfficePackage, part: str) -> list[Merged]:
    """The areas of tables of a sheet, whose styles colour their cells."""
    roots = (package.xml(name) for name in package.related(part, "table"))
    areas = (area_of(root.get("ref", "")) for root in roots if root is not None)
    return [area for area in areas if area is not None]


def drop_unseen(sheet: Sheet, cells: Sequence[UnseenCell], coloured: Sequence[Merged]) -> None:
    """Empties these cells, where nothing else may colour them, and counts their words."""
    for row, column, kind in cells:
        inside = (area.top <= row <= area.bottom and area.left <= column <= area.right for area in coloured)
        if sheet.cell(row, column) and not (kind == PALE and any(inside)):
            left_unseen(kind, sheet.rows[row][column])
            sheet.rows[row][column] = ""
