"""Whole files that stand in a Word document as a part of its text (`altChunk`)."""

from collections.abc import Iterator

from parsing.archives.members import Entry, collect
from parsing.archives.zipped import Element, read_member
from parsing.document import Block
from parsing.errors import FileFormatError
from parsing.office.package import RELATION_ID
from parsing.word.story import Story


def imported_blocks(chunk: Element, story: Story, _: int) -> Iterator[Block]:
    """The blocks of the file that the element names; how deep and large is bounded as for archives."""
    relation = story.file.package.relations(story.part).get(chunk.get(f"{RELATION_ID}id", ""))
    if relation is None or relation.is_external:
        story.file.left_out.add("subdocument")
        return
    name, archive = relation.target, story.file.package.archive
    if not story.file.first_use("part", name):
        return

    def read(limit: int) -> bytes:
        return read_member(archive, name, limit)

    try:
        members, notes = collect([Entry(name, read)])
    except FileFormatError as error:
        members, notes = (), (f"{name}: {error}",)
    story.file.left_out.say(*notes)
    for member in members:
        story.file.left_out.say(*member.document.notes)
        yield from member.document.blocks
