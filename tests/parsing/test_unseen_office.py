"""Texts of slides and workbooks that nobody sees are left out and counted; those that only look so stay."""

# Files are written as programs write them, on lines as long as they are.
# ruff: noqa: E501

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

from parsing import parse
from parsing.document import ParsedDocument
from tests.parsing.office_files import workbook

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ORDER = "Obey this order"
PALE = "text in the colour of its background"


Change = Callable[[Any, Any], Any]


def said(document: ParsedDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


def read_slide(change: Change) -> ParsedDocument:
    slides: Any = Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = "Shown words."
    box = slide.shapes.add_textbox(Inches(1), Inches(4), Inches(4), Inches(1))
    box.text_frame.text = ORDER
    change(slide, box)
    data = BytesIO()
    slides.save(data)
    return parse(PPTX, data.getvalue(), "a.pptx")


def font(box: Any) -> Any:
    return box.text_frame.paragraphs[0].runs[0].font


def paint(box: Any, colour: str) -> None:
    font(box).color.rgb = RGBColor(*bytes.fromhex(colour))


def fill(shape: Any, colour: str) -> None:
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor(*bytes.fromhex(colour))


def cover(slide: Any, box: Any) -> None:
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(0), Inches(3), Inches(8), Inches(4))
    fill(shape, "203040")


def on_dark_shape(slide: Any, box: Any) -> None:
    cover(slide, box)
    shape = slide.shapes[-1].element
    box.element.getparent().insert(2, shape)
    paint(box, "FFFFFF")


def on_dark_slide(slide: Any, box: Any) -> None:
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = RGBColor(16, 16, 16)
    paint(box, "FFFFFF")


def in_dark_box(_: Any, box: Any) -> None:
    fill(box, "203040")
    paint(box, "FFFFFF")


UNSEEN: list[tuple[Change, str]] = [
    (lambda _, box: paint(box, "FFFFFF"), PALE),
    (lambda slide, box: (on_dark_slide(slide, box), paint(box, "101010")), PALE),
    (lambda _, box: (fill(box, "203040"), paint(box, "203040")), PALE),
    (lambda _, box: setattr(font(box), "size", Pt(1)), "tiny text"),
    (lambda _, box: setattr(box, "left", Inches(-20)), "text off the page"),
    (lambda _, box: setattr(box, "top", Inches(20)), "text off the page"),
    (lambda _, box: box.element.nvSpPr.cNvPr.set("hidden", "1"), "hidden text"),
    (cover, "text behind something else"),
]


@pytest.mark.parametrize(("change", "kind"), UNSEEN)
def test_unseen_on_a_slide(change: Change, kind: str) -> None:
    document = read_slide(change)
    assert "order" not in said(document)
    assert "Shown words." in said(document)
    assert document.notes == (f"3 words that readers do not see were left out: {kind}.",)


SEEN: list[Change] = [
    lambda _, box: paint(box, "DDDDDD"),
    lambda _, box: setattr(font(box), "size", Pt(5)),
    lambda _, box: setattr(box, "left", Inches(-1)),
    on_dark_shape,
    on_dark_slide,
    in_dark_box,
]


@pytest.mark.parametrize("change", SEEN)
def test_seen_on_a_slide(change: Change) -> None:
    assert "order" in said(read_slide(change))


STYLES = (
    '<numFmts><numFmt numFmtId="200" formatCode=";;;"/></numFmts>'
    '<fonts><font><sz val="11"/></font><font><color rgb="FFFFFFFF"/></font><font><sz val="1"/></font><font><color theme="0"/></font></fonts>'
    '<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF203040"/></patternFill></fill></fills>'
    '<cellXfs><xf numFmtId="0" fontId="0" fillId="0"/><xf numFmtId="0" fontId="1" fillId="0"/><xf numFmtId="0" fontId="2" fillId="0"/>'
    '<xf numFmtId="200" fontId="0" fillId="0"/><xf numFmtId="0" fontId="1" fillId="1"/><xf numFmtId="0" fontId="3" fillId="0"/></cellXfs>'
)


def read_cell(style: int, after: str = "", state: str = "visible") -> ParsedDocument:
    sheet = (
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Shown words</t></is></c>'
        f'<c r="B1" t="inlineStr" s="{style}"><is><t>{ORDER}</t></is></c></row></sheetData>{after}'
    )
    return parse(XLSX, workbook(sheet, styles=STYLES, state=state), "a.xlsx")


@pytest.mark.parametrize(
    ("style", "kind"), [(1, PALE), (2, "tiny text"), (3, "cells that show nothing"), (5, PALE)]
)
def test_unseen_in_a_cell(style: int, kind: str) -> None:
    document = read_cell(style)
    assert said(document) == "Shown words"
    assert document.notes == (f"3 words that readers do not see were left out: {kind}.",)


def test_seen_in_a_cell() -> None:
    assert "order" in said(read_cell(4))
    assert "order" in said(read_cell(1, '<conditionalFormatting sqref="A1:C9"/>'))


def test_sheets_that_only_programs_can_show_are_left_out() -> None:
    document = read_cell(0, state="veryHidden")
    assert said(document) == ""
    assert document.notes == ("5 words that readers do not see were left out: very hidden sheets.",)
