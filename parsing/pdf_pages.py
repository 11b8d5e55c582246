"""The pages of a PDF: their words, and what the pictures among them say."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]

from parsing import ocr
from parsing.pdf_words import Part, parts_of
from parsing.reading_bounds import reading_bounds
from parsing.text import clean

MAX_PAGES = 5_000
MAX_LISTED = 20
DOTS_PER_INCH = 200
NO_TEXT_LAYER = "This PDF has no text layer (scanned pages). Install owflex[ocr] to read it."


@dataclass
class Scan:
    """What became of the pages without a text layer, by their numbers."""

    started: float = field(default_factory=time.monotonic)
    without_text: list[int] = field(default_factory=list[int])
    not_reached: list[int] = field(default_factory=list[int])
    damaged: list[int] = field(default_factory=list[int])
    recognised: dict[int, str] = field(default_factory=dict[int, str])


def read_pages(document: Any, scan: Scan) -> Iterator[list[Part]]:
    """The words of each page, until there are enough; a page that cannot be read has none."""
    bounds, characters = reading_bounds(), 0
    for index in range(min(len(document), MAX_PAGES)):
        if bounds.enough(characters):
            return
        parts = _read_page(document, index, scan)
        characters += sum(len(part.text) for part in parts)
        yield parts


def _read_page(document: Any, index: int, scan: Scan) -> list[Part]:
    try:
        page = document.get_page(index)
        try:
            parts = parts_of(page)
            if not parts and next(page.get_objects(max_depth=1), None) is not None:
                _read_picture(page, index, scan)
            return parts
        finally:
            page.close()
    except pdfium.PdfiumError:
        scan.damaged.append(index + 1)
        return []


def _read_picture(page: Any, index: int, scan: Scan) -> None:
    if not ocr.available():
        scan.without_text.append(index + 1)
        return
    # It takes seconds: what is not reached in this time is named in a note, and the rest is kept.
    if time.monotonic() - scan.started > reading_bounds().picture_seconds:
        scan.not_reached.append(index + 1)
        return
    # A page may be as large as a wall.
    scale = min(DOTS_PER_INCH / 72, 4000 / max(*page.get_size(), 1))
    image = page.render(scale=scale, rev_byteorder=True).to_numpy()
    scan.recognised[index + 1] = clean("\n".join(ocr.recognise(image)))


def notes_of(scan: Scan, read: int, pages: int, *, any_text: bool) -> Iterator[str]:
    """What could not be read, in sentences."""
    if pages > read:
        yield f"Only the first {read} of {pages} pages were read."
    if scan.damaged:
        yield f"Damaged pages were left out: {_listed(scan.damaged)}."
    if scan.not_reached:
        yield (
            f"Scanned pages that were not read because it takes too long: {_listed(scan.not_reached)}. "
            "Split the file."
        )
    if scan.without_text and not any_text:
        yield NO_TEXT_LAYER
    elif not (any_text or scan.damaged or scan.not_reached):
        yield "This PDF has no text."
    elif scan.without_text:
        yield f"Pages without a text layer were left out: {_listed(scan.without_text)}."


def _listed(pages: Sequence[int]) -> str:
    more = f" and {len(pages) - MAX_LISTED} more" if len(pages) > MAX_LISTED else ""
    return ", ".join(map(str, pages[:MAX_LISTED])) + more
