"""The words of a PDF page with their places, and which of them only frame it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from ctypes import addressof, create_string_buffer
from dataclasses import dataclass
from math import hypot
from typing import Any, cast

from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

# PDFium marks a hyphen at the end of a line with one of these and joins the halves of the word.
HYPHENS = "\ufffe\x02"
WORD = re.compile(rf"[^\s{HYPHENS}]+[{HYPHENS}]?")
BOLD = 600
MAX_FONT_NAME_LENGTH = 100
RULE = re.compile(r"[-=_*.·—\s]{4,}")
WORD_GAP = 0.7
# Running heads and feet stand in these parts of the height of the text, on so many of the pages.
MARGIN = 0.12
REPEATED_PAGES = 3
REPEATED_SHARE = 0.5
PAGE_COUNT = re.compile(
    r"(?:page|seite|p\.)\s*\d{1,4}|(?:page |seite )?\d{1,4}\s*(?:of|von|/)\s*\d{1,4}", re.I
)
LINE_STEP = 12.0
TURNED_LINE = 12
HYPHENATED = re.compile(r"[^\W\d_]+-[^\W\d_]+")


def parts_of(page: Any) -> "list[Part]":
    """The words on a page, joined where they stand together. Raises `PdfiumError` for a bad page."""
    text_page = page.get_textpage()
    try:
        words = list(_words(text_page, page.get_rotation()))
    finally:
        text_page.close()
    upright = [word for word, is_turned in words if not is_turned]
    turned = [word for word, is_turned in words if is_turned]
    parts = [part for part in _together(upright) if not RULE.fullmatch(part.text)]
    return parts + _stacked(turned, parts)


def without_frame(pages: "Sequence[list[Part]]") -> "list[list[Part]]":
    """The pages without heads, feet and page numbers that repeat on most of them."""
    seen: Counter[str] = Counter()
    for parts in pages:
        seen.update({_shape(part.text) for part in _in_margins(parts)})
    filled = sum(bool(parts) for parts in pages)
    often = max(REPEATED_PAGES, REPEATED_SHARE * filled)
    frame = {shape for shape, count in seen.items() if count >= often}
    return [_without(parts, frame) for parts in pages]


def hyphenated_words(pages: "Iterable[list[Part]]") -> frozenset[str]:
    """The words written with a hyphen within a line, in small letters."""
    return frozenset(
        word.lower() for parts in pages for part in parts for word in HYPHENATED.findall(part.text)
    )


def _words(text_page: Any, rotation: int) -> "Iterator[tuple[Part, bool]]":
    """The words, and whether they run across the reading direction."""
    text = text_page.get_text_range(errors="replace")
    count = text_page.count_chars()
    if len(text) != count:
        # Places are counted in characters, which this text then is not.
        text = "".join(_character(text_page, index) for index in range(count))
    box = raw.FS_RECTF()
    styles = _Styles(text_page, rotation)
    for word in WORD.finditer(text):
        first, last = word.start(), word.end() - 1
        hyphen = text[last] in HYPHENS
        start = _box(text_page, first, rotation, box)
        end = _box(text_page, last - 1 if hyphen and last > first else last, rotation, box)
        size, bold, turned = styles.at(first)
        written = text[first:last] + "-" if hyphen else word[0]
        left, right = min(start[0], end[0]), max(start[1], end[1])
        bottom, top = min(start[2], end[2]), max(start[3], end[3])
        yield Part(written, left, right, bottom, top, size or start[3] - start[2], bold), turned


def _is_turned(matrix: raw.FS_MATRIX, rotation: int) -> bool:
    along, across = abs(float(matrix.a)), abs(float(matrix.b))
    return across > 2 * along if rotation in (0, 180) else along > 2 * across


def _is_bold(text_page: Any, index: int) -> bool:
    weight = cast(int, raw.FPDFText_GetFontWeight(text_page, index))  # pyright: ignore[reportUnknownMemberType]
    if weight >= BOLD:
        return True
    name = create_string_buffer(MAX_FONT_NAME_LENGTH)
    raw.FPDFText_GetFontInfo(text_page, index, name, MAX_FONT_NAME_LENGTH, None)  # pyright: ignore[reportUnknownMemberType]
    return b"bold" in name.value.lower()


def _size(text_page: Any, index: int, matrix: raw.FS_MATRIX) -> float:
    """The size of the type as it appears: what the font states is often scaled."""
    raw.FPDFText_GetMatrix(text_page, index, matrix)  # pyright: ignore[reportUnknownMemberType]
    return float(raw.FPDFText_GetFontSize(text_page, index)) * hypot(float(matrix.b), float(matrix.d))


def _character(text_page: Any, index: int) -> str:
    code = int(raw.FPDFText_GetUnicode(text_page, index))
    return chr(code) if 0 < code < 0x110000 else " "


def _box(text_page: Any, index: int, rotation: int, box: raw.FS_RECTF) -> tuple[float, float, float, float]:
    """Left, right, bottom and top as the reader sees them; of a turned page only relative to each other."""
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    left, right, bottom, top = float(box.left), float(box.right), float(box.bottom), float(box.top)
    if top - bottom < 0.5:
        top = bottom + float(raw.FPDFText_GetFontSize(text_page, index))
    match rotation:
        case 90:
            return bottom, top, -right, -left
        case 180:
            return -right, -left, -top, -bottom
        case 270:
            return -top, -bottom, left, right
        case _:
            return left, right, bottom, top


def _together(words: "Iterable[Part]") -> "Iterator[Part]":
    last: Part | None = None
    for word in words:
        if last is not None and _follows(last, word):
            last = Part(
                f"{last.text} {word.text}"
                if word.left - last.right > 0.05 * word.size
                else last.text + word.text,
                last.left,
                word.right,
                min(last.bottom, word.bottom),
                max(last.top, word.top),
                max(last.size, word.size),
                last.bold,
            )
            continue
        if last is not None:
            yield last
        last = word
    if last is not None:
        yield last


def _follows(last: "Part", word: "Part") -> bool:
    shared = min(last.top, word.top) - max(last.bottom, word.bottom)
    gap = word.left - last.right
    small = min(last.size, word.size)
    return shared > 0.5 * small and -0.3 * small < gap < WORD_GAP * small and last.bold == word.bold


def _stacked(words: "list[Part]", parts: "list[Part]") -> "list[Part]":
    """Text that runs up or down a page, as small lines of their own below everything."""
    lowest = min((part.bottom for part in parts), default=0.0) - 2 * LINE_STEP
    size = min((part.size for part in parts or words), default=LINE_STEP)
    lines: list[Part] = []
    for start in range(0, len(words), TURNED_LINE):
        text = " ".join(word.text for word in words[start : start + TURNED_LINE])
        top = lowest - len(lines) * LINE_STEP
        lines.append(Part(text, 0.0, 6.0 * len(text), top - LINE_STEP, top, size, bold=False))
    return lines


def _in_margins(parts: "list[Part]") -> "Iterator[Part]":
    if not parts:
        return
    low, high = min(part.bottom for part in parts), max(part.top for part in parts)
    margin = MARGIN * (high - low)
    for part in parts:
        if part.top > high - margin or part.bottom < low + margin:
            yield part


def _without(parts: "list[Part]", frame: set[str]) -> "list[Part]":
    out = {
        id(part)
        for part in _in_margins(parts)
        if _shape(part.text) in frame or PAGE_COUNT.fullmatch(part.text.strip())
    }
    return [part for part in parts if id(part) not in out]


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.strip().lower())


@dataclass(frozen=True, slots=True)
class Part:
    """Words beside each other on a line, their box (from the lower left) and their type."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool


class _Styles:
    """Size, weight and direction of the type, slow to ask for: once for each piece of text drawn."""

    def __init__(self, text_page: Any, rotation: int) -> None:
        self._text_page = text_page
        self._rotation = rotation
        self._drawn = 0
        self._style = (0.0, False, False)

    def at(self, index: int) -> tuple[float, bool, bool]:
        """The size, whether it is bold and whether it runs across the reading direction."""
        drawn: Any = raw.FPDFText_GetTextObject(self._text_page, index)  # pyright: ignore[reportUnknownMemberType]
        address = addressof(drawn.contents) if drawn else 0
        if not address or address != self._drawn:
            matrix = raw.FS_MATRIX()
            size = _size(self._text_page, index, matrix)
            self._style = (size, _is_bold(self._text_page, index), _is_turned(matrix, self._rotation))
            self._drawn = address
        return self._style
