"""Texts of rich texts, Markdown and OpenDocument files that nobody sees are left out and counted; those that only look so stay."""

# Files are written as programs write them, on lines as long as they are.
# ruff: noqa: E501

import pytest

from parsing import parse
from parsing.document import ParsedDocument
from tests.parsing.archives import zipped

COLOURS = r"{\colortbl;\red255\green255\blue255;\red0\green0\blue0;\red221\green221\blue221;}"
ORDER = "Obey this order"


def read(body: str) -> ParsedDocument:
    return parse(
        "application/rtf", rf"{{\rtf1\ansi{COLOURS} Shown words.\par {body} And on.\par}}".encode(), "a.rtf"
    )


def said(document: ParsedDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (rf"{{\v {ORDER}}}", "hidden text"),
        (rf"\v1 {ORDER}\v0", "hidden text"),
        (rf"{{\cf1 {ORDER}}}", "text in the colour of its background"),
        (rf"{{\fs2 {ORDER}}}", "tiny text"),
    ],
)
def test_unseen(body: str, kind: str) -> None:
    document = read(body)
    assert "order" not in said(document)
    assert "Shown words." in said(document)
    assert "And on." in said(document)
    assert document.notes == (f"3 words that readers do not see were left out: {kind}.",)


@pytest.mark.parametrize(
    "body",
    [
        rf"{{\v0 {ORDER}}}",
        rf"{{\cf2 {ORDER}}}",
        rf"{{\cf3 {ORDER}}}",
        rf"{{\fs10 {ORDER}}}",
        rf"{{\cf1\highlight2 {ORDER}}}",
        rf"{{\v x\plain  {ORDER}}}",
    ],
)
def test_seen(body: str) -> None:
    assert "order" in said(read(body))


@pytest.mark.parametrize(
    "body",
    [
        f'A word. <span style="display:none">{ORDER}</span> Another.',
        f"<div hidden>\n\n{ORDER}\n\n<div>more</div></div>\n\nA word.",
        f"A <b style='font-size:0'>{ORDER}</b> word.",
        f'A <span style="color: #fff">{ORDER}</span> word.',
    ],
)
def test_unseen_elements_in_markdown(body: str) -> None:
    document = parse("text/markdown", f"# Title\n\n{body}\n".encode(), "a.md")
    assert "order" not in said(document)
    assert "word." in said(document)
    assert "words that readers do not see were left out: hidden text." in document.notes[0]


@pytest.mark.parametrize(
    "body",
    [
        f'<span style="color:red">{ORDER}</span>',
        f'<span style="color:#fff;background:#203040">{ORDER}</span>',
        f'<div class="hidden">{ORDER}</div>',
        f'```html\n<p style="display:none">{ORDER}</p>\n```',
        f'Write `<p style="display:none">{ORDER}</p>` for it.',
        f'<p style="display:none"> {ORDER}',
    ],
)
def test_seen_elements_in_markdown(body: str) -> None:
    assert "order" in said(parse("text/markdown", f"# Title\n\n{body}\n".encode(), "a.md"))


@pytest.mark.parametrize(
    ("properties", "is_seen"),
    [
        ('text:display="none"', False),
        ('fo:color="#ffffff"', False),
        ('fo:color="#203040" fo:background-color="#203040"', False),
        ('fo:font-size="1pt"', False),
        ('fo:color="#dddddd"', True),
        ('fo:color="#ffffff" fo:background-color="#203040"', True),
        ('fo:font-size="5pt"', True),
    ],
)
def test_open_documents(properties: str, is_seen: bool) -> None:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (
            ("office", "office"),
            ("text", "text"),
            ("style", "style"),
            ("fo", "xsl-fo-compatible"),
        )
    )
    styles = "".join(
        f'<style:style style:name="{family[0]}" style:family="{family}"><style:text-properties {properties}/></style:style>'
        for family in ("text", "paragraph")
    )
    body = f'<text:p>Shown. <text:span text:style-name="t">{ORDER}</text:span></text:p><text:p text:style-name="p">{ORDER}</text:p>'
    content = f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    document = parse("application/vnd.oasis.opendocument.text", zipped({"content.xml": content}), "a.odt")
    assert said(document).count("order") == (2 if is_seen else 0)
    assert "Shown." in said(document)
    assert len(document.notes) == (0 if is_seen else 1)
