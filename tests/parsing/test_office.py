"""What the parsers make of documents of office programs, each made here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any, cast

import pytest
import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.sheets import spreadsheet
from parsing.slides import pptx
from parsing.word import docx
from tests.parsing.archives import zipped

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = f"""<Relationships xmlns="{PACKAGE}/relationships">
<Relationship Id="r1" Target="word/document.xml" Type="{OFFICE_DOCUMENT}/officeDocument"/></Relationships>"""
WORD_TYPES = f"""<Types xmlns="{PACKAGE}/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"""
CORE = f"""<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<dc:title>Yearly report</dc:title><dc:creator>Ann</dc:creator><cp:keywords>cats, dogs</cp:keywords>
<dcterms:created>2024-01-02T03:04:05Z</dcterms:created><dcterms:modified>garbage</dcterms:modified>
</cp:coreProperties>"""

Parser = Callable[[bytes, str], ParsedDocument]


def word(body: str, more: Mapping[str, str] | None = None) -> bytes:
    document = f'<?xml version="1.0"?><w:document {W} {M}><w:body>{body}</w:body></w:document>'
    files = {"[Content_Types].xml": WORD_TYPES, "_rels/.rels": RELATIONS, "word/document.xml": document}
    return zipped({**files, **(more or {})})


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def math(*parts: str) -> str:
    return f"<m:oMath>{''.join(parts)}</m:oMath>"


def run(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def places(document: ParsedDocument) -> list[tuple[str, tuple[str, ...]]]:
    return [(block.text, block.heading_path) for block in document.blocks]


def test_a_word_documents_headings_tables_and_properties() -> None:
    table = "<w:tbl>" + "".join(
        f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in (("Name", "a|b"), ("Ann", "30"))
    )
    body = f"{paragraph('First', 'Heading1')}{paragraph('Text &lt;b&gt;.')}{table}</w:tbl>"
    body += f"{paragraph('Deeper', 'Heading2')}{paragraph('End.')}"
    document = docx.parse(word(body, {"docProps/core.xml": CORE}), "report.docx")
    assert document.title == "Yearly report"
    assert places(document) == [
        ("Text <b>.", ("First",)),
        ("| Name | a\\|b |\n| --- | --- |\n| Ann | 30 |", ("First",)),
        ("End.", ("First", "Deeper")),
    ]
    assert document.blocks[1].kind == "table"
    assert document.metadata == {
        "title": "Yearly report",
        "author": "Ann",
        "keywords": ["cats", "dogs"],
        "created": "2024-01-02T03:04:05Z",
        "date": "2024-01-02T03:04:05Z",
    }


def test_footnotes_and_comments_stand_where_they_are_referred_to() -> None:
    relations = f"""<Relationships xmlns="{PACKAGE}/relationships">
    <Relationship Id="f" Target="footnotes.xml" Type="{OFFICE_DOCUMENT}/footnotes"/>
    <Relationship Id="c" Target="comments.xml" Type="{OFFICE_DOCUMENT}/comments"/></Relationships>"""
    more = {
        "word/_rels/document.xml.rels": relations,
        "word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("See there.")}</w:footnote>'
        "</w:footnotes>",
        "word/comments.xml": f'<w:comments {W}><w:comment w:id="0" w:initials="AB">{paragraph("Really?")}'
        "</w:comment></w:comments>",
    }
    body = (
        '<w:p><w:r><w:t>It is so</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        '<w:r><w:t> and so</w:t></w:r><w:r><w:commentReference w:id="0"/></w:r><w:r><w:t>.</w:t></w:r></w:p>'
    )
    document = docx.parse(word(body, more), "a.docx")
    assert places(document) == [("It is so [Note: See there.] and so [Comment by AB: Really?].", ())]


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        (f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('c')}</m:den></m:f>", "(a+b)/c"),
        (f"<m:sSup><m:e>{run('x')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>", "x^2"),
        (f"<m:sSub><m:e>{run('x')}</m:e><m:sub>{run('i+1')}</m:sub></m:sSub>", "x_(i+1)"),
        (f"<m:rad><m:deg/><m:e>{run('x')}</m:e></m:rad>", "√(x)"),
        (
            f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{run("i=1")}</m:sub>'
            f"<m:sup>{run('n')}</m:sup><m:e>{run('i')}</m:e></m:nary>",
            "∑_(i=1)^n i",
        ),
        (f"<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=''/></m:dPr><m:e>{run('0')}</m:e></m:d>", "[0"),
        (f"<m:func><m:fName>{run('sin')}</m:fName><m:e>{run('x')}</m:e></m:func>", "sin x"),
        (f"<m:m><m:mr><m:e>{run('a')}</m:e><m:e>{run('b')}</m:e></m:mr></m:m>", "[a, b]"),
    ],
)
def test_equations_become_readable_lines(equation: str, text: str) -> None:
    body = f"<w:p><w:r><w:t>So </w:t></w:r>{math(equation)}<w:r><w:t>.</w:t></w:r></w:p>"
    assert places(docx.parse(word(body), "a.docx")) == [(f"So {text}.", ())]


def test_an_equation_between_paragraphs_becomes_one() -> None:
    body = f"{paragraph('A.')}<m:oMathPara>{math(run('y'))}</m:oMathPara>{paragraph('B.')}"
    assert [text for text, _ in places(docx.parse(word(body), "a.docx"))] == ["A.", "y", "B."]


@pytest.mark.parametrize("parser", [docx.parse, pptx.parse, spreadsheet.parse])
def test_an_encrypted_microsoft_file_is_named_as_such(parser: Parser) -> None:
    data = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(FileFormatError, match="protected by a password"):
        parser(data, "secret")


@pytest.mark.parametrize("parser", [docx.parse, pptx.parse])
def test_an_older_microsoft_file_is_told_from_a_current_one(parser: Parser) -> None:
    with pytest.raises(FileFormatError, match="before 2007"):
        parser(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "old")


@pytest.mark.parametrize("parser", [docx.parse, pptx.parse, spreadsheet.parse])
@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04", zipped({"a.txt": "a"})])
def test_what_is_no_office_file_is_refused(parser: Parser, data: bytes) -> None:
    with pytest.raises(FileFormatError, match="damaged"):
        parser(data, "file")


def slides() -> bytes:
    show: Any = Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "Plans"
    first.placeholders[1].text_frame.text = "One"
    for text, level in (("Two", 1), ("Three", 0)):
        line = first.placeholders[1].text_frame.add_paragraph()
        line.text, line.level = text, level
    first.notes_slide.notes_text_frame.text = "Speak slowly."
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "Figures"
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(0, Inches(6), Inches(1), Inches(1)).text_frame.text = "Grouped"
    table = second.shapes.add_table(2, 2, 0, Inches(2), Inches(4), Inches(1)).table
    for position, text in enumerate(("Year", "Sum", "2024", "7|8")):
        table.cell(position // 2, position % 2).text = text
    data = CategoryChartData()
    data.categories = ["East", "West"]
    cast(Any, data).add_series("Sales", (1.5, 2))
    chart = second.shapes.add_chart(XL_CHART_TYPE.PIE, 0, Inches(4), Inches(4), Inches(2), data).chart
    chart.chart_title.text_frame.text = "Where we sell"
    show.core_properties.title = ""
    file = BytesIO()
    show.save(file)
    return file.getvalue()


def test_slides_are_pages_read_from_top_to_bottom() -> None:
    document = pptx.parse(slides(), "show.pptx")
    assert document.title == "Plans"
    assert document.blocks == (
        Block("- One\n  - Two\n- Three", "list", (), 1),
        Block("Notes: Speak slowly.", "text", (), 1),
        Block("| Year | Sum |\n| --- | --- |\n| 2024 | 7\\|8 |", "table", ("Figures",), 2),
        Block("Chart: Where we sell", "text", ("Figures",), 2),
        Block("|  | Sales |\n| --- | --- |\n| East | 1.5 |\n| West | 2 |", "table", ("Figures",), 2),
        Block("Grouped", "text", ("Figures",), 2),
    )


def workbook(*rows: Sequence[object]) -> bytes:
    file = BytesIO()
    book: Any = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet("Sales & more")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.add_worksheet("Empty")
    book.close()
    return file.getvalue()


def test_cells_are_written_as_a_person_would() -> None:
    data = workbook(
        (),
        (None, "Item", "Price", None, "Since"),
        (None, "Tea", 3.0, None, date(2024, 5, 1)),
        (None, "Milk\nfresh", 0.1 + 0.2, None, datetime(2024, 5, 1, 12, 30)),  # noqa: DTZ001
        (None, "Sold", True, None, 12345678),
    )
    document = spreadsheet.parse(data, "sales_2024.xlsx")
    assert document.title == "Sales 2024"
    assert document.blocks == (
        Block(
            "| Item | Price | Since |\n| --- | --- | --- |\n| Tea | 3 | 2024-05-01 00:00 |\n"
            "| Milk fresh | 0.3 | 2024-05-01 12:30 |\n| Sold | TRUE | 12345678 |",
            "table",
            ("Sales & more",),
        ),
    )


def test_regions_are_tables_of_their_own_and_captions_texts() -> None:
    income = (("Income",), ("Year", "Sum"), (2023, 1), (), (2024, 2))
    people = (("City", "People"), ("Rome", 3))
    document = spreadsheet.parse(workbook(*income, (), *people, (), ("As of today.",)), "a.xlsx")
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("text", "Income"),
        ("table", "| Year | Sum |\n| --- | --- |\n| 2023 | 1 |\n| 2024 | 2 |"),
        ("table", "| City | People |\n| --- | --- |\n| Rome | 3 |"),
        ("text", "As of today."),
    ]


def test_an_empty_workbook_has_no_blocks() -> None:
    assert spreadsheet.parse(workbook(), "a.xlsx").blocks == ()


def test_a_workbook_is_read_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_CELLS", 4)
    document = spreadsheet.parse(workbook(("a", "b"), (1, 2), (3,)), "a.xlsx")
    assert document.blocks[0].text == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert document.notes == ('The sheet "Sales & more" is too large: the rest of it was not read.',)
