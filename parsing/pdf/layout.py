"""What the places of words on a page say: columns, tables, headings and paragraphs, in reading order."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parsing.document import Kind
from parsing.pdf.columns import columns_of
from parsing.pdf.parts import Part
from parsing.pdf.rows import PARAGRAPH_GAP, gap_between, joined, rows_of
from parsing.pdf.tables import NUMBER, Table, counted_items, crosses, table_of

# In sizes of the type: a taller gap parts paragraphs.
ROW_GAP = 2.5
# So much more than usual parts two tables.
MORE_GAP = 0.3
ROWS_LOOKED_BACK = 20
# A line that ends so far left of the others ends its paragraph.
SHORT_LINE = 0.8
MAX_COLUMNS = 3
HEADING_RATIO = 1.12
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
    for column in columns_of(list(parts), MAX_COLUMNS):
        lines: list[Part] = []
        runs = list(_runs(rows_of(column)))
        for index, rows in enumerate(runs):
            around = [run[-1] for run in runs[:index][-1:]] + [run[0] for run in runs[index + 1 :][:1]]
            stretched = any(_is_stretched(rows, row) for row in around)
            table = None if stretched else table_of(rows, None if pieces or lines else above)
            if table is None:
                lines += [line for row in rows for line in _lines(row)]
                continue
            pieces += _paragraphs(lines, body, vocabulary)
            lines = []
            steps = None if any(part.is_cell for part in rows[0]) else counted_items(table)
            pieces.append(Piece(steps, "list") if steps else Piece(table.markdown, "table", table=table))
        pieces += _paragraphs(lines, body, vocabulary)
    return pieces


def body_size(parts: Sequence[Part]) -> float:
    """The size most of the text is set in."""
    sizes: Counter[float] = Counter()
    for part in parts:
        sizes[round(part.size, 1)] += len(part.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_stretched(rows: list[list[Part]], beside: list[Part]) -> bool:
    """Whether rows with wide gaps are lines of the same justified paragraph as the row beside them."""
    size = beside[0].size
    near = min(abs(gap_between(beside, rows[0])), abs(gap_between(rows[-1], beside))) < PARAGRAPH_GAP * size
    ends = [(row[0].left - beside[0].left, row[-1].right - beside[-1].right) for row in rows if len(row) > 1]
    even = all(abs(left) < size / 2 and abs(right) < size / 2 for left, right in ends)
    return len(beside) == 1 and near and bool(ends) and even


def _lines(row: list[Part]) -> list[Part]:
    """A row that is no part of a table: one line, unless its parts are set in different sizes."""
    sizes = [part.size for part in row]
    return row if max(sizes) > HEADING_RATIO * min(sizes) else [joined(row)]


def _runs(rows: list[list[Part]]) -> Iterator[list[list[Part]]]:
    """Rows that may be a table together, and the rows between such."""
    run: list[list[Part]] = []
    for row, below in zip(rows, [*rows[1:], []], strict=False):
        tabular = len(row) > 1
        starts = bool(run) and tabular != (len(run[0]) > 1)
        if starts and not tabular and (_continues(run, row[0]) or _names_group(run, row[0], below)):
            starts = False
        elif run and len(run[0]) > 1:
            far = gap_between(run[-1], row) > ROW_GAP * row[0].size
            starts = starts or far or crosses(run[-1], row) or _heads_another(run, row)
        if starts:
            yield run
            run = []
        run.append(row)
    yield run


def _names_group(run: list[list[Part]], part: Part, below: list[Part]) -> bool:
    """Whether a lone part in bold stands in a table as its rows do, and names those below it."""
    if len(run) < 2 or len(below) < 2 or not (part.bold and _is_bold(run[0])) or _is_bold(below):
        return False
    usual = gap_between(run[-2], run[-1]) + MORE_GAP * part.size
    near = max(gap_between(run[-1], [part]), gap_between([part], below)) <= usual
    first = min(cell.left for cell in run[0])
    return near and abs(part.left - first) < part.size and abs(part.size - run[0][0].size) < MORE_GAP


def _heads_another(run: list[list[Part]], row: list[Part]) -> bool:
    """Whether a row in bold names the columns of another table right below one with such a row."""
    if len(run) < 3 or len(row) != len(run[0]) or not (_is_bold(row) and _is_bold(run[0])):
        return False
    names = [part.text for part in row]
    if any(part.bold for part in run[-1]) or any(map(NUMBER.fullmatch, names)):
        return False
    if gap_between(run[-1], row) > gap_between(run[-2], run[-1]) + MORE_GAP * row[0].size:
        return True
    return row[0].is_cell and names != [part.text for part in run[0]]


def _is_bold(row: list[Part]) -> bool:
    return all(part.bold for part in row)


def _continues(run: list[list[Part]], part: Part) -> bool:
    """Whether a lone part below a row is the rest of one of its cells."""
    above = run[-1]
    if gap_between(above, [part]) > 0.6 * part.size or (part.bold and not above[0].bold):
        return False
    cells = [cell for row in run[-ROWS_LOOKED_BACK:] for cell in row if len(row) > 1]
    if not cells:
        return False
    fits = any(abs(cell.left - part.left) < part.size for cell in cells)
    first = min(cell.left for cell in cells)
    end = max(cell.right for cell in cells)
    return fits and (part.right - part.left) < 0.6 * (end - first)


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
class Piece:
    """A paragraph, list or table of a page, with the type it is set in."""

    text: str
    kind: Kind
    size: float = 0.0
    bold: bool = False
    table: Table | None = None
