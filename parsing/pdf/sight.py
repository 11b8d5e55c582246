"""Which words of a page of a PDF nobody sees.

What is stated decides where it can: no paint, no size, a place off the page. Where other things on the page
decide (colours behind a word, what is drawn over it, layers, clipping) the page is drawn twice, with the
doubtful words and without: those that change nothing are not seen. Only a doubt costs that.
"""

import time
from collections.abc import Iterable, Sequence
from ctypes import c_float, c_ulong
from dataclasses import dataclass, field
from typing import Any

from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.colours import WHITE, Colour, hardly_differ
from parsing.pdf.drawing import Area, Drawing, fill_of, stroke_of
from parsing.pdf.parts import Box
from parsing.pdf.pictures import Picture, pictures_of
from parsing.unseen import Kind

# Points.
TINY = 1.0
# Of 255: less cannot be told from nothing.
FAINT = 12
UNPAINTED = frozenset({int(raw.FPDF_TEXTRENDERMODE_INVISIBLE), int(raw.FPDF_TEXTRENDERMODE_CLIP)})
STROKED = frozenset({int(raw.FPDF_TEXTRENDERMODE_STROKE), int(raw.FPDF_TEXTRENDERMODE_STROKE_CLIP)})
# A text that stands for what is drawn may be longer than that (a formula in words), by so many letters, and
# each may be as narrow as this part of its size.
SPOKEN, NARROWEST = 40, 0.15
MAX_MARKS = 8
# Seconds of the processor for drawing the pages of a file.
MOST_SECONDS = 20.0


@dataclass
class Looking:
    """What a file has to do with sight: whether it has layers, and for how long pages were drawn already."""

    has_layers: bool = False
    seconds: float = 0.0
    not_looked_at: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True)
class Paint:
    """How a piece of text is painted. `order` is None for one within a form."""

    drawn: Any
    order: int | None
    colour: Colour
    doubt: Kind | None = None
    kind: Kind | None = None
    clip: Box | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A word with its box on the page, its size and its paint."""

    box: Box
    size: float
    paint: Paint | None


class PageSight:
    """Tells of the words of one page whether they are seen."""

    def __init__(self, page: Any, drawing: Drawing, looking: Looking, number: int) -> None:
        self._page, self._drawing, self._looking, self._number = page, drawing, looking, number
        self._alike: dict[Colour, list[Area]] = {}
        edges = raw.FS_RECTF()
        known = raw.FPDF_GetPageBoundingBox(page, edges)
        sides = (float(edges.left), float(edges.right), float(edges.bottom), float(edges.top))
        self._edges: Box | None = sides if known and sides[1] > sides[0] and sides[3] > sides[2] else None

    def paint_of(self, drawn: Any, address: int) -> Paint:
        """How a text object is painted."""
        order = self._drawing.order.get(address)
        mode = int(raw.FPDFTextObj_GetTextRenderMode(drawn))
        colour, opacity = stroke_of(drawn) if mode in STROKED else fill_of(drawn)
        if mode in UNPAINTED:
            return Paint(drawn, order, colour, kind="text without paint")
        if opacity <= FAINT and mode in (0, 1):
            return Paint(drawn, order, colour, kind="transparent text")
        kind, doubt = self._marks(drawn, is_within_form=order is None)
        return Paint(drawn, order, colour, doubt, kind, _clip_of(drawn))

    def _marks(self, drawn: Any, *, is_within_form: bool) -> tuple[Kind | None, Kind | None]:
        """What the marks of a text say of it: that it stands for another, that it may be on a layer."""
        doubt: Kind | None = (
            "text on a layer that is off" if self._looking.has_layers and is_within_form else None
        )
        for index in range(min(int(raw.FPDFPageObj_CountMarks(drawn)), MAX_MARKS)):
            mark: Any = raw.FPDFPageObj_GetMark(drawn, index)  # pyright: ignore[reportUnknownMemberType]
            name = _name_of(mark)
            if name == "OC":
                doubt = "text on a layer that is off"
            elif name == "Span" and _is_longer(drawn, _actual_length(mark)):
                return "text that stands for other text", None
        return None, doubt

    def unseen(self, words: Sequence[Seen | None]) -> dict[int, Kind]:
        """Which of the words are not seen, by their position, and why."""
        found: dict[int, Kind] = {}
        doubts: dict[int, Kind] = {}
        unpainted: list[int] = []
        for index, word in enumerate(words):
            if word is None:
                continue
            kind = self._kind(word)
            if kind == "text without paint":
                unpainted.append(index)
            elif kind is not None:
                found[index] = kind
            elif doubt := self._doubt(word):
                doubts[index] = doubt
        if unpainted:
            found |= self._without_picture(words, unpainted)
        return found | (self._changing_nothing(words, doubts) if doubts else {})

    def _kind(self, word: Seen) -> Kind | None:
        left, right, bottom, top = word.box
        edges = self._edges
        if edges and (right < edges[0] or left > edges[1] or top < edges[2] or bottom > edges[3]):
            return "text off the page"
        if word.size <= TINY and top - bottom <= 1.5 * TINY:
            return "tiny text"
        return word.paint.kind if word.paint else None

    def _doubt(self, word: Seen) -> Kind | None:
        """Why a word may not be seen; None where nothing speaks for it."""
        paint = word.paint
        if paint is None:
            return None
        if paint.doubt:
            return paint.doubt
        across, up = (word.box[0] + word.box[1]) / 2, (word.box[2] + word.box[3]) / 2
        clip = paint.clip
        if clip and not (clip[0] <= across <= clip[1] and clip[2] <= up <= clip[3]):
            return "text that is clipped away"
        if self._is_covered(paint, across, up):
            return "text behind something else"
        return "text in the colour of its background" if self._is_pale(paint, across, up) else None

    def _is_covered(self, paint: Paint, across: float, up: float) -> bool:
        if paint.order is None:
            return False
        for area in reversed(self._drawing.areas):
            if area.order < paint.order:
                return False
            if area.holds(across, up):
                return True
        return False

    def _is_pale(self, paint: Paint, across: float, up: float) -> bool:
        """Whether what is behind a word may have its colour."""
        if hardly_differ(paint.colour, WHITE):
            return not self._is_on_other_colour(paint, across, up)
        if paint.colour not in self._alike:
            self._alike[paint.colour] = [
                area
                for area in self._drawing.areas
                if area.colour and hardly_differ(paint.colour, area.colour)
            ]
        return any(area.holds(across, up) for area in self._alike[paint.colour])

    def _is_on_other_colour(self, paint: Paint, across: float, up: float) -> bool:
        """Whether the last that was drawn below a word is a plain rectangle in another colour."""
        if paint.order is None:
            return False
        below = (area for area in reversed(self._drawing.areas) if area.order < paint.order)
        behind = next((area for area in below if area.holds(across, up)), None)
        return behind is not None and bool(behind.colour) and not hardly_differ(paint.colour, behind.colour)

    def _without_picture(self, words: Sequence[Seen | None], unpainted: Iterable[int]) -> dict[int, Kind]:
        """Of the words without paint those that no picture shows: others are what was recognised in a scan.

        Recognised words need not stand exactly on their picture: where most do, all near any ink are its own.
        """
        boxes = {index: word.box for index in unpainted if (word := words[index])}
        pictures = pictures_of(self._page)
        over = {index for index, box in boxes.items() if any(_is_over(box, picture) for picture in pictures)}
        found: dict[int, Kind] = {index: "text without paint" for index in boxes if index not in over}
        shown = self._drawn() if over else None
        if shown is None:
            return found
        inked = {index for index in over if shown.has_ink(boxes[index])}
        is_recognised = 2 * len(inked) >= len(over)
        for index in over - inked:
            if not (is_recognised and shown.has_ink(_around(boxes[index]))):
                found[index] = "text without paint"
        return found

    def _changing_nothing(self, words: Sequence[Seen | None], doubts: dict[int, Kind]) -> dict[int, Kind]:
        shown = self._drawn()
        if shown is None:
            return {}
        objects = {
            id(word.paint): word.paint.drawn for index in doubts if (word := words[index]) and word.paint
        }
        for drawn in objects.values():
            raw.FPDFPageObj_SetIsActive(drawn, 0)
        try:
            without = self._drawn()
        finally:
            for drawn in objects.values():
                raw.FPDFPageObj_SetIsActive(drawn, 1)
        if without is None:
            return {}
        return {
            index: kind
            for index, kind in doubts.items()
            if (word := words[index]) and not shown.differs(without, word.box)
        }

    def _drawn(self) -> Picture | None:
        """The page as a picture; None when pages were drawn for too long, which a note says."""
        if self._looking.seconds > MOST_SECONDS:
            if self._number not in self._looking.not_looked_at:
                self._looking.not_looked_at.append(self._number)
            return None
        started = time.process_time()
        try:
            return Picture.of(self._page)
        finally:
            self._looking.seconds += time.process_time() - started


def _is_over(box: Box, picture: Box) -> bool:
    across, up = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
    return picture[0] <= across <= picture[1] and picture[2] <= up <= picture[3]


def _around(box: Box) -> Box:
    high = max(box[3] - box[2], TINY)
    return box[0] - 2 * high, box[1] + 2 * high, box[2] - 2 * high, box[3] + 2 * high


def _clip_of(drawn: Any) -> Box | None:
    """The box of what a text is clipped to, from two corners; None without clipping."""
    path: Any = raw.FPDFPageObj_GetClipPath(drawn)  # pyright: ignore[reportUnknownMemberType]
    count = int(raw.FPDFClipPath_CountPaths(path)) if path else 0
    if count <= 0:
        return None
    places: list[tuple[float, float]] = []
    for corner in (0, 2):
        segment: Any = raw.FPDFClipPath_GetPathSegment(path, count - 1, corner)  # pyright: ignore[reportUnknownMemberType]
        if not segment or not raw.FPDFPathSegment_GetPoint(segment, _ACROSS, _UP):
            return None
        places.append((_ACROSS.value, _UP.value))
    (left, bottom), (right, top) = places
    return min(left, right), max(left, right), min(bottom, top), max(bottom, top)


_ACROSS, _UP, _SIZE = c_float(), c_float(), c_ulong()


def _name_of(mark: Any) -> str:
    room = (raw.FPDF_WCHAR * 32)()
    if not mark or not raw.FPDFPageObjMark_GetName(mark, room, 64, _SIZE):
        return ""
    return bytes(room)[: max(min(_SIZE.value, 64) - 2, 0)].decode("utf-16-le", "replace")


def _actual_length(mark: Any) -> int:
    """How many letters the text has that stands for what is drawn."""
    size = c_ulong()
    known = raw.FPDFPageObjMark_GetParamStringValue(mark, b"ActualText", None, 0, size)
    return max(int(size.value) // 2 - 1, 0) if known else 0


def _is_longer(drawn: Any, letters: int) -> bool:
    """Whether a text is much longer than what it stands for."""
    if letters <= SPOKEN:
        return False
    sides = [c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(drawn, *sides)
    size = max(sides[3].value - sides[1].value, TINY)
    return letters - SPOKEN > (sides[2].value - sides[0].value) / (NARROWEST * size)
