"""What the parsers make of OpenDocument files, rich texts and e-books, each written here by hand."""

from collections.abc import Callable, Mapping

import pytest

from parsing import epub
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.odf import opendocument
from parsing.rtf import rtf
from tests.parsing.archives import zipped

NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for name, long in (
        *(
            ("office", "office"),
            ("text", "text"),
            ("table", "table"),
            ("draw", "drawing"),
            ("style", "style"),
        ),
        *(("presentation", "presentation"), ("meta", "meta")),
    )
)
META = f"""<office:document-meta {NAMESPACES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>
<dc:title>Handbook</dc:title><meta:initial-creator>Ann</meta:initial-creator><dc:date>2024-02-03T10:00:00</dc:date>
<dc:language>de-AT</dc:language></office:meta></office:document-meta>"""
CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The Book</dc:title><dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><dc:date>2020</dc:date>
<dc:language>en</dc:language></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="text/chapter%202.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="two"/><itemref idref="gone"/></spine>
</package>"""

Parser = Callable[[bytes, str], ParsedDocument]


def open_document(body: str, more: Mapping[str, str] | None = None, styles: str = "") -> bytes:
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    root = f"{automatic}<office:body>{body}</office:body>"
    content = f"<office:document-content {NAMESPACES}>{root}</office:document-content>"
    return zipped({"content.xml": content, **(more or {})})


def odt(body: str, more: Mapping[str, str] | None = None, styles: str = "") -> ParsedDocument:
    data = open_document(f"<office:text>{body}</office:text>", more, styles)
    return opendocument.parse(data, "notes/some_text.odt")


def page(body: str, title: str = "") -> str:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body>{body}</body></html>'


def book(more: Mapping[str, str] | None = None) -> bytes:
    files = {
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": PACKAGE,
        "OPS/nav.xhtml": page("<p>Contents</p>"),
        "OPS/text/one.xhtml": page("<h1>One</h1><p>First<a id='x'/> text.</p><h2>Part</h2><p>More.</p>"),
        "OPS/text/chapter 2.xhtml": page("<p>Second text.</p>", "Two"),
    }
    return zipped({**files, **(more or {})})


def places(document: ParsedDocument) -> list[tuple[str, tuple[str, ...]]]:
    return [(block.text, block.heading_path) for block in document.blocks]


def test_a_texts_headings_and_properties() -> None:
    document = odt(
        '<text:p text:style-name="P1">Handbook</text:p><text:h text:outline-level="1">First</text:h>'
        '<text:p>A<text:s text:c="2"/>b<text:tab/>c <text:span>d</text:span>.</text:p>'
        '<text:h text:outline-level="2">Deeper</text:h><text:section><text:p>E.</text:p></text:section>',
        {"meta.xml": META},
        '<style:style style:name="P1" style:parent-style-name="Title"/>',
    )
    assert document.title == "Handbook"
    assert places(document) == [("A  b\tc d.", ("First",)), ("E.", ("First", "Deeper"))]
    assert document.metadata == {
        "title": "Handbook",
        "author": "Ann",
        "date": "2024-02-03T10:00:00",
        "language": "de-AT",
    }


def test_a_texts_lists_may_be_nested_and_numbered() -> None:
    inner = "<text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list>"
    items = f"<text:list-item><text:p>one</text:p>{inner}</text:list-item>"
    items += "<text:list-item><text:p>two</text:p></text:list-item>"
    document = odt(
        f'<text:list>{items}</text:list><text:list text:style-name="L1">{items}</text:list>',
        styles='<text:list-style style:name="L1"><text:list-level-style-number/></text:list-style>',
    )
    assert document.blocks == (
        Block("- one\n  - deep\n- two", "list"),
        Block("1. one\n   1. deep\n2. two", "list"),
    )


def levels(*told: str) -> str:
    inner = "".join(
        f'<text:list-level-style-number text:level="{level}" {said}/>' for level, said in enumerate(told, 1)
    )
    return f'<text:list-style style:name="L1">{inner}</text:list-style>'


def items(*texts: str) -> str:
    return "".join(f"<text:list-item><text:p>{words}</text:p></text:list-item>" for words in texts)


@pytest.mark.parametrize(
    ("body", "styles", "expected"),
    [
        (
            f'<text:list text:style-name="L1">{items("x", "y")}</text:list>',
            levels('style:num-format="a" style:num-suffix=")"'),
            ["a) x\nb) y"],
        ),
        (
            f'<text:list text:style-name="L1"><text:list-item><text:p>x</text:p><text:list>{items("y", "z")}'
            "</text:list></text:list-item></text:list>",
            levels(
                'style:num-format="1" style:num-suffix="."',
                'style:num-format="1" style:num-suffix="." text:display-levels="2"',
            ),
            ["1. x\n   1.1. y\n   1.2. z"],
        ),
        (
            f'<text:list text:style-name="L1">{items("x", "y")}</text:list><text:p>Between.</text:p>'
            f'<text:list text:style-name="L1" text:continue-numbering="true">{items("z")}</text:list>',
            levels('style:num-format="I" style:num-suffix="." text:start-value="3"'),
            ["III. x\nIV. y", "Between.", "V. z"],
        ),
        (
            '<text:list text:style-name="L1"><text:list-header><text:p>Steps</text:p></text:list-header>'
            '<text:list-item text:start-value="7"><text:p>x</text:p></text:list-item></text:list>',
            levels('style:num-format="1" style:num-suffix="."'),
            ["Steps\n7. x"],
        ),
        (
            f'<text:list text:style-name="L1">{items("x")}</text:list>',
            '<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/>'
            '<text:list-level-style-number text:level="2"/></text:list-style>',
            ["- x"],
        ),
    ],
)
def test_a_texts_lists_show_the_numbers_of_their_styles(body: str, styles: str, expected: list[str]) -> None:
    assert [block.text for block in odt(body, styles=styles).blocks] == expected


def test_digits_above_the_line_of_a_text_make_no_other_number() -> None:
    style = '<style:style style:name="T1"><style:text-properties style:text-position="{}"/></style:style>'
    body = '<text:p>10<text:span text:style-name="T1">6</text:span> m</text:p>'
    shown = [
        odt(body, styles=style.format(place)).blocks[0].text for place in ("super 58%", "33% 58%", "sub 58%")
    ]
    assert shown == ["10⁶ m", "10⁶ m", "106 m"]


def test_a_texts_tables_repeat_cells_only_so_often() -> None:
    rows = (
        "<table:table-header-rows><table:table-row><table:table-cell><text:p>A</text:p><text:p>a</text:p>"
        "</table:table-cell><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>"
        '</table:table-header-rows><table:table-row><table:table-cell table:number-columns-repeated="2">'
        "<text:p>x|y</text:p></table:table-cell></table:table-row><table:table-row>"
        '<table:table-cell table:number-columns-repeated="99999999999"/></table:table-row>'
    )
    document = odt(f"<table:table>{rows}</table:table>")
    assert document.blocks == (Block("| A a | B |\n| --- | --- |\n| x\\|y | x\\|y |", "table"),)


def test_notes_and_comments_stand_in_the_text_and_deleted_passages_are_gone() -> None:
    body = "<text:note-body><text:p>See.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
    comment = "<office:annotation><text:p>Really?</text:p></office:annotation>"
    deleted = "<text:tracked-changes><text:p>Old.</text:p></text:tracked-changes>"
    contents = "<text:table-of-content><text:p>Page 1</text:p></text:table-of-content>"
    document = odt(f"{deleted}{contents}<text:p>So{note} it is{comment}.</text:p>")
    assert places(document) == [("So [Note: See.] it is [Comment: Really?].", ())]


def test_a_text_box_is_read_once() -> None:
    box = "<draw:frame><draw:text-box><text:p>Boxed.</text:p></draw:text-box></draw:frame>"
    assert places(odt(f"<text:p>Before{box} after.</text:p>")) == [("Before after.", ()), ("Boxed.", ())]


def test_an_open_presentations_slides_are_pages() -> None:
    def frame(text: str, kind: str) -> str:
        return (
            f'<draw:frame presentation:class="{kind}"><draw:text-box><text:p>{text}</text:p></draw:text-box>'
            "</draw:frame>"
        )

    notes = f"<presentation:notes>{frame('Slowly.', 'notes')}</presentation:notes>"
    slides = f"<draw:page>{frame('Plans', 'title')}{frame('Text.', 'outline')}{notes}</draw:page>"
    slides += f"<draw:page>{frame('End', 'title')}</draw:page>"
    data = open_document(f"<office:presentation>{slides}</office:presentation>")
    document = opendocument.parse(data, "show.odp")
    assert document.title == "Plans"
    assert document.blocks == (
        Block("Text.", "text", (), 1),
        Block("Notes: Slowly.", "text", (), 1),
        Block("End", "text", ("End",), 2),
    )


def test_an_encrypted_open_document_is_named_as_such() -> None:
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    with pytest.raises(FileFormatError, match="protected by a password"):
        odt("", {"META-INF/manifest.xml": manifest})


def test_a_rich_text_is_read_in_its_code_page() -> None:
    document = rtf.parse(
        rb"{\rtf1\ansi\ansicpg1251{\info{\title \'cf\'f0\'e8\'e2\'e5\'f2}{\author Ann}"
        rb"{\creatim\yr2024\mo3\dy5}}"
        rb"\pard\outlinelevel0 First\par\pard \'cf and \u8364? and \u-10179?\u-8704?.\par"
        rb"\pard\outlinelevel1 Deeper\par\pard So{\footnote See there.} it is.\par}",
        "a.rtf",
    )
    assert document.title == "Привет"
    assert document.metadata == {"title": "Привет", "author": "Ann", "date": "2024-03-05"}
    assert places(document) == [
        ("П and € and 😀.", ("First",)),
        ("So [Note: See there.] it is.", ("First", "Deeper")),
    ]


def test_a_rich_texts_lists_tables_and_links() -> None:
    document = rtf.parse(
        rb"{\rtf1\ansi See {\field{\*\fldinst{HYPERLINK "
        rb'"https://example.org/x"}}{\fldrslt the site}}.\par'
        rb"{\listtext\'b7\tab}one\par{\listtext\'b7\tab}two\par"
        rb"\trowd Name\cell Age\cell\row\trowd Ann\cell 30\cell\row\pard End.\par}",
        "my_notes.rtf",
    )
    assert document.title == "My notes"
    assert document.blocks == (
        Block("See the site (https://example.org/x)."),
        Block("- one\n- two", "list"),
        Block("| Name | Age |\n| --- | --- |\n| Ann | 30 |", "table"),
        Block("End."),
    )


def test_footnotes_that_never_end_do_not_take_long() -> None:
    assert rtf.parse(rb"{\rtf1 Text.\par " + rb"{\footnote a " * 50_000, "a.rtf").blocks[0] == Block("Text.")


def test_a_books_chapters_come_in_reading_order_under_their_headings() -> None:
    document = epub.parse(book(), "a.epub")
    assert document.title == "The Book"
    assert places(document) == [
        ("First text.", ("One",)),
        ("More.", ("One", "Part")),
        ("Second text.", ("Two",)),
    ]
    assert document.metadata["author"] == ["Ann", "Bob"]
    assert (document.metadata["date"], document.metadata["language"]) == ("2020", "en")
    assert document.notes == (
        "The chapter OPS/gone.xhtml was not read: The file is damaged (OPS/gone.xhtml is missing in it).",
    )


def test_notes_of_a_book_stay_and_its_links_tell_their_address() -> None:
    chapter = page(
        "<h1>One</h1><p>Hot<a href='#n1'>1</a>, see <a href='https://x.example/kiln'>kilns</a>.</p>"
        "<aside id='n1'><p>About 1200 C.</p></aside><nav><a href='two.xhtml'>Next</a></nav>"
    )
    document = epub.parse(book({"OPS/text/one.xhtml": chapter}), "a.epub")
    assert places(document)[:2] == [
        ("Hot1, see kilns (https://x.example/kiln).", ("One",)),
        ("About 1200 C.", ("One",)),
    ]
    assert document.notes[0] == "OPS/text/one.xhtml: navigation: 1 links left out"


@pytest.mark.parametrize(
    ("method", "protected"),
    [("http://www.idpf.org/2008/embedding", False), ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", True)],
)
def test_a_book_may_scramble_its_fonts_but_not_its_text(method: str, protected: bool) -> None:
    encryption = (
        f'<encryption><EncryptedData><EncryptionMethod Algorithm="{method}"/></EncryptedData></encryption>'
    )
    data = book({"META-INF/encryption.xml": encryption})
    if protected:
        with pytest.raises(FileFormatError, match="copy-protected"):
            epub.parse(data, "a.epub")
    else:
        assert len(epub.parse(data, "a.epub").blocks) == 3


@pytest.mark.parametrize("parser", [opendocument.parse, epub.parse, rtf.parse])
@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04", zipped({"a.txt": "a"})])
def test_what_is_no_such_file_is_refused(parser: Parser, data: bytes) -> None:
    with pytest.raises(FileFormatError, match=r"damaged|not a rich text"):
        parser(data, "file")


FIELD = rb"{\field{\*\fldinst HYPERLINK " + b'"mailto:desk@example.org"}{\\fldrslt the desk}}'
FORM = rb"{\field{\*\fldinst FORMCHECKBOX {\*\formfield{\fftype1\ffres%d\ffdefres0}}}{\fldrslt }} %b\par "


@pytest.mark.parametrize(
    ("rich", "texts", "notes"),
    [
        (
            (
                rb"So{\*\atnid AL}{\*\atnauthor Ann Lee}\chatn{\*\annotation{\*\atnref "
                rb"0}\pard Really?\par Yes?} it is.\par"
            ),
            ["So [Comment by Ann Lee: Really? Yes?] it is."],
            (),
        ),
        (
            rb"{\header\pard QM-778 rev. C\par}{\headerf\pard QM-778 rev. C\par}"
            rb"{\footer\pard Valid until June\par\pard Page "
            rb"{\field{\*\fldinst PAGE}{\fldrslt 3}}\par}Body.\par",
            ["Header: QM-778 rev. C", "Body.", "Footer: Valid until June"],
            (),
        ),
        (
            rb"\trowd\cellx1\cellx2\cellx3 Region\cell Class\cell Price\cell\row"
            rb"\trowd\clvmgf\cellx1\clmgf\cellx2\clmrg\cellx3 North\cell closed\cell\cell\row"
            rb"\trowd\clvmrg\cellx1\cellx2\cellx3\cell B\cell 3\cell\row\pard",
            [
                (
                    "| Region | Class | Price |\n| --- | --- | "
                    "--- |\n| North | closed | closed |\n| North | B | 3 |"
                )
            ],
            (),
        ),
        (
            rb"A {\shp{\*\shpinst{\shptxt \pard Boxed.\par}}}end.\par",
            ["A", "Boxed.", "end."],
            (),
        ),
        (FORM % (1, b"Gas tested") + FORM % (25, b"Water tested"), ["☒ Gas tested", "☐ Water tested"], ()),
        (rb"Ask " + FIELD + rb".\par", ["Ask the desk (desk@example.org)."], ()),
        (rb"New{\deleted  old} text.\par", ["New text."], ()),
        (
            rb"{\listtext 1.1\tab}one\par{\listtext b)\tab}two\par",
            ["1.1 one\nb) two"],
            (),
        ),
        (
            rb"A{\*\shppict{\pict 89}}{\nonshppict{\pict 89}}B{\object{\*\objdata 0}{\result{\pict 0}}}.\par",
            ["AB."],
            ("1 picture without a description was left out.", "1 embedded object was left out."),
        ),
    ],
)
def test_a_rich_texts_notes_boxes_and_merged_cells(
    rich: bytes, texts: list[str], notes: tuple[str, ...]
) -> None:
    document = rtf.parse(rb"{\rtf1\ansi " + rich + b"}", "a.rtf")
    assert [block.text for block in document.blocks] == texts
    assert document.notes == notes


def test_digits_above_the_line_make_no_other_number() -> None:
    rich = rb"{\rtf1\ansi {\fs24 10}{\rtlch\af0 \super\insrsid7 6} m{\super 2}\par 1{\super0 0}\par}"
    assert [block.text for block in rtf.parse(rich, "a.rtf").blocks] == ["10⁶ m2", "10"]


@pytest.mark.parametrize(
    "piece", [rb"{\*\annotation a ", rb"{\header a ", rb"{\shp{\shptxt a ", rb"\trowd\clvmrg\cellx1 "]
)
def test_groups_that_never_end_do_not_take_long(piece: bytes) -> None:
    assert rtf.parse(rb"{\rtf1 Text.\par " + piece * 50_000, "a.rtf").blocks[0] == Block("Text.")
