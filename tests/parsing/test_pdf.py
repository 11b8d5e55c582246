"""What the PDF parser makes of pages as people have them; they are written here by hand."""

from collections.abc import Mapping, Sequence

import pytest

from parsing import ocr, parse
from parsing.archives import members
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.pdf import pages as pdf_pages
from tests.parsing.pdf_making import Line, drawn, unicode_font, written

PROSE = "The quick brown fox jumps over the lazy dog near the river"


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


STATION_HEAD = ("Station", "Line", "Opens", "Closes")


def stations(rows: range, *, head: bool, size: float = 10) -> list[Line]:
    """A page of a long table, from edge to edge."""
    cells = [STATION_HEAD] * head + [(f"Station {row}", f"L{row % 5}", "5:30", "20:15") for row in rows]
    return [
        (50.0 + 120 * column, 780.0 - 20 * place, size, cell)
        for place, row in enumerate(cells)
        for column, cell in enumerate(row)
    ]


@pytest.mark.parametrize("head_on_each_page", [True, False])
@pytest.mark.parametrize("last_page", [1, 20])
def test_a_table_over_pages_is_one_table_with_its_head_over_every_part(
    head_on_each_page: bool, last_page: int
) -> None:
    parts = [range(38), range(38, 76), range(76, 76 + last_page)]
    pages = [stations(rows, head=head_on_each_page or rows.start == 0) for rows in parts]
    blocks = read(pages).blocks
    assert [(block.kind, block.page) for block in blocks] == [("table", 1), ("table", 2), ("table", 3)]
    for block, rows in zip(blocks, parts, strict=True):
        head, _, *body = block.text.split("\n")
        assert head == "| Station | Line | Opens | Closes |"
        assert body == [f"| Station {row} | L{row % 5} | 5:30 | 20:15 |" for row in rows]


def test_a_row_of_numbers_is_no_head() -> None:
    (block,) = read([stations(range(3), head=False)]).blocks
    assert block.text.split("\n")[0] == "|  |  |  |  |"
    assert "| Station 0 | L0 | 5:30 | 20:15 |" in block.text


def test_cells_with_rules_around_them_are_whole_however_near_they_stand() -> None:
    rules = "".join(f"50 {700 - 40 * row} 300 0.5 re f\n" for row in range(4))
    rules += "".join(f"{left} 580 0.5 120 re f\n" for left in (50, 100, 300, 350))
    rows = [
        ("Item", ("Text",), "Price"),
        ("Item 1", ("Long words that go", "on in a line"), "5 EUR"),
        ("Item 2", ("Short",), "6 EUR"),
    ]
    page = [
        line
        for number, (item, lines, price) in enumerate(rows)
        for line in [
            (52.0, 680.0 - 40 * number, 10.0, item),
            *((102.0, 685.0 - 40 * number - 12 * place, 10.0, text) for place, text in enumerate(lines)),
            (302.0, 680.0 - 40 * number, 10.0, price),
        ]
    ]
    (block,) = parsed(written([page], under=rules)).blocks
    assert block.text == (
        "| Item | Text | Price |\n| --- | --- | --- |\n| Item 1 | Long words that go on in a line | 5 EUR |\n"
        "| Item 2 | Short | 6 EUR |"
    )


def test_short_columns_are_no_table() -> None:
    words = (
        "The left one of them tells of",
        "pumps that run dry again and",
        "then of all those that do",
        "not run at all on this day,",
        "which is a shame.",
    )
    others = (
        "The right one only speaks of",
        "valves and all their seats,",
        "which wear out, and then are",
        "replaced by some of those",
        "who know how it goes.",
    )
    page = [*paragraph(600, *words), *paragraph(600, *others, left=320)]
    blocks = read([[(50.0, 650.0, 10.0, "A line that runs across " * 4), *page]]).blocks
    assert [(block.kind, block.text) for block in blocks][1:] == [
        ("text", " ".join(words)),
        ("text", " ".join(others)),
    ]


def test_justified_lines_with_wide_gaps_are_no_table() -> None:
    page = [
        (50.0, 700.0, 10.0, "incomprehensible long words"),
        (50.0, 688.0, 10.0, "counterrevolutionaries"),
        (166.5, 688.0, 10.0, "of"),
        (50.0, 676.0, 10.0, "interdisciplinary"),
        (159.4, 676.0, 10.0, "and"),
        (50.0, 664.0, 10.0, "here."),
    ]
    blocks = read([page]).blocks
    assert [block.kind for block in blocks] == ["text"]
    assert "counterrevolutionaries of interdisciplinary and here." in blocks[0].text


WIDGET = "<</Type/Annot/Subtype/Widget/F 4/P 10 0 R"
FIELDS = {
    201: WIDGET + "/FT/Tx/T(name)/V(Odile Marchetti)/Rect[120 695 300 715]>>",
    202: WIDGET + "/FT/Ch/Ff 131072/T(day)/Opt[(Monday)(Friday)]/V(Friday)/Rect[120 655 300 675]>>",
    203: WIDGET + "/FT/Btn/T(park)/V/Yes/AS/Yes/AP<</N<</Yes 210 0 R/Off 210 0 R>>>>/Rect[50 615 60 625]>>",
    204: WIDGET + "/FT/Btn/T(lunch)/V/Off/AS/Off/AP<</N<</Yes 210 0 R/Off 210 0 R>>>>/Rect[50 595 60 605]>>",
    205: WIDGET + "/FT/Tx/Ff 4096/T(why)/V(To see the crane.\\nAnd the drum.)/Rect[50 500 300 560]>>",
    206: WIDGET.replace("/F 4", "/F 2") + "/FT/Tx/T(secret)/V(hidden words)/Rect[120 400 300 420]>>",
    207: WIDGET + "/FT/Tx/Ff 8192/T(pin)/V(4711)/Rect[120 380 300 400]>>",
    210: "<</Type/XObject/Subtype/Form/BBox[0 0 10 10]/Length 0>>stream\n\nendstream",
}


def laid(more: Mapping[int, str], catalog: str = "") -> ParsedDocument:
    """A page with labels on which the annotations lie."""
    lines = [
        *paragraph(700, "Name:"),
        *paragraph(660, "Day:"),
        *paragraph(616, "Parking needed", left=64),
        *paragraph(596, "Lunch wanted", left=64),
        *paragraph(570, "Why do you come?"),
        *paragraph(300, "Please fill in the travel form, or ask the desk."),
    ]
    annotations = " ".join(f"{number} 0 R" for number in more if number < 210)
    return parsed(written([lines], more, catalog, on_page=f"/Annots[{annotations}]"))


def test_the_values_of_a_filled_form_stand_with_their_labels() -> None:
    fields = " ".join(f"{number} 0 R" for number in FIELDS if number < 210)
    document = laid(FIELDS, f"/AcroForm<</Fields[{fields}]>>")
    assert "\n".join(block.text for block in document.blocks).split("\n") == [
        "Name: Odile Marchetti",
        "Day: Friday",
        "[x] Parking needed",
        "[ ] Lunch wanted",
        "Why do you come?",
        "To see the crane. And the drum.",
        "Please fill in the travel form, or ask the desk.",
    ]
    assert document.notes == ("Hidden form fields: 1 left out.", "Form fields for passwords: 1 left out.")


STEPS = ("Open the valve slowly", "Switch on the motor", "Wait for the pressure")


def test_steps_with_bare_numbers_are_a_list_and_a_ranking_with_a_head_is_a_table() -> None:
    steps = [
        line
        for number, step in enumerate(STEPS)
        for line in ((50, 700 - 16 * number, 10, str(number + 4)), (74, 700 - 16 * number, 10, step))
    ]
    (block,) = read([steps]).blocks
    assert (block.kind, block.text) == (
        "list",
        "4. Open the valve slowly\n5. Switch on the motor\n6. Wait for the pressure",
    )
    (table,) = read([[(50, 716, -10, "No"), (74, 716, -10, "Step"), *steps]]).blocks
    assert table.text.startswith("| No | Step |\n| --- | --- |\n| 4 | Open the valve slowly |")


def grid(bottom: int, width: int, columns: int, rows: int) -> str:
    upright = "".join(
        f"{50 + width * each} {bottom} m {50 + width * each} {bottom + 20 * rows} l S "
        for each in range(columns + 1)
    )
    level = "".join(
        f"50 {bottom + 20 * each} m {50 + width * columns} {bottom + 20 * each} l S "
        for each in range(rows + 1)
    )
    return upright + level


def filled(top: int, width: int, *rows: tuple[str, ...]) -> list[Line]:
    return [
        (54 + width * column, top - 14 - 20 * number, 10, words)
        for number, row in enumerate(rows)
        for column, words in enumerate(row)
    ]


def test_a_table_with_rules_right_below_another_is_one_of_its_own() -> None:
    lines = [
        *filled(660, 150, ("City", "People"), ("Bern", "140"), ("Rome", "280")),
        *filled(600, 100, ("Line", "From", "To"), ("S1", "Bern", "Thun"), ("S2", "Rome", "Ostia")),
    ]
    document = parsed(written([lines], under=grid(600, 150, 2, 3) + grid(540, 100, 3, 3)))
    assert [block.text for block in document.blocks] == [
        "| City | People |\n| --- | --- |\n| Bern | 140 |\n| Rome | 280 |",
        "| Line | From | To |\n| --- | --- | --- |\n| S1 | Bern | Thun |\n| S2 | Rome | Ostia |",
    ]


def listed(top: float, head: tuple[str, ...], *rows: tuple[str, ...]) -> list[Line]:
    """Rows without rules below a head in bold."""
    sized = [(-10, head), *((10, row) for row in rows)]
    return [
        (50 + 150 * column, top - 16 * number, size, words)
        for number, (size, row) in enumerate(sized)
        for column, words in enumerate(row)
    ]


PUMPS = (("Pump 1", "3", "7.50"), ("Pump 2", "6", "14.50"), ("Pump 3", "9", "21.50"))


def test_a_table_with_a_head_of_its_own_right_below_another_is_one_of_its_own() -> None:
    below = listed(660, ("Name", "Cost", "Rate"), *PUMPS)
    document = parsed(written([[*listed(740, ("Name", "Number", "Price"), *PUMPS), *below]]))
    assert [block.text.split("\n")[0] for block in document.blocks] == [
        "| Name | Number | Price |",
        "| Name | Cost | Rate |",
    ]
    cells = [
        *filled(660, 150, ("City", "People"), ("Bern", "140"), ("Rome", "280")),
        *filled(600, 150, ("Line", "Length"), ("S1", "12"), ("S2", "14")),
    ]
    ruled = [(x, y, -size if y in (646, 586) else size, words) for x, y, size, words in cells]
    document = parsed(written([ruled], under=grid(600, 150, 2, 3) + grid(540, 150, 2, 3)))
    assert [block.text.split("\n")[0] for block in document.blocks] == [
        "| City | People |",
        "| Line | Length |",
    ]


def test_the_name_of_a_group_in_bold_stays_in_its_table() -> None:
    page = [
        *listed(740, ("Name", "Number", "Price")),
        (50.0, 724.0, -10.0, "North"),
        *listed(724, ("", "", ""), *PUMPS)[3:],
        (50.0, 660.0, -10.0, "South"),
        *listed(660, ("", "", ""), *PUMPS)[3:],
    ]
    (only,) = parsed(written([page])).blocks
    assert [line for line in only.text.split("\n") if "Pump" not in line] == [
        "| Name | Number | Price |",
        "| --- | --- | --- |",
        "| North |  |  |",
        "| South |  |  |",
    ]


def test_a_sentence_at_the_top_of_each_page_that_counts_is_no_head() -> None:
    def words(number: int) -> str:
        return f"The text of page {number} begins here and goes on for a while."

    document = read(
        [
            [(50, 780, 10, words(number)), *paragraph(500, "ABCDE"[number - 1] + PROSE)]
            for number in range(1, 6)
        ]
    )
    assert [block.text for block in document.blocks if "begins" in block.text] == [
        words(number) for number in range(1, 6)
    ]
    assert document.notes == ()


def test_a_comment_that_nobody_sees_is_counted() -> None:
    note = "<</Type/Annot/Subtype/Text/Rect[64 700 90 720]/Contents(Ask Ann)/F 2>>"
    assert laid({200: note}).notes == ("Hidden comments: 1 left out.",)


def link(left: float, right: float, address: str) -> str:
    return f"<</Type/Annot/Subtype/Link/Rect[{left} 295 {right} 312]/A<</S/URI/URI({address})>>>>"


def test_addresses_of_links_and_comments_stand_behind_the_words_they_are_about() -> None:
    document = laid(
        {
            201: link(127, 165, "https://intranet.example.org/forms/travel-v7"),
            202: link(230, 260, "mailto:desk@example.org"),
            203: link(50, 80, "javascript:alert(1)"),
            204: link(50, 80, "https://example.org/" + "x" * 5000),
            205: "<</Type/Annot/Subtype/Highlight/Rect[80 295 93 312]/T(Ann)/Contents(not in May)>>",
            206: "<</Type/Annot/Subtype/Text/Rect[500 500 520 520]/Contents(A note on the page.)>>",
        }
    )
    text = "\n".join(block.text for block in document.blocks)
    assert "travel form (https://intranet.example.org/forms/travel-v7), or" in text
    assert "the desk (desk@example.org)." in text
    assert "[Comment by Ann: not in May]" in text
    assert text.endswith("[Comment: A note on the page.]")
    assert "javascript" not in text
    assert document.notes == ("Links with more than 2,000 characters in their address: 1 left out.",)


def attached(name: str, content: str) -> dict[int, str]:
    return {
        211: f"<</Type/EmbeddedFile/Length {len(content)}>>stream\n{content}\nendstream",
        212: f"<</Type/Filespec/F({name})/EF<</F 211 0 R>>>>",
    }


def test_attached_files_are_members() -> None:
    names = "/Names<</EmbeddedFiles<</Names[(list.txt) 212 0 R (tool.exe) 213 0 R]>>>>"
    pinned = "<</Type/Annot/Subtype/FileAttachment/Rect[500 700 520 720]/FS 214 0 R/Contents(see there)>>"
    more = {
        201: pinned,
        **attached("list.txt", "The lock code list is in the safe."),
        213: "<</Type/Filespec/F(tool.exe)/EF<</F 211 0 R>>>>",
        214: "<</Type/Filespec/F(.notes.md)/EF<</F 211 0 R>>>>",
    }
    document = laid(more, names)
    assert [member.path for member in document.members] == ["list.txt", "notes.md"]
    assert document.members[0].document.blocks == (Block("The lock code list is in the safe."),)
    assert document.notes == ("1 file of another type was left out: .exe 1.",)
    assert "[Comment: see there]" in document.blocks[-1].text


def test_attached_files_that_are_too_large_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_FILE_BYTES", 20)
    names = "/Names<</EmbeddedFiles<</Names[(list.txt) 212 0 R]>>>>"
    document = laid(attached("list.txt", "The lock code list is in the safe."), names)
    assert document.members == ()
    assert document.notes[0].startswith("list.txt: It is larger than")


HEBREW = (
    "\u05d4\u05de\u05d7\u05d9\u05e8 \u05d4\u05d5\u05d0 25 "
    "\u05e9\u05e7\u05dc\u05d9\u05dd (\u05dc\u05d9\u05d5\u05dd) Server 11"
)


def test_lines_from_right_to_left_are_read_in_their_order() -> None:
    # As it is seen: words from the right, numbers and Latin words from the left.
    seen = "Server 11 (" + "\u05dc\u05d9\u05d5\u05dd"[::-1] + ") " + "\u05e9\u05e7\u05dc\u05d9\u05dd"[::-1]
    seen += " 25 " + "\u05d4\u05d5\u05d0"[::-1] + " " + "\u05d4\u05de\u05d7\u05d9\u05e8"[::-1]
    page = [(50.0, 700.0, 10.0, seen), (50.0, 400.0, 10.0, "\u05e9\u05dc\u05d5\u05dd"[::-1])]
    document = parsed(written([page], unicode_font(seen + page[1][3])))
    assert [block.text for block in document.blocks] == [HEBREW, "\u05e9\u05dc\u05d5\u05dd"]


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        # The sign of percent is on the left of a number in Arabic, and on its right in Hebrew.
        ("\u0627\u0644\u0633\u0639\u0631 12.5%", "%12.5 \u0631\u0639\u0633\u0644\u0627"),
        ("\u05de\u05d7\u05d9\u05e8 17.5%", "17.5% \u05e8\u05d9\u05d7\u05de"),
    ],
)
def test_percent_is_read_behind_its_number(words: str, seen: str) -> None:
    other = "\u05e9\u05dc\u05d5\u05dd"
    page = [(50.0, 700.0, 10.0, seen), (50.0, 400.0, 10.0, other)]
    assert parsed(written([page], unicode_font(seen + other))).blocks[0].text == words


def test_words_from_right_to_left_among_others_keep_their_order() -> None:
    seen = "The words " + "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"[::-1] + " mean hello world"
    document = parsed(written([[(50, 700, 10, seen)]], unicode_font(seen)))
    assert (
        document.blocks[0].text
        == "The words \u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd mean hello world"
    )


def test_a_font_that_does_not_name_its_letters_is_noted() -> None:
    page = [
        (50.0, 700.0, 10.0, "\u03a9mega \u043f\u0440\u0438\u0432\u0435\u0442"),
        (50.0, 600.0, 10.0, PROSE),
    ]
    document = parsed(written([page], unicode_font("")))
    assert [block.text for block in document.blocks] == [PROSE]
    assert document.notes[0].startswith("2 words in a font that does not say which letters it shows")


def test_points_are_a_list() -> None:
    lines = ("- Pack your bags before the journey and weigh them all", "twice.", "- Go.")
    page = [
        (50.0 if line[0] == "-" else 60.0, 700.0 - 12 * row, 10.0, line) for row, line in enumerate(lines)
    ]
    (block,) = read([page]).blocks
    assert block.kind == "list"
    assert block.text.startswith("- Pack your bags before the journey and weigh them all")
    assert block.text.endswith("\n- Go.")


def test_heads_feet_and_page_numbers_that_repeat_are_left_out_and_their_words_stay_once() -> None:
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
    assert [block.page for block in document.blocks] == [1, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [block.page for block in document.blocks if "ACME" in block.text] == [1]
    assert not any(block.text.isdigit() for block in document.blocks)
    assert document.notes == (
        "Header and footer: 7 lines left out on 4 pages (“ACME Handbook”, page numbers).",
    )


def numbered(head: str, foot: str, size: float = 10) -> str:
    """All texts of five pages with such a line above and below, in which {0} counts up and {1} grows."""
    pages = [
        [
            (50.0, 780.0, size, head.format(page, page * 10)),
            *paragraph(600, f"Text of page {page} and", PROSE),
            (50.0, 20.0, 10.0, foot.format(page, page * 10)),
        ]
        for page in range(1, 6)
    ]
    document = read(pages)
    return "\n".join(" ".join([*block.heading_path, block.text]) for block in document.blocks)


@pytest.mark.parametrize(
    ("head", "size"),
    [("Step {0}", 18), ("Step {0}", -10), ("Step {0}", 10), ("Sample {0}", 8), ("{1} Nm", 10)],
)
def test_headings_and_values_near_the_edge_of_a_page_stay(head: str, size: float) -> None:
    text = numbered(head, "Torque: {1} Nm", size)
    for page in range(1, 6):
        assert head.format(page, page * 10) in text
        assert f"Torque: {page * 10} Nm" in text


@pytest.mark.parametrize(
    "foot", ["{0}", "- {0} -", "Page {0}", "Seite {0} von 5", "ACME Handbook | {0}", "{0} / 5"]
)
def test_numbers_of_pages_are_left_out(foot: str) -> None:
    text = numbered("Step {0}", foot, 18)
    ends = [line.endswith(f" {foot.format(page, 0)}") for line in text.split("\n") for page in range(2, 6)]
    assert not any(ends)
    assert ("ACME" in foot) == ("ACME" in text)


def test_a_paragraph_that_begins_alike_on_each_page_stays_and_a_large_foot_is_no_heading() -> None:
    pages = [
        [
            (50.0, 760.0, 16.0, f"Step {number}"),
            *paragraph(735, "Check each valve before the first boat arrives at", f"berth {name}."),
            *paragraph(400, PROSE, PROSE),
            (400.0, 20.0, 14.0, "Rev. C 2027"),
        ]
        for number, name in enumerate(("Ann", "Ben", "Cem", "Dora"))
    ]
    document = read(pages)
    found = [(block.page, " ".join(block.text.split())) for block in document.blocks if "berth" in block.text]
    assert found == [
        (page, f"Check each valve before the first boat arrives at berth {name}.")
        for page, name in enumerate(("Ann", "Ben", "Cem", "Dora"), start=1)
    ]
    assert [block.text for block in document.blocks if "Rev. C" in block.text] == ["Rev. C 2027"]
    assert not any("Rev. C" in heading for block in document.blocks for heading in block.heading_path)


def test_digits_above_the_line_make_no_other_number() -> None:
    page = [
        (50.0, 700.0, 10.0, "Load 10"),
        (86.2, 704.0, 6.0, "6"),
        (50.0, 600.0, 10.0, "Load 106 and no more."),
    ]
    assert [block.text for block in read([page]).blocks] == ["Load 10⁶", "Load 106 and no more."]


def test_a_label_stays_with_its_value_on_each_page() -> None:
    pages = [
        [
            (50.0, 780.0, 10.0, "Client:"),
            (120.0, 780.0, 10.0, name),
            *paragraph(600, PROSE),
            *paragraph(100, PROSE),
        ]
        for name in ("Ann", "Ben", "Cem", "Dora")
    ]
    found = [block.text for block in read(pages).blocks if "Client" in block.text]
    assert found == ["Client: Ann", "Client: Ben", "Client: Cem", "Client: Dora"]


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
