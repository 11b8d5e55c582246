"""The second arrow: bytes become blocks. A format is one module and one line in each table below."""

from collections.abc import Callable

from ingest.parsing.document import ParsedDocument
from ingest.parsing.html import parse_html
from ingest.parsing.markdown import parse_markdown
from ingest.parsing.text import parse_text

# By the end of the file's name.
MEDIA_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
}

PARSERS: dict[str, Callable[[bytes, str], ParsedDocument]] = {
    "text/markdown": parse_markdown,
    "text/plain": parse_text,
    "text/html": parse_html,
}


def parse(media_type: str, data: bytes, source: str) -> ParsedDocument:
    """The document in a file; one without text has no blocks. Raises `FileProblemError`."""
    return PARSERS[media_type](data, source)
