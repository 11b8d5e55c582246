"""Documents written in reStructuredText, AsciiDoc, Org or LaTeX: paragraphs below their sections."""

from collections.abc import Callable
from dataclasses import replace
from itertools import dropwhile
from typing import Any

from parsing.document import Block, ParsedDocument
from parsing.markup import asciidoc, latex, org, restructured
from parsing.markup.section_writer import SectionWriter
from parsing.text import title_from

MAX_TITLE_LENGTH = 300


Reader = Callable[[str, SectionWriter], tuple[str, dict[str, Any]]]
# A reader writes the blocks, and returns the stated title, empty where there is none, with the metadata.
READERS: dict[str, Reader] = {
    "rst": restructured.read,
    "adoc": asciidoc.read,
    "asciidoc": asciidoc.read,
    "org": org.read,
    "tex": latex.read,
    "ltx": latex.read,
}
MARKUPS = frozenset(READERS)


def parse_markup(text: str, ending: str, source: str) -> ParsedDocument:
    """Paragraphs of a marked-up text; its title is stated, the one section's, or the file's name."""
    writer = SectionWriter()
    stated, metadata = READERS[ending](text, writer)
    blocks = writer.finish()
    title = stated or _only_top(blocks, writer.first_heading)
    if title and not stated:
        blocks = [replace(block, heading_path=block.heading_path[1:]) for block in blocks]
    return ParsedDocument(
        title[:MAX_TITLE_LENGTH] or title_from(source), tuple(blocks), metadata, notes=tuple(writer.notes())
    )


def _only_top(blocks: list[Block], first: str) -> str:
    """The section that all the text is in, but for what stands above it; or the one heading there is."""
    if len(blocks) == 1 and not blocks[0].heading_path and blocks[0].text == first:
        return first
    below = list(dropwhile(lambda block: not block.heading_path, blocks))
    tops = {block.heading_path[:1] for block in below}
    return tops.pop()[0] if len(tops) == 1 and () not in tops else ""
