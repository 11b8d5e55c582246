"""Where things stand on the slides of OpenDocument presentations."""

import re
from collections.abc import Iterable

from parsing.archives.zipped import Element
from parsing.odf.names import SVG
from parsing.reading_order import Box, in_reading_order

LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(cm|mm|in|pt)")
MILLIMETRES = {"cm": 10, "mm": 1, "in": 25.4, "pt": 25.4 / 72}


def in_page_order(elements: Iterable[Element]) -> list[Element]:
    """What has a place in the order in which it is read, then all else as it comes."""
    placed: list[Element] = []
    others: list[Element] = []
    for element in elements:
        (placed if element.get(f"{SVG}x") else others).append(element)
    boxes = (
        Box(number, *(_millimetres(element.get(SVG + side, "")) for side in ("x", "y", "width", "height")))
        for number, element in enumerate(placed)
    )
    return [*(placed[number] for number in in_reading_order(boxes)), *others]


def _millimetres(length: str) -> float:
    found = LENGTH.fullmatch(length)
    return float(found[1]) * MILLIMETRES[found[2]] if found else 0.0
