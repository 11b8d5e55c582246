"""What is read of slides as people have them: columns, merged cells, links, comments, what is hidden."""

from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Inches

from parsing.document import ParsedDocument
from parsing.reading_order import Box, in_reading_order
from parsing.slides import pptx
from tests.parsing.archives import zipped
from tests.parsing.test_sheets import PICTURE

# Left, top, width, height in inches.
Place = tuple[float, float, float, float]


def show(*slides: Any) -> Any:
    """A presentation with an empty slide for each function that fills one."""
    presentation: Any = Presentation()
    for fill in slides:
        fill(presentation.slides.add_slide(presentation.slide_layouts[6]))
    return presentation


def nothing(slide: Any) -> None:
    """An empty slide."""


def read(presentation: Any, *parts: tuple[str, str]) -> ParsedDocument:
    file = BytesIO()
    presentation.save(file)
    return pptx.parse(file.getvalue(), "show.pptx")


@pytest.mark.parametrize(
    ("places", "order"),
    [
        # Two columns whose boxes stand a hair higher and lower.
        (((0, 1.05, 4, 0.9), (5, 1, 4, 0.9), (0, 2, 4, 0.9), (5, 2.05, 4, 0.9)), [0, 2, 1, 3]),
        # The same below a box over both, and above another.
        (
            ((0, 0, 9, 0.8), (5, 1, 4, 0.9), (0, 1, 4, 0.9), (5, 2, 4, 0.9), (0, 2, 4, 0.9), (0, 3, 9, 1)),
            [0, 2, 4, 1, 3, 5],
        ),
        # Three boxes beside each other that are not quite in line.
        (((6, 1, 2, 1), (3, 1.04, 2, 1), (0, 0.97, 2, 1)), [2, 1, 0]),
        # A row of three, and below it a row of two that are not in line with them.
        (((0, 0, 2, 1), (3, 0, 2, 1), (6, 0, 2, 1), (0.8, 2, 3, 1), (4.5, 2, 3, 1)), [0, 1, 2, 3, 4]),
        # Columns of different lengths.
        (((5, 1, 4, 0.5), (0, 1, 4, 3), (5, 1.6, 4, 0.5), (5, 2.2, 4, 0.5)), [1, 0, 2, 3]),
        # Boxes that lie on each other.
        (((1, 1, 4, 4), (0, 0, 4, 4)), [1, 0]),
        (((0, 0, 0, 0), (0, 0, 0, 0)), [0, 1]),
        ((), []),
    ],
)
def test_boxes_are_read_in_columns_or_in_rows(places: tuple[Place, ...], order: list[int]) -> None:
    assert in_reading_order(Box(number, *place) for number, place in enumerate(places)) == order


def test_digits_above_the_line_make_no_other_number() -> None:
    def fill(slide: Any) -> None:
        frame = slide.shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame
        for words, baseline in (("10", "0"), ("6", "30000"), (" t, H", "0"), ("2", "-25000"), ("O", "0")):
            run = frame.paragraphs[0].add_run()
            run.text = words
            run.font._element.set("baseline", baseline)

    assert [block.text for block in read(show(fill)).blocks] == ["10⁶ t, H2O"]


def test_columns_of_a_slide_are_read_one_after_the_other() -> None:
    def fill(slide: Any) -> None:
        for row in range(3):
            for column, word in ((5, "After"), (0.5, "Before")):
                top = 1.5 + row + (0.05 if word == "Before" else 0)
                box = slide.shapes.add_textbox(Inches(column), Inches(top), Inches(4), Inches(0.9))
                box.text_frame.text = f"{word} {row}"

    document = read(show(fill))
    assert [block.text for block in document.blocks] == [
        *("Before 0", "Before 1", "Before 2"),
        *("After 0", "After 1", "After 2"),
    ]


def test_merged_cells_links_and_notes_of_a_slide() -> None:
    def fill(slide: Any) -> None:
        table = slide.shapes.add_table(4, 3, 0, 0, Inches(6), Inches(2)).table
        rows = (("Region", "Class", "Price"), ("North", "A", "10"), ("", "B", "20"), ("South", "closed", ""))
        for top, row in enumerate(rows):
            for left, text in enumerate(row):
                table.cell(top, left).text = text
        table.cell(1, 0).merge(table.cell(2, 0))
        table.cell(3, 1).merge(table.cell(3, 2))
        frame = slide.shapes.add_textbox(0, Inches(4), Inches(6), Inches(1)).text_frame
        for words, address in (
            ("See ", ""),
            ("the ", "https://example.org/x"),
            ("form", "https://example.org/x"),
            (".", ""),
        ):
            run = frame.paragraphs[0].add_run()
            run.text = words
            run.hyperlink.address = address or None
        button = slide.shapes.add_textbox(0, Inches(6), Inches(6), Inches(1))
        button.text_frame.text = "Order"
        button.click_action.hyperlink.address = "https://example.org/order"
        slide.notes_slide.notes_text_frame.text = "Speak slowly."

    assert [block.text for block in read(show(fill)).blocks] == [
        "| Region | Class | Price |\n| --- | --- | --- |\n| North | A | 10 |\n| North | B | 20 |\n"
        "| South | closed | closed |",
        "See the form (https://example.org/x).",
        "Order",
        "(https://example.org/order)",
        "Notes: Speak slowly.",
    ]


def test_what_is_not_read_or_not_shown_of_a_presentation_is_noted() -> None:
    def fill(slide: Any) -> None:
        slide.shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame.text = "Text."
        slide.shapes.add_picture(BytesIO(PICTURE), 0, Inches(2))
        slide.shapes.add_ole_object(
            BytesIO(zipped({"a": "b"})), "Package", 0, Inches(4), Inches(1), Inches(1)
        )
        slide.element.set("show", "0")

    document = read(show(fill))
    assert [block.text for block in document.blocks] == ["Text."]
    assert document.notes == (
        "Hidden slides were read, too: 1.",
        "1 picture without a description was left out.",
        "1 embedded object was left out.",
    )


def test_footers_are_read_once() -> None:
    presentation: Any = Presentation()
    for _ in range(2):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = "Plans"
        layout = {shape.placeholder_format.type: shape for shape in slide.slide_layout.placeholders}
        for kind, text in ((15, "Internal, rev. C"), (13, "7")):
            slide.shapes.clone_placeholder(layout[kind])
            slide.shapes[-1].text_frame.text = text
    assert [block.text for block in read(presentation).blocks] == [
        "Plans",
        "Plans",
        "Footer: Internal, rev. C",
    ]


@pytest.mark.parametrize(
    ("comment", "shown"),
    [
        (
            '<p:cmLst xmlns:p="p"><p:cm authorId="0"><p:text>Too long?</p:text></p:cm></p:cmLst>',
            ["Comment by Ann: Too long?"],
        ),
        (
            '<n:cmLst xmlns:n="n" xmlns:a="a"><n:cm authorId="1"><n:txBody><a:p><a:r>'
            "<a:t>Which?</a:t></a:r></a:p></n:txBody>"
            '<n:replyLst><n:reply authorId="9"><n:txBody><a:t>This.</a:t></n:txBody></n:reply>'
            "</n:replyLst></n:cm></n:cmLst>",
            ["Comment by Bo: Which?", "Comment: This."],
        ),
    ],
)
def test_comments_on_slides_are_read(comment: str, shown: list[str]) -> None:
    from pptx.opc.package import Part
    from pptx.opc.packuri import PackURI

    presentation = show(nothing)
    package = presentation.part.package
    authors = '<x xmlns:p="p"><p:cmAuthor id="0" name="Ann"/><p:author id="1" name="Bo"/></x>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    for owner, name, content, relation in (
        (presentation.slides[0].part, "/ppt/comments/comment1.xml", comment, "comments"),
        (presentation.part, "/ppt/commentAuthors.xml", authors, "commentAuthors"),
    ):
        part = Part(PackURI(name), "application/xml", package, content.encode())
        owner.relate_to(part, kind + relation)
    assert [block.text for block in read(presentation).blocks] == shown
