"""What is easily lost of files unnoticed: long addresses, titles, hidden text, numbers of lists."""

from io import BytesIO
from typing import Any

import pytest
import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from parsing import epub, parse
from parsing.detection import media_type_of
from parsing.document import ParsedDocument
from parsing.text import decode
from tests.parsing.archives import zipped
from tests.parsing.office_files import paragraph, part, text, word

LONG = f"https://x.example/{'y' * 1_900}"
TOO_LONG = f"https://x.example/{'y' * 2_100}"


def read(name: str, data: str | bytes) -> ParsedDocument:
    raw = data.encode() if isinstance(data, str) else data
    return parse(media_type_of(name, raw), raw, name)


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for block in document.blocks]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.md", "Fill in [the form]({}) today."),
        ("a.html", "<p>Fill in <a href='{}'>the form</a> today.</p>"),
        ("a.rst", "Fill in `the form <{}>`_ today."),
        ("a.adoc", "Fill in {}[the form] today."),
        ("a.rtf", r'{{\rtf1 Fill in {{\field{{\*\fldinst HYPERLINK "{}"}}{{\fldrslt the form}}}} today.}}'),
    ],
)
def test_long_addresses_stay_and_longer_ones_are_counted(name: str, form: str) -> None:
    assert texts(read(name, form.format(LONG))) == [f"Fill in the form ({LONG}) today."]
    document = read(name, form.format(TOO_LONG))
    assert texts(document) == ["Fill in the form today."]
    assert document.notes == ("links with more than 2,000 characters: 1 left out",)


def test_an_archive_leaves_the_counting_of_addresses_to_its_members() -> None:
    document = read("a.zip", zipped({"a.md": f"[it]({TOO_LONG})", "b.md": "Text.", ".DS_Store": "x"}))
    assert [member.document.notes for member in document.members] == [
        ("links with more than 2,000 characters: 1 left out",),
        (),
    ]
    assert document.notes == ("files of the operating system: 1 left out",)


def test_text_of_word_that_is_marked_as_hidden_is_left_out_and_counted() -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t> Not for customers.</w:t></w:r>"
    shown = '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> For all.</w:t></w:r>'
    body = part("document", f"<w:body>{paragraph(text('The price.'), hidden, shown)}</w:body>")
    document = read("a.docx", word(body))
    assert texts(document) == ["The price. For all."]
    assert document.notes == ("3 words that readers do not see were left out: hidden text.",)


def test_what_a_cell_asks_for_is_read() -> None:
    file = BytesIO()
    book: Any = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("Leave")
    sheet.write_row("A1", ["Name", "Kind"])
    sheet.write_row("A2", ["Ann", "Sick"])
    told = {"input_title": "Kind of leave", "input_message": "Ask Mara when unsure."}
    sheet.data_validation("B2:B20", {"validate": "list", "source": ["Paid", "Sick", "Parental"], **told})
    sheet.data_validation("C2", {"validate": "integer", "criteria": ">", "value": 0})
    book.close()
    assert texts(read("a.xlsx", file.getvalue()))[-1] == (
        "B2:B20: Kind of leave: Ask Mara when unsure. Choices: Paid, Sick, Parental"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('[form](https://x.example/f "For leave")', ["form (https://x.example/f) – For leave"]),
        ('[form](#below "For leave")', ["form – For leave"]),
        ('[For leave](https://x.example/f "for leave")', ["For leave (https://x.example/f)"]),
        ('![](a.png "The site")', ["The site"]),
        ("![Plan](a.png 'The site')", ["Plan – The site"]),
        ('[it][r]\n\n[r]: https://x.example/r "The rule"', ["it (https://x.example/r) – The rule"]),
        ('```py title="main.py" hl_lines="1"\nx = 1\n```', ["**main.py**", "```py\nx = 1\n```"]),
    ],
)
def test_titles_of_markdown_are_read(source: str, expected: list[str]) -> None:
    assert texts(read("a.md", source)) == expected


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        (
            "a.rst",
            "#. One\n#. Two\n\n   #. Inner\n\n#. Three\n\nText.\n\n#. Again\n\n7. Seven\n#. Eight\n",
            ["1. One\n2. Two", "   1. Inner", "3. Three", "Text.", "1. Again", "7. Seven\n8. Eight"],
        ),
        (
            "a.rst",
            "#. One\n\n   .. note::\n\n      #. Inner\n\n#. Two\n",
            ["1. One", "**Note**", "1. Inner", "2. Two"],
        ),
        (
            "a.adoc",
            "x\n\n. One\n+\nMore.\n.. Inner\n. Two\n\nText.\n\n. Again\n",
            ["x", "1. One", "More.\n   1. Inner\n2. Two", "Text.", "1. Again"],
        ),
        ("a.adoc", "Use +++<u>this</u>+++ now.", ["Use this now."]),
        ("a.adoc", "x\n\n++++\n<p>Raw <b>words</b></p>\n++++\n", ["x", "Raw words"]),
    ],
)
def test_lists_of_marks_are_numbered_and_raw_parts_are_read(
    name: str, source: str, expected: list[str]
) -> None:
    document = read(name, source)
    assert texts(document) == expected
    assert document.notes == ()


@pytest.mark.parametrize(
    ("source", "table"),
    [
        ("Preis\n3,50\n4,2\n", "| Preis |\n| --- |\n| 3,50 |\n| 4,2 |"),
        ("3,50\n4,20\n", "| Column 1 |\n| --- |\n| 3,50 |\n| 4,20 |"),
        ("1,2\n3,4\n", "| Column 1 | Column 2 |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"),
        ("a,b\n1,25\n3,45\n", "| a | b |\n| --- | --- |\n| 1 | 25 |\n| 3 | 45 |"),
    ],
)
def test_a_column_of_decimal_commas_is_one(source: str, table: str) -> None:
    assert texts(read("a.csv", source)) == [table]


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("Договор поставки", "koi8_r"),
        ("Счёт 42 на оплату: 1 250 рублей", "koi8_r"),
        ("ПРИКАЗ ПО ПРЕДПРИЯТИЮ", "cp1251"),
        ("договор поставки", "cp1251"),
        ("會議記錄", "big5"),
        ("產品保固期為兩年，請保留購買憑證。", "big5"),
        ("员工手册：请假须提前三天提出申请。", "gb18030"),
        ("休暇は三日前に申請してください。", "cp932"),
        ("회의는 월요일 오전 10시에 시작합니다.", "euc_kr"),
        ("Größe: 3 m, Übung für Anfänger", "cp1252"),
        ("Καλημέρα κόσμε", "cp1253"),
    ],
)
def test_short_texts_are_read_in_the_encoding_of_their_words(words: str, encoding: str) -> None:
    assert decode(words.encode(encoding)) == words


def test_a_row_with_gaps_and_empty_cells_keeps_its_columns() -> None:
    file = BytesIO()
    book: Any = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet, bold = book.add_worksheet("S"), book.add_format({"bold": True})
    sheet.write_row("A1", ["a", "b", "c", "d"])
    sheet.write_row("B2", [1, 2])
    sheet.write("A3", "x & <y>")
    sheet.write_blank("B3", None, bold)
    sheet.write("D3", -0.5, book.add_format({"num_format": "0.00"}))
    book.close()
    assert texts(read("a.xlsx", file.getvalue())) == [
        "| a | b | c | d |\n| --- | --- | --- | --- |\n|  | 1 | 2 |  |\n| x & <y> |  |  | -0.50 |"
    ]


def test_tabs_without_names_stand_over_the_panels_at_their_places() -> None:
    tabs = "<div role=tablist><button role=tab>Linux</button><button role=tab>Windows</button></div>"
    panels = "<div role=tabpanel>apt</div><div role=tabpanel hidden>winget</div>"
    assert texts(read("a.html", tabs + panels)) == ["**Linux**", "apt", "**Windows**", "winget"]


def test_what_follows_an_unfolded_question_is_below_the_heading_above_it() -> None:
    question = "<details><summary>How long?</summary><p>Three days.</p></details>"
    document = read(
        "a.html", f"<h1>Guide</h1><h2>Leave</h2>{question}{question.replace('long', 'much')}<p>Ask.</p>"
    )
    assert [(block.heading_path, block.text) for block in document.blocks] == [
        (("Leave", "How long?"), "Three days."),
        (("Leave", "How much?"), "Three days."),
        (("Leave",), "Ask."),
    ]


def test_a_question_about_cookies_is_left_out_and_counted_and_a_recipe_is_not() -> None:
    notice = "<div class='cookie-consent'><p>We use cookies. <button>Accept all</button></p></div>"
    document = read("a.html", f"<p>Text.</p>{notice}<div class='cookies'><p>Cookies: mix flour.</p></div>")
    assert texts(document) == ["Text.", "Cookies: mix flour."]
    assert document.notes == ("cookie notice: 5 words left out",)


def test_numbers_of_notes_stand_apart_in_a_book_and_those_of_pages_are_no_words() -> None:
    body = (
        '<h1>One</h1><p>Text<a epub:type="noteref" href="#n">1</a> goes'
        '<span epub:type="pagebreak">12</span> on.</p>'
        '<aside epub:type="footnote" id="n"><p>The note.</p></aside>'
    )
    chapter = f'<html xmlns:epub="http://www.idpf.org/2007/ops"><body>{body}</body></html>'
    package = (
        '<package><metadata/><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
        '</manifest><spine><itemref idref="a"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="c.opf"/></rootfiles></container>'
    files = {"META-INF/container.xml": container, "c.opf": package, "a.xhtml": chapter}
    document = epub.parse(zipped({"mimetype": "application/epub+zip", **files}), "a.epub")
    assert texts(document) == ["Text[1] goes on.", "The note."]
