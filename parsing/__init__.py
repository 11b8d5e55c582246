"""The second arrow: bytes become blocks. The formats are listed in `parsing.formats`."""

from importlib import import_module

from parsing.document import ParsedDocument
from parsing.formats import MODULES


def parse(media_type: str, data: bytes, source: str) -> ParsedDocument:
    """The document in a file; one without text has no blocks. Raises `FileProblemError`."""
    # Imported when first needed: the libraries behind some formats take longer to load than a file to read.
    return import_module(f"parsing.{MODULES[media_type]}").parse(data, source)
