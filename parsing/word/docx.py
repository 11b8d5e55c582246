"""Word documents, read from their parts: what libraries leave out of them is often what matters."""

from collections.abc import Iterator
from itertools import dropwhile, takewhile

from parsing.archives.zipped import Element, open_zip, refuse_ole
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.headings import ended, first_heading, without_title
from parsing.left_out import LeftOut
from parsing.margins import margin_blocks
from parsing.office.package import OfficePackage
from parsing.office.properties import office_properties
from parsing.outline import Outline
from parsing.text import title_from
from parsing.word.blocks import Item, Line, blocks_of, flat_text, items_of
from parsing.word.looks import StyleLooks, theme_of
from parsing.word.names import WORD
from parsing.word.numbering import Numbering
from parsing.word.runs import note_text
from parsing.word.sight import Sight, page_colour
from parsing.word.story import Note, Story, WordFile
from parsing.word.styles import Styles

DOCUMENT = "word/document.xml"
MAX_TITLE_LENGTH = 300
NOTES = (
    ("footnotes", "footnote", "Note"),
    ("endnotes", "endnote", "Note"),
    ("comments", "comment", "Comment"),
)


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a document, notes and comments in place, headers first and footers last, each once."""
    refuse_ole(data)
    with open_zip(data) as archive:
        package = OfficePackage(archive)
        metadata = office_properties(archive)
        file, body = _opened(package)
        outline = Outline()
        items = list(items_of(body.content, Story(file, body.part)))
        blocks = [
            *_margins(file, body, "header"),
            *blocks_of(items, outline),
            *ended(outline),
            *_unused_comments(file, body),
            *_margins(file, body, "footer"),
        ]
    if package.has_macros:
        file.left_out.add("macros")
    visible = _visible_title(items)
    if visible and "title" in metadata:
        metadata["title"] = visible
    title = (visible or metadata.get("title") or first_heading(blocks) or title_from(source))[
        :MAX_TITLE_LENGTH
    ]
    return ParsedDocument(title, without_title(blocks, title), metadata, notes=file.left_out.notes())


def _opened(package: OfficePackage) -> tuple[WordFile, Note]:
    """What all parts share, and the body."""
    name = package.main_part(DOCUMENT)
    root = package.xml(name)
    body = root.find(f"{WORD}body") if root is not None else None
    if body is None:
        raise FileFormatError("The file is damaged (it has no body).")
    styles, numbering, theme = (_part(package, name, kind) for kind in ("styles", "numbering", "theme"))
    looks = StyleLooks(styles, theme_of(theme))
    headers = (package.xml(part) for part in package.related(name, "header"))
    sight = Sight(looks, page_colour(root, looks), [body, *(part for part in headers if part is not None)])
    notes = {
        (kind, element.get(f"{WORD}id", "")): Note(_label(element, label), element, part)
        for parts, kind, label in NOTES
        for part in package.related(name, parts)
        for element in _children(package.xml(part), kind)
    }
    file = WordFile(package, Styles(styles), Numbering(numbering), notes, LeftOut(), sight)
    return file, Note("", body, name)


def _part(package: OfficePackage, name: str, kind: str) -> Element | None:
    return next((package.xml(part) for part in package.related(name, kind)), None)


def _children(root: Element | None, kind: str) -> Iterator[Element]:
    if root is not None:
        yield from root.iterchildren(WORD + kind)


def _label(element: Element, label: str) -> str:
    author = element.get(f"{WORD}author") or element.get(f"{WORD}initials")
    return f"{label} by {author}" if author else label


def _visible_title(items: list[Item]) -> str:
    """What the document shows as its title, whatever its properties say: they stay when it is copied."""
    lines = (item for item in items if isinstance(item, Line) and item.kind != "blank")
    title = takewhile(_is_title, dropwhile(lambda line: not _is_title(line), lines))
    return " ".join(" ".join(line.text for line in title).split())[:MAX_TITLE_LENGTH]


def _is_title(line: Line) -> bool:
    return line.kind == "title"


def _margins(file: WordFile, body: Note, kind: str) -> Iterator[Block]:
    roots = ((part, file.package.xml(part)) for part in file.package.related(body.part, kind))
    return margin_blocks(
        kind.capitalize(),
        (
            [flat_text([item]) for item in items_of(root, Story(file, part, is_margin=True))]
            for part, root in roots
            if root is not None
        ),
    )


def _unused_comments(file: WordFile, body: Note) -> Iterator[Block]:
    """Comments that nothing in the text refers to."""
    for key in file.notes:
        words = note_text(key, Story(file, body.part)) if key[0] == "comment" and key not in file.used else ""
        if words:
            yield Block(words)
