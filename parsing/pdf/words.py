"""The words on a page of a PDF with their places, from left to right or from right to left."""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from ctypes import c_double
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.markdown.inline import raised
from parsing.pdf.annotations import Laid
from parsing.pdf.bidi import RIGHT_TO_LEFT, Glyph, is_right_to_left, words_in_order
from parsing.pdf.drawing import drawn_on
from parsing.pdf.parts import Box, PageText, Part, Sight
from parsing.pdf.remarks import with_fields, with_remarks
from parsing.pdf.rules import bars_among, cells_of, lines_among
from parsing.pdf.sight import Looking, PageSight, Seen
from parsing.pdf.type_styles import TypeStyles
from parsing.unseen import left_unseen

# PDFium marks a hyphen at the end of a line with one of these and joins the halves of the word.
HYPHENS = "\ufffe\x02"
WORD = re.compile(rf"[^\s{HYPHENS}]+[{HYPHENS}]?")
RULE = re.compile(r"[-=_*.·—\s]{4,}")
WORD_GAP = 0.7
# Digits in one number that are smaller by this, and stand higher by this part of the size, are an exponent.
DIGITS = re.compile(r"\d{2,}")
SMALL, RISE = 0.85, 0.15
# The part of its size by which type reaches below its line.
DESCENT = 0.22
LINE_STEP = 12.0
TURNED_LINE = 12
HYPHENATED = re.compile(r"[^\W\d_]+-[^\W\d_]+")
# Letters as they look at their place in a word, and ligatures.
FORMS = re.compile("[\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]")
# What fonts give that do not say which letters they show. One alone is a bullet or a symbol.
NO_LETTER = re.compile("[\x00-\x08\x0e-\x1f\ufffd\ue000-\uf8ff]|[\U000f0000-\U0010fffd]")


def page_text(page: Any, looking: Looking, number: int, laid: "Sequence[Laid]" = ()) -> PageText:
    """The words on a page, joined where they stand together, with what is laid on it.

    Raises `PdfiumError` for a bad page.
    """
    text_page = page.get_textpage()
    drawing = drawn_on(page)
    page_sight = PageSight(page, drawing, looking, number)
    try:
        text = _text_of(text_page)
        sight = Sight(page.get_rotation(), is_right_to_left(text))
        # PDFium's own handle: the library around it costs more than most answers.
        letters = text_page.raw
        found, unseen = _seen_words(list(_words(letters, text, sight, page_sight)), page_sight)
        upright = [word.part for word in found if word.part is not None and not word.is_turned]
        if RIGHT_TO_LEFT.search(text):
            bars = bars_among(lines_among(drawing.paths, Sight(sight.rotation)))
            upright = list(_words_by_place(letters, text, sight, bars, unseen))
    finally:
        text_page.close()
    upright, remarks = with_remarks(upright, laid, sight)
    cells, upright = cells_of(upright, lines_among(drawing.paths, sight))
    parts = [part for part in _together(upright) if not RULE.fullmatch(part.text)]
    parts += [_cell(box, list(_together(words))) for box, words in cells.items()]
    parts = with_fields(parts, laid, sight)
    stacked = _stacked([word.part for word in found if word.part is not None and word.is_turned], parts)
    return PageText(parts + stacked, remarks, sum(word.part is None for word in found))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word, where its letters begin and end in the text of the page, whether it runs across the reading
    direction, and how it is painted; without a part when it cannot be read.
    """

    part: Part | None
    first: int
    last: int
    is_turned: bool
    seen: Seen | None


def _seen_words(words: "list[_Word]", sight: PageSight) -> "tuple[list[_Word], frozenset[int]]":
    """The words that are seen, and the places of the letters of all others, which are counted."""
    unseen = sight.unseen([word.seen for word in words])
    if not unseen:
        return words, frozenset()
    for index, kind in unseen.items():
        part = words[index].part
        left_unseen(kind, part.text if part else "")
    letters = (range(words[index].first, words[index].last + 1) for index in unseen)
    return [word for index, word in enumerate(words) if index not in unseen], frozenset(chain(*letters))


def hyphenated_words(pages: "Iterable[list[Part]]") -> frozenset[str]:
    """The words written with a hyphen within a line, in small letters."""
    return frozenset(
        word.lower() for parts in pages for part in parts for word in HYPHENATED.findall(part.text)
    )


def _text_of(text_page: Any) -> str:
    text = text_page.get_text_range(errors="replace")
    count = text_page.count_chars()
    if len(text) == count:
        return text
    # Places are counted in characters, which this text then is not.
    return "".join(_character(text_page, index) for index in range(count))


def _words(text_page: Any, text: str, sight: Sight, page_sight: PageSight) -> "Iterator[_Word]":
    """The words in the order of the page's text."""
    box = raw.FS_RECTF()
    styles = TypeStyles(text_page, sight.rotation, page_sight)
    for word in WORD.finditer(text):
        first, last = word.start(), word.end() - 1
        hyphen = text[last] in HYPHENS
        size, bold, turned = styles.at(first)
        written = text[first:last] + "-" if hyphen else word[0]
        if len(written) > 1 and not _is_readable(text_page, first, written):
            yield _Word(None, first, last, turned, None)
            continue
        paint = styles.paint
        if DIGITS.search(written):
            written = _with_raised(text_page, first, written, styles)
        first_box = _box(text_page, first, box)
        last_box = _box(text_page, last - 1 if hyphen and last > first else last, box)
        start, end = sight.seen(first_box), sight.seen(last_box)
        if FORMS.search(written):
            written = unicodedata.normalize("NFKC", written)
        left, right = min(start[0], end[0]), max(start[1], end[1])
        bottom, top = min(start[2], end[2]), max(start[3], end[3])
        part = Part(written, left, right, bottom, top, size or start[3] - start[2], bold)
        yield _Word(part, first, last, turned, Seen(_around(first_box, last_box), part.size, paint))


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), max(one[3], other[3])


def _with_raised(text_page: Any, first: int, word: str, styles: "TypeStyles") -> str:
    """The word with digits that stand small above the line written so: 106 is another number than 10⁶."""
    for digits in DIGITS.finditer(word):
        size, line = styles.at(first + digits.start())[0], _line_of(text_page, first + digits.start())
        for at in range(digits.start() + 1, digits.end()):
            small = styles.at(first + at)[0] < SMALL * size
            if small and _line_of(text_page, first + at) > line + RISE * size:
                return word[:at] + raised(word[at : digits.end()]) + word[digits.end() :]
    return word


def _line_of(text_page: Any, index: int) -> float:
    """How high the line is that a letter stands on."""
    across, up = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, across, up)
    return up.value


def _is_readable(text_page: Any, first: int, word: str) -> bool:
    """Whether the font says which letters most of the word has."""
    if 2 * len(NO_LETTER.findall(word)) > len(word):
        return False
    if not _is_unnamed(text_page, first):
        return True
    return 2 * sum(_is_unnamed(text_page, first + index) for index in range(len(word))) <= len(word)


def _is_unnamed(text_page: Any, index: int) -> bool:
    return raw.FPDFText_HasUnicodeMapError(text_page, index) == 1


def _words_by_place(
    text_page: Any, text: str, sight: Sight, bars: "Sequence[Box]", unseen: Container[int]
) -> "Iterator[Part]":
    """The upright words of a page with lines from right to left, without the letters that nobody sees."""
    box = raw.FS_RECTF()
    styles = TypeStyles(text_page, sight.rotation)
    turned = Sight(sight.rotation)

    def glyphs() -> Iterator[Glyph]:
        for index, letter in enumerate(text):
            if letter in HYPHENS or letter < " " or raw.FPDFText_IsGenerated(text_page, index) == 1:
                continue
            if index in unseen:
                continue
            size, bold, is_turned = styles.at(index)
            if not is_turned and not _is_unnamed(text_page, index):
                place = _line_box(text_page, index, _box(text_page, index, box), size)
                yield Glyph(letter, turned.seen(place), size, bold)

    for word in words_in_order(glyphs(), bars, mirrored=sight.mirrored):
        if sight.mirrored:
            yield replace(word, left=-word.right, right=-word.left)
        else:
            yield word


def _character(text_page: Any, index: int) -> str:
    code = int(raw.FPDFText_GetUnicode(text_page, index))
    return chr(code) if 0 < code < 0x110000 else " "


def _box(text_page: Any, index: int, box: raw.FS_RECTF) -> Box:
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    left, right, bottom, top = float(box.left), float(box.right), float(box.bottom), float(box.top)
    if top - bottom < 0.5:
        top = bottom + float(raw.FPDFText_GetFontSize(text_page, index))
    return left, right, bottom, top


def _line_box(text_page: Any, index: int, box: Box, size: float) -> Box:
    """The box of a letter as high as its line, whatever its own height."""
    line = _line_of(text_page, index)
    return box[0], box[1], line - DESCENT * size, line + (1 - DESCENT) * size


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


def _follows(last: Part, word: Part) -> bool:
    shared = min(last.top, word.top) - max(last.bottom, word.bottom)
    gap = word.left - last.right
    small = min(last.size, word.size)
    return shared > 0.5 * small and -0.3 * small < gap < WORD_GAP * small and last.bold == word.bold


def _cell(box: Box, parts: "list[Part]") -> Part:
    """All words of a cell, line by line; its box ends before that of the next one begins."""
    left, right, bottom, top = box
    size = max(part.size for part in parts)
    lines = sorted(parts, key=lambda part: (-round(part.top / size), part.left))
    text = " ".join(part.text for part in lines)
    return Part(
        text, left + 1, right - 1, bottom + 1, top - 1, size, all(part.bold for part in parts), is_cell=True
    )


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
