"""The second arrow: bytes become blocks. The formats are listed in `parsing.formats`."""

from dataclasses import replace
from importlib import import_module

from parsing.document import ParsedDocument
from parsing.formats import MODULES
from parsing.links import counting_long_addresses
from parsing.unseen import counting_unseen, seen_document


def parse(media_type: str, data: bytes, source: str) -> ParsedDocument:
    """The document in a file; one without text has no blocks. Raises `FileProblemError`."""
    # Imported when first needed: the libraries behind some formats take longer to load than a file to read.
    module = import_module(f"parsing.{MODULES[media_type]}")
    with counting_long_addresses() as left_out, counting_unseen() as unseen:
        document: ParsedDocument = seen_document(module.parse(data, source))
    notes = (*left_out.notes(), *unseen.notes())
    return replace(document, notes=(*document.notes, *notes)) if notes else document
