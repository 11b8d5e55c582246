"""CSV and its relatives: the header is found, the delimiter guessed."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import PurePosixPath

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.tables import table_blocks
from parsing.text import decode, title_from

DELIMITERS = ",;\t|"
# A character that no text has after it was decoded: the file is one column.
NOTHING = "\x1f"
QUOTED = re.compile(r'"[^"]*"')
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
WITH_COMMA = re.compile(r"[-+]?\d+,\d+")
MONEY = re.compile(r"[-+]?\d+,\d\d")
PUNCTUATION_SHARE = 0.8
# So many lines may stand above a table.
MAX_ROWS_ABOVE = 30
# In narrower tables an empty cell says nothing about where they begin.
WIDE_ENOUGH = 3
WORDS_OF_PROSE = 4
# The sniffer's time grows faster than what it is shown.
SAMPLE = 8_192
SAMPLE_LINES = 40
MAX_ROWS = 200_000
NAME_AND_VALUE = 2
MAX_FIELD_LENGTH = 16 * 1024 * 1024
# Spreadsheet programs name the delimiter in a line of its own.
STATED_DELIMITER = re.compile(r"sep=([,;\t|])\n")
NUMBER = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d\s.,:/%eE+()-]*[$€£¥]?|true|false|yes|no", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a file is cut into cells; the table begins at row `start`, counted without empty lines.

    `backslashes`: a quote within quotes has one before it.
    """

    delimiter: str = NOTHING
    backslashes: bool = False
    start: int = 0


@dataclass(frozen=True)
class Fit:
    """How well a layout cuts a sample: rows of the table's width, out of how many, and that width."""

    layout: Layout
    regular: float
    rows: int
    width: int


def parse(data: bytes, source: str) -> ParsedDocument:
    """The rows of a CSV or TSV file as a table, or row by row if it is wide. Raises `FileFormatError`."""
    text = decode(data)
    stated = STATED_DELIMITER.match(text)
    text = text[stated.end() :] if stated else text
    layout = _layout(text, stated[1] if stated else _named_delimiter(text, source))
    reader = _rows(text.replace('\\"', '""') if layout.backslashes else text, layout.delimiter)
    rows = list(islice(reader, MAX_ROWS + 1))
    notes: tuple[str, ...] = ()
    if next(reader, None) is not None:
        notes = (f"Only the first {MAX_ROWS:,} rows were read.",)
    return ParsedDocument(title_from(source), tuple(_blocks(rows, layout)), notes=notes)


def _blocks(rows: list[list[str]], layout: Layout) -> Iterator[Block]:
    """The lines above the table as they are, then the table; a column of sentences is a text."""
    start = layout.start or _first_full(rows)
    filled = ([cell for cell in row if cell] for row in rows[:start])
    above = [(": " if len(cells) <= NAME_AND_VALUE else ", ").join(cells) for cells in filled]
    if above:
        yield Block("\n".join(above))
    table = rows[start:]
    if _is_prose(table):
        yield from (Block(row[0]) for row in table)
    else:
        yield from table_blocks(_with_header(table))


def _first_full(rows: list[list[str]]) -> int:
    """Where the table begins below rows that are filled up with empty cells."""
    width = max((len(row) for row in rows[:SAMPLE_LINES]), default=0)
    for number, row in enumerate(rows[:MAX_ROWS_ABOVE]):
        filled = sum(map(bool, row))
        if width < WIDE_ENOUGH or filled * 2 > width:
            return number
    return 0


def _is_prose(rows: list[list[str]]) -> bool:
    if not rows or max(map(len, rows)) > 1:
        return False
    return sum(len(row[0].split()) for row in rows) > WORDS_OF_PROSE * len(rows)


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


def _named_delimiter(text: str, source: str) -> str | None:
    """What the file's ending says of its cells, where it is true."""
    named = {".tsv": "\t", ".tab": "\t", ".psv": "|"}.get(PurePosixPath(source).suffix.lower())
    return named if named and named in text else None


def _layout(text: str, delimiter: str | None) -> Layout:
    """How the first lines are best cut: into rows of one width, as many as there are."""
    sample = "\n".join(text[:SAMPLE].split("\n")[:SAMPLE_LINES])
    quotings = (False, True) if '\\"' in sample else (False,)
    delimiters = (delimiter,) if delimiter else DELIMITERS
    fits = [fit for each in delimiters for quoting in quotings if (fit := _fit(sample, each, quoting))]
    best = max(fits, key=lambda fit: (fit.regular, fit.width), default=None)
    if best and (best.regular * 2 >= best.rows or delimiter):
        return best.layout
    if delimiter:
        return Layout(delimiter)
    # Nothing is regular: cells that are missing at the ends of rows, or sentences with commas in them.
    first = "" if _is_one_column(sample) else sample.split("\n", 1)[0]
    ragged = [
        each for each in DELIMITERS if each in first and not _is_punctuation(QUOTED.sub("", sample), each)
    ]
    return Layout(max(ragged, key=first.count)) if ragged else Layout()


def _fit(sample: str, delimiter: str, backslashes: bool) -> Fit | None:
    """How a delimiter cuts the sample; None when it cuts nothing, or what it cuts are sentences."""
    text = sample.replace('\\"', '""') if backslashes else sample
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    bare = QUOTED.sub("", text)
    # The sample may end within a row.
    widths = [len(row) for row in (rows[:-1] if len(rows) > 2 and len(sample) >= SAMPLE else rows)]
    usual = Counter(width for width in widths if width > 1)
    if not usual:
        return None
    width = max(usual, key=lambda each: (usual[each], each))
    start = widths.index(width)
    # Rows may end with a delimiter, or lack their last cell, where the head does not.
    while start and widths[start - 1] >= max(width - 1, 2):
        start -= 1
    start = max(start, _lines_above_gap(sample, delimiter))
    if start > MAX_ROWS_ABOVE or (start and _is_punctuation(bare, delimiter)):
        return None
    if delimiter == "," and width == 2 and _is_one_column(text):
        return None
    # A comma that only stands within numbers, or before a space, is the second choice.
    doubtful = delimiter == "," and (_is_decimal(bare) or _is_punctuation(bare, delimiter))
    return Fit(
        Layout(delimiter, backslashes, start),
        usual[width] * (0.5 if doubtful else 1) + (0 if backslashes else 0.1),
        len(widths) - start,
        width,
    )


def _lines_above_gap(sample: str, delimiter: str) -> int:
    """How many lines of sentences stand above an empty line and a table: their commas part no cells."""
    above, _, below = sample.partition("\n\n")
    lines = above.split("\n")
    is_text = delimiter in above and _is_punctuation(QUOTED.sub("", above), delimiter)
    is_table = below.count("\n") > 0 and not _is_punctuation(QUOTED.sub("", below), delimiter)
    return len(lines) if is_text and is_table and delimiter in below and len(lines) <= MAX_ROWS_ABOVE else 0


def _is_one_column(sample: str) -> bool:
    """Whether numbers with a decimal comma stand below one name, or all have two digits behind it."""
    lines = [line for line in map(str.strip, sample.split("\n")) if line]
    is_named = bool(lines) and "," not in lines[0]
    with_comma = [line for line in lines[is_named:] if not line.lstrip("-+").isdecimal()]
    form = WITH_COMMA if is_named else MONEY
    return len(with_comma) > 1 and all(map(form.fullmatch, with_comma))


def _is_decimal(sample: str) -> bool:
    return sample.count(",") == len(DECIMAL_COMMA.findall(sample))


def _is_punctuation(sample: str, delimiter: str) -> bool:
    """Whether nearly all of them stand as in sentences: after a word, before a space."""
    spaced = len(re.findall(rf"\w{re.escape(delimiter)} ", sample))
    return spaced >= PUNCTUATION_SHARE * sample.count(delimiter)


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
