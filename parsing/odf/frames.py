"""What is framed in OpenDocument files: text boxes, pictures, charts, embedded objects."""

from collections.abc import Iterator

from lxml import etree

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.odf.inline import LEFT_OUT, embedded, inline
from parsing.odf.names import DRAW, OFFICE, SVG, TABLE
from parsing.odf.open_file import OpenFile
from parsing.odf.tables import odf_table_blocks
from parsing.office.drawings import description

MATH = "{http://www.w3.org/1998/Math/MathML}math"
TEXTS = frozenset({f"{DRAW}text-box", f"{TABLE}table"})
CONTENTS = TEXTS | {f"{DRAW}object", f"{DRAW}object-ole", f"{DRAW}plugin", f"{DRAW}applet"}
CHART = "{urn:oasis:names:tc:opendocument:xmlns:chart:1.0}"


def framed(element: Element, file: OpenFile) -> Iterator[Block | Element]:
    """What the frames in an element hold: blocks, and the elements whose paragraphs are to be read."""
    for child in element.iterchildren(etree.Element):
        if child.tag == f"{DRAW}text-box":
            yield child
        elif child.tag == f"{DRAW}frame":
            yield from frame_items(child, file)
        elif child.tag not in LEFT_OUT:
            yield from framed(child, file)


def frame_items(frame: Element, file: OpenFile) -> Iterator[Block | Element]:
    """The same of one frame: a text box or table, an object, or a picture with its description."""
    words = _words(frame)
    if words:
        yield Block(f"Image: {words}")
    found = [child for child in frame.iterchildren(etree.Element) if child.tag in CONTENTS]
    for child in found:
        if child.tag in TEXTS:
            yield child
        elif child.tag == f"{DRAW}object":
            yield from _object(child, file)
        else:
            file.left_out.add("object")
    if not found and not words and frame.find(f"{DRAW}image") is not None:
        file.left_out.add("picture")


def _words(frame: Element) -> str:
    stated = (description(frame.findtext(SVG + name)) for name in ("desc", "title"))
    return next(filter(None, stated), "")


def _object(element: Element, file: OpenFile) -> Iterator[Block]:
    """The values of a chart; a formula stands in the text already."""
    root = embedded(element, file)
    if root is None and element.find(MATH) is None:
        file.left_out.add("object")
    elif root is not None and root.tag != MATH:
        chart = root.find(f"{OFFICE}body/{OFFICE}chart/{CHART}chart")
        blocks = list(_chart(chart, file)) if chart is not None else []
        if not blocks:
            file.left_out.add("object" if chart is None else "chart")
        yield from blocks


def _chart(chart: Element, file: OpenFile) -> Iterator[Block]:
    title = chart.find(f"{CHART}title")
    words = " ".join(inline(title, file).split()) if title is not None else ""
    if words:
        yield Block(f"Chart: {words}")
    table = chart.find(f"{TABLE}table")
    if table is not None:
        yield from odf_table_blocks(table, lambda cell: inline(cell, file).strip())
