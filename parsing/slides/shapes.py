"""Shapes of a slide, in the order in which they are read."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER
from pptx.oxml.ns import qn
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.table import Table, _Cell  # pyright: ignore[reportPrivateUsage]
from pptx.text.text import TextFrame

from parsing.archives.zipped import Element, parse_xml
from parsing.document import Block
from parsing.left_out import LeftOut
from parsing.links import readable_address
from parsing.office.drawings import DIAGRAM, chart_blocks, description, diagram_lines
from parsing.reading_order import Box, in_reading_order
from parsing.slides.texts import frame_text, list_blocks, text_blocks
from parsing.tables import Merged, merged_table_blocks

COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MAX_GROUP_DEPTH = 10
# Placeholders that only repeat what every slide says.
FURNITURE = frozenset({PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE})
BULLETED = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})


def unwrap_alternatives(slide: Element) -> None:
    """Bring shapes into the tree that are offered in versions, which python-pptx skips (equations)."""
    for wrapper in list(slide.iter(f"{COMPATIBILITY}AlternateContent")):
        choice = wrapper.find(f"{COMPATIBILITY}Choice")
        parent = wrapper.getparent()
        if parent is not None and choice is not None:
            for shape in choice:
                wrapper.addprevious(shape)
            parent.remove(wrapper)


def pieces_of(shapes: Iterable[BaseShape], left_out: LeftOut, depth: int = 0) -> Iterator[Block]:
    """What the shapes say. Those that say nothing do not count for the order."""
    said: dict[int, list[Block]] = {}
    boxes: list[Box] = []
    for number, shape in enumerate(shapes):
        blocks = list(_shape_blocks(shape, left_out, depth))
        if blocks:
            said[number] = blocks
            boxes.append(Box(number, shape.left or 0, shape.top or 0, shape.width or 0, shape.height or 0))
    for number in in_reading_order(boxes):
        yield from said[number]


def _shape_blocks(shape: BaseShape, left_out: LeftOut, depth: int) -> Iterator[Block]:
    if isinstance(shape, GroupShape):
        if depth < MAX_GROUP_DEPTH:
            yield from pieces_of(shape.shapes, left_out, depth + 1)
        else:
            left_out.add("part")
    elif isinstance(shape, GraphicFrame):
        yield from _graphic(shape, left_out)
    elif not (shape.is_placeholder and shape.placeholder_format.type in FURNITURE):
        yield from _texts(shape)
        yield from _description(shape, left_out)


def _texts(shape: BaseShape) -> Iterator[Block]:
    if not shape.has_text_frame:
        return
    frame = cast(TextFrame, shape.text_frame)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    is_body = shape.is_placeholder and shape.placeholder_format.type in BULLETED
    blocks = list(text_blocks(frame, is_body=is_body))
    yield from blocks
    # A link of the whole box, as buttons have it.
    address = readable_address(_click_address(shape))
    if address and not any(address in block.text for block in blocks):
        yield Block(f"({address})")


def _click_address(shape: BaseShape) -> str:
    link = next(shape.element.iter(qn("a:hlinkClick")), None)
    is_own = link is not None and cast(Element, link.getparent()).tag == qn("p:cNvPr")
    relation_id = link.get(qn("r:id"), "") if link is not None and is_own else ""
    relation = shape.part.rels.get(relation_id)
    return relation.target_ref if relation is not None and relation.is_external else ""


def _graphic(frame: GraphicFrame, left_out: LeftOut) -> Iterator[Block]:
    if frame.has_table:
        yield from _table(frame.table)
    elif frame.has_chart:
        blocks = list(chart_blocks(frame.chart.element))
        if not blocks:
            left_out.add("chart")
        yield from blocks
    elif frame.shape_type in (MSO_SHAPE_TYPE.EMBEDDED_OLE_OBJECT, MSO_SHAPE_TYPE.LINKED_OLE_OBJECT):
        left_out.add("object")
    else:
        diagram = list(_diagram(frame))
        if not diagram:
            left_out.add("drawing")
        yield from diagram
    yield from _described(frame)


def _table(table: Table) -> Iterator[Block]:
    rows: list[list[str]] = []
    merged: list[Merged] = []
    for top, row in enumerate(cast(Any, table).rows):
        cells: list[_Cell] = list(row.cells)
        rows.append(["" if cell.is_spanned else frame_text(cell.text_frame) for cell in cells])
        merged += [
            Merged(top, left, top + cell.span_height - 1, left + cell.span_width - 1)
            for left, cell in enumerate(cells)
            if cell.is_merge_origin
        ]
    yield from merged_table_blocks(rows, merged, 0)


def _diagram(frame: GraphicFrame) -> Iterator[Block]:
    """The texts of a SmartArt drawing, which are in a file of their own."""
    for relation in frame.element.iter(f"{DIAGRAM}relIds"):
        part = frame.part.related_part(relation.get(qn("r:dm"), ""))
        yield from list_blocks([f"- {line}" for line in diagram_lines(parse_xml(part.blob))])


def _described(shape: BaseShape) -> Iterator[Block]:
    for properties in shape.element.iter(qn("p:cNvPr")):
        words = description(properties.get("descr"))
        if words:
            yield Block(f"Image: {words}")


def _description(shape: BaseShape, left_out: LeftOut) -> Iterator[Block]:
    described = list(_described(shape))
    if not described and shape.element.tag == qn("p:pic"):
        left_out.add("picture")
    yield from described
