"""OpenDocument texts and presentations, as LibreOffice writes them."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace

from lxml import etree

from parsing.archives.zipped import Element, open_zip
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.headings import MAX_HEADING_LENGTH, ended, enter, first_heading, placed, without_title
from parsing.left_out import LeftOut
from parsing.margins import margin_blocks
from parsing.odf.frames import frame_items, framed
from parsing.odf.inline import LEFT_OUT, inline
from parsing.odf.lists import ListMarks
from parsing.odf.names import DRAW, MAX_DEPTH, OFFICE, PRESENTATION, STYLE, TABLE, TEXT
from parsing.odf.open_file import OpenFile, learn_styles, refuse_encrypted
from parsing.odf.places import in_page_order
from parsing.odf.tables import odf_table_blocks
from parsing.office.properties import office_properties
from parsing.outline import Outline
from parsing.text import title_from

CONTENT, STYLES = "content.xml", "styles.xml"
TITLE = 0


class _Reader:
    """Reads a text, or one slide of a presentation, from its beginning to its end."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.outline = Outline()
        self.title = ""
        self._reached: dict[tuple[str, int], int] = {}

    def within(self, parent: Element, depth: int = 0) -> Iterator[Block]:
        """The blocks of all that an element holds."""
        for element in parent.iterchildren(etree.Element):
            yield from self.blocks(element, depth)

    def blocks(self, element: Element, depth: int) -> Iterator[Block]:
        """The blocks of an element."""
        if element.tag in LEFT_OUT:
            return
        if depth > MAX_DEPTH:
            self.file.left_out.add("part")
            return
        read = READERS.get(str(element.tag))
        if element.tag == f"{DRAW}frame":
            yield from self._framed(frame_items(element, self.file), depth)
        # Old files number their headings by putting them into lists.
        elif read is None or (
            read is _Reader.list_blocks and next(element.iter(f"{TEXT}h"), None) is not None
        ):
            yield from self.within(element, depth + 1)
        else:
            yield from read(self, element)
            yield from self._framed(framed(element, self.file), depth)

    def _framed(self, items: Iterator[Block | Element], depth: int) -> Iterator[Block]:
        """What is anchored in an element stands behind it."""
        for item in items:
            if isinstance(item, Block):
                yield placed(self.outline, item)
            else:
                yield from self.blocks(item, depth + 1)

    def heading_blocks(self, element: Element) -> Iterator[Block]:
        """The heading before, if nothing stood below it."""
        heading = " ".join(inline(element, self.file).split())
        level = element.get(f"{TEXT}outline-level", "1")
        if heading:
            yield from enter(self.outline, int(level) if level.isdecimal() else 1, heading)

    def paragraph_blocks(self, element: Element) -> Iterator[Block]:
        """A paragraph; one in a title's style is a heading above all."""
        text = "\n".join(line.strip() for line in inline(element, self.file).split("\n")).strip()
        if text and element.get(f"{TEXT}style-name") in self.file.titles:
            self.title = self.title or " ".join(text.split())[:MAX_HEADING_LENGTH]
            yield from enter(self.outline, TITLE, text)
        elif text:
            yield placed(self.outline, Block(text))

    def list_blocks(self, element: Element) -> Iterator[Block]:
        """A list as one block."""
        text = "\n".join(self._items(element, "", ()))
        if text:
            yield placed(self.outline, Block(text, "list"))

    def table_blocks(self, element: Element) -> Iterator[Block]:
        """A table."""
        yield from (placed(self.outline, block) for block in odf_table_blocks(element, self._cell))

    def comment_blocks(self, element: Element) -> Iterator[Block]:
        """A comment that stands by itself, as on slides."""
        wrapper = etree.Element("alone")
        wrapper.append(deepcopy(element))
        text = inline(wrapper, self.file).strip()
        if text:
            yield placed(self.outline, Block(text))

    def _items(self, element: Element, style: str, above: tuple[str, ...]) -> Iterator[str]:
        style = element.get(f"{TEXT}style-name", style)
        marks = ListMarks(style, len(above), above, self.file.lists, self._reached)
        marks.begin(element)
        for item in element.iterchildren(f"{TEXT}list-item", f"{TEXT}list-header"):
            # An item that has only a list in it is none itself.
            alone = next(item.iterchildren(etree.Element), None)
            has_text = alone is not None and alone.tag != f"{TEXT}list"
            mark = marks.mark(item) if has_text else ""
            for child in item.iterchildren(etree.Element):
                if child.tag == f"{TEXT}list" and len(above) < MAX_DEPTH:
                    margin = " " * (len(mark) + 1) if mark else "  "
                    yield from (
                        f"{margin}{line}" for line in self._items(child, style, (*above, marks.number))
                    )
                elif text := " ".join(inline(child, self.file).split()):
                    yield f"{mark} {text}" if mark else text
                    mark = " " * len(mark)

    def _cell(self, cell: Element) -> str:
        return " ".join(inline(part, self.file) for part in cell.iterchildren(etree.Element)).strip()


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a text or of a presentation, slide by slide. Raises `FileFormatError`."""
    with open_zip(data) as archive:
        refuse_encrypted(archive)
        file = OpenFile(archive, LeftOut())
        root, styles = file.xml(CONTENT), file.xml(STYLES)
        if root is None:
            raise FileFormatError(f"The file is damaged ({CONTENT} is missing in it).")
        body = root.find(f"{OFFICE}body")
        if body is None:
            raise FileFormatError("The file is damaged (it has no body).")
        metadata = office_properties(archive)
        learn_styles(file, root, *([styles] if styles is not None else []))
        reader = _Reader(file)
        blocks = [
            *_margins(styles, file, "header"),
            *(block for part in body for block in _part_blocks(part, reader)),
            *ended(reader.outline),
            *_margins(styles, file, "footer"),
        ]
    if reader.title and "title" in metadata:
        metadata["title"] = reader.title
    title = reader.title or metadata.get("title") or first_heading(blocks) or title_from(source)
    title = title[:MAX_HEADING_LENGTH]
    return ParsedDocument(title, without_title(blocks, title), metadata, notes=file.left_out.notes())


def _part_blocks(part: Element, reader: _Reader) -> Iterator[Block]:
    pages = part.findall(f"{DRAW}page")
    if not pages:
        yield from reader.within(part)
    for number, page in enumerate(pages, start=1):
        yield from (replace(block, page=number) for block in _page_blocks(page, _Reader(reader.file)))


def _page_blocks(page: Element, reader: _Reader) -> Iterator[Block]:
    """A slide; its title is the heading, its notes come last."""
    frames = page.iterchildren(f"{DRAW}frame")
    title = next((frame for frame in frames if frame.get(f"{PRESENTATION}class") == "title"), None)
    items = frame_items(title, reader.file) if title is not None else ()
    boxes = [item for item in items if not isinstance(item, Block)]
    heading = " ".join(" ".join(inline(box, reader.file) for box in boxes).split())
    if heading:
        yield from enter(reader.outline, 1, heading)
    for child in in_page_order(child for child in page.iterchildren(etree.Element) if child is not title):
        yield from reader.blocks(child, 0)
    for notes in page.iterchildren(f"{PRESENTATION}notes"):
        spoken = "\n".join(block.text for block in _Reader(reader.file).within(notes))
        yield from [placed(reader.outline, Block(f"Notes: {spoken}"))] if spoken else []
    if reader.outline.alone:
        # A slide that has nothing but its title says something, too.
        yield placed(reader.outline, Block(heading))


def _margins(styles: Element | None, file: OpenFile, name: str) -> Iterator[Block]:
    """Headers or footers of the pages; the slides' own are on every slide."""
    pages = styles.iterfind(f"{OFFICE}master-styles/{STYLE}master-page") if styles is not None else ()
    margins = (
        margin
        for page in pages
        for kind in ("", "-left", "-first")
        for margin in page.findall(f"{STYLE}{name}{kind}")
    )
    reader = _Reader(replace(file, is_margin=True))
    return margin_blocks(
        name.capitalize(), ([block.text for block in reader.within(margin)] for margin in margins)
    )


READERS: dict[str, Callable[[_Reader, Element], Iterator[Block]]] = {
    f"{TEXT}h": _Reader.heading_blocks,
    f"{TEXT}p": _Reader.paragraph_blocks,
    f"{TEXT}list": _Reader.list_blocks,
    f"{TABLE}table": _Reader.table_blocks,
    f"{OFFICE}annotation": _Reader.comment_blocks,
}
