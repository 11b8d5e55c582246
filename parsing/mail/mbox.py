"""Mailboxes (.mbox): each message is a document of its own."""

import re
from collections.abc import Iterator

from parsing.archives.members import Entry, collect
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.text import title_from

# The line that begins a message: after an empty one, with the sender and a date.
BEGINNING = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{0,500}\r?\n")
QUOTED_BEGINNING = re.compile(rb"^>(>*From )", re.MULTILINE)


def parse(data: bytes, source: str) -> ParsedDocument:
    """The messages as members. Raises `FileFormatError` when it is no mailbox."""
    if not data.strip():
        return ParsedDocument(title_from(source), ())
    if not BEGINNING.match(data):
        raise FileFormatError("This is no mailbox. Export it again as mbox.")
    members, notes = collect(_entries(data))
    return ParsedDocument(title_from(source), (), members=members, notes=notes)


def _entries(data: bytes) -> Iterator[Entry]:
    start, number = None, 0
    for beginning in BEGINNING.finditer(data):
        if start is not None:
            number += 1
            yield _entry(data, start, beginning.start(), number)
        start = beginning.end()
    assert start is not None
    yield _entry(data, start, len(data), number + 1)


def _entry(data: bytes, start: int, end: int, number: int) -> Entry:
    def read(limit: int) -> bytes:
        return QUOTED_BEGINNING.sub(rb"\1", data[start : min(end, start + limit)])

    return Entry(f"message-{number}.eml", read)
