"""What the style of a table of a Word document puts behind its cells."""

from collections.abc import Iterator

from parsing.archives.zipped import Element
from parsing.colours import Colour
from parsing.word.looks import StyleLooks, shading
from parsing.word.names import WORD, number, value

# The bits of `w:tblLook`, and what stands for them in its newer form.
LOOK = {"firstRow": 0x20, "lastRow": 0x40, "firstColumn": 0x80, "lastColumn": 0x100}
PARTS = {
    "firstRow": ("firstRow",),
    "lastRow": ("lastRow",),
    "firstColumn": ("firstCol",),
    "lastColumn": ("lastCol",),
}
BANDS = frozenset(
    {"band1Horz", "band2Horz", "band1Vert", "band2Vert", "nwCell", "neCell", "swCell", "seCell"}
)


def style_grounds(cell: Element, row: Element, table: Element, styles: StyleLooks) -> Iterator[Colour | str]:
    """What may be behind a cell by the style of its table: "auto" for nothing; none without a style."""
    style_id = value(table, "tblPr/tblStyle")
    chain = list(styles.chain(style_id)) if style_id else []
    if not chain:
        return
    parts = {
        part.get(f"{WORD}type", ""): ground
        for style in reversed(chain)
        for part in style.iterfind(f"{WORD}tblStylePr")
        if (ground := shading(part.find(f"{WORD}tcPr"), styles.theme)) is not None
    }
    places = [name for name in _places(cell, row, table) for name in PARTS[name]]
    certain = next((parts[name] for name in places if name in parts), None)
    if certain is not None:
        yield certain
        return
    whole = (shading(style.find(f"{WORD}tcPr"), styles.theme) for style in chain)
    yield next((ground for ground in whole if ground is not None), "auto")
    # Which band a row belongs to depends on more than its number.
    yield from (ground for name, ground in parts.items() if name in BANDS)


def _places(cell: Element, row: Element, table: Element) -> Iterator[str]:
    look = table.find(f"{WORD}tblPr/{WORD}tblLook")
    bits = _bits(look)
    is_at = {
        "firstRow": next(row.itersiblings(f"{WORD}tr", preceding=True), None) is None,
        "lastRow": next(row.itersiblings(f"{WORD}tr"), None) is None,
        "firstColumn": next(cell.itersiblings(f"{WORD}tc", preceding=True), None) is None,
        "lastColumn": next(cell.itersiblings(f"{WORD}tc"), None) is None,
    }
    for name, bit in LOOK.items():
        if is_at[name] and _is_on(look, name, bits & bit):
            yield name


def _bits(look: Element | None) -> int:
    try:
        return int((look.get(f"{WORD}val") if look is not None else None) or "04A0", 16)
    except ValueError:
        return number("1184", 0)


def _is_on(look: Element | None, name: str, bit: int) -> bool:
    stated = look.get(WORD + name) if look is not None else None
    return bool(bit) if stated is None else stated in ("1", "true", "on")
