"""Texts of Word documents that nobody sees are left out and counted; those that only look so stay."""

# Files are written as programs write them, on lines as long as they are.
# ruff: noqa: E501

import pytest

from parsing import parse
from parsing.document import ParsedDocument
from tests.parsing.office_files import paragraph, part, text, word

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
THEME = (
    '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="x">'
    '<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1>'
    '<a:accent1><a:srgbClr val="4472C4"/></a:accent1></a:clrScheme></a:themeElements></a:theme>'
)
STYLES = part(
    "styles",
    '<w:style w:type="paragraph" w:styleId="Ghost"><w:name w:val="Ghost"/><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Spirit"><w:name w:val="Spirit"/><w:basedOn w:val="Ghost"/></w:style>'
    '<w:style w:type="character" w:styleId="Pale"><w:name w:val="Pale"/><w:rPr><w:color w:val="FEFEFE"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Dark"><w:name w:val="Dark"/><w:pPr><w:shd w:val="clear" w:fill="203040"/></w:pPr></w:style>'
    '<w:style w:type="table" w:styleId="Grid"><w:name w:val="Grid"/><w:tblStylePr w:type="firstRow"><w:tcPr>'
    '<w:shd w:val="clear" w:fill="4472C4"/></w:tcPr></w:tblStylePr></w:style>',
)
WHITE = '<w:color w:val="FFFFFF"/>'


def run(words: str, properties: str) -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def read(body: str) -> ParsedDocument:
    links = (("s", "styles", "styles.xml"), ("t", "theme", "theme.xml"))
    return parse(
        DOCX,
        word(paragraph(text("Shown words.")) + body, {"styles.xml": STYLES, "theme.xml": THEME}, links),
        "a.docx",
    )


def said(document: ParsedDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


def table(rows: str, properties: str = "") -> str:
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{rows}</w:tbl>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def box(content: str, fill: str, place: str = "100000") -> str:
    return (
        '<w:p><w:r><w:drawing><wp:anchor><wp:positionH relativeFrom="page">'
        f'<wp:posOffset>{place}</wp:posOffset></wp:positionH><wp:extent cx="900000" cy="900000"/>'
        f"<wps:wsp><wps:spPr>{fill}</wps:spPr><wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx></wps:wsp>"
        "</wp:anchor></w:drawing></w:r></w:p>"
    )


ORDER = "Obey this order"
PALE = "text in the colour of its background"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (paragraph(run(ORDER, "<w:vanish/>")), "hidden text"),
        (paragraph(text(ORDER), style="Ghost"), "hidden text"),
        (paragraph(text(ORDER), style="Spirit"), "hidden text"),
        (paragraph(run(ORDER, WHITE)), PALE),
        (paragraph(run(ORDER, '<w:color w:val="F4F4F4"/>')), PALE),
        (paragraph(run(ORDER, '<w:rStyle w:val="Pale"/>')), PALE),
        (paragraph(run(ORDER, '<w:color w:val="000000" w:themeColor="background1"/>')), PALE),
        (paragraph(run(ORDER, '<w:color w:val="203040"/>'), style="Dark"), PALE),
        (paragraph(run(ORDER, '<w:color w:val="FFFF00"/><w:highlight w:val="yellow"/>')), PALE),
        (paragraph(run(ORDER, '<w:color w:val="112233"/><w:shd w:val="clear" w:fill="112233"/>')), PALE),
        (paragraph(run(ORDER, '<w:sz w:val="1"/>')), "tiny text"),
        (paragraph(run(ORDER, '<w:w w:val="1"/>')), "tiny text"),
        (paragraph(text(ORDER), properties='<w:spacing w:line="1" w:lineRule="exact"/>'), "tiny text"),
        (
            paragraph(run(ORDER, '<w14:textFill><w14:solidFill><w14:srgbClr w14:val="000000">'
            '<w14:alpha w14:val="100000"/></w14:srgbClr></w14:solidFill></w14:textFill>')),
            "transparent text",
        ),
        (table(row(cell(paragraph(text("a"))), cell(paragraph(run(ORDER, '<w:color w:val="203040"/>')), '<w:shd w:val="clear" w:fill="203040"/>'))), PALE),
        (table(row(cell(paragraph(text("a"))), cell(paragraph(text("b")))) + row(cell(paragraph(text(ORDER))), properties="<w:hidden/>")), "hidden text"),
        (
            table(
                row(cell(paragraph(text("a"))), cell(paragraph(text("b")))) + row(cell(paragraph(text("c"))), cell(paragraph(run(ORDER, WHITE)))),
                '<w:tblStyle w:val="Grid"/>',
            ),
            PALE,
        ),
        (
            table(row(cell(paragraph(text("a"))), cell(paragraph(text(ORDER)), '<w:tcW w:w="0" w:type="dxa"/>')), '<w:tblLayout w:type="fixed"/>'),
            "tiny text",
        ),
        (box(paragraph(text(ORDER)), "", "99999999"), "text off the page"),
        (box(paragraph(text(ORDER)), "", "-9999999"), "text off the page"),
        (box(paragraph(run(ORDER, WHITE)), ""), PALE),
        (box(paragraph(run(ORDER, WHITE)), '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'), PALE),
    ],
)  # fmt: skip
def test_unseen(body: str, kind: str) -> None:
    document = read(body)
    assert "order" not in said(document)
    assert "Shown words." in said(document)
    assert document.notes == (f"3 words that readers do not see were left out: {kind}.",)


@pytest.mark.parametrize(
    "body",
    [
        paragraph(run(ORDER, '<w:color w:val="DDDDDD"/>')),
        paragraph(run(ORDER, '<w:color w:val="auto"/>')),
        paragraph(run(ORDER, '<w:vanish w:val="0"/>'), style="Ghost"),
        paragraph(run(ORDER, WHITE), style="Dark"),
        paragraph(run(ORDER, WHITE + '<w:highlight w:val="darkBlue"/>')),
        paragraph(run(ORDER, WHITE + '<w:shd w:val="solid" w:color="C00000" w:fill="auto"/>')),
        paragraph(run(ORDER, '<w:sz w:val="10"/>')),
        paragraph(run(ORDER, '<w:webHidden/>')),
        paragraph(run(ORDER, '<w:vertAlign w:val="superscript"/>')),
        table(row(cell(paragraph(run(ORDER, WHITE)), '<w:shd w:val="clear" w:fill="203040"/>'), cell(paragraph(text("b"))))),
        table(
            row(cell(paragraph(run(ORDER, WHITE))), cell(paragraph(text("b")))) + row(cell(paragraph(text("c"))), cell(paragraph(text("d")))),
            '<w:tblStyle w:val="Grid"/>',
        ),
        table(row(cell(paragraph(text("a"))), cell(paragraph(text(ORDER)), '<w:tcW w:w="0" w:type="auto"/>'))),
        box(paragraph(run(ORDER, WHITE)), '<a:solidFill><a:srgbClr val="203040"/></a:solidFill>'),
        box(paragraph(run(ORDER, WHITE)), '<a:solidFill><a:schemeClr val="accent1"/></a:solidFill>'),
        box(paragraph(run(ORDER, WHITE)), "<a:gradFill/>"),
        box(paragraph(text(ORDER)), "", "-300000"),
        # A dark picture behind a page that is not filled, and words on it.
        paragraph(run(ORDER, WHITE)) + "<w:p><w:r><w:drawing><wp:anchor behindDoc=\"1\"><wp:extent cx=\"7560000\" cy=\"9000000\"/>"
        '<wp:docPr descr="A dark sea"/><pic:pic/></wp:anchor></w:drawing></w:r></w:p>',
    ],
)  # fmt: skip
def test_seen(body: str) -> None:
    document = read(body)
    assert "order" in said(document)
    assert document.notes == ()


def test_pages_with_a_colour() -> None:
    root = part(
        "document",
        f"""<w:background w:color="202020"/><w:body>{paragraph(run(ORDER, WHITE))}{paragraph(run("night", '<w:color w:val="202020"/>'))}</w:body>""",
    )
    data = word("", {"document.xml": root})
    document = parse(DOCX, data, "a.docx")
    assert "order" in said(document)
    assert document.notes == (f"1 word that readers do not see was left out: {PALE}.",)
