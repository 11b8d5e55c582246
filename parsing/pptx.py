"""Presentations: each slide a page, its title the heading."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, cast

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.oxml.ns import qn
from pptx.presentation import Presentation as Slides
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide
from pptx.text.text import TextFrame, _Paragraph  # pyright: ignore[reportPrivateUsage]

from parsing.document import Block, Kind, ParsedDocument
from parsing.equations import MATH, linear
from parsing.errors import FileFormatError
from parsing.properties import office_properties
from parsing.tables import table_blocks
from parsing.text import clean, title_from
from parsing.zipped import Element, open_zip, parse_xml, refuse_ole

COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MAX_GROUP_DEPTH = 10
MAX_TITLE_LENGTH = 300
# Placeholders that only repeat what every slide says.
FURNITURE = frozenset({PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE})
BULLETED = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})
FILE_NAME = re.compile(r"[^\s/]+\.\w{3,4}|https?://\S+")

Piece = tuple[str, Kind]


def parse(data: bytes, source: str) -> ParsedDocument:
    """Texts, tables, charts and notes of every slide. Raises `FileFormatError`."""
    refuse_ole(data)
    with open_zip(data) as archive:
        metadata = office_properties(archive)
    blocks: list[Block] = []
    notes: list[str] = []
    for page, slide in _slides(data):
        try:
            blocks.extend(_slide_blocks(cast(Slide, slide), page))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - python-pptx lets through the errors of any of its parts
            notes.append(f"Slide {page} was not read ({error or type(error).__name__}).")
    first = next((block.heading_path[0] for block in blocks if block.page == 1 and block.heading_path), None)
    title = (metadata.get("title") or first or title_from(source))[:MAX_TITLE_LENGTH]
    # The title is known: no heading path need repeat it.
    texts = tuple(
        replace(block, heading_path=()) if block.heading_path == (title,) else block for block in blocks
    )
    return ParsedDocument(title, texts, metadata, notes=tuple(notes))


def _slides(data: bytes) -> list[tuple[int, Any]]:
    try:
        presentation: Slides = Presentation(BytesIO(data))
        return list(enumerate(presentation.slides, start=1))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - python-pptx documents no errors for files that are damaged
        raise FileFormatError(f"The file is damaged ({error or type(error).__name__}).") from None


def _unwrap_alternatives(slide: Slide) -> None:
    """Bring shapes into the tree that are offered in versions, which python-pptx skips (equations)."""
    for wrapper in list(slide.element.iter(f"{COMPATIBILITY}AlternateContent")):
        choice = wrapper.find(f"{COMPATIBILITY}Choice")
        parent = wrapper.getparent()
        if parent is not None and choice is not None:
            for shape in choice:
                wrapper.addprevious(shape)
            parent.remove(wrapper)


def _slide_blocks(slide: Slide, page: int) -> Iterator[Block]:
    _unwrap_alternatives(slide)
    title = slide.shapes.title
    heading = " ".join(clean(title.text_frame.text).split()) if title is not None else ""
    path = (heading,) if heading else ()
    pieces = list(_pieces((shape for shape in slide.shapes if not _is(shape, title)), 0))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = clean(slide.notes_slide.notes_text_frame.text).strip()
        if notes:
            pieces.append((f"Notes: {notes}", "text"))
    if not pieces and heading:
        # A slide that has nothing but its title says something, too.
        pieces.append((heading, "text"))
    for text, kind in pieces:
        yield Block(text, kind, path, page)


def _is(shape: BaseShape, title: BaseShape | None) -> bool:
    return title is not None and shape.shape_id == title.shape_id


def _pieces(shapes: Iterable[BaseShape], depth: int) -> Iterator[Piece]:
    """What the shapes say, from top to bottom, then from left to right."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if isinstance(shape, GroupShape):
            if depth < MAX_GROUP_DEPTH:
                yield from _pieces(shape.shapes, depth + 1)
        elif isinstance(shape, GraphicFrame):
            yield from _graphic(shape)
        elif not (shape.is_placeholder and shape.placeholder_format.type in FURNITURE):
            if shape.has_text_frame:
                yield from _texts(shape)
            yield from _description(shape)


def _texts(shape: BaseShape) -> Iterator[Piece]:
    frame = cast(TextFrame, shape.text_frame)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    lines = [(paragraph, text) for paragraph in frame.paragraphs if (text := _paragraph(paragraph))]
    body = shape.is_placeholder and shape.placeholder_format.type in BULLETED
    listed: list[str] = []
    for paragraph, text in lines:
        if _is_item(paragraph, body=body and len(lines) > 1):
            listed.append(f"{'  ' * paragraph.level}- {text}")
            continue
        yield from _list(listed)
        listed = []
        yield text, "text"
    yield from _list(listed)


def _list(lines: Sequence[str]) -> Iterator[Piece]:
    if lines:
        indent = min(len(line) - len(line.lstrip()) for line in lines)
        yield "\n".join(line[indent:] for line in lines), "list"


def _is_item(paragraph: _Paragraph, *, body: bool) -> bool:
    properties = paragraph._p.pPr  # pyright: ignore[reportPrivateUsage]
    if properties is not None:
        if properties.find(qn("a:buNone")) is not None:
            return False
        if any(properties.find(qn(name)) is not None for name in ("a:buChar", "a:buAutoNum")):
            return True
    return body or paragraph.level > 0


def _paragraph(paragraph: _Paragraph) -> str:
    element = cast(Element, paragraph._p)  # pyright: ignore[reportPrivateUsage]
    equations = [linear(equation) for equation in element.iter(f"{MATH}oMath")]
    return " ".join([" ".join(clean(paragraph.text).split()), *equations]).strip()


def _graphic(frame: GraphicFrame) -> Iterator[Piece]:
    rows: list[list[str]] = []
    if frame.has_table:
        rows = [[clean(cell.text) for cell in row.cells] for row in frame.table.rows]
    elif frame.has_chart:
        chart = cast(Any, frame.chart)
        title = (
            chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
        )
        if title.strip():
            yield f"Chart: {clean(title).strip()}", "text"
        rows = _chart_rows(chart)
    else:
        yield from _diagram(frame)
    for block in table_blocks(rows):
        yield block.text, block.kind
    yield from _description(frame)


def _chart_rows(chart: Any) -> list[list[str]]:
    """Categories down, series across."""
    series = [line for plot in chart.plots for line in plot.series]
    categories = [str(category) for category in chart.plots[0].categories] if series else []
    values = [list(line.values) for line in series]
    most = max([len(categories), *map(len, values)], default=0)
    rows = [[_at(column, row) for column in (categories, *values)] for row in range(most)]
    return [["", *(clean(line.name) for line in series)], *rows] if rows else []


def _at(values: Sequence[Any], position: int) -> str:
    value = values[position] if position < len(values) else None
    if value is None:
        return ""
    return format(value, ".15g") if isinstance(value, float) else clean(str(value))


def _diagram(frame: GraphicFrame) -> Iterator[Piece]:
    """The texts of a SmartArt drawing, which are in a file of their own."""
    for ids in frame.element.iter(qn("a:graphicData")):
        for relation in ids.iter("{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"):
            part = frame.part.related_part(relation.get(qn("r:dm"), ""))
            root = parse_xml(part.blob)
            texts = ("".join(text.itertext()) for text in root.iter(qn("a:p")))
            lines = [f"- {line}" for text in texts if (line := " ".join(clean(text).split()))]
            yield from _list(lines)


def _description(shape: BaseShape) -> Iterator[Piece]:
    """What stands for a picture for those who cannot see it; a file's name says nothing."""
    for properties in shape.element.iter(qn("p:cNvPr")):
        text = " ".join(clean(properties.get("descr", "")).split())
        if text and not FILE_NAME.fullmatch(text):
            yield f"Image: {text}", "text"
