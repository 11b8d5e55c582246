"""Blocks below their headings, and the title among these."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from parsing.document import Block
from parsing.outline import Outline

MAX_HEADING_LENGTH = 300


def enter(outline: Outline, level: int, heading: str) -> Iterator[Block]:
    """A heading begins; the one before as a text, if nothing stood below it."""
    yield from outline.enter(level, " ".join(heading.split())[:MAX_HEADING_LENGTH])


def placed(outline: Outline, block: Block) -> Block:
    """The block below the headings that are above it."""
    outline.alone = False
    return replace(block, heading_path=outline.path)


def ended(outline: Outline) -> Iterator[Block]:
    """The last heading as a text, if nothing stood below it."""
    yield from outline.enter(0, "")


def without_title(blocks: Sequence[Block], title: str) -> tuple[Block, ...]:
    """The blocks without the document's title in their paths, unless it is only one of several headings.

    Slides are told apart by their pages.
    """
    if any(block.page is None and block.heading_path[:1] not in ((), (title,)) for block in blocks):
        return tuple(blocks)
    return tuple(
        replace(block, heading_path=block.heading_path[1:]) if block.heading_path[:1] == (title,) else block
        for block in blocks
    )


def first_heading(blocks: Sequence[Block]) -> str:
    """The outermost heading of the first block below one."""
    return next((block.heading_path[0] for block in blocks if block.heading_path), "")
