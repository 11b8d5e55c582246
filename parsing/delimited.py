"""CSV and its relatives: the header is found, the delimiter guessed."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.tables import table_blocks
from parsing.text import decode, title_from

DELIMITERS = ",;\t|"
# The sniffer's time grows faster than what it is shown.
SAMPLE = 8_192
SAMPLE_LINES = 40
MAX_ROWS = 200_000
MAX_FIELD_LENGTH = 16 * 1024 * 1024
# Spreadsheet programs name the delimiter in a line of its own.
STATED_DELIMITER = re.compile(r"sep=([,;\t|])\n")
NUMBER = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d\s.,:/%eE+()-]*[$€£¥]?|true|false|yes|no", re.IGNORECASE)


def parse(data: bytes, source: str) -> ParsedDocument:
    """The rows of a CSV or TSV file as a table, or row by row if it is wide. Raises `FileFormatError`."""
    text = decode(data)
    stated = STATED_DELIMITER.match(text)
    delimiter = stated[1] if stated else _delimiter(text, source)
    reader = _rows(text[stated.end() :] if stated else text, delimiter)
    rows = list(islice(reader, MAX_ROWS + 1))
    notes: tuple[str, ...] = ()
    if next(reader, None) is not None:
        notes = (f"Only the first {MAX_ROWS:,} rows were read.",)
    return ParsedDocument(title_from(source), tuple(table_blocks(_with_header(rows))), notes=notes)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that are not empty."""
    # The limit belongs to the whole process, and nothing else here reads with this module.
    csv.field_size_limit(MAX_FIELD_LENGTH)
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True):
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield cells
    except csv.Error as error:
        raise FileFormatError(f"The file is damaged ({error}). Save it again as CSV.") from None


def _delimiter(text: str, source: str) -> str:
    """What separates the cells, by the first lines; else by the file's ending."""
    if source.lower().endswith((".tsv", ".tab")) and "\t" in text:
        return "\t"
    sample = "\n".join(text[:SAMPLE].split("\n")[:SAMPLE_LINES])
    regular = _most_regular(sample)
    if regular:
        return regular
    try:
        return csv.Sniffer().sniff(sample, DELIMITERS).delimiter
    except csv.Error:
        return ","


def _most_regular(sample: str) -> str | None:
    """The delimiter that cuts every row of the sample into as many cells, and into most of them."""
    widths: dict[int, str] = {}
    for delimiter in DELIMITERS:
        rows = list(csv.reader(StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True))
        # The sample may end within a row.
        counts = {len(row) for row in (rows[:-1] if len(rows) > 2 else rows) if row}
        if len(counts) == 1:
            widths.setdefault(counts.pop(), delimiter)
    widest = max(widths, default=1)
    return widths[widest] if widest > 1 else None


def _with_header(rows: list[list[str]]) -> list[list[str]]:
    """The rows below their header: the first row if it names the columns, else their numbers."""
    if not rows or _is_header(rows):
        return rows
    width = max(len(row) for row in rows)
    return [[f"Column {number}" for number in range(1, width + 1)], *rows]


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row holds names: no numbers, and no name twice unless numbers follow below."""
    first = [cell for cell in rows[0] if cell]
    if len(rows) == 1:
        return False
    if any(NUMBER.fullmatch(cell) for cell in first):
        # Years above columns of numbers are a header, too: a table's first cell is then a word or empty.
        return not NUMBER.fullmatch(rows[0][0]) and all(len(cell) == 4 for cell in first[1:])
    return len(set(first)) == len(first) or any(NUMBER.fullmatch(cell) for cell in rows[1])
