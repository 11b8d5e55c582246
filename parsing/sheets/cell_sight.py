"""Which styles of the cells of an Excel workbook show nothing: no format, no size, the colour of the cell."""

from collections.abc import Mapping, Sequence

from parsing.archives.zipped import Element
from parsing.colours import BLACK, WHITE, Colour, hardly_differ, hex_colour, lightened
from parsing.unseen import Kind

NO_FORMAT = frozenset({";;;", ";;;;"})
TINY = 2.0
INDEXED = {0: BLACK, 1: WHITE, 8: BLACK, 9: WHITE, 64: BLACK, 65: WHITE}
# Themes number their colours in this order.
THEME = ("lt1", "dk1", "lt2", "dk2", *(f"accent{number}" for number in range(1, 7)))
PALE: Kind = "text in the colour of its background"


def unseen_styles(root: Element | None, codes: Sequence[str], theme: Mapping[str, Colour]) -> dict[str, Kind]:
    """The numbers of the cell styles whose texts nobody sees, and why."""
    styles = root.find("{*}cellXfs") if root is not None else None
    if root is None or styles is None:
        return {}
    fonts, fills = _children(root, "fonts"), _children(root, "fills")
    found: dict[str, Kind] = {}
    for number, (style, code) in enumerate(zip(styles, codes, strict=False)):
        kind: Kind | None = "cells that show nothing" if code.replace(" ", "") in NO_FORMAT else None
        kind = kind or _kind(_at(fonts, style.get("fontId")), _at(fills, style.get("fillId")), theme)
        if kind:
            found[str(number)] = kind
    return found


def _kind(font: Element | None, fill: Element | None, theme: Mapping[str, Colour]) -> Kind | None:
    if font is None:
        return None
    size = font.find("{*}sz")
    try:
        if size is not None and float(size.get("val", "11")) <= TINY:
            return "tiny text"
    except ValueError:
        return None
    colour = _colour(font.find("{*}color"), theme)
    ground = _ground(fill, theme)
    return PALE if colour and ground and hardly_differ(colour, ground) else None


def _ground(fill: Element | None, theme: Mapping[str, Colour]) -> Colour | None:
    """The colour of the cells; None where it is a pattern or a gradient."""
    pattern = fill.find("{*}patternFill") if fill is not None else None
    if fill is not None and pattern is None:
        return None if len(fill) else WHITE
    kind = pattern.get("patternType", "none") if pattern is not None else "none"
    if kind == "none":
        return WHITE
    return _colour(pattern.find("{*}fgColor"), theme) if kind == "solid" and pattern is not None else None


def _colour(element: Element | None, theme: Mapping[str, Colour]) -> Colour | None:
    if element is None or element.get("auto") in ("1", "true"):
        return None
    index, name = element.get("indexed", ""), element.get("theme", "")
    if index.isdecimal() and len(index) < 4:
        return INDEXED.get(int(index))
    if name.isdecimal() and len(name) < 3:
        named = theme.get(THEME[int(name)]) if int(name) < len(THEME) else None
        return lightened(named, _tint(element)) if named else None
    return hex_colour(element.get("rgb"))


def _tint(element: Element) -> float:
    try:
        return min(max(float(element.get("tint", "0")), -1.0), 1.0)
    except ValueError:
        return 0.0


def _children(root: Element, name: str) -> list[Element]:
    found = root.find(f"{{*}}{name}")
    return [*found] if found is not None else []


def _at(elements: Sequence[Element], position: str | None) -> Element | None:
    number = int(position) if position and position.isdecimal() and len(position) < 7 else -1
    return elements[number] if 0 <= number < len(elements) else None
