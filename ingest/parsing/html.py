"""HTML: turned into Markdown, then parsed as such."""

import re

from html_to_markdown import ConversionError, ConversionOptions, convert

from ingest.errors import FileFormatError
from ingest.parsing.document import ParsedDocument
from ingest.parsing.markdown import parse_markdown_text
from ingest.parsing.text import BYTE_ORDER_MARKS, clean, decode

DECLARED_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
FIRST_BYTES = 4096
# What frames a page is not its text.
FRAME = ["nav", "aside", "footer", "form", "body > header", "script", "style", "noscript", "template", "svg"]


def parse_html(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a page without its navigation, scripts and hidden parts."""
    options = ConversionOptions(exclude_selectors=FRAME, skip_images=True, br_in_tables=True)
    try:
        converted = convert(_decode(data), options).content
    except ConversionError as error:
        raise FileFormatError(f"The page cannot be read ({error}).") from None
    return parse_markdown_text(clean(converted or ""), source)


def _decode(data: bytes) -> str:
    """The page in the encoding it declares, else as any text."""
    declared = DECLARED_CHARSET.search(data[:FIRST_BYTES])
    if declared and not data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # the declaration is wrong
    return decode(data)
