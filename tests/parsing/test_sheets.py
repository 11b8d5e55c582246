"""What is read of workbooks as people have them: formats, merged cells, comments, links, what is hidden."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from parsing.document import ParsedDocument
from parsing.sheets import spreadsheet
from parsing.sheets.number_formats import formatted, text_formatted
from parsing.sheets.sheet import Sheet
from parsing.sheets.sheet_xml import Budget
from tests.parsing.archives import zipped
from tests.parsing.office_files import SHEET, cells, workbook
from tests.parsing.test_open_formats import NAMESPACES

DATE = 46447  # 1 March 2027


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.175, "0.0%", "17.5%"),
        (0.175, "0.0\\ %", "17.5 %"),
        (1250, '#,##0.00 "EUR"', "1,250.00 EUR"),
        (1250, "[$€-407] #,##0.00", "€ 1,250.00"),
        (-1250, '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', "-1,250.00 €"),
        (42, "00000", "00042"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (-300, "#,##0;[Red](#,##0)", "(300)"),
        (-1234.5, "#,##0.00_);(#,##0.00)", "(1,234.50)"),
        (-5, '0.00" kg"', "-5.00 kg"),
        (0, '0;-0;"none"', "none"),
        (150, '[>=100]"high "0;"low "0', "high 150"),
        (50, '[>=100]"high "0;"low "0', "low 50"),
        (0.125, "0.00", "0.13"),
        (1234567, '#,##0,"k"', "1,235k"),
        (1234.5, "#,##0.###", "1,234.5"),
        (0.5, "#.##", ".5"),
        (12345678, "0.00E+00", "1.23E+07"),
        (0.00012, "0.0E+0", "1.2E-4"),
        (999999, "0.00E+00", "1.00E+06"),
        (2.5, "# ?/?", "2 1/2"),
        (0.333333, "# ??/??", "1/3"),
        (1.375, "# ?/8", "1 3/8"),
        (1.75, "?/?", "7/4"),
        (3, "# ?/?", "3"),
        (DATE, "yyyy-mm-dd", "2027-03-01"),
        (DATE + 0.5, "dd.mm.yyyy hh:mm", "01.03.2027 12:00"),
        (DATE + 0.75, "d mmm yyyy h:mm AM/PM", "1 Mar 2027 6:00 PM"),
        (DATE, "[$-407]dddd, d. mmmm yyyy", "Montag, 1. März 2027"),
        (DATE, 'yyyy"年"m"月"d"日"', "2027年3月1日"),
        (DATE, "mm/dd/yy;@", "03/01/27"),
        (1.260416666666667, "[h]:mm", "30:15"),
        (1.5, "[mm]:ss", "2160:00"),
        (0.3229166666666667, "h:mm:ss", "7:45:00"),
        (0.000717593, "mm:ss.0", "01:02.0"),
        (1, "d/m/yyyy", "1/1/1900"),
        (-0.5, "h:mm", "-0.5"),
        (12, 'General" pcs"', "12 pcs"),
        (5, ";;;", "5"),
        (3, "@", "3"),
        (1e300, "yyyy", "1e+300"),
        (7, "", "7"),
    ],
)
def test_numbers_are_written_as_their_cells_show_them(value: float, code: str, shown: str) -> None:
    assert formatted(value, code) == shown


def test_texts_may_have_a_format_too() -> None:
    assert text_formatted("7", '0;-0;0;"No. "@') == "No. 7"


def test_some_workbooks_count_from_1904() -> None:
    assert formatted(DATE - 1462, "yyyy-mm-dd", from_1904=True) == "2027-03-01"


def table(document: ParsedDocument) -> list[list[str]]:
    """The cells of the only table, without the line below its head."""
    (block,) = (block for block in document.blocks if block.kind == "table")
    lines = [line.strip("|").split("|") for line in block.text.split("\n")]
    return [[cell.strip() for cell in line] for number, line in enumerate(lines) if number != 1]


def merged(*areas: str) -> str:
    return "<mergeCells>" + "".join(f'<mergeCell ref="{area}"/>' for area in areas) + "</mergeCells>"


@pytest.mark.parametrize(
    ("sheet", "rows"),
    [
        (
            cells(("Region", "Store"), ("North", "A"), ("", "B"), ("South", "C"), ("", "D"))
            + merged("A2:A3", "A4:A5"),
            [["Region", "Store"], ["North", "A"], ["North", "B"], ["South", "C"], ["South", "D"]],
        ),
        (
            cells(("Day", "Plan", "Fact"), ("Mon", "closed"), ("Tue", "1", "2")) + merged("B2:C2"),
            [["Day", "Plan", "Fact"], ["Mon", "closed", "closed"], ["Tue", "1", "2"]],
        ),
        (
            cells(
                ("Item", "2026", "", "2027"),
                ("", "Plan", "Fact", "Plan", "Fact"),
                ("Tea", "1", "2", "3", "4"),
            )
            + merged("A1:A2", "B1:C1", "D1:E1"),
            [
                ["Item", "2026 / Plan", "2026 / Fact", "2027 / Plan", "2027 / Fact"],
                ["Tea", "1", "2", "3", "4"],
            ],
        ),
        (
            cells(("", "Sales"), ("City", "2026", "2027"), ("Rome", "5", "6")) + merged("B1:C1"),
            [["City", "Sales / 2026", "Sales / 2027"], ["Rome", "5", "6"]],
        ),
        (
            cells(("Rents in 2027",), ("Flat", "EUR"), ("3", "800")) + merged("A1:B1"),
            [["Flat", "EUR"], ["3", "800"]],
        ),
        (
            cells(("Name", "", "City"), ("Ann", "Lee", "Rome"), ("Bo", "Li", "Bonn")) + merged("A1:B1"),
            [["Name", "Name", "City"], ["Ann", "Lee", "Rome"], ["Bo", "Li", "Bonn"]],
        ),
    ],
)
def test_merged_cells_say_their_value_wherever_they_cover(sheet: str, rows: list[list[str]]) -> None:
    assert table(spreadsheet.parse(workbook(sheet), "a.xlsx")) == rows


@pytest.mark.parametrize("area", ["A1:XFD1048576", "nonsense", "C9:A1", "ZZZZ1:A2", "A0:B1"])
def test_merged_areas_that_cannot_be_do_no_harm(area: str) -> None:
    document = spreadsheet.parse(workbook(cells(("A", "B"), ("1", "2")) + merged(area)), "a.xlsx")
    assert len(document.blocks[0].text) < 100


def test_cells_keep_links_comments_and_formulas_that_were_never_computed() -> None:
    sheet = (
        "<cols><col min='3' max='3' hidden='1'/></cols>"
        + cells(("Task", "State"), ("Roof", "open"), ("Wall", "done"), ("Site", "x"))
        .replace('<row r="3">', '<row r="3" hidden="1">')
        .replace('<c r="B4" t="inlineStr"><is><t>x</t></is></c>', '<c r="B4"><f>SUM(B1:B2)</f></c>')
        .replace(
            '<c r="A4" t="inlineStr"><is><t>Site</t></is></c>',
            '<c r="A4" t="str"><f>HYPERLINK("https://example.org/site","Site")</f><v>Site</v></c>',
        )
        + '<hyperlinks><hyperlink ref="A2" r:id="l"/><hyperlink ref="A3" location="Data!A1"/></hyperlinks>'
    )
    comments = (
        f'<comments xmlns="{SHEET}"><authors><author>Ann</author></authors><commentList>'
        '<comment ref="B2" authorId="0"><text><r><t>Ann:\n</t></r><r><t>Waiting for May</t>'
        "</r></text></comment>"
        '<comment ref="B3" authorId="0"><text><t>[Threaded comment] Your version…</t></text></comment>'
        "</commentList></comments>"
    )
    threaded = (
        '<ThreadedComments><threadedComment ref="B3" personId="p"><text>Really?</text>'
        "</threadedComment></ThreadedComments>"
    )
    people = '<personList><person id="p" displayName="Bo Li"/></personList>'
    data = workbook(
        sheet,
        files={"comments1.xml": comments, "threaded.xml": threaded, "persons/person.xml": people},
        links=(
            ("l", "hyperlink", "https://example.org/roof-77"),
            ("c", "comments", "../comments1.xml"),
            ("t", "threadedComment", "../threaded.xml"),
        ),
        state="hidden",
    )
    document = spreadsheet.parse(data, "a.xlsx")
    assert table(document) == [
        ["Task", "State"],
        ["Roof (https://example.org/roof-77)", "open [Comment by Ann: Waiting for May]"],
        ["Wall", "done [Comment by Bo Li: Really?]"],
        ["Site (https://example.org/site)", "=SUM(B1:B2)"],
    ]
    assert document.notes == (
        'The sheet "Data" is hidden in the workbook; it was read.',
        'In the sheet "Data" 1 hidden row was read.',
        'In the sheet "Data" 1 hidden column was read.',
        'In the sheet "Data" 1 formula has no stored value: the formula itself is shown.',
    )


def test_headers_footers_and_digits_above_the_line_are_read() -> None:
    frame = (
        "<headerFooter><oddHeader>&amp;L&amp;&quot;Arial,Bold&quot;&amp;12Plan B &amp;&amp; C"
        "&amp;RPage &amp;P of &amp;N</oddHeader>"
        "<oddFooter>Rev 7 &amp;P</oddFooter><evenFooter>Rev 7 &amp;P</evenFooter></headerFooter>"
    )
    rich = "<si><r><t>10</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>6</t></r></si>"
    sheet = "<sheetData><row r='1'><c r='A1' t='s'><v>0</v></c></row></sheetData>" + frame
    document = spreadsheet.parse(workbook(sheet, strings=rich), "kb/plan.xlsx")
    assert [block.text for block in document.blocks] == ["10⁶", "Header: Plan B & C", "Footer: Rev 7"]


def test_every_kind_of_value_is_read() -> None:
    sheet = (
        '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="b"><v>1</v></c><c r="B2" t="e"><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3" s="1"><v>0.5</v></c><c r="B3" s="99"><v>12</v></c></row>'
        '<row><c t="str"><f>A1</f><v>a_x000A_b</v></c><c t="s"><v>77</v></c></row>'
        '<row><c s="2"><v>46447</v></c><c t="n"><v>no number</v></c></row></sheetData>'
    )
    strings = "<si><t>Head</t></si><si><r><t>漢</t></r><r><t>字</t></r><rPh><t>かんじ</t></rPh></si>"
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="0%"/></numFmts><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="14"/></cellXfs>'
    )
    document = spreadsheet.parse(workbook(sheet, styles=styles, strings=strings), "a.xlsx")
    assert table(document) == [
        ["Head", "漢字"],
        ["TRUE", "#DIV/0!"],
        ["50%", "12"],
        ["a b", ""],
        ["2027-03-01", "no number"],
    ]


def test_texts_charts_and_pictures_beside_the_cells_are_read_or_counted() -> None:
    file = BytesIO()
    book: Any = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Sales")
    sheet.write_column(0, 0, ["East", "West"])
    sheet.write_column(0, 1, [1, 2])
    sheet.insert_textbox(5, 0, "Boxed: call 555 0199.")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Sales!$B$1:$B$2"})
    chart.set_title({"name": "Where we sell"})
    sheet.insert_chart(9, 0, chart)
    sheet.insert_image(12, 0, "a.png", {"image_data": BytesIO(PICTURE), "description": "A pump"})
    sheet.insert_image(15, 0, "b.png", {"image_data": BytesIO(PICTURE)})
    book.close()
    document = spreadsheet.parse(file.getvalue(), "a.xlsx")
    assert [block.text for block in document.blocks[1:4]] == [
        "Boxed: call 555 0199.",
        "Image: A pump",
        "Chart: Where we sell",
    ]
    assert document.notes == ("1 picture without a description was left out.",)


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


def open_sheets(rows: str, more: str = "", styles: str = "") -> bytes:
    content = (
        f"<office:document-content {NAMESPACES} xmlns:xlink='http://www.w3.org/1999/xlink' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="Data" table:style-name="ta1">{rows}</table:table>{more}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def open_row(*texts: str, more: str = "") -> str:
    inner = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in texts)
    return f"<table:table-row {more}>{inner}</table:table-row>"


ODS_ROWS: Mapping[str, tuple[str, list[list[str]]]] = {
    "values as shown, merged, linked and commented": (
        open_row("Region", "Store", "Sum")
        + '<table:table-row><table:table-cell table:number-rows-spanned="2">'
        "<text:p>North</text:p></table:table-cell>"
        '<table:table-cell><text:p><text:a xlink:href="https://example.org/a">A</text:a></text:p></table:table-cell>'
        '<table:table-cell office:value="1250"><office:annotation><dc:creator>Ann</dc:creator>'
        "<text:p>May</text:p></office:annotation>"
        "<text:p>1.250,00 €</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>B</text:p></table:table-cell>"
        "<table:table-cell><text:p>17,5 %</text:p></table:table-cell></table:table-row>",
        [
            ["Region", "Store", "Sum"],
            ["North", "A (https://example.org/a)", "[Comment by Ann: May] 1.250,00 €"],
            ["North", "B", "17,5 %"],
        ],
    ),
    "repeated rows and cells": (
        open_row("A", "B")
        + open_row("1", "2", more='table:number-rows-repeated="2"')
        + (
            '<table:table-row table:number-rows-repeated="1048000">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        ),
        [["A", "B"], ["1", "2"], ["1", "2"]],
    ),
    "a formula that was never computed": (
        open_row("A", "B")
        + (
            "<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell>"
            '<table:table-cell table:formula="of:=SUM([.A1])"/></table:table-row>'
        ),
        [["A", "B"], ["1", "=SUM([.A1])"]],
    ),
}


@pytest.mark.parametrize("name", ODS_ROWS)
def test_open_sheets_hold_their_values_as_shown(name: str) -> None:
    rows, wanted = ODS_ROWS[name]
    assert table(spreadsheet.parse(open_sheets(rows), "a.ods")) == wanted


def test_hidden_open_sheets_are_noted_and_copies_of_other_files_left_out() -> None:
    styles = '<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>'
    rows = open_row("A", "B") + open_row("1", "2", more='table:visibility="filter"')
    copy = f'<table:table table:name="copy"><table:table-source/>{open_row("X", "Y")}</table:table>'
    document = spreadsheet.parse(open_sheets(rows, copy, styles), "a.ods")
    assert [block.heading_path for block in document.blocks] == [("Data",)]
    assert document.notes == (
        'The sheet "Data" is hidden in the workbook; it was read.',
        'In the sheet "Data" 1 hidden row was read.',
    )


def test_an_old_workbook_shows_its_numbers_merged_cells_and_what_is_hidden() -> None:
    data = (Path(__file__).parent / "cells.xls").read_bytes()
    document = spreadsheet.parse(data, "cells.xls")
    assert table(document) == [
        ["Region", "Store", "Sum"],
        ["North", "", "1,250.00 EUR"],
        ["North", "B", "17.5%"],
        ["South", "2027-03-01", "30:15"],
        ["TRUE", "00042", ""],
    ]
    assert document.notes == (
        'In the sheet "Data" 1 hidden row was read.',
        'The sheet "Hid" is hidden in the workbook; it was read.',
    )


def test_a_head_that_would_fill_a_passage_stands_with_each_value() -> None:
    names = tuple(f"A long name of column {number}" for number in range(10))
    document = spreadsheet.parse(workbook(cells(names, tuple("1234567890"))), "a.xlsx")
    assert document.blocks[0].kind == "text"
    assert document.blocks[0].text.startswith("A long name of column 0: 1\nA long name of column 1: 2\n")


def test_a_cell_with_an_entity_or_a_comment_in_it_is_read() -> None:
    data = workbook('<sheetData><row r="1"><c r="A1">&who;<!-- x --><v>7</v></c></row></sheetData>')
    assert [block.text for block in spreadsheet.parse(data, "a.xlsx").blocks] == ["7"]


def test_what_is_not_read_of_a_binary_workbook_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_sheets(_data: bytes, _budget: Budget) -> Iterator[Sheet]:
        return iter(())

    monkeypatch.setattr(spreadsheet, "read_old", no_sheets)
    data = zipped(
        {"xl/workbook.bin": "", "xl/comments1.bin": "", "xl/threadedComments/threadedComment1.xml": ""}
    )
    assert spreadsheet.parse(data, "a.xlsb").notes == (
        "Formats of numbers, and links, were left out. Save the workbook as .xlsx to read them.",
        "Sheets whose comments were left out: 2.",
    )
