"""The text of a file as one Markdown text, for readers who take it whole instead of in passages."""

from collections.abc import Iterator
from dataclasses import dataclass

from parsing import parse
from parsing.document import Block, ParsedDocument
from parsing.formats import MODULES, PLAIN_MODULES
from parsing.text import decode, title_from
from parsing.unseen import counting_unseen

MAX_HEADING_LEVEL = 6


@dataclass(frozen=True)
class MarkdownText:
    """A text, and sentences about parts of the file that could not be read."""

    text: str
    notes: tuple[str, ...] = ()


def markdown_of(media_type: str, data: bytes, source: str) -> MarkdownText:
    """Headings, tables, code and page marks as Markdown; what is text already stays as it is written.

    Documents inside follow, each below its path. Raises `FileProblemError`.
    """
    if MODULES[media_type] in PLAIN_MODULES:
        with counting_unseen() as unseen:
            text = decode(data)
        return MarkdownText(text, tuple(unseen.notes()))
    document = parse(media_type, data, source)
    notes = [*document.notes]
    parts = [*_parts(document, source)]
    for member in document.members:
        parts += [f"# {member.path}", *_parts(member.document, member.path)]
        notes += [f"{member.path}: {note}" for note in member.document.notes]
    return MarkdownText("\n\n".join(parts), tuple(notes))


def _parts(document: ParsedDocument, source: str) -> Iterator[str]:
    # A title that was made of the file's name says nothing new.
    titled = document.title != title_from(source)
    if titled and document.blocks:
        yield f"# {document.title}"
    paged = len({block.page for block in document.blocks}) > 1
    before = Block("")
    for block in document.blocks:
        if paged and block.page is not None and block.page != before.page:
            yield f"[Page {block.page}]"
        yield from _headings(before.heading_path, block.heading_path, 2 if titled else 1)
        yield block.text
        before = block


def _headings(before: tuple[str, ...], path: tuple[str, ...], top: int) -> Iterator[str]:
    """The headings that are new since the block before."""
    same = 0
    while same < min(len(before), len(path)) and before[same] == path[same]:
        same += 1
    for level, heading in enumerate(path[same:], start=top + same):
        yield f"{'#' * min(level, MAX_HEADING_LEVEL)} {heading}"
