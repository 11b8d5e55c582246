"""How the text of a Word document looks, as far as that decides whether anybody sees it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from parsing.archives.zipped import Element
from parsing.colours import BLACK, WHITE, Colour, hex_colour, lightened, mixed
from parsing.office.drawings import DRAWING
from parsing.office.theme import theme_colours
from parsing.word.names import OFF, WORD, WORD_2010, number, value

MAX_ANCESTORS = 20
# What the theme's colours are called in texts.
THEME_NAMES = {"background1": "lt1", "text1": "dk1", "background2": "lt2", "text2": "dk2"} | {
    name: short for short, name in (("dk1", "dark1"), ("lt1", "light1"), ("dk2", "dark2"), ("lt2", "light2"))
}
SHAPE_NAMES = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
HIGHLIGHTS = {
    "black": BLACK, "white": WHITE, "blue": (0, 0, 255), "cyan": (0, 255, 255), "green": (0, 255, 0),
    "magenta": (255, 0, 255), "red": (255, 0, 0), "yellow": (255, 255, 0), "darkBlue": (0, 0, 128),
    "darkCyan": (0, 128, 128), "darkGreen": (0, 128, 0), "darkMagenta": (128, 0, 128),
    "darkRed": (128, 0, 0), "darkYellow": (128, 128, 0), "darkGray": (128, 128, 128),
    "lightGray": (192, 192, 192),
}  # fmt: skip
# Transparency from this on (of 100,000) leaves nothing to be seen.
CLEAR = 95_000


@dataclass(frozen=True)
class Looks:
    """What is stated about a text; None where nothing is. Sizes are in half points, `width` in percent.

    `colour` is "auto" where the text is black or white, whichever is seen; so is `ground`, where it has none.
    """

    is_hidden: bool | None = None
    colour: Colour | str | None = None
    size: int | None = None
    width: int | None = None
    is_clear: bool | None = None
    ground: Colour | str | None = None
    highlight: Colour | None = None

    def under(self, other: "Looks") -> "Looks":
        """These, but for what the other states."""
        stated = {
            field.name: one for field in fields(other) if (one := getattr(other, field.name)) is not None
        }
        return replace(self, **stated) if stated else self


NOTHING = Looks()


@dataclass(frozen=True)
class Theme:
    """The colours of a document's theme by their short names (`lt1`, `accent2`)."""

    colours: Mapping[str, Colour]

    def text_colour(self, element: Element, prefix: str) -> Colour | str | None:
        """The colour in the attributes `val`, `themeColor` … or `fill`, `themeFill` …, or "auto"."""
        theme = {"val": "theme", "fill": "themeFill", "color": "theme"}[prefix]
        name = element.get(f"{WORD}{theme if prefix == 'fill' else 'themeColor'}", "")
        named = self.colours.get(THEME_NAMES.get(name, name))
        if named is not None:
            return _toned(named, element, theme)
        stated = element.get(WORD + prefix)
        return "auto" if stated == "auto" else hex_colour(stated)

    def shape_colour(self, fill: Element) -> Colour | None:
        """The colour of a fill of DrawingML; None where it depends on more."""
        for colour in fill:
            if colour.tag == f"{DRAWING}srgbClr":
                return hex_colour(colour.get("val"))
            if colour.tag == f"{DRAWING}schemeClr" and not len(colour):
                name = colour.get("val", "")
                return self.colours.get(SHAPE_NAMES.get(name, name))
        return None


def theme_of(root: Element | None) -> Theme:
    """The theme of this part; the usual black and white where there is none."""
    return Theme(theme_colours(root))


def _toned(colour: Colour, element: Element, theme: str) -> Colour:
    for name, sign in (("Tint", 1), ("Shade", -1)):
        stated = element.get(f"{WORD}{theme}{name}")
        if stated is not None and len(stated) <= 2:
            try:
                return lightened(colour, sign * (1 - int(stated, 16) / 255))
            except ValueError:
                return colour
    return colour


def shading(properties: Element | None, theme: Theme) -> Colour | str | None:
    """What `w:shd` puts behind a text, a paragraph or a cell."""
    shade = properties.find(f"{WORD}shd") if properties is not None else None
    if shade is None:
        return None
    fill = theme.text_colour(shade, "fill")
    pattern = shade.get(f"{WORD}val", "clear")
    share = 100 if pattern == "solid" else number(pattern.removeprefix("pct"), 0) if "pct" in pattern else 0
    if not share:
        return fill or "auto"
    ink = theme.text_colour(shade, "color")
    ground = fill if isinstance(fill, tuple) else WHITE
    return mixed(ink if isinstance(ink, tuple) else BLACK, min(share, 100) / 100, ground)


def stated_looks(properties: Element | None, theme: Theme) -> Looks:
    """What `w:rPr` states."""
    if properties is None or not len(properties):
        return NOTHING
    hidden, colour = properties.find(f"{WORD}vanish"), properties.find(f"{WORD}color")
    size, width = value(properties, "sz"), value(properties, "w")
    return Looks(
        is_hidden=hidden.get(f"{WORD}val", "1") not in OFF if hidden is not None else None,
        colour=theme.text_colour(colour, "val") if colour is not None else None,
        size=number(size, 24) if size is not None else None,
        width=number((width or "").rstrip("%"), 100) if width is not None else None,
        is_clear=_is_clear(properties),
        ground=shading(properties, theme),
        highlight=HIGHLIGHTS.get(value(properties, "highlight") or ""),
    )


def _is_clear(properties: Element) -> bool | None:
    """Whether the letters have no ink, or one that lets everything shine through."""
    fill = properties.find(f"{WORD_2010}textFill")
    if fill is None:
        return None
    outline = properties.find(f"{WORD_2010}textOutline")
    if fill.find(f"{WORD_2010}noFill") is not None:
        return outline is None or outline.find(f"{WORD_2010}noFill") is not None
    alphas = [number(alpha.get(f"{WORD_2010}val"), 0) for alpha in fill.iter(f"{WORD_2010}alpha")]
    return bool(alphas) and min(alphas) >= CLEAR


class StyleLooks:
    """How the styles of a document make texts look."""

    def __init__(self, root: Element | None, theme: Theme) -> None:
        self.theme = theme
        elements = root.iter(f"{WORD}style") if root is not None else ()
        self._styles = {element.get(f"{WORD}styleId", ""): element for element in elements}
        default = root.find(f"{WORD}docDefaults/{WORD}rPrDefault/{WORD}rPr") if root is not None else None
        self._default = stated_looks(default, theme)
        self._usual = next(
            (
                style_id
                for style_id, element in self._styles.items()
                if element.get(f"{WORD}type") == "paragraph"
                and element.get(f"{WORD}default") in ("1", "true")
            ),
            "",
        )
        self.of_paragraphs = lru_cache(1_000)(self._of_paragraphs)
        self.of_runs = lru_cache(1_000)(self._of_runs)

    def _of_paragraphs(self, style_id: str) -> Looks:
        """The looks of the text in a paragraph of this style; its shading is that of the paragraph."""
        looks = self._default
        for style in reversed(list(self.chain(style_id or self._usual))):
            looks = looks.under(stated_looks(style.find(f"{WORD}rPr"), self.theme))
            ground = shading(style.find(f"{WORD}pPr"), self.theme)
            looks = replace(looks, ground=ground) if ground is not None else looks
        return looks

    def _of_runs(self, style_id: str) -> Looks:
        looks = NOTHING
        for style in reversed(list(self.chain(style_id))):
            looks = looks.under(stated_looks(style.find(f"{WORD}rPr"), self.theme))
        return looks

    def chain(self, style_id: str) -> Iterator[Element]:
        """A style, and those it is based on."""
        for _ in range(MAX_ANCESTORS):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = value(style, "basedOn") or ""
