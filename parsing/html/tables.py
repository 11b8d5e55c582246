"""Tables of pages: those that only place things are dissolved; merged cells stand wherever they reach."""

from collections.abc import Iterator, Sequence
from copy import deepcopy

from lxml.html import Element, HtmlElement

HEADINGS = tuple(f"h{level}" for level in range(1, 7))
PARTS = ("thead", "tbody", "tfoot", "tr", "td", "th", "caption")
# A table that is filled up beyond this is left as it is written.
MAX_CELLS = 200_000
MAX_SPAN = 1_000
# Heads of groups are rarely wider; a claim beyond it is a trick of the layout.
MAX_COLUMNS_A_CELL = 12

Grid = list[list[HtmlElement]]


def mend_tables(root: HtmlElement) -> None:
    """Changes the tables of a page, those within others first."""
    for table in reversed(list(root.iter("table"))):
        rows = list(_rows(table))
        if _is_layout(table, rows):
            _dissolve(table)
        else:
            _fill(table, rows)


def _own(table: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """The parts of a table that are not those of a table within it."""
    for part in table.iter(*tags):
        if next(part.iterancestors("table"), None) is table:
            yield part


def _rows(table: HtmlElement) -> Iterator[HtmlElement]:
    yield from _own(table, "tr")


def _cells(row: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _is_layout(table: HtmlElement, rows: Sequence[HtmlElement]) -> bool:
    """Whether a table only places things: one column, or whole texts in its cells, and nothing is a head."""
    if table.get("role") in ("presentation", "none"):
        return True
    if next(_own(table, "th", "thead", "caption"), None) is not None:
        return False
    cells = [cell for row in rows for cell in _cells(row)]
    if max((len(_cells(row)) for row in rows), default=0) <= 1:
        return True
    if next(table.iterdescendants("table", *HEADINGS), None) is not None:
        return True
    filled = [cell for cell in cells if cell.text_content().strip()]
    return sum(_is_text(cell) for cell in filled) * 2 > len(filled)


def _is_text(cell: HtmlElement) -> bool:
    """Whether a cell holds several paragraphs, or a list."""
    blocks = sum(1 for _ in cell.iterdescendants("p", "div", "blockquote", "pre"))
    return blocks > 1 or next(cell.iterdescendants("ul", "ol"), None) is not None


def _dissolve(table: HtmlElement) -> None:
    for part in list(_own(table, *PARTS)):
        part.tag = "div"
        part.attrib.clear()
    for part in list(_own(table, "colgroup", "col")):
        part.drop_tree()
    table.tag = "div"
    table.attrib.clear()


def _fill(table: HtmlElement, rows: Sequence[HtmlElement]) -> None:
    head = _head_rows(table, rows)
    if any(_span(cell, name) != 1 for row in rows for cell in _cells(row) for name in ("colspan", "rowspan")):
        grid = _grid(rows)
        if grid is None:
            return
        for row, cells in zip(rows, grid, strict=True):
            _put(row, cells)
    if head > 1:
        _join_head(table, rows[:head])


def _span(cell: HtmlElement, name: str) -> int:
    """How many columns or rows a cell reaches over; 0 rows are all that follow."""
    stated = cell.get(name, "1").strip()
    return min(int(stated), MAX_SPAN) if stated.isascii() and stated.isdigit() else 1


def _head_rows(table: HtmlElement, rows: Sequence[HtmlElement]) -> int:
    """How many rows at the top name the columns."""
    stated = sum(1 for row in rows if _parent_tag(row) == "thead")
    if stated:
        return stated
    named = 0
    for row in rows:
        if not _cells(row) or any(cell.tag == "td" for cell in _cells(row)):
            break
        named += 1
    if named or not rows:
        return named if named < len(rows) else min(named, 1)
    first = _cells(rows[0])
    deep = max((_span(cell, "rowspan") for cell in first), default=1)
    over = any(_span(cell, "colspan") > 1 for cell in first)
    return deep if over and 1 < deep < len(rows) and len(first) > 1 else 1


def _parent_tag(row: HtmlElement) -> str:
    above = row.getparent()
    return str(above.tag) if above is not None else ""


def _width(rows: Sequence[HtmlElement]) -> int:
    """Columns of a table. A cell may claim to reach over any number: more than all cells is not believed."""
    claimed = max((sum(max(_span(cell, "colspan"), 1) for cell in _cells(row)) for row in rows), default=1)
    plain = max((len(_cells(row)) for row in rows), default=1)
    return claimed if claimed <= plain * MAX_COLUMNS_A_CELL else plain


def _grid(rows: Sequence[HtmlElement]) -> Grid | None:
    """The cell at each place of the table; None when it would be too large."""
    width, grid, total = _width(rows), list[list[HtmlElement]](), 0
    # Columns that cells from above still reach into, with the number of rows that are left to them.
    reaching: dict[int, tuple[HtmlElement, int]] = {}
    for number, row in enumerate(rows):
        waiting = _cells(row)
        line: list[HtmlElement] = []
        while waiting or len(line) in reaching:
            column = len(line)
            if column in reaching:
                cell, left = reaching.pop(column)
                if left > 1:
                    reaching[column] = (cell, left - 1)
                line.append(cell)
                continue
            cell = waiting.pop(0)
            below = (_span(cell, "rowspan") or len(rows) - number) - 1
            for place in range(column, max(min(column + max(_span(cell, "colspan"), 1), width), column + 1)):
                line.append(cell)
                if below > 0:
                    reaching[place] = (cell, below)
        total += len(line)
        if total > MAX_CELLS:
            return None
        grid.append(line)
    return grid


def _put(row: HtmlElement, cells: Sequence[HtmlElement]) -> None:
    for child in list(row):
        row.remove(child)
    for cell in cells:
        copy = deepcopy(cell)
        copy.tail = None
        for name in ("rowspan", "colspan"):
            copy.attrib.pop(name, None)
        row.append(copy)


def _join_head(table: HtmlElement, head: Sequence[HtmlElement]) -> None:
    """One row names the columns; a row that says one thing over all of them stands above the table."""
    names: list[list[str]] = []
    for row in head:
        texts = [" ".join(cell.text_content().split()) for cell in _cells(row)]
        if len(set(texts)) == 1 and len(head) > 1:
            _put_above(table, texts[0])
            continue
        names += [[] for _ in range(len(texts) - len(names))]
        for column, text in enumerate(texts):
            if text and text not in names[column]:
                names[column].append(text)
    for row in head[:-1]:
        row.drop_tree()
    last = head[-1]
    for child in list(last):
        last.remove(child)
    for column in names:
        cell = Element("th")
        cell.text = " ".join(column)
        last.append(cell)


def _put_above(table: HtmlElement, text: str) -> None:
    above = table.getparent()
    if above is not None and text:
        paragraph = Element("p")
        paragraph.text = text
        above.insert(above.index(table), paragraph)
