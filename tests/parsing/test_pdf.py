"""What the PDF parser makes of pages as people have them; they are written here by hand."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest

from parsing import ocr, parse, pdf_pages
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError

# Left, baseline from below, size and words; bold when the size is negative.
Line = tuple[float, float, float, str]
PROSE = "The quick brown fox jumps over the lazy dog near the river"


def written(
    pages: Sequence[Sequence[Line]],
    more: Mapping[int, str] = MappingProxyType({}),
    catalog: str = "",
    trailer: str = "",
) -> bytes:
    """A PDF of the pages; `more` are further objects by their numbers."""
    kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(len(pages)))
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        3: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
        **more,
    }
    for number, page in zip(range(10, 10 + 2 * len(pages), 2), pages, strict=True):
        objects[number] = (
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R/B 4 0 R>>>>"
            f"/Contents {number + 1} 0 R>>"
        )
        text = "".join(drawn(line) for line in page) or "0 0 100 100 re f"
        objects[number + 1] = f"<</Length {len(text)}>>stream\n{text}\nendstream"
    return bound(objects, trailer)


def bound(objects: Mapping[int, str], trailer: str) -> bytes:
    """The objects with the table of their places."""
    body, table = b"%PDF-1.4\n", b""
    for number, content in objects.items():
        table += f"{number} 1\n{len(body):010} 00000 n \n".encode()
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    size = max(objects) + 1
    end = f"trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{len(body)}\n%%EOF"
    return body + b"xref\n0 1\n0000000000 65535 f \n" + table + end.encode()


def drawn(line: Line) -> str:
    left, baseline, size, words = line
    words = words.replace("(", "\\(").replace(")", "\\)")
    return f"BT /{'B' if size < 0 else 'F'} {abs(size)} Tf {left} {baseline} Td ({words}) Tj ET\n"


def read(pages: Sequence[Sequence[Line]]) -> ParsedDocument:
    return parsed(written(pages))


def parsed(data: bytes) -> ParsedDocument:
    return parse("application/pdf", data, "docs/some-paper.pdf")


def paragraph(top: float, *lines: str, left: float = 50, size: float = 10) -> list[Line]:
    return [(left, top - 12 * index, size, line) for index, line in enumerate(lines)]


def test_lines_are_paragraphs_under_the_headings_set_larger() -> None:
    document = read(
        [
            [
                (50, 700, 24, "Travel policy"),
                *paragraph(660, PROSE, PROSE, "and home."),
                *paragraph(600, "Second part."),
                (50, 560, 16, "Hotels"),
                *paragraph(530, PROSE),
            ]
        ]
    )
    assert document.title == "Travel policy"
    assert document.blocks == (
        Block(f"{PROSE} {PROSE} and home.", "text", (), 1),
        Block("Second part.", "text", (), 1),
        Block(PROSE, "text", ("Hotels",), 1),
    )


def test_a_short_bold_line_is_a_heading_too() -> None:
    document = read([[(50, 700, -10, "Hotels"), *paragraph(686, PROSE, PROSE)]])
    assert [(block.text, block.heading_path) for block in document.blocks] == [
        (f"{PROSE} {PROSE}", ("Hotels",))
    ]


def test_a_heading_with_nothing_below_it_is_not_lost() -> None:
    page = [(50.0, 700.0, 16.0, "Hotels"), (50.0, 660.0, 16.0, "Trains"), *paragraph(600, PROSE, PROSE)]
    document = read([[(50, 760, 24, "Travel"), *page, (50, 500, 16, "Signature")]])
    assert [(block.text, block.heading_path) for block in document.blocks] == [
        ("Hotels", ()),
        (f"{PROSE} {PROSE}", ("Trains",)),
        ("Signature", ()),
    ]


def test_words_cut_by_the_end_of_a_line_are_whole_again() -> None:
    lines = (
        "A well-known rule says that all rules are some-",
        "times broken by those who are well-",
        "known.",
    )
    (block,) = read([paragraph(700, *lines)]).blocks
    assert (
        block.text
        == "A well-known rule says that all rules are sometimes broken by those who are well-known."
    )


def test_lines_ended_on_purpose_stay_lines() -> None:
    (block,) = read([paragraph(700, "ACME Ltd", "12 High Street", "London " + "x" * 60)]).blocks
    assert block.text == "ACME Ltd\n12 High Street\nLondon " + "x" * 60


def test_two_columns_are_read_one_after_the_other() -> None:
    left = paragraph(600, *["left column text of many words"] * 12)
    right = paragraph(596, *["right column text of many words"] * 12, left=320)
    across = (50.0, 650.0, 10.0, "A line that runs across " * 4)
    page = [line for pair in zip(left, right, strict=True) for line in pair]
    blocks = read([[across, *page]]).blocks
    text = "\n".join(block.text for block in blocks)
    assert text.index("A line that") < text.index("left column") < text.index("right column")
    assert text.rindex("left column") < text.index("right column")
    assert all(block.kind == "text" for block in blocks)


def test_cells_below_each_other_are_a_table() -> None:
    rows = [("Name", "Amount", "Date"), ("Train | bus", "12.50", ""), ("Hotel", "80.00", "2024-05-01")]
    page = [
        (50.0 + 150 * column, 700.0 - 14 * row, 10.0, cell)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell
    ]
    (block,) = read([page]).blocks
    assert block.kind == "table"
    assert block.text == (
        "| Name | Amount | Date |\n| --- | --- | --- |\n| Train \\| bus | 12.50 |  |\n"
        "| Hotel | 80.00 | 2024-05-01 |"
    )


def test_points_are_a_list() -> None:
    lines = ("- Pack your bags before the journey and weigh them all", "twice.", "- Go.")
    page = [
        (50.0 if line[0] == "-" else 60.0, 700.0 - 12 * row, 10.0, line) for row, line in enumerate(lines)
    ]
    (block,) = read([page]).blocks
    assert block.kind == "list"
    assert block.text.startswith("- Pack your bags before the journey and weigh them all")
    assert block.text.endswith("\n- Go.")


def test_heads_feet_and_page_numbers_that_repeat_are_left_out() -> None:
    pages = [
        [
            (50, 780, 8, "ACME Handbook"),
            *paragraph(600, f"Text of page {['one', 'two', 'three', 'four'][number]} and", PROSE),
            *paragraph(300, PROSE),
            (300, 20, 8, str(number + 1)),
        ]
        for number in range(4)
    ]
    document = read(pages)
    assert [block.page for block in document.blocks] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert not any("ACME" in block.text or block.text.isdigit() for block in document.blocks)


def test_bookmarks_are_the_headings() -> None:
    more = {
        100: "<</Type/Outlines/First 101 0 R/Last 102 0 R/Count 2>>",
        101: "<</Title(Beginning)/Parent 100 0 R/Next 102 0 R/Dest[10 0 R/Fit]>>",
        102: "<</Title(End)/Parent 100 0 R/Prev 101 0 R/Dest[12 0 R/Fit]>>",
    }
    pages = [
        [*paragraph(700, "1. Beginning"), *paragraph(650, PROSE, PROSE)],
        paragraph(700, PROSE, PROSE),
    ]
    document = parsed(written(pages, more, "/Outlines 100 0 R"))
    assert [(block.heading_path, block.page) for block in document.blocks] == [
        (("Beginning",), 1),
        (("End",), 2),
    ]


def test_what_the_file_states_is_title_and_metadata() -> None:
    facts = "/Title(Annual report)/Author(Ada\\(AL\\))/Subject(unspecified)/CreationDate(D:20240501120000Z)"
    document = parsed(written([paragraph(700, PROSE)], {100: f"<<{facts}>>"}, trailer="/Info 100 0 R"))
    assert document.title == "Annual report"
    assert document.metadata == {"author": "Ada(AL)", "date": "2024-05-01"}


@pytest.mark.parametrize(
    "title", ["Microsoft Word - draft.docx", "untitled", "report.indd", "(anonymous)", "7"]
)
def test_a_stated_title_that_is_none_is_passed_over(title: str) -> None:
    stated = title.replace("(", "\\(").replace(")", "\\)")
    document = parsed(
        written([paragraph(700, PROSE)], {100: f"<</Title({stated})>>"}, trailer="/Info 100 0 R")
    )
    assert document.title == "Some paper"


def test_text_that_runs_up_the_page_does_not_disturb_the_rest() -> None:
    turn = b"BT /F 30 Tf 0 1 -1 0 20 300 Tm (sideways text) Tj ET\n"
    placeholder = (0.0, 0.0, 10.0, "x" * (len(turn) - len(drawn((0.0, 0.0, 10.0, "")))))
    page = written([[*paragraph(700, PROSE, PROSE), placeholder]])
    blocks = parsed(page.replace(drawn(placeholder).encode(), turn)).blocks
    assert [block.text for block in blocks] == [f"{PROSE} {PROSE}", "sideways text"]


def test_scanned_pages_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: False)
    document = read([[], []])
    assert document.blocks == ()
    assert document.notes == ("This PDF has no text layer (scanned pages). Install owflex[ocr] to read it.",)
    assert read([[], paragraph(700, PROSE)]).notes == ("Pages without a text layer were left out: 1.",)


def recognised(_: object) -> list[str]:
    return ["First line", "second"]


def test_scanned_pages_are_read_where_that_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: True)
    monkeypatch.setattr(ocr, "recognise", recognised)
    document = read([[], paragraph(700, PROSE)])
    assert document.blocks[0] == Block("First line\nsecond", "text", (), 1)
    assert document.notes == ()


def test_pages_beyond_the_limit_are_left_out_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_pages, "MAX_PAGES", 2)
    document = read([paragraph(700, PROSE)] * 3)
    assert [block.page for block in document.blocks] == [1, 2]
    assert document.notes == ("Only the first 2 of 3 pages were read.",)


def test_a_file_with_a_password_is_refused() -> None:
    lock = {100: f"<</Filter/Standard/V 1/R 2/P -4/O({'o' * 32})/U({'u' * 32})>>"}
    locked = "/Encrypt 100 0 R/ID[<00><00>]"
    with pytest.raises(FileFormatError, match=r"protected by a password\. Save a copy without one"):
        parsed(written([paragraph(700, PROSE)], lock, trailer=locked))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"\x00\xff" * 500])
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="The file is damaged"):
        parse("application/pdf", data, "x.pdf")
