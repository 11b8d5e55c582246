"""Which styles of an OpenDocument file make a text that nobody sees."""

import re
from collections.abc import Iterable, Iterator, Mapping

from parsing.archives.zipped import Element
from parsing.colours import WHITE, hardly_differ, hex_colour
from parsing.odf.names import DRAW, STYLE, TEXT
from parsing.unseen import Kind

FORMAT = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
# Points.
TINY = 2.0
SIZE = re.compile(r"([\d.]{1,8})pt")
MAX_ANCESTORS = 20
OWN = f"{STYLE}text-properties"

Key = tuple[str, str]


def unseen_styles(roots: Iterable[Element]) -> Mapping[Key, Kind]:
    """Why texts in a style are not seen, by its family ("text", "paragraph") and its name."""
    styles = {
        (style.get(f"{STYLE}family", ""), style.get(f"{STYLE}name", "")): style
        for root in roots
        for style in root.iter(f"{STYLE}style")
    }
    # Where anything else is coloured, a pale text may stand on it.
    is_plain = not any(_has_ground(style) for style in styles.values())
    found: dict[Key, Kind] = {}
    for key in styles:
        kind = _kind(_looks(key, styles), is_plain=is_plain) if key[0] in ("text", "paragraph") else None
        if kind:
            found[key] = kind
    return found


def _looks(key: Key, styles: Mapping[Key, Element]) -> dict[str, str]:
    """What a style and those it is based on state of their texts."""
    looks: dict[str, str] = {}
    for _ in range(MAX_ANCESTORS):
        style = styles.get(key)
        if style is None:
            break
        for properties in style.iterfind(OWN):
            looks = {**{str(name): str(value) for name, value in properties.attrib.items()}, **looks}
        key = key[0], style.get(f"{STYLE}parent-style-name", "")
    return looks


def _kind(looks: Mapping[str, str], *, is_plain: bool) -> Kind | None:
    if looks.get(f"{TEXT}display") == "none":
        return "hidden text"
    size = SIZE.fullmatch(looks.get(f"{FORMAT}font-size", ""))
    if size and float(size[1].rstrip(".") or "99") <= TINY:
        return "tiny text"
    ground = hex_colour(looks.get(f"{FORMAT}background-color"))
    colour = hex_colour(looks.get(f"{FORMAT}color"))
    # With this the program chooses a colour that can be seen.
    if colour is None or looks.get(f"{STYLE}use-window-font-color") == "true" or not (ground or is_plain):
        return None
    return "text in the colour of its background" if hardly_differ(colour, ground or WHITE) else None


def _has_ground(style: Element) -> bool:
    return any(_is_ground(properties) for properties in style if properties.tag != OWN)


def _is_ground(properties: Element) -> bool:
    return any(_grounds(properties))


def _grounds(properties: Element) -> Iterator[bool]:
    yield properties.get(f"{DRAW}fill", "none") != "none"
    yield properties.get(f"{FORMAT}background-color", "transparent") not in ("transparent", "#ffffff")
