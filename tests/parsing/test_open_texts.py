"""What is read of OpenDocument texts and slides as people have them: links, merged cells, margins, frames."""

import pytest

from parsing.document import ParsedDocument
from parsing.odf import opendocument
from tests.parsing.archives import zipped
from tests.parsing.test_open_formats import NAMESPACES

ALL_NAMESPACES = (
    f"{NAMESPACES} xmlns:xlink='http://www.w3.org/1999/xlink' xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:svg='urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0' "
    "xmlns:form='urn:oasis:names:tc:opendocument:xmlns:form:1.0' "
    "xmlns:chart='urn:oasis:names:tc:opendocument:xmlns:chart:1.0'"
)


def content(body: str) -> str:
    return (
        f"<office:document-content {ALL_NAMESPACES}><office:body>{body}</office:body>"
        f"</office:document-content>"
    )


def read(body: str, **files: str) -> ParsedDocument:
    named = {f"{name.replace('_', '/')}.xml": data for name, data in files.items()}
    return opendocument.parse(
        zipped({"content.xml": content(f"<office:text>{body}</office:text>"), **named}), "a.odt"
    )


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (
            '<text:p>Fill in the <text:a xlink:href="https://example.org/f/88">leave form</text:a>.</text:p>',
            ["Fill in the leave form (https://example.org/f/88)."],
        ),
        ('<text:p><text:a xlink:href="#below">below</text:a></text:p>', ["below"]),
        (
            '<text:p><text:a xlink:href="mailto:desk@example.org">the desk</text:a></text:p>',
            ["the desk (desk@example.org)"],
        ),
        (
            "<text:p><text:ruby><text:ruby-base>漢字</text:ruby-base><text:ruby-text>かんじ</text:ruby-text></text:ruby></text:p>",
            ["漢字(かんじ)"],
        ),
        (
            "<text:p>So<office:annotation><dc:creator>Ann</dc:creator><text:p>Really?</text:p></office:annotation>.</text:p>",
            ["So [Comment by Ann: Really?]."],
        ),
        (
            '<office:forms><form:form><form:checkbox form:id="c1" '
            'form:label="Gas tested" form:current-state="checked"/>'
            '<form:text form:id="c2" form:current-value="Odile"/></form:form></office:forms>'
            '<text:p><draw:control draw:control="c1"/>, <draw:control draw:control="c2"/></text:p>',
            ["☒ Gas tested, Odile"],
        ),
        (
            "<table:table><table:table-header-rows>"
            '<table:table-row><table:table-cell table:number-rows-spanned="2">'
            "<text:p>Item</text:p></table:table-cell>"
            '<table:table-cell table:number-columns-spanned="2"><text:p>2026</text:p></table:table-cell>'
            "<table:covered-table-cell/></table:table-row>"
            "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>Plan</text:p></table:table-cell>"
            "<table:table-cell><text:p>Fact</text:p></table:table-cell></table:table-row></table:table-header-rows>"
            '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Tea</text:p>'
            "</table:table-cell>"
            "<table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell><text:p>2</text:p></table:table-cell></table:table-row>"
            "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>3</text:p></table:table-cell>"
            "<table:table-cell><text:p>4</text:p></table:table-cell></table:table-row></table:table>",
            ["| Item | 2026 / Plan | 2026 / Fact |\n| --- | --- | --- |\n| Tea | 1 | 2 |\n| Tea | 3 | 4 |"],
        ),
        (
            "<text:p>See <draw:frame><draw:image/><svg:desc>A pump</svg:desc></draw:frame>there.</text:p>",
            ["See there.", "Image: A pump"],
        ),
        (
            '<text:p><draw:frame><draw:object xlink:href="./Object"/><draw:image/></draw:frame></text:p>',
            ["Chart: Sales", "|  | 2026 |\n| --- | --- |\n| East | 1 |"],
        ),
        ("<text:h>Only a heading</text:h>", ["Only a heading"]),
    ],
)
def test_what_a_text_shows_is_read(body: str, texts: list[str]) -> None:
    rows = "".join(
        f"<table:table-row><table:table-cell><text:p>{left}</text:p></table:table-cell>"
        f"<table:table-cell><text:p>{right}</text:p></table:table-cell></table:table-row>"
        for left, right in (("", "2026"), ("East", "1"))
    )
    chart = content(
        "<office:chart><chart:chart><chart:title><text:p>Sales</text:p></chart:title>"
        f"<table:table>{rows}</table:table></chart:chart></office:chart>"
    )
    document = read(body, Object_content=chart)
    assert [block.text for block in document.blocks] == texts
    assert document.notes == ()


def test_headers_and_footers_are_read_once_without_the_numbers_of_pages() -> None:
    page = (
        "<style:master-page><style:header><text:p>QM-778 rev. C</text:p></style:header>"
        "<style:footer><text:p>Valid until 30 June 2027</text:p>"
        "<text:p>Page <text:page-number>7</text:page-number> "
        "of <text:page-count>9</text:page-count></text:p></style:footer>"
        "</style:master-page>"
    )
    styles = (
        f"<office:document-styles {ALL_NAMESPACES}>"
        f"<office:master-styles>{page * 2}</office:master-styles></office:document-styles>"
    )
    assert [block.text for block in read("<text:p>Body.</text:p>", styles=styles).blocks] == [
        *("Header: QM-778 rev. C", "Body.", "Footer: Valid until 30 June 2027"),
    ]


def test_the_visible_title_counts_more_than_the_stated_one() -> None:
    meta = (
        f"<office:document-meta {ALL_NAMESPACES}><office:meta><dc:title>Old</dc:title>"
        f"</office:meta></office:document-meta>"
    )
    document = read('<text:p text:style-name="Title">Travel policy</text:p><text:p>Go.</text:p>', meta=meta)
    assert (document.title, document.metadata["title"]) == ("Travel policy", "Travel policy")


def test_pictures_and_objects_that_say_nothing_are_counted() -> None:
    frames = (
        "<draw:frame><draw:image/></draw:frame>" * 2
        + "<draw:frame><draw:object-ole/><draw:image/></draw:frame>"
    )
    assert read(f"<text:p>A.{frames}</text:p>").notes == (
        "2 pictures without a description were left out.",
        "1 embedded object was left out.",
    )


def test_columns_of_an_open_slide_are_read_one_after_the_other() -> None:
    boxes = "".join(
        f'<draw:frame svg:x="{x}cm" svg:y="{y}cm" svg:width="10cm" svg:height="2cm">'
        f"<draw:text-box><text:p>{x} {y}</text:p>"
        "</draw:text-box></draw:frame>"
        for y, x in ((2, 13), (2.1, 1), (5, 13), (5.1, 1))
    )
    comment = "<office:annotation><dc:creator>Ann</dc:creator><text:p>Too long?</text:p></office:annotation>"
    body = content(f"<office:presentation><draw:page>{comment}{boxes}</draw:page></office:presentation>")
    document = opendocument.parse(zipped({"content.xml": body}), "a.odp")
    assert [block.text for block in document.blocks] == [
        *("1 2.1", "1 5.1", "13 2", "13 5", "[Comment by Ann: Too long?]"),
    ]
