"""Which texts of a Word document nobody sees: hidden, tiny, clear, in the colour of what is behind them."""

from collections.abc import Iterator, Sequence

from parsing.archives.zipped import Element
from parsing.colours import WHITE, Colour, hardly_differ, hex_colour
from parsing.office.drawings import DRAWING
from parsing.unseen import Kind
from parsing.word.looks import StyleLooks, shading, stated_looks
from parsing.word.names import COMPATIBILITY, VML, WORD, number, value
from parsing.word.table_looks import style_grounds

SHAPE = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
ANCHOR = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}anchor"
EXTENT = ANCHOR.replace("anchor", "extent")
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
# Half points, percent of the usual width, twentieths of a point.
TINY, NARROW, FLAT = 4, 5, 20
# A fifth of a page of A4, in units of 1/914,400 inch: what is larger may be the background of the page.
LARGE = 7_560_000 * 10_692_000 // 5
MAX_ANCHORS = 1_000


class Sight:
    """Tells of each run whether it is seen. `parts` are the roots of what else is drawn on the pages."""

    def __init__(self, styles: StyleLooks, page: Colour, parts: Sequence[Element]) -> None:
        self._styles, self._page, self._parts = styles, page, parts
        self._paragraph: Element | None = None
        self._around: Kind | None = None
        self._grounds: tuple[Colour, ...] | None = None
        self._has_backdrop: bool | None = None

    def unseen(self, run: Element) -> Kind | None:
        """Why the text of a run is not seen; None for one that is."""
        paragraph = next(run.iterancestors(f"{WORD}p"), None)
        if paragraph is not self._paragraph:
            self._paragraph, self._grounds = paragraph, None
            self._around = self._paragraph_kind(paragraph) if paragraph is not None else None
        properties = run.find(f"{WORD}rPr")
        looks = self._styles.of_paragraphs(value(paragraph, "pPr/pStyle") or "")
        of_paragraph = looks.ground
        if properties is not None:
            looks = looks.under(self._styles.of_runs(value(properties, "rStyle") or ""))
            looks = looks.under(stated_looks(properties, self._styles.theme))
        if looks.is_hidden:
            return "hidden text"
        if self._around is not None:
            return self._around
        if (looks.size or TINY + 1) <= TINY or (looks.width or 100) <= NARROW:
            return "tiny text"
        if looks.is_clear:
            return "transparent text"
        if not isinstance(looks.colour, tuple):
            return None
        own = looks.highlight or (looks.ground if looks.ground is not of_paragraph else None)
        grounds = (own,) if isinstance(own, tuple) else self._paragraph_grounds()
        colour = looks.colour
        is_unseen = bool(grounds) and all(hardly_differ(colour, ground) for ground in grounds)
        return "text in the colour of its background" if is_unseen else None

    def _paragraph_kind(self, paragraph: Element) -> Kind | None:
        spacing = paragraph.find(f"{WORD}pPr/{WORD}spacing")
        if spacing is None or spacing.get(f"{WORD}lineRule") != "exact":
            return None
        return "tiny text" if number(spacing.get(f"{WORD}line"), FLAT + 1) <= FLAT else None

    def _paragraph_grounds(self) -> tuple[Colour, ...]:
        if self._grounds is None:
            self._grounds = tuple(self._found_grounds(self._paragraph)) if self._paragraph is not None else ()
        return self._grounds

    def _found_grounds(self, paragraph: Element) -> Iterator[Colour]:
        """What may be behind a paragraph; nothing where nobody can tell."""
        theme = self._styles.theme
        properties = paragraph.find(f"{WORD}pPr")
        stated = shading(properties, theme)
        stated = (
            self._styles.of_paragraphs(value(properties, "pStyle") or "").ground if stated is None else stated
        )
        if isinstance(stated, tuple):
            yield stated
            return
        for above in paragraph.iterancestors():
            if above.tag == f"{WORD}tc":
                found = list(self._cell_grounds(above))
                yield from found
                if found:
                    return
            elif above.tag == f"{WORD}txbxContent":
                yield from self._box_ground(above)
                return
        if not self._backdrop():
            yield self._page

    def _cell_grounds(self, cell: Element) -> Iterator[Colour]:
        stated = shading(cell.find(f"{WORD}tcPr"), self._styles.theme)
        if isinstance(stated, tuple):
            yield stated
        elif stated is None:
            row = next(cell.iterancestors(f"{WORD}tr"), None)
            table = next(cell.iterancestors(f"{WORD}tbl"), None)
            if row is not None and table is not None:
                for ground in style_grounds(cell, row, table, self._styles):
                    yield ground if isinstance(ground, tuple) else self._page

    def _box_ground(self, content: Element) -> Iterator[Colour]:
        """The fill of a text box; one without any shows what lies below."""
        shape = next(content.iterancestors(f"{SHAPE}wsp"), None)
        if shape is not None:
            properties = shape.find(f"{SHAPE}spPr")
            fill = properties.find(f"{DRAWING}solidFill") if properties is not None else None
            if fill is not None:
                colour = self._styles.theme.shape_colour(fill)
                yield from () if colour is None else (colour,)
                return
            reference = shape.find(f"{SHAPE}style/{DRAWING}fillRef")
            bare = properties is not None and properties.find(f"{DRAWING}noFill") is not None
            is_filled = not bare and reference is not None and reference.get("idx", "0") != "0"
            others = (f"{DRAWING}gradFill", f"{DRAWING}blipFill", f"{DRAWING}pattFill")
            if is_filled or (
                properties is not None and any(properties.find(one) is not None for one in others)
            ):
                return
        else:
            drawn = next((above for above in content.iterancestors() if above.get("fillcolor")), None)
            if drawn is not None and drawn.get("filled") not in ("f", "false"):
                colour = hex_colour(drawn.get("fillcolor", "").split(" ")[0])
                yield from () if colour is None else (colour,)
                return
        if not self._backdrop(least=0):
            yield self._page

    def _backdrop(self, least: int = LARGE) -> bool:
        """Whether something large, or for boxes anything, is drawn that texts may stand on."""
        if least:
            if self._has_backdrop is None:
                self._has_backdrop = self._any_backdrop(least)
            return self._has_backdrop
        return self._any_backdrop(least)

    def _any_backdrop(self, least: int) -> bool:
        anchors = [anchor for part in self._parts for anchor in part.iter(ANCHOR)][:MAX_ANCHORS]
        return any(_is_drawn(anchor) and _area(anchor) >= least for anchor in anchors) or any(
            shape.get("fillcolor") or shape.find(f"{VML}imagedata") is not None
            for part in self._parts
            for shape in part.iter(f"{VML}shape", f"{VML}rect")
            if next(shape.iterancestors(f"{COMPATIBILITY}Fallback"), None) is None
        )


def _is_drawn(anchor: Element) -> bool:
    fills = (f"{DRAWING}solidFill", f"{DRAWING}gradFill", f"{DRAWING}blipFill")
    shapes = (
        shape for shape in anchor.iter(f"{SHAPE}spPr") if any(shape.find(one) is not None for one in fills)
    )
    return next(anchor.iter(PICTURE), None) is not None or next(shapes, None) is not None


def _area(anchor: Element) -> int:
    extent = anchor.find(EXTENT)
    sides = [extent.get(name, "") for name in ("cx", "cy")] if extent is not None else []
    return int(sides[0]) * int(sides[1]) if len(sides) == 2 and all(one.isdecimal() for one in sides) else 0


def page_colour(root: Element | None, styles: StyleLooks) -> Colour:
    """The colour of the pages."""
    background = root.find(f"{WORD}background") if root is not None else None
    stated = styles.theme.text_colour(background, "color") if background is not None else None
    return stated if isinstance(stated, tuple) else WHITE
