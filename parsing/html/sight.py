"""Which texts of a page nobody sees: by its styles, as far as the page holds them itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from parsing.colours import WHITE, Colour, hardly_differ, mixed
from parsing.html.controls import SHOWN
from parsing.html.css_colours import css_colour
from parsing.html.style_sheets import Cascade, Sheets, Styles
from parsing.unseen import Kind, left_unseen

LENGTH = re.compile(r"(-?[\d.]{1,12})(px|pt|r?em|%|vw|vh|ch|in|cm|mm|)")
PIXELS = {
    "px": 1.0,
    "": 1.0,
    "pt": 4 / 3,
    "in": 96.0,
    "cm": 37.8,
    "mm": 3.78,
    "ch": 8.0,
    "vw": 12.8,
    "vh": 7.2,
}
USUAL_SIZE = 16.0
TINY, FAINT, OFF = 2.0, 0.05, 500.0
NOTHING = re.compile(
    r"scale[xy]?\(\s*0?\.?0+\s*[,)]|translate[xy3d]*\([^)]*-\d{4,}px|rotate[xy]\(90deg\)", re.IGNORECASE
)
CLIPPED = re.compile(
    r"rect\(\s*[01](?:px)?(?:[\s,]+[01](?:px)?){3}\s*\)|inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0|polygon\(\s*(?:0\w*[\s,]*)+\)"
)
# What is said to those who listen, and belongs to the page: a label, not a text.
FOR_LISTENERS = re.compile(
    r"sr-?only|visually-?hidden|hidden-?visually|screen-?reader|a11y-?|assistive|accessib", re.IGNORECASE
)
MAX_LABEL = 30
PICTURES = ("img", "video", "picture", "canvas", "svg")
NAMED_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0}


@dataclass(frozen=True)
class Look:
    """How the text of an element looks; `ground` is None where nobody can tell what is behind it."""

    colour: Colour | None = None
    opacity: float = 1.0
    ground: Colour | None = WHITE
    size: float = USUAL_SIZE
    is_painted: bool = True


class PageSight:
    """Tells of the elements of a page whether they are seen."""

    def __init__(self, root: HtmlElement, sheets: Sheets) -> None:
        self._cascade = Cascade(root, sheets)
        self._animations = sheets.animations
        # What a sheet elsewhere puts behind a text nobody knows.
        linked = (link.get("rel", "").lower() for link in root.iter("link"))
        self._first = Look(ground=None if any("stylesheet" in rel for rel in linked) else WHITE)

    def hiding(self, element: HtmlElement) -> str:
        """Whether an element is not there until something unfolds it ("folded"), or never ("gone")."""
        if element.get(SHOWN) is not None:
            return ""
        styles = self._cascade.of(element)
        if element.get("hidden") is not None and styles.get("display", "none") == "none":
            return "folded"
        if not styles:
            return ""
        if styles.get("display") == "none" or styles.get("visibility") in ("hidden", "collapse"):
            return "folded"
        if "hidden" in styles.get("overflow", "") or "clip" in styles.get("overflow", ""):
            flat = any(_is_zero(styles.get(name)) for name in ("height", "max-height", "width", "max-width"))
            if flat:
                return "folded"
        return "gone" if self._is_gone(styles) else ""

    def _is_gone(self, styles: Styles) -> bool:
        opacity = _share(styles.get("opacity", "1"))
        moved = styles.get("animation", styles.get("animation-name", ""))
        if opacity <= FAINT and not any(name in moved for name in self._animations):
            return True
        if "opacity(0" in styles.get("filter", "").replace(" ", ""):
            return True
        if styles.get("position") in ("absolute", "fixed", "relative"):
            if any(_pixels(styles.get(side)) <= -OFF for side in ("left", "right", "top", "bottom")):
                return True
            if any(CLIPPED.search(styles.get(name, "")) for name in ("clip", "clip-path")):
                return True
        if _pixels(styles.get("text-indent")) <= -OFF or _pixels(styles.get("margin-left")) <= -OFF:
            return True
        return bool(
            NOTHING.search(styles.get("transform", "")) or CLIPPED.search(styles.get("clip-path", ""))
        )

    def drop_texts(self, root: HtmlElement) -> None:
        """Takes out the texts that are too small or too like their ground; what is in them may be seen."""
        looks: dict[HtmlElement, Look] = {}
        for element in list(root.iter()):
            above = element.getparent()
            look = self._look(element, looks.get(above, self._first) if above is not None else self._first)
            looks[element] = look
            kind = _kind(look)
            if kind:
                left_unseen(kind, " ".join(filter(None, (element.text, *(one.tail for one in element)))))
                element.text = None
                for child in element:
                    child.tail = " " if (child.tail or "").strip() else child.tail

    def _look(self, element: HtmlElement, above: Look) -> Look:
        styles = self._cascade.of(element)
        attributes = element.attrib
        if not styles and not any(name in attributes for name in ("bgcolor", "color", "background", "text")):
            return above
        look = replace(above, size=_size(styles, above.size))
        look = self._with_ground(look, styles, element)
        inherited = styles.get("-webkit-text-fill-color") or styles.get("color")
        stated = inherited or (element.get("color") if element.tag == "font" else element.get("text"))
        colour = css_colour(stated) if stated else None
        if colour is None:
            return replace(look, colour=None) if stated else look
        if not element.get("bgcolor") and "background" not in " ".join(styles) and _has_picture(element):
            look = replace(look, ground=None)
        return replace(look, colour=colour[0], opacity=colour[1])

    def _with_ground(self, look: Look, styles: Styles, element: HtmlElement) -> Look:
        clip = styles.get("background-clip", styles.get("-webkit-background-clip", ""))
        shorthand = styles.get("background", "")
        if "url(" in shorthand or "gradient" in shorthand or element.get("background"):
            return replace(look, ground=None, is_painted=clip != "text" and "text" not in shorthand.split())
        image = styles.get("background-image", "none")
        if image not in ("none", "initial"):
            return replace(look, ground=None, is_painted=clip != "text")
        stated = styles.get("background-color") or shorthand or element.get("bgcolor") or ""
        if not stated or stated in ("none", "inherit", "initial", "unset"):
            return look
        colour = next(filter(None, map(css_colour, [stated, *stated.split(" ")])), None)
        if colour is None:
            return replace(look, ground=None)
        shown, opacity = colour
        if opacity < 1 and look.ground is None:
            return look
        return replace(look, ground=mixed(shown, opacity, look.ground or WHITE))


def is_for_listeners(element: HtmlElement) -> bool:
    """Whether a part is a short text for people who do not see the page."""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return bool(FOR_LISTENERS.search(names)) and len(element.text_content().split()) <= MAX_LABEL


def drop_gone(element: HtmlElement) -> None:
    """Takes out a part that nobody sees, and counts its words."""
    left_unseen("hidden text", element.text_content())
    if element.getparent() is not None:
        element.drop_tree()


def _kind(look: Look) -> Kind | None:
    if look.size <= TINY:
        return "tiny text"
    if look.colour is None:
        return None
    if look.opacity <= FAINT:
        return "transparent text" if look.is_painted else None
    if look.ground is None:
        return None
    seen = mixed(look.colour, look.opacity, look.ground)
    return "text in the colour of its background" if hardly_differ(seen, look.ground) else None


def _has_picture(element: HtmlElement) -> bool:
    """Whether a picture stands near that the text may lie on."""
    for _, above in zip(range(3), element.iterancestors(), strict=False):
        if above.tag in ("body", "html"):
            return any(child.tag in PICTURES for child in above)
        if next(above.iter(*PICTURES), None) is not None:
            return True
    return False


def _size(styles: Styles, above: float) -> float:
    stated = styles.get("font-size") or next(_sizes_in(styles.get("font", "")), "")
    if not stated:
        return above
    if stated in NAMED_SIZES:
        return NAMED_SIZES[stated]
    found = LENGTH.fullmatch(stated)
    if found is None:
        return USUAL_SIZE
    number, unit = _number(found[1]), found[2]
    if unit in ("em", "%"):
        return above * number / (100 if unit == "%" else 1)
    return number * (USUAL_SIZE if unit == "rem" else PIXELS.get(unit, 1.0))


def _sizes_in(font: str) -> Iterator[str]:
    sizes = (part.partition("/")[0] for part in font.split())
    return (size for size in sizes if LENGTH.fullmatch(size) and (not size.isdigit() or size == "0"))


def _pixels(text: str | None) -> float:
    found = LENGTH.fullmatch(text or "")
    if found is None or found[2] in ("%", "vw", "vh"):
        return 0.0
    return _number(found[1]) * PIXELS.get(found[2], USUAL_SIZE)


def _is_zero(text: str | None) -> bool:
    found = LENGTH.fullmatch(text or "")
    return found is not None and _number(found[1]) <= 1 and (found[2] != "em" or not _number(found[1]))


def _share(text: str) -> float:
    found = LENGTH.fullmatch(text)
    return _number(found[1]) / (100 if found[2] == "%" else 1) if found else 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
