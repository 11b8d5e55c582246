"""Where what is drawn in a Word document stands: on its page, or off it."""

import re

from parsing.archives.zipped import Element
from parsing.word.names import VML

DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
# In units of 1/914,400 inch: further than this from any margin is off the largest pages of Word.
# Up to a tenth of that programs place what only bleeds over the edge.
LARGEST_PAGE = 22 * 914_400
UNITS = {
    "in": 914_400.0,
    "cm": 360_000.0,
    "mm": 36_000.0,
    "pt": 12_700.0,
    "pc": 152_400.0,
    "px": 9_525.0,
    "": 1.0,
}
LENGTH = re.compile(r"\s*(-?[\d.]{1,12})\s*(in|cm|mm|pt|pc|px|)\s*")


def is_off_page(drawing: Element) -> bool:
    """Whether something drawn is anchored beyond the edges of every page."""
    return any(_anchor_is_off(anchor) for anchor in drawing.iter(f"{DRAWN}anchor")) or any(
        _style_is_off(shape.get("style", "")) for shape in drawing.iter(f"{VML}shape", f"{VML}rect")
    )


def _anchor_is_off(anchor: Element) -> bool:
    extent = anchor.find(f"{DRAWN}extent")
    for place, side in (("positionH", "cx"), ("positionV", "cy")):
        offset = anchor.findtext(f"{DRAWN}{place}/{DRAWN}posOffset", "").strip()
        size = extent.get(side, "0") if extent is not None else "0"
        if re.fullmatch(r"-?\d{1,12}", offset) and _is_off(int(offset), int(size) if size.isdecimal() else 0):
            return True
    return False


def _style_is_off(style: str) -> bool:
    stated = dict(part.split(":", 1) for part in style.split(";") if ":" in part)
    if stated.get("position") != "absolute":
        return False
    sides = (("margin-left", "width"), ("left", "width"), ("margin-top", "height"), ("top", "height"))
    return any(_is_off(_length(stated.get(start)), _length(stated.get(size))) for start, size in sides)


def _length(text: str | None) -> float:
    found = LENGTH.fullmatch(text or "")
    try:
        return float(found[1]) * UNITS[found[2]] if found else 0.0
    except ValueError:
        return 0.0


def _is_off(offset: float, size: float) -> bool:
    # Before the left edge by more than a margin can be; an inch and a half is usual at most.
    return offset >= LARGEST_PAGE or offset + size <= -LARGEST_PAGE / 10
