"""What is read of Word documents as people have them: fields, controls, lists, boxes, tables, links."""

import pytest

from parsing.document import Block, ParsedDocument
from parsing.word import docx
from tests.parsing.office_files import WORD, Files, paragraph, part, text, word

LINKS = (
    ("form", "hyperlink", "https://intranet.example.org/f/leave-88"),
    ("mail", "hyperlink", "mailto:desk@example.org?subject=x"),
    ("file", "hyperlink", "file:///C:/secret.txt"),
    ("styles", "styles", "styles.xml"),
    ("numbers", "numbering", "numbering.xml"),
    ("notes", "footnotes", "footnotes.xml"),
    ("ends", "endnotes", "endnotes.xml"),
    ("comments", "comments", "comments.xml"),
    ("header", "header", "header1.xml"),
    ("header2", "header", "header2.xml"),
    ("footer", "footer", "footer1.xml"),
    ("html", "aFChunk", "chunk1.html"),
    ("text", "aFChunk", "chunk2.txt"),
    ("word", "aFChunk", "chunk3.docx"),
    ("chart", "chart", "charts/chart1.xml"),
    ("diagram", "diagramData", "diagrams/data1.xml"),
)
STYLES = part(
    "styles",
    '<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Kapitel"><w:name w:val="Kapitel"/>'
    '<w:basedOn w:val="berschrift1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Teil"><w:name w:val="Teil"/><w:pPr>'
    '<w:outlineLvl w:val="1"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="TOCHeading"><w:name w:val="TOC Heading"/>'
    '<w:basedOn w:val="berschrift1"/>'
    '<w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Listing"><w:name w:val="Listing"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Mono"><w:name w:val="Mono"/><w:rPr>'
    '<w:rFonts w:ascii="Consolas"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/><w:pPr>'
    '<w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>',
)


def level(depth: int, format: str, shown: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/>'
        f'<w:numFmt w:val="{format}"/>{more}<w:lvlText w:val="{shown}"/></w:lvl>'
    )


NUMBERS = part(
    "numbering",
    f'<w:abstractNum w:abstractNumId="1">{level(0, "decimal", "%1.")}{level(1, "lowerLetter", "%2)")}'
    f"{level(2, 'lowerRoman', '%3.')}</w:abstractNum>"
    f"<w:abstractNum "
    f'w:abstractNumId="2">{level(0, "upperRoman", "Article %1")}{level(1, "decimal", "%1.%2", "<w:isLgl/>")}'
    f"{level(2, 'decimal', '%1.%2.%3', '<w:isLgl/>')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="3">{level(0, "bullet", "·")}{level(1, "bullet", "o")}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2">'
    '<w:abstractNumId w:val="2"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="3"/></w:num><w:num w:numId="4"><w:abstractNumId w:val="1"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>',
)
CHART = (
    "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Sales</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser>"
    "<c:tx><c:strRef><c:strCache><c:pt idx='0'><c:v>2026</c:v></c:pt></c:strCache></c:strRef></c:tx>"
    "<c:cat><c:strRef><c:strCache><c:pt idx='0'><c:v>East</c:v></c:pt><c:pt idx='1'>"
    "<c:v>West</c:v></c:pt></c:strCache></c:strRef></c:cat>"
    "<c:val><c:numRef><c:numCache><c:pt idx='0'><c:v>1.5</c:v></c:pt><c:pt idx='1'>"
    "<c:v>2.0</c:v></c:pt></c:numCache></c:numRef></c:val>"
    "</c:ser></c:barChart></c:plotArea></c:chart>"
)


def note(kind: str, id: int, words: str, more: str = "") -> str:
    return f'<w:{kind} w:id="{id}" {more}>{paragraph(text(words))}</w:{kind}>'


def namespaced(name: str, inner: str) -> str:
    return part("x", inner).replace("<w:x", f"<{name}", 1).replace("</w:x>", f"</{name}>")


PARTS: Files = {
    "styles.xml": STYLES,
    "numbering.xml": NUMBERS,
    "footnotes.xml": part("footnotes", note("footnote", 2, "See there.")),
    "endnotes.xml": part("endnotes", note("endnote", 2, "At the end.")),
    "comments.xml": part("comments", note("comment", 0, "Really?", 'w:author="Ann Lee"')),
    "header1.xml": part("hdr", paragraph(text("QM-778 rev. C"))),
    "header2.xml": part("hdr", paragraph(text("QM-778 rev. C"))),
    "footer1.xml": part(
        "ftr",
        paragraph(text("Valid until 30 June 2027"))
        + paragraph(
            text("Page "), '<w:fldSimple w:instr=" PAGE ">' + text("7") + "</w:fldSimple>", text(" of 9")
        ).replace(
            text(" of 9"), text(" of ") + '<w:fldSimple w:instr="NUMPAGES">' + text("9") + "</w:fldSimple>"
        ),
    ),
    "chunk1.html": "<html><body><p>Imported words.</p></body></html>",
    "chunk2.txt": "Plain words.",
    "chunk3.docx": word(paragraph(text("Words of Word."))),
    "charts/chart1.xml": namespaced("c:chartSpace", CHART),
    "diagrams/data1.xml": namespaced(
        "dgm:dataModel", "<a:p><a:r><a:t>Plan</a:t></a:r></a:p><a:p><a:r><a:t>Do</a:t></a:r></a:p>"
    ),
}


def read(body: str) -> ParsedDocument:
    parts = {name: data for name, data in PARTS.items() if not name.startswith(("header", "footer"))}
    links = tuple(link for link in LINKS if link[1] not in ("header", "footer"))
    # Comments without a place in the text are tested by themselves.
    parts.pop("comments.xml" if "commentReference" not in body else "", None)
    return docx.parse(word(body, parts, links), "a.docx")


def field(instruction: str, *result: str, data: str = "") -> str:
    def mark(kind: str, inner: str = "") -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}">{inner}</w:fldChar></w:r>'

    shown = mark("separate") + "".join(result) if result else ""
    return f"{mark('begin', data)}<w:r><w:instrText>{instruction}</w:instrText></w:r>{shown}{mark('end')}"


def old_form(inner: str) -> str:
    return f"<w:ffData>{inner}</w:ffData>"


def box(state: str, glyph: str = "x") -> str:
    return (
        f'<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="{state}"/></w14:checkbox></w:sdtPr>'
        f"<w:sdtContent>{text(glyph)}</w:sdtContent></w:sdt>"
    )


def ruby(base: str, reading: str) -> str:
    return f"<w:r><w:ruby><w:rt>{text(reading)}</w:rt><w:rubyBase>{text(base)}</w:rubyBase></w:ruby></w:r>"


def link(id: str, *runs: str) -> str:
    return f'<w:hyperlink r:id="{id}">{"".join(runs)}</w:hyperlink>'


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        (
            (
                f'{text("Firm: ")}<w:fldSimple w:instr=" MERGEFIELD '
                f'Firm ">{text("Seven Bridges Ltd")}</w:fldSimple>'
            ),
            "Firm: Seven Bridges Ltd",
        ),
        (text("Table ") + field(" SEQ Table ", text("4")) + text(": Rents"), "Table 4: Rents"),
        (field("IF ", text("shown")) + text("."), "shown."),
        (
            field(
                "IF " + "</w:instrText></w:r>" + field("MERGEFIELD x", text("hidden")) + "<w:r><w:instrText>",
                text("b"),
            ),
            "b",
        ),
        (field("DATE"), ""),
        (
            text("Part ")
            + f'<w:bdo w:val="ltr">{text("AX-7731")}</w:bdo> <w:dir w:val="ltr">{text("-B")}</w:dir>',
            "Part AX-7731-B",
        ),
        (
            (
                f'<w:smartTag w:element="City">{text("Rome")}</w:smartTag>'
                f"<w:customXml>{text(' is')}</w:customXml>"
            ),
            "Rome is",
        ),
        (ruby("漢字", "かんじ") + text("検定"), "漢字(かんじ)検定"),
        (box("1") + text(" Gas tested"), "☒ Gas tested"),
        (box("0") + text(" Water tested"), "☐ Water tested"),
        (
            field("FORMCHECKBOX", data=old_form("<w:checkBox><w:checked/></w:checkBox>")) + text(" Yes"),
            "☒ Yes",
        ),
        (
            field("FORMCHECKBOX", data=old_form('<w:checkBox><w:default w:val="0"/></w:checkBox>'))
            + text(" No"),
            "☐ No",
        ),
        (
            field(
                "FORMDROPDOWN",
                data=old_form(
                    '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Red"/><w:listEntry w:val="Blue"/>'
                    "</w:ddList>"
                ),
            ),
            "Blue",
        ),
        (field("FORMTEXT", text("Odile Marchetti"), data=old_form("<w:textInput/>")), "Odile Marchetti"),
        (
            (
                f'<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="Large"/></w:dropDownList>'
                f"</w:sdtPr><w:sdtContent>{text('Large')}</w:sdtContent></w:sdt>"
            ),
            "Large",
        ),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + text(" Done"), "☑ Done"),
        ('<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>' + text(" rays"), "α rays"),
        (
            text("10")
            + '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r>'
            + text(" m")
            + '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>2</w:t></w:r>',
            "10⁶ m2",
        ),
        (text("pre") + "<w:r><w:noBreakHyphen/></w:r>" + text("war"), "pre-war"),
        (
            f"<w:ins>{text('new ')}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>{text('end')}",
            "new end",
        ),
        (f"<w:moveFrom>{text('gone ')}</w:moveFrom><w:moveTo>{text('here')}</w:moveTo>", "here"),
        (
            text("Fill in the ") + link("form", text("leave "), text("form")),
            "Fill in the leave form (https://intranet.example.org/f/leave-88)",
        ),
        (
            text("See ") + link("form", text("the form ")) + text("first."),
            "See the form (https://intranet.example.org/f/leave-88) first.",
        ),
        (link("mail", text("the desk")), "the desk (desk@example.org)"),
        (link("mail", text("desk@example.org")), "desk@example.org"),
        (link("file", text("a file")), "a file"),
        (f'<w:hyperlink w:anchor="x">{text("below")}</w:hyperlink>', "below"),
        (
            field(' HYPERLINK "https://example.org/a" \\o "tip" ', text("the site")) + text("."),
            "the site (https://example.org/a).",
        ),
        (
            field(' HYPERLINK "https://example.org/a" ', text("https://example.org/a")),
            "https://example.org/a",
        ),
        (field(' HYPERLINK \\l "mark" ', text("below")), "below"),
        (text("So") + '<w:r><w:footnoteReference w:id="2"/></w:r>', "So [Note: See there.]"),
        (text("So") + '<w:r><w:endnoteReference w:id="2"/></w:r>', "So [Note: At the end.]"),
        (text("So") + '<w:r><w:commentReference w:id="0"/></w:r>', "So [Comment by Ann Lee: Really?]"),
    ],
)
def test_what_a_paragraph_shows_is_read(runs: str, shown: str) -> None:
    document = read(paragraph(runs) + paragraph(text("End.")))
    assert [block.text for block in document.blocks] == [*([shown] if shown else []), "End."]


def test_a_large_first_letter_belongs_to_its_word() -> None:
    cap = paragraph(text("O"), properties='<w:framePr w:dropCap="drop" w:lines="3"/>')
    document = read(cap + paragraph(text("nce upon a time.")) + cap)
    assert [block.text for block in document.blocks] == ["Once upon a time.", "O"]


def test_a_field_that_never_ends_hides_nothing_below() -> None:
    body = paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>') + paragraph(text("Below."))
    assert [block.text for block in read(body).blocks] == ["Below."]


def numbered(words: str, list_id: int, depth: int = 0) -> str:
    return paragraph(
        text(words), properties=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>'
    )


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        (
            (("one", 1, 0), ("a", 1, 1), ("b", 1, 1), ("deep", 1, 2), ("two", 1, 0), ("c", 1, 1)),
            "1. one\n  a) a\n  b) b\n    i. deep\n2. two\n  a) c",
        ),
        (
            (("x", 2, 0), ("y", 2, 1), ("z", 2, 2), ("next", 2, 0), ("y", 2, 1)),
            "Article I x\n  1.1 y\n    1.1.1 z\nArticle II next\n  2.1 y",
        ),
        ((("dot", 3, 0), ("circle", 3, 1)), "- dot\n  - circle"),
        ((("one", 1, 0), ("five", 4, 0), ("six", 1, 0)), "1. one\n5. five\n6. six"),
    ],
)
def test_lists_have_their_numbers_as_shown(items: tuple[tuple[str, int, int], ...], shown: str) -> None:
    document = read("".join(numbered(*item) for item in items))
    assert document.blocks == (Block(shown, "list"),)


def test_a_list_goes_on_behind_a_paragraph_and_its_style_may_number_it() -> None:
    body = (
        paragraph(text("Scope"), style="Clause")
        + paragraph(text("Between."))
        + paragraph(text("Terms"), style="Clause")
    )
    assert [block.text for block in read(body).blocks] == ["Article I Scope", "Between.", "Article II Terms"]


def test_headings_are_known_by_derived_styles_and_outline_levels() -> None:
    body = (
        paragraph(text("Contents"), style="TOCHeading")
        + paragraph(text("Safety"), style="Kapitel")
        + paragraph(text("Wear a helmet."))
        + paragraph(text("Deeper"), style="Teil")
        + paragraph(text("Lock it."), style="Loop")
        + paragraph(text("Tools"), properties='<w:outlineLvl w:val="0"/>')
        + paragraph(text("Use the saw."))
        + paragraph(text("Left empty"), style="Kapitel")
    )
    assert [(block.text, block.heading_path) for block in read(body).blocks] == [
        ("Contents", ()),
        ("Wear a helmet.", ("Safety",)),
        ("Lock it.", ("Safety", "Deeper")),
        ("Use the saw.", ("Tools",)),
        ("Left empty", ()),
    ]


def test_the_visible_title_counts_more_than_the_stated_one() -> None:
    core = '<x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Letter template v3</dc:title></x>'
    body = "".join(paragraph(text(line), style="Titel") for line in ("Travel policy", "2027"))
    files = {"styles.xml": STYLES, "../docProps/core.xml": core}
    document = docx.parse(word(body + paragraph(text("Go by train.")), files, LINKS), "a.docx")
    assert (document.title, document.metadata["title"]) == ("Travel policy 2027", "Travel policy 2027")
    assert document.blocks == (Block("Go by train."),)


def test_headers_and_footers_are_read_once_without_the_numbers_of_pages() -> None:
    document = docx.parse(word(paragraph(text("Body.")), PARTS, LINKS), "a.docx")
    assert [block.text for block in document.blocks] == [
        "Header: QM-778 rev. C",
        "Body.",
        "[Comment by Ann Lee: Really?]",
        "Footer: Valid until 30 June 2027",
    ]


@pytest.mark.parametrize(
    ("chunk", "words"), [("html", "Imported words."), ("text", "Plain words."), ("word", "Words of Word.")]
)
def test_files_that_are_a_part_of_the_text_are_read(chunk: str, words: str) -> None:
    document = read(f'{paragraph(text("Before."))}<w:altChunk r:id="{chunk}"/>{paragraph(text("After."))}')
    assert [block.text for block in document.blocks] == ["Before.", words, "After."]


def drawing(inner: str, description: str = "") -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" '
        f'name="x" descr="{description}"/>{inner}</wp:inline></w:drawing></w:r>'
    )


TEXT_BOX = f"<w:txbxContent>{paragraph(text('Boxed: call 555 0199.'))}</w:txbxContent>"
NEW_BOX = drawing(
    f"<a:graphic><a:graphicData><wps:wsp><wps:txbx>{TEXT_BOX}</wps:txbx></wps:wsp></a:graphicData></a:graphic>"
)
OLD_BOX = f"<w:r><w:pict><v:shape><v:textbox>{TEXT_BOX}</v:textbox></v:shape></w:pict></w:r>"


@pytest.mark.parametrize(
    ("run", "blocks", "notes"),
    [
        (NEW_BOX, ["Boxed: call 555 0199."], ()),
        (OLD_BOX, ["Boxed: call 555 0199."], ()),
        (
            f"<w:r><mc:AlternateContent><mc:Choice>{NEW_BOX}</mc:Choice><mc:Fallback>{OLD_BOX}</mc:Fallback></mc:AlternateContent></w:r>",
            ["Boxed: call 555 0199."],
            (),
        ),
        (drawing("<pic:pic/>", "A pump with two valves"), ["Image: A pump with two valves"], ()),
        (drawing("<pic:pic/>") * 2, [], ("2 pictures without a description were left out.",)),
        ("<w:r><w:object><o:OLEObject/></w:object></w:r>", [], ("1 embedded object was left out.",)),
        (
            drawing('<c:chart r:id="chart"/>'),
            ["Chart: Sales", "|  | 2026 |\n| --- | --- |\n| East | 1.5 |\n| West | 2 |"],
            (),
        ),
        (drawing('<dgm:relIds r:dm="diagram"/>'), ["- Plan\n- Do"], ()),
        (
            '<w:r><w:sym w:font="Webdings" w:char="F041"/></w:r>',
            [],
            ("1 symbol of a special font was left out.",),
        ),
        ('<w:r><w:pict><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r>', [], ()),
    ],
)
def test_what_is_drawn_is_read_or_counted(run: str, blocks: list[str], notes: tuple[str, ...]) -> None:
    document = read(paragraph(text("Anchor. "), run) + paragraph(text("End.")))
    anchor = "Anchor. DRAFT" if "DRAFT" in run else "Anchor."
    assert [block.text for block in document.blocks] == [anchor, *blocks, "End."]
    assert document.notes == notes


def test_macros_are_noted() -> None:
    data = word(paragraph(text("A.")), {"vbaProject.bin": b"x"})
    assert docx.parse(data, "a.docm").notes == ("The macros were left out.",)


def test_code_keeps_its_indentation() -> None:
    typed = (
        '<w:r><w:rPr><w:rFonts w:ascii="Courier New"/></w:rPr><w:t xml:space="preserve">  typed()</w:t></w:r>'
    )
    body = (
        paragraph(text("if ready:"), style="Listing")
        + paragraph("<w:r><w:tab/></w:r>", text("go()"), style="Listing")
        + paragraph(style="Listing")
        + paragraph(text("stop()"), style="Mono", properties='<w:ind w:left="720"/>')
        + paragraph(text("Text."))
        + paragraph(typed)
    )
    assert [(block.kind, block.text) for block in read(body).blocks] == [
        ("code", "```\nif ready:\n    go()\n\n    stop()\n```"),
        ("text", "Text."),
        ("code", "```\n  typed()\n```"),
    ]


def cell(words: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text(words)) if words else paragraph()}</w:tc>"


def table(*rows: tuple[str, ...], heads: int = 0) -> str:
    head = "<w:trPr><w:tblHeader/></w:trPr>"
    return (
        "<w:tbl>"
        + "".join(
            f"<w:tr>{head if number < heads else ''}{''.join(row)}</w:tr>" for number, row in enumerate(rows)
        )
        + "</w:tbl>"
    )


TALL, GOES_ON, WIDE = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        (
            table(
                (cell("Region"), cell("Class"), cell("Price")),
                (cell("North", TALL), cell("A"), cell("10")),
                (cell("", GOES_ON), cell("B"), cell("20")),
                (cell("South", TALL), cell("closed", WIDE)),
                (cell("", GOES_ON), cell("B"), cell("21")),
            ),
            [
                "| Region | Class | Price |\n| --- | --- | --- |\n| North | A | 10 |\n| North | B | 20 |\n"
                "| South | closed | closed |\n| South | B | 21 |"
            ],
        ),
        (
            table(
                (cell("Item", TALL), cell("2026", WIDE), cell("2027", WIDE)),
                (cell("", GOES_ON), *(cell(word) for word in ("Plan", "Actual", "Plan", "Actual"))),
                (cell("Tea"), *(cell(word) for word in ("1", "2", "3", "4"))),
            ),
            [
                "| Item | 2026 / Plan | 2026 / Actual | 2027 "
                "/ Plan | 2027 / Actual |\n| --- | --- | --- | --- | --- |\n"
                "| Tea | 1 | 2 | 3 | 4 |"
            ],
        ),
        (
            table((cell("City"), cell("2026")), (cell(""), cell("EUR")), (cell("Rome"), cell("5")), heads=2),
            ["| City | 2026 / EUR |\n| --- | --- |\n| Rome | 5 |"],
        ),
        (
            table((cell("Rents in 2027", WIDE),), (cell("Flat"), cell("EUR")), (cell("3"), cell("800"))),
            ["Rents in 2027", "| Flat | EUR |\n| --- | --- |\n| 3 | 800 |"],
        ),
        (
            table(
                (cell("Flat"), cell("EUR")),
                (cell("3"), f"<w:tc>{table((cell('a'), cell('b')), (cell('c'), cell('d')))}</w:tc>"),
            ),
            ["| Flat | EUR |\n| --- | --- |\n| 3 | a, b; c, d |"],
        ),
        (table((cell("Only a box."),)), ["Only a box."]),
        (table((cell("left"), cell("right"))), ["left | right"]),
        (
            table((cell("A"), cell("B")), (cell("1"), cell("2"))).replace(
                "<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>", 1
            )
            + table((cell("A"), cell("B")), (cell("1"), cell("2"))),
            ["1 | 2", "| A | B |\n| --- | --- |\n| 1 | 2 |"],
        ),
    ],
)
def test_merged_cells_of_tables_say_their_value_wherever_they_cover(body: str, blocks: list[str]) -> None:
    assert [block.text for block in read(body).blocks] == blocks


def test_a_document_in_the_strict_form_is_read() -> None:
    body = part("document", f"<w:body>{paragraph(link('form', text('Strict')))}</w:body>")
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    data = word("", {"document.xml": body.replace(WORD, strict)}, LINKS)
    assert [block.text for block in docx.parse(data, "a.docx").blocks] == [
        "Strict (https://intranet.example.org/f/leave-88)"
    ]
