"""Styles of a Word document: which paragraphs are headings, titles, numbered or code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parsing.archives.zipped import Element
from parsing.word.names import WORD, number, value

HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)
CODE = re.compile(
    r"(?:source|program)? ?code(?: block)?|html preformatted|plain text|listing|macro text", re.IGNORECASE
)
# Fonts in which all characters are equally wide.
CODE_FONT = re.compile(
    r"courier|consolas|menlo|monaco|lucida console|cascadia|fira (?:code|mono)|jetbrains mono|"
    r"(?:source code|ubuntu mono|roboto mono|ibm plex mono|sf mono|liberation mono|dejavu sans mono)",
    re.IGNORECASE,
)
MAX_ANCESTORS = 20
# The outline level of what is no heading.
BODY_TEXT = 9


@dataclass(frozen=True)
class Style:
    """What a paragraph style states itself; what it does not, the style that it is based on does."""

    name: str
    based_on: str | None
    outline_level: int | None
    numbering: tuple[str | None, str | None] | None
    font: str


class Styles:
    """The paragraph styles of a document, by their ids."""

    def __init__(self, root: Element | None) -> None:
        elements = root.iter(f"{WORD}style") if root is not None else ()
        self._styles = {element.get(f"{WORD}styleId", ""): _style(element) for element in elements}

    def heading_level(self, style_id: str) -> int | None:
        """1 to 9 for the style of a heading, however it is called."""
        for style in self._with_ancestors(style_id):
            named = HEADING.fullmatch(style.name)
            if named:
                return int(named[1])
            if style.outline_level is not None:
                return outline_heading(style.outline_level)
        return None

    def is_title(self, style_id: str) -> bool:
        """Whether it is the style of the document's title."""
        return any(style.name.lower() == "title" for style in self._with_ancestors(style_id))

    def is_code(self, style_id: str) -> bool:
        """Whether it is made for code, by its name or its font."""
        styles = list(self._with_ancestors(style_id))
        font = next((style.font for style in styles if style.font), "")
        return is_code_font(font) or any(CODE.fullmatch(style.name) for style in styles)

    def numbering(self, style_id: str) -> tuple[str | None, int]:
        """The list that paragraphs of this style belong to, and the level there from 0."""
        list_id = level = None
        for style in self._with_ancestors(style_id):
            if style.numbering is not None:
                list_id = list_id or style.numbering[0]
                level = level or style.numbering[1]
        return list_id, number(level, 0)

    def _with_ancestors(self, style_id: str) -> Iterator[Style]:
        wanted: str | None = style_id
        for _ in range(MAX_ANCESTORS):
            style = self._styles.get(wanted or "")
            if style is None:
                # A document without its styles still names them.
                if wanted:
                    yield Style(wanted, None, None, None, "")
                return
            yield style
            wanted = style.based_on


def outline_heading(level: int) -> int | None:
    """The level of a heading with this outline level, which counts from 0."""
    return level + 1 if level < BODY_TEXT else None


def is_code_font(font: str) -> bool:
    """Whether it is a font in which people write code."""
    return CODE_FONT.match(font) is not None


def _style(element: Element) -> Style:
    properties = element.find(f"{WORD}pPr")
    level = value(properties, "outlineLvl")
    numbering = properties.find(f"{WORD}numPr") if properties is not None else None
    fonts = element.find(f"{WORD}rPr/{WORD}rFonts")
    return Style(
        name=value(element, "name") or element.get(f"{WORD}styleId", ""),
        based_on=value(element, "basedOn"),
        outline_level=number(level, BODY_TEXT) if level is not None else None,
        numbering=(value(numbering, "numId"), value(numbering, "ilvl")) if numbering is not None else None,
        font=fonts.get(f"{WORD}ascii", "") if fonts is not None else "",
    )
