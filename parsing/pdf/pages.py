"""The pages of a PDF: their words, and what the pictures among them say."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]

from parsing import ocr
from parsing.pdf.annotations import Unread, laid_on
from parsing.pdf.parts import PageText
from parsing.pdf.pictures import pictures_of
from parsing.pdf.sight import Looking
from parsing.pdf.words import page_text
from parsing.reading_bounds import reading_bounds
from parsing.text import clean

MAX_PAGES = 5_000
MAX_LISTED = 20
DOTS_PER_INCH = 200
# A page with so few characters (its number) whose picture covers so much of it is scanned.
FEW_CHARACTERS = 40
MOST_OF_PAGE = 0.5
NO_TEXT_LAYER = "This PDF has no text layer (scanned pages). Install owflex[ocr] to read it."


@dataclass
class Scan:
    """What became of the pages without a text layer, by their numbers."""

    started: float = field(default_factory=time.monotonic)
    without_text: list[int] = field(default_factory=list[int])
    not_reached: list[int] = field(default_factory=list[int])
    damaged: list[int] = field(default_factory=list[int])
    recognised: dict[int, str] = field(default_factory=dict[int, str])
    unreadable: dict[int, int] = field(default_factory=dict[int, int])
    unread: Unread = field(default_factory=Unread)
    looking: Looking = field(default_factory=Looking)
    with_files: list[int] = field(default_factory=list[int])


def read_pages(document: Any, scan: Scan) -> Iterator[PageText]:
    """What each page says, until it is enough; a page that cannot be read is empty."""
    bounds, characters = reading_bounds(), 0
    for index in range(min(len(document), MAX_PAGES)):
        if bounds.enough(characters):
            return
        text = _read_page(document, index, scan)
        characters += text.length
        yield text


def _read_page(document: Any, index: int, scan: Scan) -> PageText:
    try:
        page = document.get_page(index)
        try:
            laid = laid_on(document, page, scan.unread)
            if any(item.kind == "file" for item in laid):
                scan.with_files.append(index + 1)
            text = page_text(page, scan.looking, index + 1, laid)
            if text.unreadable:
                scan.unreadable[index + 1] = text.unreadable
            if _is_picture(page, text):
                _read_picture(page, index, scan)
            return text
        finally:
            page.close()
    except pdfium.PdfiumError:
        scan.damaged.append(index + 1)
        return PageText()


def _is_picture(page: Any, text: PageText) -> bool:
    """Whether the words of a page can only be read from its picture."""
    if not text.parts:
        return next(page.get_objects(max_depth=1), None) is not None
    if text.unreadable > len(text.parts):
        return ocr.available()
    return text.length < FEW_CHARACTERS and _covered(page) > MOST_OF_PAGE


def _covered(page: Any) -> float:
    """The part of a page that its largest picture covers."""
    width, height = page.get_size()
    areas = ((right - left) * (top - bottom) for left, right, bottom, top in pictures_of(page))
    return max(areas, default=0.0) / max(width * height, 1.0)


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
    unreadable = [page for page in scan.unreadable if page not in scan.recognised]
    if unreadable:
        words = sum(scan.unreadable[page] for page in unreadable)
        yield (
            f"{words} words in a font that does not say which letters it shows were left out, on pages "
            f"{_listed(unreadable)}. Save the file again with the program it comes from."
        )
    if scan.not_reached:
        yield (
            f"Scanned pages that were not read because it takes too long: {_listed(scan.not_reached)}. "
            "Split the file."
        )
    if scan.without_text and not any_text:
        yield NO_TEXT_LAYER
    elif not (any_text or scan.damaged or scan.not_reached or scan.unreadable):
        yield "This PDF has no text."
    elif scan.without_text:
        yield f"Pages without a text layer were left out: {_listed(scan.without_text)}."
    yield from _about_sight(scan)
    yield from scan.unread.notes()


def _about_sight(scan: Scan) -> Iterator[str]:
    if scan.looking.not_looked_at:
        yield (
            "Pages on which words may be hidden, and that were not looked at because it takes too long: "
            f"{_listed(scan.looking.not_looked_at)}."
        )


def _listed(pages: Sequence[int]) -> str:
    more = f" and {len(pages) - MAX_LISTED} more" if len(pages) > MAX_LISTED else ""
    return ", ".join(map(str, pages[:MAX_LISTED])) + more
