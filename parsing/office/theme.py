"""The colours of the theme of a Microsoft file."""

from parsing.archives.zipped import Element
from parsing.colours import BLACK, WHITE, Colour, hex_colour
from parsing.office.drawings import DRAWING

USUAL = {"lt1": WHITE, "dk1": BLACK}


def theme_colours(root: Element | None) -> dict[str, Colour]:
    """Its colours by their short names (`lt1`, `accent2`); black and white where there is no theme."""
    scheme = next(root.iter(f"{DRAWING}clrScheme"), None) if root is not None else None
    colours = dict(USUAL)
    for entry in scheme if scheme is not None else ():
        for colour in entry:
            stated = hex_colour(colour.get("lastClr") or colour.get("val"))
            if stated is not None and isinstance(entry.tag, str):
                colours[entry.tag.removeprefix(DRAWING)] = stated
    return colours
