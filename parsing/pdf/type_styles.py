"""The type of the letters on a page of a PDF: size, weight, direction and paint."""

from ctypes import addressof, create_string_buffer
from math import hypot
from typing import Any, cast

from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.pdf.sight import PageSight, Paint

BOLD = 600
MAX_FONT_NAME_LENGTH = 100


class TypeStyles:
    """Size, weight and direction of the type, slow to ask for: once for each piece of text drawn."""

    def __init__(self, text_page: Any, rotation: int, sight: PageSight | None = None) -> None:
        self._text_page = text_page
        self._sight = sight
        self.paint: Paint | None = None
        self._rotation = rotation
        self._drawn = 0
        self._style = (0.0, False, False)

    def at(self, index: int) -> tuple[float, bool, bool]:
        """The size, whether it is bold and whether it runs across the reading direction."""
        drawn: Any = raw.FPDFText_GetTextObject(self._text_page, index)  # pyright: ignore[reportUnknownMemberType]
        address = addressof(drawn.contents) if drawn else 0
        if not address or address != self._drawn:
            matrix = raw.FS_MATRIX()
            size = _size(self._text_page, index, matrix)
            self._style = (size, _is_bold(self._text_page, index), _is_turned(matrix, self._rotation))
            self._drawn = address
            if self._sight is not None:
                self.paint = self._sight.paint_of(drawn, address) if address else None
        return self._style


def _is_turned(matrix: raw.FS_MATRIX, rotation: int) -> bool:
    along, across = abs(float(matrix.a)), abs(float(matrix.b))
    return across > 2 * along if rotation in (0, 180) else along > 2 * across


def _is_bold(text_page: Any, index: int) -> bool:
    weight = cast(int, raw.FPDFText_GetFontWeight(text_page, index))  # pyright: ignore[reportUnknownMemberType]
    if weight >= BOLD:
        return True
    name = create_string_buffer(MAX_FONT_NAME_LENGTH)
    raw.FPDFText_GetFontInfo(text_page, index, name, MAX_FONT_NAME_LENGTH, None)  # pyright: ignore[reportUnknownMemberType]
    return b"bold" in name.value.lower()


def _size(text_page: Any, index: int, matrix: raw.FS_MATRIX) -> float:
    """The size of the type as it appears: what the font states is often scaled."""
    raw.FPDFText_GetMatrix(text_page, index, matrix)  # pyright: ignore[reportUnknownMemberType]
    return float(raw.FPDFText_GetFontSize(text_page, index)) * hypot(float(matrix.b), float(matrix.d))
