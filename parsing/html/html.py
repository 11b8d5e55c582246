"""HTML: turned into Markdown, then parsed as such."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from html_to_markdown import ConversionError, ConversionOptions, PreprocessingOptions, convert
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.html.lists import POINT
from parsing.html.page import clean_page
from parsing.markdown.inline import with_raised
from parsing.markdown.markdown import parse_markdown_text
from parsing.text import BYTE_ORDER_MARKS, clean, decode, decode_declared

DECLARED_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w:.-]{2,40})", re.IGNORECASE)
FIRST_BYTES = 4096
# In Markdown a `<` or `&` that is meant as one would begin a tag or a name: private-use characters stand for
# them meanwhile.
SIGNS = {"&lt;": "\ue001", "&amp;": "\ue002"}
SIGN = re.compile("|".join(SIGNS))
# As the converter writes them in addresses.
ESCAPED_SIGNS = {quote(sign): sign for sign in SIGNS.values()}
ESCAPED_SIGN = re.compile("|".join(ESCAPED_SIGNS))
STAND_INS = str.maketrans({SIGNS["&lt;"]: "<", SIGNS["&amp;"]: "&", POINT: "."})
NO_STAND_INS = str.maketrans(dict.fromkeys((*SIGNS.values(), POINT), ""))
# What the converter calls it when it does not reach the innermost parts.
DEPTH = "depth_limit_exceeded"
TOO_DEEP = "The page is nested too deeply: what lies deepest in it was left out."


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a page without its navigation, scripts and hidden parts, which are counted in its notes."""
    return parse_page(data, source, source)


def parse_page(data: bytes, source: str, address: str) -> ParsedDocument:
    """The same for a page from an address, which its links are relative to."""
    text = _decode(data).translate(NO_STAND_INS)
    root, notes = _tree(text)
    if root is None:
        return parse_markdown_text("", source)
    notes += clean_page(root, address)
    page = with_raised(etree.tostring(root, encoding="unicode", method="html"))
    page = SIGN.sub(lambda sign: SIGNS[sign[0]], page)
    # What is hidden was dealt with; what the converter would leave out nobody would count.
    options = ConversionOptions(
        hidden_content="reachable",
        preprocessing=PreprocessingOptions(enabled=False),
        br_in_tables=True,
        compact_tables=True,
    )
    try:
        converted = convert(page, options)
    except ConversionError as error:
        raise FileFormatError(f"The page cannot be read ({error}).") from None
    text = ESCAPED_SIGN.sub(lambda sign: ESCAPED_SIGNS[sign[0]], clean(converted.content or ""))
    if TOO_DEEP not in notes and any(str(warning.kind) == DEPTH for warning in converted.warnings):
        notes += (TOO_DEEP,)
    document = parse_markdown_text(text, source)
    return ParsedDocument(
        document.title.translate(STAND_INS),
        tuple(_restored(block) for block in document.blocks),
        {key: _restored_value(value) for key, value in document.metadata.items()},
        notes=(*document.notes, *notes),
    )


def _tree(text: str) -> tuple[HtmlElement | None, tuple[str, ...]]:
    """The page as a tree, if there is anything in it, and a note when it is not whole."""
    # Without entities of its own a page cannot grow: its texts may be as long as the file.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None, ()
    fatal = [error for error in parser.error_log if error.level_name == "FATAL"]
    if any("depth" in error.message for error in fatal):
        return root, (TOO_DEEP,)
    said = " ".join(clean(fatal[0].message).split()) if fatal else ""
    return root, (f"The page was read to line {fatal[0].line} only ({said}).",) if fatal else ()


def _restored(block: Block) -> Block:
    path = tuple(heading.translate(STAND_INS) for heading in block.heading_path)
    return replace(block, text=block.text.translate(STAND_INS), heading_path=path)


def _restored_value(value: Any) -> Any:
    return value.translate(STAND_INS) if isinstance(value, str) else value


def _decode(data: bytes) -> str:
    """The page in the encoding it declares, else as any text."""
    declared = DECLARED_CHARSET.search(data[:FIRST_BYTES])
    if declared and not data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        text = decode_declared(data, declared[1].decode("ascii"))
        if text is not None:
            return text
    return decode(data)
