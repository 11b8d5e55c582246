"""What drawings of office files say: charts, diagrams, descriptions of pictures."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.tables import table_blocks
from parsing.text import clean

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
FILE_NAME = re.compile(r"[^\s/]+\.\w{3,4}|https?://\S+")
MAX_POINTS = 10_000


def description(text: str | None) -> str:
    """What stands for a picture for those who cannot see it; a file's name says nothing."""
    words = " ".join(clean(text or "").split())
    return "" if FILE_NAME.fullmatch(words) else words


def chart_blocks(root: Element) -> Iterator[Block]:
    """A chart's title, then its categories and values as a table, as they were when it was saved."""
    title = root.find(f"{CHART}chart/{CHART}title")
    words = _text(title) if title is not None else ""
    if words:
        yield Block(f"Chart: {words}")
    yield from table_blocks(_chart_rows(root))


def diagram_lines(root: Element) -> list[str]:
    """The texts of a SmartArt drawing, from the part that holds its data."""
    return [line for paragraph in root.iter(f"{DRAWING}p") if (line := _text(paragraph))]


def _text(element: Element) -> str:
    return " ".join(clean("".join(text.text or "" for text in element.iter(f"{DRAWING}t"))).split())


def _chart_rows(root: Element) -> list[list[str]]:
    """Categories down, series across."""
    series = list(root.iter(f"{CHART}ser"))
    labels = [_points(one, "cat", "xVal") for one in series]
    categories = max(labels, key=len) if labels else []
    values = [_points(one, "val", "yVal") for one in series]
    if not any(values):
        return []
    names = [_text_points(one.find(f"{CHART}tx")) for one in series]
    head = ["", *(" ".join(name) for name in names)]
    return [head, *([cell or "" for cell in row] for row in zip_longest(categories, *values))]


def _points(series: Element, *names: str) -> list[str]:
    found = (series.find(f"{CHART}{name}") for name in names)
    return _text_points(next((element for element in found if element is not None), None))


def _text_points(element: Element | None) -> list[str]:
    """The stored values by their position; of categories in several levels, all levels in one text."""
    if element is None:
        return []
    found: dict[int, list[str]] = {}
    for point in element.iter(f"{CHART}pt"):
        position = point.get("idx", "")
        if position.isdecimal() and int(position) < MAX_POINTS:
            found.setdefault(int(position), []).insert(0, clean(point.findtext(f"{CHART}v", "")))
    if not found and element.tag == f"{CHART}tx":
        return [clean(element.findtext(f"{CHART}v", ""))]
    return [_number(" ".join(found.get(position, []))) for position in range(max(found, default=-1) + 1)]


def _number(text: str) -> str:
    """A stored number as a person would write it."""
    try:
        return format(float(text), ".15g") if any(map(str.isdigit, text)) else text
    except ValueError:
        return text
