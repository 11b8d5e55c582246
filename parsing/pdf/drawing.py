"""What is drawn on a page of a PDF besides its words, in the order in which it is drawn."""

from ctypes import addressof, byref, c_float, c_int, c_uint
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.colours import Colour
from parsing.pdf.parts import Box

# Drawings have more; then their lines are none of tables, and nothing is said of what lies over what.
MAX_DRAWN = 4_000
MAX_OBJECTS = 40_000
# Of what is smaller than a letter nothing hides a word.
LEAST_SIDE = 4.0
MAX_AREAS = 200
RECTANGLE = range(4, 6)
OPAQUE = 250

Kind = Literal["path", "picture", "other"]
KINDS: dict[int, Kind] = {
    int(raw.FPDF_PAGEOBJ_PATH): "path",
    int(raw.FPDF_PAGEOBJ_IMAGE): "picture",
    int(raw.FPDF_PAGEOBJ_SHADING): "other",
    int(raw.FPDF_PAGEOBJ_FORM): "other",
}


@dataclass(frozen=True, slots=True)
class Area:
    """Something that covers what is drawn before it: `colour` only of rectangles that let nothing through."""

    order: int
    kind: Kind
    box: Box
    colour: Colour | None

    def holds(self, across: float, up: float) -> bool:
        """Whether a place lies in its box."""
        left, right, bottom, top = self.box
        return left <= across <= right and bottom <= up <= top


@dataclass
class Drawing:
    """The boxes of all paths, the areas large enough for words, and which object is drawn when.

    `order` knows the objects by the addresses of PDFium; those within forms are not there.
    """

    paths: list[Box] = field(default_factory=list[Box])
    areas: list[Area] = field(default_factory=list[Area])
    order: dict[int, int] = field(default_factory=dict[int, int])
    has_forms: bool = False


def drawn_on(page: Any) -> Drawing:
    """What is drawn on the page."""
    drawing = Drawing()
    count = min(cast(int, raw.FPDFPage_CountObjects(page)), MAX_OBJECTS)  # pyright: ignore[reportUnknownMemberType]
    for order in range(count):
        drawn = cast(Any, raw.FPDFPage_GetObject(page, order))  # pyright: ignore[reportUnknownMemberType, reportUnnecessaryCast]
        kind = int(raw.FPDFPageObj_GetType(drawn))
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            drawing.order[addressof(drawn.contents)] = order
        elif kind in KINDS and len(drawing.paths) < MAX_DRAWN:
            drawing.has_forms |= kind == raw.FPDF_PAGEOBJ_FORM
            _add(drawing, drawn, KINDS[kind], order)
    if len(drawing.areas) > MAX_AREAS:
        drawing.areas = sorted(sorted(drawing.areas, key=_size)[-MAX_AREAS:], key=lambda area: area.order)
    return drawing


def _size(area: Area) -> float:
    left, right, bottom, top = area.box
    return (right - left) * (top - bottom)


def _add(drawing: Drawing, drawn: Any, kind: Kind, order: int) -> None:
    box = bounds_of(drawn)
    if box is None:
        return
    if kind == "path":
        drawing.paths.append(box)
    if box[1] - box[0] < LEAST_SIDE or box[3] - box[2] < LEAST_SIDE:
        return
    if kind != "path":
        drawing.areas.append(Area(order, kind, box, None))
        return
    fill, stroke = c_int(), c_int()
    raw.FPDFPath_GetDrawMode(drawn, byref(fill), byref(stroke))
    if fill.value:
        colour, opacity = fill_of(drawn)
        is_plain = opacity >= OPAQUE and int(raw.FPDFPath_CountSegments(drawn)) in RECTANGLE
        drawing.areas.append(Area(order, kind, box, colour if is_plain else None))


_SIDES = [c_float() for _ in range(4)]
_CHANNELS = [c_uint() for _ in range(4)]


def bounds_of(drawn: Any) -> Box | None:
    """The box of something drawn; None where it has none."""
    left, bottom, right, top = _SIDES
    if not raw.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
        return None
    return left.value, right.value, bottom.value, top.value


def fill_of(drawn: Any) -> tuple[Colour, int]:
    """The colour something is filled with, and its opacity from 0 to 255; black where nothing is stated."""
    red, green, blue, opacity = _CHANNELS
    if not raw.FPDFPageObj_GetFillColor(drawn, red, green, blue, opacity):
        return (0, 0, 0), 255
    return (red.value, green.value, blue.value), opacity.value


def stroke_of(drawn: Any) -> tuple[Colour, int]:
    """The same of its lines."""
    red, green, blue, opacity = _CHANNELS
    if not raw.FPDFPageObj_GetStrokeColor(drawn, red, green, blue, opacity):
        return (0, 0, 0), 255
    return (red.value, green.value, blue.value), opacity.value
