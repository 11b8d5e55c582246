"""HTML: turned into Markdown, then parsed as such."""

import re
from dataclasses import replace
from typing import Any

from html_to_markdown import ConversionError, ConversionOptions, PreprocessingOptions, convert

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.markdown import parse_markdown_text
from parsing.text import BYTE_ORDER_MARKS, clean, decode

DECLARED_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
FIRST_BYTES = 4096
# What frames a page is not its text. A form may hold the whole page: only its controls go.
FRAME = [
    "nav",
    "aside",
    "footer",
    "body > header",
    '[role="navigation"]',
    # Icons and doubled formulas; a larger part that is hidden so is a panel that unfolds.
    'i[aria-hidden="true"]',
    'span[aria-hidden="true"]',
    'a[aria-hidden="true"]',
    "a.headerlink",
    "button",
    "select",
    "textarea",
    "script",
    "style",
    "noscript",
    "template",
    "svg",
]
# In Markdown a `<` that is meant as one would begin a tag: a private-use character stands for it meanwhile.
ESCAPED_LESS = re.compile(r"&(?:lt|LT|#0{0,8}60|#[xX]0{0,8}3[cC]);")
LESS = "\ue001"


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a page without its navigation, scripts and hidden parts."""
    page = ESCAPED_LESS.sub(LESS, _decode(data).replace(LESS, ""))
    options = ConversionOptions(
        exclude_selectors=FRAME,
        preprocessing=PreprocessingOptions(remove_forms=False),
        br_in_tables=True,
        compact_tables=True,
    )
    try:
        converted = convert(page, options).content
    except ConversionError as error:
        raise FileFormatError(f"The page cannot be read ({error}).") from None
    document = parse_markdown_text(clean(converted or ""), source)
    return ParsedDocument(
        _restored(document.title),
        tuple(_restored_block(block) for block in document.blocks),
        {key: _restored_value(value) for key, value in document.metadata.items()},
    )


def _restored(text: str) -> str:
    return text.replace(LESS, "<")


def _restored_block(block: Block) -> Block:
    path = tuple(_restored(heading) for heading in block.heading_path)
    return replace(block, text=_restored(block.text), heading_path=path)


def _restored_value(value: Any) -> Any:
    return _restored(value) if isinstance(value, str) else value


def _decode(data: bytes) -> str:
    """The page in the encoding it declares, else as any text."""
    declared = DECLARED_CHARSET.search(data[:FIRST_BYTES])
    if declared and not data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # the declaration is wrong
    return decode(data)
