"""Words of lines that run from right to left, made of letters by their places, not by their order."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from parsing.pdf.parts import Box, Part

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
LETTER = re.compile(r"[^\W\d_]")
# In sizes of the type: a wider gap is a space, a still wider one ends the stretch.
SPACE = 0.2
STRETCH = 0.7
# What belongs to a number: inside it, and at its ends.
INSIDE_NUMBER = frozenset(".,:/-\u2013")
PERCENT = "%\u2030"
BESIDE_NUMBER = frozenset("%\u2030€$£¥₪+-\u2212#°")
OPENING, CLOSING = "([{<«‹", ")]}>»›"
BRACKETS = frozenset(OPENING + CLOSING)
MIRRORED = str.maketrans(OPENING + CLOSING, CLOSING + OPENING)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A letter with the marks on it, its box and its type."""

    text: str
    box: Box
    size: float
    bold: bool


def is_right_to_left(text: str) -> bool:
    """Whether most letters of the text are of a script that runs from right to left."""
    found = len(RIGHT_TO_LEFT.findall(text))
    return bool(found) and 2 * found > len(LETTER.findall(text))


def words_in_order(glyphs: Iterable[Glyph], bars: Sequence[Box], *, mirrored: bool) -> Iterator[Part]:
    """The words as they are read, line by line; what runs against the direction of the page is one word.

    Boxes are as they are on the page; no words reach over one of the upright `bars`. `mirrored`: the page is
    read from right to left.
    """
    wide = (
        glyph
        for glyph in glyphs
        if not glyph.text.isspace() or glyph.box[1] - glyph.box[0] > SPACE * glyph.size
    )
    for line in _lines(_with_marks(wide)):
        for stretch in _stretches(line, bars):
            yield from _words(stretch, mirrored=mirrored)


def _with_marks(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Each mark with the letter it stands on or under."""
    letters, marks = list[Glyph](), list[Glyph]()
    for glyph in glyphs:
        (marks if unicodedata.category(glyph.text[0]) == "Mn" and letters else letters).append(glyph)
    for mark in marks:
        middle = (mark.box[0] + mark.box[1]) / 2
        index = min(
            range(len(letters)),
            key=lambda place: (
                abs(letters[place].box[2] - mark.box[2]) > mark.size,
                abs((letters[place].box[0] + letters[place].box[1]) / 2 - middle),
            ),
        )
        below = letters[index]
        letters[index] = Glyph(below.text + mark.text, below.box, below.size, below.bold)
    return letters


def _lines(glyphs: list[Glyph]) -> Iterator[list[Glyph]]:
    line: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.box[2] - glyph.box[3]):
        if line and not _share_line(line[0], glyph):
            yield line
            line = []
        line.append(glyph)
    if line:
        yield line


def _share_line(one: Glyph, other: Glyph) -> bool:
    shared = min(one.box[3], other.box[3]) - max(one.box[2], other.box[2])
    return shared > 0.4 * min(one.size, other.size)


def _stretches(line: list[Glyph], bars: Sequence[Box]) -> Iterator[list[Glyph]]:
    """The letters of a line from left to right without wide gaps, and spaces where narrow ones are."""
    stretch: list[Glyph] = []
    for glyph in sorted(line, key=lambda glyph: glyph.box[0] + glyph.box[1]):
        if stretch:
            last = stretch[-1]
            gap = glyph.box[0] - last.box[1]
            if gap > STRETCH * glyph.size or glyph.bold != last.bold or _parted(last, glyph, bars):
                yield stretch
                stretch = []
            elif gap > SPACE * glyph.size and " " not in (glyph.text, last.text):
                stretch.append(Glyph(" ", (last.box[1], glyph.box[0], *last.box[2:]), last.size, last.bold))
        if stretch or glyph.text != " ":
            stretch.append(glyph)
    if stretch:
        yield stretch


def _parted(last: Glyph, glyph: Glyph, bars: Sequence[Box]) -> bool:
    up = (glyph.box[2] + glyph.box[3]) / 2
    return any(last.box[0] < bar[0] and bar[1] < glyph.box[1] and bar[2] < up < bar[3] for bar in bars)


def _words(stretch: list[Glyph], *, mirrored: bool) -> Iterator[Part]:
    text = "".join(glyph.text for glyph in stretch)
    has_letters = bool(LETTER.search(text))
    backwards = is_right_to_left(text) if has_letters else mirrored
    runs = _runs(stretch, backwards=backwards)
    if backwards != mirrored:
        yield _part([glyph for run, _ in runs for glyph in run])
        return
    for run, against in runs:
        if against:
            yield _part(run)
            continue
        for is_space, word in groupby(run, key=lambda glyph: glyph.text == " "):
            if not is_space:
                yield _part(list(word))


def _runs(stretch: Sequence[Glyph], *, backwards: bool) -> list[tuple[list[Glyph], bool]]:
    """Runs of one direction in reading order, each in its own; and whether it runs against the line."""
    ways = _ways(stretch, backwards=backwards)
    grouped = groupby(zip(stretch, ways, strict=True), key=lambda pair: pair[1])
    runs = [([glyph for glyph, _ in pairs], is_rtl) for is_rtl, pairs in grouped]
    ordered = list(reversed(runs) if backwards else runs)
    turned = [(run[::-1] if is_rtl else run, is_rtl) for run, is_rtl in ordered]
    # Some files name brackets by their look, others by their meaning: the first one of a line opens.
    brackets = [glyph.text for run, is_rtl in turned for glyph in run if is_rtl and glyph.text in BRACKETS]
    if brackets and brackets[0] in CLOSING:
        turned = [([_mirrored(glyph) for glyph in run] if is_rtl else run, is_rtl) for run, is_rtl in turned]
    return [(run, is_rtl != backwards) for run, is_rtl in turned]


def _mirrored(glyph: Glyph) -> Glyph:
    return Glyph(glyph.text.translate(MIRRORED), glyph.box, glyph.size, glyph.bold)


def _ways(stretch: Sequence[Glyph], *, backwards: bool) -> list[bool]:
    """Of each glyph, whether it runs from right to left; neutral ones as both neighbours, or as the line."""
    kinds = _kinds([glyph.text for glyph in stretch])
    ways: list[bool] = []
    for index, kind in enumerate(kinds):
        if kind != " ":
            ways.append(kind == "R")
            continue
        before = next((kinds[place] for place in range(index, -1, -1) if kinds[place] != " "), "")
        after = next((kinds[place] for place in range(index, len(kinds)) if kinds[place] != " "), "")
        if "R" in (before, after) or not (before and after) or before == after == "N":
            ways.append(before == after == "R" or backwards)
        else:
            ways.append(False)
    return ways


def _kinds(texts: Sequence[str]) -> list[str]:
    """The kind of each glyph; what belongs to a number is N as well."""
    kinds = [_kind(text) for text in texts]
    for index, text in enumerate(texts):
        before = kinds[index - 1] if index else " "
        after = kinds[index + 1] if index + 1 < len(kinds) else " "
        if text in PERCENT and after == "N" != before:
            kinds[index] = "R"  # read behind the number, as Arabic has it on its left
            continue
        inside = text in INSIDE_NUMBER and before == after == "N"
        if kinds[index] == " " and (inside or (text in BESIDE_NUMBER and "N" in (before, after))):
            kinds[index] = "N"
    return kinds


def _kind(text: str) -> str:
    """R for a letter from right to left, L for another, N for a digit, else a space."""
    if text[0].isdigit():
        return "N"
    if RIGHT_TO_LEFT.match(text):
        return "R"
    return "L" if text[0].isalpha() else " "


def _part(glyphs: Sequence[Glyph]) -> Part:
    text = "".join(glyph.text for glyph in glyphs).strip()
    return Part(
        unicodedata.normalize("NFKC", text) if RIGHT_TO_LEFT.search(text) else text,
        min(glyph.box[0] for glyph in glyphs),
        max(glyph.box[1] for glyph in glyphs),
        min(glyph.box[2] for glyph in glyphs),
        max(glyph.box[3] for glyph in glyphs),
        max(glyph.size for glyph in glyphs),
        glyphs[0].bold,
    )
