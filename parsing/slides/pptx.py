"""Presentations: each slide a page, its title the heading."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, cast

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.presentation import Presentation as Slides
from pptx.slide import Slide

from parsing.archives.zipped import open_zip, refuse_ole
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.headings import first_heading, without_title
from parsing.left_out import LeftOut
from parsing.margins import margin_blocks
from parsing.office.package import OfficePackage
from parsing.office.properties import office_properties
from parsing.slides.remarks import comment_blocks
from parsing.slides.shapes import pieces_of, unwrap_alternatives
from parsing.slides.sight import drop_unseen
from parsing.slides.texts import frame_text, paragraph_text
from parsing.text import clean, title_from

MAX_TITLE_LENGTH = 300
# More than any slide is wide, in units of 1/914,400 inch.
UNKNOWN = 1_000_000_000


def parse(data: bytes, source: str) -> ParsedDocument:
    """Texts, tables, charts, notes and comments of every slide. Raises `FileFormatError`."""
    refuse_ole(data)
    left_out = LeftOut()
    blocks: list[Block] = []
    footers: list[str] = []
    hidden: list[str] = []
    with open_zip(data) as archive:
        metadata = office_properties(archive)
        package = OfficePackage(archive)
        size, slides = _slides(data)
        for page, found in slides:
            slide = cast(Slide, found)
            try:
                unwrap_alternatives(slide.element)
                drop_unseen(slide, size)
                blocks += _slide_blocks(slide, page, package, left_out)
                footers += _footers(slide)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - python-pptx lets through the errors of any of its parts
                left_out.say(f"Slide {page} was not read ({error or type(error).__name__}).")
            if slide.element.get("show") in ("0", "false"):
                hidden.append(str(page))
    if hidden:
        left_out.say(f"Hidden slides were read, too: {', '.join(hidden)}.")
    if package.has_macros:
        left_out.add("macros")
    first = first_heading([block for block in blocks if block.page == 1])
    title = (metadata.get("title") or first or title_from(source))[:MAX_TITLE_LENGTH]
    last = blocks[-1].page if blocks else None
    margins = (replace(block, page=last) for block in margin_blocks("Footer", [[text] for text in footers]))
    return ParsedDocument(title, (*without_title(blocks, title), *margins), metadata, notes=left_out.notes())


def _slides(data: bytes) -> tuple[tuple[int, int], list[tuple[int, Any]]]:
    """How wide and high the slides are, and the slides with their numbers."""
    try:
        presentation: Slides = Presentation(BytesIO(data))
        size = int(presentation.slide_width or UNKNOWN), int(presentation.slide_height or UNKNOWN)
        return size, list(enumerate(presentation.slides, start=1))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - python-pptx documents no errors for files that are damaged
        raise FileFormatError(f"The file is damaged ({error or type(error).__name__}).") from None


def _slide_blocks(slide: Slide, page: int, package: OfficePackage, left_out: LeftOut) -> Iterator[Block]:
    title = slide.shapes.title
    heading = " ".join(clean(title.text_frame.text).split()) if title is not None else ""
    others = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    blocks = [*pieces_of(others, left_out), *_notes(slide), *comment_blocks(slide, package)]
    if not blocks and heading:
        # A slide that has nothing but its title says something, too.
        blocks.append(Block(heading))
    for block in blocks:
        yield Block(block.text, block.kind, (heading,) if heading else (), page)


def _notes(slide: Slide) -> Iterator[Block]:
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if frame is not None:
        lines = [paragraph_text(paragraph) for paragraph in frame.paragraphs]
        notes = "\n".join(lines).strip()
        if notes:
            yield Block(f"Notes: {notes}")


def _footers(slide: Slide) -> Iterator[str]:
    for shape in slide.placeholders:
        if shape.placeholder_format.type == PP_PLACEHOLDER.FOOTER:
            yield " ".join(frame_text(cast(Any, shape).text_frame).split())
