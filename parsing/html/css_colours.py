"""Colours as style sheets write them."""

import colorsys
import re

from PIL import ImageColor

from parsing.colours import WHITE, Colour

FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
ANGLE = re.compile(r"([\d.]+)(?:deg)?")


def css_colour(text: str) -> tuple[Colour, float] | None:
    """A colour of a style sheet with its opacity from 0 to 1; None for what is none, or depends on more."""
    text = text.strip().lower()
    if text == "transparent":
        return WHITE, 0.0
    try:
        stated = ImageColor.getrgb(_without_units(text))
    except (ValueError, TypeError):
        return None
    return (stated[0], stated[1], stated[2]), (stated[3] / 255 if len(stated) > 3 else 1.0)


def _without_units(text: str) -> str:
    """The forms that Pillow does not know (spaces, opacity as a fraction) as `#rrggbbaa`."""
    function = FUNCTION.fullmatch(text)
    if function is None:
        return text
    parts = re.split(r"[\s,/]+", function[2].strip())
    if len(parts) < 3:
        return text
    opacity = _share(parts[3], 1.0) if len(parts) > 3 else 1.0
    if function[1] == "rgb":
        channels = [round(_share(part, 255.0) * 255) for part in parts[:3]]
    else:
        angle = ANGLE.fullmatch(parts[0])
        hue = float(angle[1]) / 360 if angle else 0.0
        light = colorsys.hls_to_rgb(hue % 1, _share(parts[2], 100.0), _share(parts[1], 100.0))
        channels = [round(channel * 255) for channel in light]
    return "#" + "".join(f"{channel:02x}" for channel in (*channels, round(opacity * 255)))


def _share(text: str, whole: float) -> float:
    """A number or a percentage as a part of the whole, from 0 to 1."""
    value = float(text.rstrip("%")) / (100.0 if text.endswith("%") else whole)
    return min(max(value, 0.0), 1.0)
