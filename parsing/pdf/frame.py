"""Heads and feet that repeat from page to page, and the numbers of the pages."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from parsing.pdf.parts import Part

# Running heads and feet stand in these parts of the height of the text, on so many of the pages.
MARGIN = 0.12
REPEATED_PAGES = 3
REPEATED_SHARE = 0.5
# In sizes of the type: how far two rows of a table may stand apart, and a value from its label.
ROW_GAP = 2.5
LABEL_GAP = 10.0
LINE_GAP = 0.5
SAME_SIZE = 0.3
# Points: what stands so much higher or lower stands in the same place.
STEP = 2.0
# Set larger than the text of the document, it is a heading.
LARGE = 1.12
SMALL = 0.95
NUMBER = re.compile(r"\d+")
PAGE_WORDS = r"(?:page|seite|p\.|s\.|pag\.|pág\.|página|pagina|стр\.|sida|side|strona|עמוד|صفحة|第)"
PAGE_COUNT = re.compile(
    rf"[-–—|\s]*(?:{PAGE_WORDS}\s*)?\d{{1,4}}(?:\s*(?:of|von|de|sur|di|/)\s*\d{{1,4}})?\s*[页頁ページ]*[-–—|\s]*",
    re.I,
)
PAGE_PHRASE = re.compile(
    rf"(?<!\w){PAGE_WORDS}\s*\d{{1,4}}|\d{{1,4}}\s*(?:of|von|de|sur|di|/)\s*\d{{1,4}}", re.I
)
# A number that something parts from the words beside it.
SET_APART = re.compile(r"^\d{1,4}\s*[|·•–—/]|[|·•–—/]\s*\d{1,4}$")
NUMBER_AT_END = re.compile(r"^\d{1,4}\s|\s\d{1,4}$")
# So many words with an end of their own are a line of the text, whatever it counts.
SENTENCE = re.compile(r"(?:\S+\s+){7,}\S*[.!?。]")
MAX_SHOWN = 5
MAX_SHOWN_LENGTH = 60


@dataclass
class Frame:
    """What frames the pages: the words kept of it by their page (from 0), and how much was left out."""

    kept: dict[int, list[str]] = field(default_factory=lambda: defaultdict[int, list[str]](list))
    lines: int = 0
    pages: set[int] = field(default_factory=set[int])
    # How it is told, by its words without numbers.
    known: dict[str, str] = field(default_factory=dict[str, str])

    def notes(self) -> Iterator[str]:
        """What was left out, in a sentence."""
        if not self.lines:
            return
        told = [*self.known.values()][:MAX_SHOWN] + ["…"] * (len(self.known) > MAX_SHOWN)
        lines = "1 line" if self.lines == 1 else f"{self.lines} lines"
        pages = "1 page" if len(self.pages) == 1 else f"{len(self.pages)} pages"
        yield f"Header and footer: {lines} left out on {pages} ({', '.join(told)})."


@dataclass(frozen=True, slots=True)
class _Line:
    """A part near the edge of a page (from 0), and the numbers in it."""

    page: int
    part: Part
    numbers: tuple[int, ...]
    is_foot: bool


def without_frame(pages: Sequence[list[Part]], body: float) -> tuple[list[list[Part]], Frame]:
    """The pages without heads, feet and page numbers; the words of these stay once, with the first page.

    A head or foot has the same words in the same place on most pages; a number in it counts up with the
    pages. Rows of tables, values behind a label and headings that count (Step 1, Step 2) are none.
    """
    lines = defaultdict[str, list[_Line]](list)
    for number, parts in enumerate(pages):
        middle = (min(part.bottom for part in parts) + max(part.top for part in parts)) / 2 if parts else 0.0
        for part in _in_margins(parts):
            numbers = tuple(int(found[-9:]) for found in NUMBER.findall(part.text))
            lines[_shape(part.text)].append(_Line(number, part, numbers, part.top < middle))
    often = max(REPEATED_PAGES, REPEATED_SHARE * sum(bool(parts) for parts in pages))
    found = [line for group in lines.values() for line in _repeated(group, often, body, len(pages))]
    found = [line for line in found if not _is_in_table(line.part, pages[line.page])]
    found = _without_prose(found, pages)
    found = sorted(_without_labels(found, pages), key=lambda line: line.page)
    frame = Frame()
    out = {id(line.part) for line in found if not _stays(line, frame, body)}
    return [[part for part in parts if id(part) not in out] for parts in pages], frame


def _repeated(lines: list[_Line], often: float, body: float, pages: int) -> list[_Line]:
    """Those of the lines with the same words that frame their pages."""
    alone = [line for line in lines if _counts_pages(line, pages)]
    lines = _in_one_place(lines)
    if len({line.page for line in lines}) < often:
        return alone
    if len({line.numbers for line in lines}) == 1:
        return lines
    counting = _counting(lines)
    return counting if len(counting) >= often and _is_numbered(counting[0].part, body) else alone


def _counts_pages(line: _Line, pages: int) -> bool:
    """Whether a line says alone that it is the number of its page: Page 2, 2 / 5."""
    if not PAGE_COUNT.fullmatch(line.part.text) or not PAGE_PHRASE.search(line.part.text):
        return False
    return len(line.numbers) == 1 or (line.numbers == (line.page + 1, pages))


def _in_one_place(lines: list[_Line]) -> list[_Line]:
    """The lines that stand where most of them do; even pages may be the mirror of odd ones."""
    found: list[_Line] = []
    for parity in (0, 1):
        same = [line for line in lines if line.page % 2 == parity]
        if same:
            heights = Counter(round(line.part.bottom / STEP) for line in same)
            usual = heights.most_common(1)[0][0]
            level = [line.part for line in same if abs(round(line.part.bottom / STEP) - usual) <= 1]
            left, right = median(part.left for part in level), median(part.right for part in level)
            found += [line for line in same if _stands(line.part, usual * STEP, left, right)]
    return sorted(found, key=lambda line: line.page)


def _stands(part: Part, bottom: float, left: float, right: float) -> bool:
    beside = (part.left - left, part.right - right, (part.left + part.right - left - right) / 2)
    return abs(part.bottom - bottom) < part.size / 2 + STEP and min(map(abs, beside)) < part.size


def _counting(lines: list[_Line]) -> list[_Line]:
    """The lines whose numbers stay the same or grow by one from page to page."""
    steps = Counter(tuple(number - line.page for number in line.numbers) for line in lines)
    same = Counter(line.numbers for line in lines)
    usual, constant = steps.most_common(1)[0][0], same.most_common(1)[0][0]
    return [
        line
        for line in lines
        if all(
            number - line.page == step or number == fixed
            for number, step, fixed in zip(line.numbers, usual, constant, strict=True)
        )
    ]


def _is_numbered(part: Part, body: float) -> bool:
    """Whether a line with a number that counts up is a page number, perhaps with words, and no heading."""
    text = part.text.strip()
    if SENTENCE.fullmatch(text):
        return False
    if PAGE_COUNT.fullmatch(text) or PAGE_PHRASE.search(text) or SET_APART.search(text):
        return part.size < LARGE * body
    words = NUMBER.sub("", text).split()
    return part.size < SMALL * body and not part.bold and bool(NUMBER_AT_END.search(text)) and len(words) > 1


def _without_prose(lines: list[_Line], pages: Sequence[list[Part]]) -> list[_Line]:
    """The lines that do not go on, without a gap, in one that frames nothing: so paragraphs begin and end."""
    framing = {id(line.part) for line in lines}

    def goes_on(line: _Line) -> bool:
        part = line.part
        return any(
            abs(other.left - part.left) < part.size
            and abs(other.size - part.size) < SAME_SIZE
            and other.bold == part.bold
            and -part.size < _gap(part, other) < LINE_GAP * part.size
            for other in pages[line.page]
            if id(other) not in framing and (other.bottom > part.bottom) == line.is_foot
        )

    return [line for line in lines if PAGE_COUNT.fullmatch(line.part.text) or not goes_on(line)]


def _without_labels(lines: list[_Line], pages: Sequence[list[Part]]) -> list[_Line]:
    """The lines that have no value beside them, which is another on each page."""
    framing = {id(line.part) for line in lines}

    def has_value(line: _Line) -> bool:
        part = line.part
        beside = [other for other in pages[line.page] if id(other) not in framing and _beside(part, other)]
        near = any(0 < other.left - part.right < LABEL_GAP * part.size for other in beside)
        return near or (bool(beside) and part.text.rstrip().endswith(":"))

    labels = {_shape(line.part.text) for line in lines if has_value(line)}
    return [line for line in lines if _shape(line.part.text) not in labels]


def _stays(line: _Line, frame: Frame, body: float) -> bool:
    """Whether the line stays in its place; its words are kept in any case when they are new."""
    text = " ".join(line.part.text.split())
    is_number = bool(PAGE_COUNT.fullmatch(text))
    shape = "" if is_number else _shape(text)
    is_new = shape not in frame.known
    frame.known.setdefault(shape, f"“{text[:MAX_SHOWN_LENGTH]}”" if shape else "page numbers")
    if not is_new or is_number:
        frame.lines += 1
        frame.pages.add(line.page)
    elif line.part.size < LARGE * body or line.is_foot:
        frame.kept[line.page].append(text)
    else:
        return True
    return False


def _in_margins(parts: list[Part]) -> Iterator[Part]:
    if not parts:
        return
    low, high = min(part.bottom for part in parts), max(part.top for part in parts)
    margin = MARGIN * (high - low)
    for part in parts:
        if part.top > high - margin or part.bottom < low + margin:
            yield part


def _is_in_table(part: Part, parts: list[Part]) -> bool:
    """Whether the part and others beside it stand above or below the cells of another row."""
    row = [other for other in parts if _beside(part, other)]
    if len(row) < 2:
        return False
    near = [other for other in parts if not _beside(part, other) and _gap(part, other) < ROW_GAP * part.size]
    met = (
        (id(other) for other in near if cell.left < other.right and other.left < cell.right) for cell in row
    )
    first = {found for cells in met if (found := next(cells, None)) is not None}
    return len(first) > 1


def _beside(part: Part, other: Part) -> bool:
    return min(part.top, other.top) - max(part.bottom, other.bottom) > 0.5 * min(part.size, other.size)


def _gap(part: Part, other: Part) -> float:
    return max(part.bottom - other.top, other.bottom - part.top)


def _shape(text: str) -> str:
    return NUMBER.sub("#", " ".join(text.lower().split()))
