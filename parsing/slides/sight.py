"""What nobody sees on a slide: shapes that are hidden, off it or covered, texts without colour or size."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from pptx.oxml.ns import qn
from pptx.shapes.base import BaseShape
from pptx.slide import Slide

from parsing.archives.zipped import Element, parse_xml
from parsing.colours import WHITE, Colour, hardly_differ, hex_colour
from parsing.office.theme import theme_colours
from parsing.unseen import Kind, left_unseen

# Hundredths of a point; thousandths of a percent.
TINY, CLEAR = 200, 5_000
FILLS = tuple(qn(name) for name in ("a:solidFill", "a:gradFill", "a:blipFill", "a:pattFill"))
MAPPED = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}


def drop_unseen(slide: Slide, size: tuple[int, int]) -> None:
    """Takes out of a slide what nobody sees, and counts its words; `size` is that of the slide."""
    sight = _SlideSight(slide)
    shapes = list(slide.shapes)
    for position, shape in enumerate(shapes):
        kind = sight.shape_kind(shape, shapes[position + 1 :], size)
        if kind:
            left_unseen(kind, " ".join(text.text or "" for text in shape.element.iter(qn("a:t"))))
            _remove(shape.element)
            continue
        for run in list(shape.element.iter(qn("a:r"), qn("a:fld"))):
            kind = sight.run_kind(run, shape, shapes)
            if kind:
                left_unseen(kind, run.findtext(qn("a:t")) or "")
                _remove(run)


def _remove(element: Any) -> None:
    above: Element | None = element.getparent()
    if above is not None:
        above.remove(element)


class _SlideSight:
    def __init__(self, slide: Slide) -> None:
        self._has_steps = slide.element.find(qn("p:timing")) is not None
        layout = slide.slide_layout
        master = layout.slide_master
        self._map = {**MAPPED, **_colour_map(master.element)}
        self._colours = theme_colours(_theme(master))
        self._ground = self._background(slide.element, layout.element, master.element)
        behind: list[BaseShape] = [*cast(Any, layout.shapes), *cast(Any, master.shapes)]
        self._behind = [shape for shape in behind if not shape.is_placeholder]

    def shape_kind(self, shape: BaseShape, above: Iterable[BaseShape], size: tuple[int, int]) -> Kind | None:
        """Why a whole shape is not seen; None for one that is."""
        properties = next(shape.element.iter(qn("p:cNvPr")), None)
        if properties is not None and properties.get("hidden") in ("1", "true"):
            return "hidden text"
        box = _box(shape)
        if box is None:
            return None
        left, right, top, bottom = box
        if right <= 0 or bottom <= 0 or left >= size[0] or top >= size[1]:
            return "text off the page"
        # What covers an answer may go away at a click.
        covered = not self._has_steps and any(
            _is_opaque(other) and (outer := _box(other)) is not None and _holds(outer, box) for other in above
        )
        return "text behind something else" if covered else None

    def run_kind(self, run: Element, shape: BaseShape, shapes: Iterable[BaseShape]) -> Kind | None:
        """Why a text is not seen."""
        properties = run.find(qn("a:rPr"))
        if properties is None:
            return None
        stated = properties.get("sz", "")
        if stated.isdecimal() and int(stated) <= TINY:
            return "tiny text"
        fill = properties.find(qn("a:solidFill"))
        if fill is None:
            return "transparent text" if properties.find(qn("a:noFill")) is not None else None
        alpha = next(fill.iter(qn("a:alpha")), None)
        if alpha is not None and alpha.get("val", "").isdecimal() and int(alpha.get("val", "")) <= CLEAR:
            return "transparent text"
        colour = self._colour(fill)
        highlight = properties.find(qn("a:highlight"))
        ground = self._colour(highlight) if highlight is not None else self._behind_run(run, shape, shapes)
        is_pale = colour is not None and ground is not None and hardly_differ(colour, ground)
        return "text in the colour of its background" if is_pale else None

    def _behind_run(self, run: Element, shape: BaseShape, shapes: Iterable[BaseShape]) -> Colour | None:
        """The colour behind a text; None where nobody can tell."""
        for above in run.iterancestors(qn("a:tc"), qn("p:sp"), qn("p:grpSp")):
            if above.tag == qn("p:grpSp"):
                return None
            properties = above.find(qn("a:tcPr") if above.tag == qn("a:tc") else qn("p:spPr"))
            fill = properties.find(qn("a:solidFill")) if properties is not None else None
            if fill is not None:
                return self._colour(fill)
            if above.tag == qn("a:tc"):
                return None  # the style of the table decides
            bare = properties is not None and properties.find(qn("a:noFill")) is not None
            reference = above.find(f"{qn('p:style')}/{qn('a:fillRef')}")
            styled = reference is not None and reference.get("idx", "0") != "0"
            if not bare and (styled or _is_filled(above)):
                return None
        box = _box(shape)
        others = [other for other in (*shapes, *self._behind) if other is not shape]
        if shape.is_placeholder and box is None:
            return None
        if any(_may_lie_behind(other) and _meet(_box(other), box) for other in others):
            return None
        return self._ground

    def _background(self, *parts: Element) -> Colour | None:
        """The colour of the slide: its own, else that of its layout or master."""
        for part in parts:
            background = part.find(f"{qn('p:cSld')}/{qn('p:bg')}")
            if background is None:
                continue
            fill = background.find(f"{qn('p:bgPr')}/{qn('a:solidFill')}")
            reference = background.find(qn("p:bgRef"))
            is_plain = reference is not None and reference.get("idx") == "1001"
            return (
                self._colour(fill if fill is not None else reference)
                if fill is not None or is_plain
                else None
            )
        return WHITE

    def _colour(self, fill: Element | None) -> Colour | None:
        """A colour that is stated; None for one that is worked out from others."""
        for colour in fill if fill is not None else ():
            tones = [one for one in colour if one.tag != qn("a:alpha")]
            if colour.tag == qn("a:srgbClr") and not tones:
                return hex_colour(colour.get("val"))
            if colour.tag == qn("a:schemeClr") and not tones:
                name = colour.get("val", "")
                return self._colours.get(self._map.get(name, name))
        return None


def _colour_map(master: Element) -> dict[str, str]:
    found = master.find(qn("p:clrMap"))
    return {str(name): str(value) for name, value in found.attrib.items()} if found is not None else {}


def _theme(master: Any) -> Element | None:
    for relation in master.part.rels.values():
        if not relation.is_external and relation.reltype.endswith("/theme"):
            return parse_xml(relation.target_part.blob)
    return None


def _box(shape: BaseShape) -> tuple[int, int, int, int] | None:
    left, top, width, height = shape.left, shape.top, shape.width, shape.height
    if left is None or top is None or width is None or height is None:  # pyright: ignore[reportUnnecessaryComparison]
        return None
    return left, left + width, top, top + height


def _holds(outer: tuple[int, int, int, int], inner: tuple[int, int, int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1] and outer[2] <= inner[2] and inner[3] <= outer[3]


def _meet(one: tuple[int, int, int, int] | None, other: tuple[int, int, int, int] | None) -> bool:
    if one is None or other is None:
        return True
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _fills(element: Element) -> Iterator[Element]:
    properties = element.find(qn("p:spPr"))
    return (one for one in (properties if properties is not None else ()) if one.tag in FILLS)


def _is_filled(element: Element) -> bool:
    return next(_fills(element), None) is not None


def _is_opaque(shape: BaseShape) -> bool:
    """Whether a shape is a plain box in one colour that lets nothing through."""
    element = cast(Element, shape.element)
    fill = next(_fills(element), None)
    form = element.find(f"{qn('p:spPr')}/{qn('a:prstGeom')}")
    is_box = form is None or form.get("prst") == "rect"
    return (
        is_box and fill is not None and fill.tag == FILLS[0] and next(fill.iter(qn("a:alpha")), None) is None
    )


def _may_lie_behind(shape: BaseShape) -> bool:
    element = cast(Element, shape.element)
    if element.tag in (qn("p:pic"), qn("p:grpSp"), qn("p:graphicFrame")) or _is_filled(element):
        return True
    return element.find(qn("p:style")) is not None
