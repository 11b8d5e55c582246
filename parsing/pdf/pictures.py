"""A page of a PDF as a picture: where there is ink, and what changes when words are taken away."""

from collections.abc import Iterator
from ctypes import c_int
from dataclasses import dataclass
from math import sqrt
from typing import Any

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.pdf.parts import Box

# Dots for each point, and in all.
SCALE, MAX_DOTS = 1.5, 4_000_000
# Steps of 255 that nobody sees; thin letters of a pale caption (#ddd in 5 points) make 20.
UNSEEN_STEPS = 15
MAX_PICTURES, PICTURE_DEPTH = 500, 3


@dataclass(frozen=True)
class Picture:
    """The dots of a page, row by row, and how many bytes each dot and each row has."""

    page: Any
    dots: bytes
    width: int
    height: int
    channels: int
    stride: int

    @classmethod
    def of(cls, page: Any) -> "Picture | None":
        """The page without its annotations; None where it cannot be drawn."""
        width, height = page.get_size()
        scale = min(SCALE, sqrt(MAX_DOTS / max(width * height, 1.0)))
        try:
            bitmap = page.render(scale=scale, may_draw_forms=False, draw_annots=False)
        except (pdfium.PdfiumError, ValueError):
            return None
        try:
            return cls(
                page, bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.n_channels, bitmap.stride
            )
        finally:
            bitmap.close()

    def has_ink(self, box: Box) -> bool:
        """Whether not all dots in a box have one colour."""
        least, most = [255] * self.channels, [0] * self.channels
        for start, end in self._rows(box):
            row = self.dots[start:end]
            for channel in range(self.channels):
                part = row[channel :: self.channels]
                least[channel] = min(least[channel], min(part))
                most[channel] = max(most[channel], max(part))
        return any(high - low > UNSEEN_STEPS for low, high in zip(least, most, strict=True))

    def differs(self, other: "Picture", box: Box) -> bool:
        """Whether anybody sees that a box looks different in another picture of the page."""
        for start, end in self._rows(box):
            ours, theirs = self.dots[start:end], other.dots[start:end]
            if ours != theirs and any(abs(a - b) > UNSEEN_STEPS for a, b in zip(ours, theirs, strict=True)):
                return True
        return False

    def _rows(self, box: Box) -> Iterator[tuple[int, int]]:
        """Where the bytes of each row of a box begin and end."""
        left, right, bottom, top = box
        corners = [self._dot(left, bottom), self._dot(right, top)]
        across, down = sorted(dot[0] for dot in corners), sorted(dot[1] for dot in corners)
        first, last = max(across[0] - 1, 0), min(across[1] + 2, self.width)
        if first < last:
            for row in range(max(down[0] - 1, 0), min(down[1] + 2, self.height)):
                start = row * self.stride
                yield start + first * self.channels, start + last * self.channels

    def _dot(self, across: float, up: float) -> tuple[int, int]:
        x, y = c_int(), c_int()
        raw.FPDF_PageToDevice(self.page, 0, 0, self.width, self.height, 0, across, up, x, y)
        return x.value, y.value


def pictures_of(page: Any) -> list[Box]:
    """The boxes of the pictures on a page, also of those within forms."""
    found: list[Box] = []
    for picture in page.get_objects((raw.FPDF_PAGEOBJ_IMAGE,), max_depth=PICTURE_DEPTH):
        try:
            left, bottom, right, top = picture.get_bounds()
        except pdfium.PdfiumError:
            continue
        found.append((left, right, bottom, top))
        if len(found) >= MAX_PICTURES:
            break
    return found
