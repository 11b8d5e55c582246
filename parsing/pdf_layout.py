"""What the places of words on a page say: columns, tables, headings and paragraphs, in reading order."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from parsing.document import Kind
from parsing.pdf_parts import Part
from parsing.pdf_tables import Table, table_of

# In sizes of the type: a wider gap parts cells, a taller one parts paragraphs.
CELL_GAP = 0.7
PARAGRAPH_GAP = 0.75
ROW_GAP = 2.5
JUSTIFIED_GAP = 2.0
ROWS_LOOKED_BACK = 20
# A line that ends so far left of the others ends its paragraph.
SHORT_LINE = 0.8
COLUMN_LINES = 8
FEW_COLUMN_LINES = 4
COLUMN_CHARACTERS = 25
SHORT_TEXT = 15
MAX_COLUMNS = 3
HEADING_RATIO = 1.12
BULLET = re.compile(r"[•●○◦▪■‣–·\uf0b7\u2219*-]|\(?(?:\d{1,3}|[a-z])[.)]")
BULLET_LINE = re.compile(r"(?:[•●○◦▪■‣·\uf0b7\u2219]\s*|[–*-]\s+|\(?(?:\d{1,3}|[a-z])[.)]\s+)(?=\S)")
NUMBERED = re.compile(r"\(?\w{1,3}[.)]\s")
LINE_HYPHEN = re.compile(r"([^\W\d_]+)-$")


def pieces_of(
    parts: Sequence[Part], body: float, vocabulary: frozenset[str], above: Table | None = None
) -> "list[Piece]":
    """The parts of lines on a page as paragraphs, lists, tables and headings in reading order.

    `above` is the table that the page before ends with: it may go on at the beginning of this one.
    """
    pieces: list[Piece] = []
    for column in _columns(list(parts), MAX_COLUMNS):
        lines: list[Part] = []
        runs = list(_runs(_rows(column)))
        for index, rows in enumerate(runs):
            around = [run[-1] for run in runs[:index][-1:]] + [run[0] for run in runs[index + 1 :][:1]]
            stretched = any(_is_stretched(rows, row) for row in around)
            table = None if stretched else table_of(rows, None if pieces or lines else above)
            if table is None:
                lines += [line for row in rows for line in _lines(row)]
                continue
            pieces += _paragraphs(lines, body, vocabulary)
            lines = []
            pieces.append(Piece(table.markdown, "table", table=table))
        pieces += _paragraphs(lines, body, vocabulary)
    return pieces


def body_size(parts: Sequence[Part]) -> float:
    """The size most of the text is set in."""
    sizes: Counter[float] = Counter()
    for part in parts:
        sizes[round(part.size, 1)] += len(part.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _columns(parts: list[Part], depth: int) -> Iterator[list[Part]]:
    """The parts of each column; what runs across a gutter parts the columns above from those below."""
    gutter = _gutter(parts) if depth > 1 else None
    if gutter is None:
        yield parts
        return
    left: list[Part] = []
    right: list[Part] = []
    across: list[Part] = []
    for part in sorted(parts, key=lambda part: -part.top):
        if gutter.is_crossed_by(part):
            if left or right:
                yield from _both(left, right, depth)
                left, right = [], []
            across.append(part)
            continue
        if across:
            yield across
            across = []
        (left if part.right <= gutter.place else right).append(part)
    yield from _both(left, right, depth)
    yield across


def _both(left: list[Part], right: list[Part], depth: int) -> Iterator[list[Part]]:
    yield from _columns(left, depth - 1)
    yield from _columns(right, depth - 1)


def _gutter(parts: list[Part]) -> "_Gutter | None":
    """Where a page of two columns of prose is parted, if it is one."""
    if len(parts) < 2 * FEW_COLUMN_LINES:
        return None
    start, end = min(part.left for part in parts), max(part.right for part in parts)
    places = [start + (end - start) * step / 100 for step in range(20, 81)]
    # No gutter goes through a table with rules.
    crossing = {
        place: sum(part.is_cell or part.left < place < part.right for part in parts) for place in places
    }
    fewest = min(crossing.values())
    if fewest > len(parts) / 4:
        return None
    best = [place for place in places if crossing[place] == fewest]
    place = best[len(best) // 2]
    left = _rows([part for part in parts if part.right <= place])
    right = _rows([part for part in parts if part.left >= place])
    if min(len(left), len(right)) < FEW_COLUMN_LINES or min(_length(left), _length(right)) < SHORT_TEXT:
        return None
    # One clear column is enough: beside it may stand a list or a table.
    long = min(len(left), len(right)) >= COLUMN_LINES
    if long and max(_prose(left) / len(left), _prose(right) / len(right)) >= 0.6:
        return _Gutter(place)
    return _short_gutter(place, left, right)


def _short_gutter(place: float, left: list[list[Part]], right: list[list[Part]]) -> "_Gutter | None":
    """Between columns of few lines; both must be running text where they stand beside each other."""
    low = max(rows[-1][0].bottom for rows in (left, right))
    high = min(rows[0][0].top for rows in (left, right))
    gutter = _Gutter(place, low - 1, high + 1)
    columns = [[row for row in rows if not gutter.is_crossed_by(row[0])] for rows in (left, right)]
    is_prose = all(len(rows) >= FEW_COLUMN_LINES and _runs_on(rows) for rows in columns)
    return gutter if is_prose else None


def _runs_on(rows: list[list[Part]]) -> bool:
    """Whether the rows are lines of sentences: many begin in the middle of one, and none stands apart."""
    begun = sum(row[0].text[:1].islower() for row in rows[1:])
    close = all(_gap(above, below) < 2 * PARAGRAPH_GAP * below[0].size for above, below in pairwise(rows))
    return 2 * begun >= len(rows) - 1 and close and _prose(rows) >= 0.6 * len(rows)


def _prose(rows: list[list[Part]]) -> int:
    """How many of the rows are lines of text without the gaps between cells."""
    return sum(
        sum(len(part.text) for part in row) >= COLUMN_CHARACTERS
        and all(right.left - left.right < 1.5 * right.size for left, right in pairwise(row))
        for row in rows
    )


def _length(rows: list[list[Part]]) -> float:
    return sum(len(part.text) for row in rows for part in row) / max(len(rows), 1)


def _rows(parts: list[Part]) -> list[list[Part]]:
    rows: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: (-part.top - part.bottom, part.left)):
        if rows and _beside(rows[-1][0], part):
            rows[-1].append(part)
        else:
            rows.append([part])
    return [_without_gaps(sorted(row, key=lambda part: part.left)) for row in rows]


def _beside(first: Part, other: Part) -> bool:
    shared = min(first.top, other.top) - max(first.bottom, other.bottom)
    low, high = sorted((first.size, other.size))
    return shared >= 0.5 * low and high <= 2.5 * low


def _without_gaps(row: list[Part]) -> list[Part]:
    """Parts that lie close together, or are a bullet and its text, are one."""
    if any(part.is_cell for part in row):
        return row
    if _is_justified(row):
        return [_joined(row)]
    merged = row[:1]
    for part in row[1:]:
        last = merged[-1]
        close = part.left - last.right < CELL_GAP * min(part.size, last.size)
        bullet = len(merged) == 1 and len(row) == 2 and BULLET.fullmatch(last.text)
        if close or bullet:
            merged[-1] = _joined([last, part])
        else:
            merged.append(part)
    return merged


def _is_justified(row: list[Part]) -> bool:
    """Whether the row is a stretched line: all its wide gaps are the same."""
    gaps = [(right.left - left.right) / max(right.size, 1) for left, right in pairwise(row)]
    return len(gaps) > 1 and max(gaps) < JUSTIFIED_GAP and max(gaps) - min(gaps) < 0.2


def _is_stretched(rows: list[list[Part]], beside: list[Part]) -> bool:
    """Whether rows with wide gaps are lines of the same justified paragraph as the row beside them."""
    size = beside[0].size
    near = min(abs(_gap(beside, rows[0])), abs(_gap(rows[-1], beside))) < PARAGRAPH_GAP * size
    ends = [(row[0].left - beside[0].left, row[-1].right - beside[-1].right) for row in rows if len(row) > 1]
    even = all(abs(left) < size / 2 and abs(right) < size / 2 for left, right in ends)
    return len(beside) == 1 and near and bool(ends) and even


def _lines(row: list[Part]) -> list[Part]:
    """A row that is no part of a table: one line, unless its parts are set in different sizes."""
    sizes = [part.size for part in row]
    return row if max(sizes) > HEADING_RATIO * min(sizes) else [_joined(row)]


def _joined(row: list[Part]) -> Part:
    return Part(
        " ".join(part.text for part in row),
        min(part.left for part in row),
        max(part.right for part in row),
        min(part.bottom for part in row),
        max(part.top for part in row),
        max(part.size for part in row),
        all(part.bold for part in row),
    )


def _runs(rows: list[list[Part]]) -> Iterator[list[list[Part]]]:
    """Rows that may be a table together, and the rows between such."""
    run: list[list[Part]] = []
    for row in rows:
        tabular = len(row) > 1
        starts = bool(run) and tabular != (len(run[0]) > 1)
        if starts and not tabular and _continues(run, row[0]):
            starts = False
        elif run and len(run[0]) > 1 and _gap(run[-1], row) > ROW_GAP * row[0].size:
            starts = True
        if starts:
            yield run
            run = []
        run.append(row)
    yield run


def _continues(run: list[list[Part]], part: Part) -> bool:
    """Whether a lone part below a row is the rest of one of its cells."""
    above = run[-1]
    if _gap(above, [part]) > 0.6 * part.size or (part.bold and not above[0].bold):
        return False
    cells = [cell for row in run[-ROWS_LOOKED_BACK:] for cell in row if len(row) > 1]
    if not cells:
        return False
    fits = any(abs(cell.left - part.left) < part.size for cell in cells)
    first = min(cell.left for cell in cells)
    end = max(cell.right for cell in cells)
    return fits and (part.right - part.left) < 0.6 * (end - first)


def _gap(above: list[Part], below: list[Part]) -> float:
    return min(part.bottom for part in above) - max(part.top for part in below)


def _paragraphs(lines: list[Part], body: float, vocabulary: frozenset[str]) -> "Iterator[Piece]":
    if not lines:
        return
    right = max(line.right for line in lines)
    paragraph = [lines[0]]
    for above, line in pairwise(lines):
        if _parts(paragraph[0], above, line, right):
            yield _piece(paragraph, body, right, vocabulary)
            paragraph = []
        paragraph.append(line)
    yield _piece(paragraph, body, right, vocabulary)


def _parts(first: Part, above: Part, line: Part, right: float) -> bool:
    """Whether a line begins a new paragraph."""
    if abs(above.size - line.size) > 0.08 * max(above.size, line.size) or above.bold != line.bold:
        return True
    if above.bottom - line.top > PARAGRAPH_GAP * line.size or line.bottom > above.top:
        return True
    if BULLET_LINE.match(line.text):
        return not BULLET_LINE.match(first.text) and above.text[-1:] in ".:;!?"
    indented = line.left - above.left > 0.8 * line.size and not BULLET_LINE.match(above.text)
    short = above.right - above.left < SHORT_LINE * (right - above.left)
    return (indented or short) and above.text[-1:] in ".:!?"


def _piece(lines: list[Part], body: float, right: float, vocabulary: frozenset[str]) -> "Piece":
    size, bold = lines[0].size, all(line.bold for line in lines)
    if BULLET_LINE.match(lines[0].text) and size < HEADING_RATIO * body and not bold:
        return Piece(_list(lines, right, vocabulary), "list", size, bold)
    return Piece(_flowing(lines, right, vocabulary), "text", size, bold)


def _list(lines: list[Part], right: float, vocabulary: frozenset[str]) -> str:
    items: list[list[Part]] = []
    for line in lines:
        if BULLET_LINE.match(line.text) or not items:
            items.append([])
        items[-1].append(line)
    texts = (_flowing(item, right, vocabulary) for item in items)
    return "\n".join(
        text if NUMBERED.match(text) else "- " + BULLET_LINE.sub("", text, count=1) for text in texts
    )


def _flowing(lines: list[Part], right: float, vocabulary: frozenset[str]) -> str:
    """Lines as running text, but for breaks made on purpose; words cut by the end of a line are whole."""
    text = lines[0].text
    for above, line in pairwise(lines):
        cut = LINE_HYPHEN.search(text[-60:])
        rest = re.match(r"[^\W\d_]+", line.text)
        if not cut or not rest or not rest[0][0].islower():
            text += ("" if cut else "\n" if _is_broken_off(above, line, right) else " ") + line.text
        elif f"{cut[1]}-{rest[0]}".lower() in vocabulary:
            text += line.text
        else:
            text = text[:-1] + line.text
    return text


def _is_broken_off(above: Part, line: Part, right: float) -> bool:
    """Whether the next word would have fitted into the line."""
    word = line.text.split(" ", 1)[0]
    width = (line.right - line.left) * len(word) / max(len(line.text), 1)
    return above.right + 1.2 * width + 2 * line.size < right


@dataclass(frozen=True, slots=True)
class _Gutter:
    """Where two columns are parted, from `low` to `high`."""

    place: float
    low: float = -inf
    high: float = inf

    def is_crossed_by(self, part: Part) -> bool:
        """Whether a part stands in neither column."""
        beyond = part.bottom < self.low or part.top > self.high
        return beyond or part.left < self.place < part.right


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, list or table of a page, with the type it is set in."""

    text: str
    kind: Kind
    size: float = 0.0
    bold: bool = False
    table: Table | None = None
