"""OpenDocument texts and presentations, as LibreOffice writes them."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from parsing.detection import PROTECTED
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.properties import office_properties
from parsing.tables import table_blocks
from parsing.text import clean, title_from
from parsing.zipped import Element, open_zip, parse_xml, read_member

NAMESPACE = "{{urn:oasis:names:tc:opendocument:xmlns:{}:1.0}}"
OFFICE, TEXT, TABLE, DRAW, STYLE, PRESENTATION = (
    NAMESPACE.format(name) for name in ("office", "text", "table", "drawing", "style", "presentation")
)
LINK = "{http://www.w3.org/1999/xlink}href"
MAX_TITLE_LENGTH = 300
# Repeated cells and spaces are stated as a number, which may be anything.
MAX_COLUMNS = 1_000
MAX_SPACES = 8
MAX_DEPTH = 100
# What is no text of the document: deleted passages, generated lists of contents, forms.
LEFT_OUT = frozenset(
    {
        f"{TEXT}tracked-changes",
        *(f"{TEXT}{name}" for name in ("table-of-content", "alphabetical-index", "illustration-index")),
        *(f"{OFFICE}{name}" for name in ("forms", "annotation-end")),
        f"{PRESENTATION}notes",
    }
)


ROW_GROUPS = frozenset(f"{TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group"))
# Pictures say nothing here, and a text box stands after the paragraph it is anchored in.
SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
BOXES = frozenset({f"{DRAW}image", f"{DRAW}text-box", f"{SVG}title", f"{SVG}desc"})


@dataclass
class Reader:
    """What is known while the document is read: its files, its styles, the headings above."""

    archive: zipfile.ZipFile
    ordered: frozenset[str]
    titles: frozenset[str]
    headings: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def path(self) -> tuple[str, ...]:
        """The headings above this place."""
        return tuple(heading for _, heading in self.headings)

    def enter(self, level: int, heading: str) -> None:
        """A heading of this level begins; deeper ones end."""
        self.headings = [*(above for above in self.headings if above[0] < level), (level, heading)]


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a text or of a presentation, slide by slide. Raises `FileFormatError`."""
    with open_zip(data) as archive:
        _refuse_encrypted(archive)
        root = parse_xml(read_member(archive, "content.xml"))
        metadata = office_properties(archive)
        reader = _reader(archive, root)
        body = root.find(f"{OFFICE}body")
        if body is None:
            raise FileFormatError("The file is damaged (it has no body).")
        blocks = [block for part in body for block in _part_blocks(part, reader)]
    title = metadata.get("title") or _first_title(blocks) or title_from(source)
    title = str(title)[:MAX_TITLE_LENGTH]
    return ParsedDocument(title, tuple(_without_title(block, title) for block in blocks), metadata)


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    if "META-INF/manifest.xml" in archive.NameToInfo:
        manifest = parse_xml(read_member(archive, "META-INF/manifest.xml"))
        if next(manifest.iter("{*}encryption-data"), None) is not None:
            raise FileFormatError(PROTECTED)


def _reader(archive: zipfile.ZipFile, content: Element) -> Reader:
    roots = [content]
    if "styles.xml" in archive.NameToInfo:
        roots.append(parse_xml(read_member(archive, "styles.xml")))
    ordered = frozenset(name for root in roots for name in _ordered_lists(root))
    return Reader(archive, ordered, frozenset(name for root in roots for name in _title_styles(root)))


def _first_title(blocks: list[Block]) -> str | None:
    return next((block.heading_path[0] for block in blocks if block.heading_path), None)


def _without_title(block: Block, title: str) -> Block:
    """The title is known: no heading path need repeat it."""
    return (
        replace(block, heading_path=block.heading_path[1:]) if block.heading_path[:1] == (title,) else block
    )


def _ordered_lists(root: Element) -> frozenset[str]:
    """The names of the list styles that count."""
    return frozenset(
        style.get(f"{STYLE}name", "")
        for style in root.iter(f"{TEXT}list-style")
        if style.find(f"{TEXT}list-level-style-number") is not None
    )


def _title_styles(root: Element) -> frozenset[str]:
    """The names of the paragraph styles that make a title, with those derived from it."""
    derived = (
        style.get(f"{STYLE}name", "")
        for style in root.iter(f"{STYLE}style")
        if style.get(f"{STYLE}parent-style-name") == "Title"
    )
    return frozenset({"Title", *derived})


def _part_blocks(part: Element, reader: Reader) -> Iterator[Block]:
    pages = part.findall(f"{DRAW}page")
    if not pages:
        yield from _blocks(part, reader, 0)
    for number, page in enumerate(pages, start=1):
        yield from (replace(block, page=number) for block in _page_blocks(page, reader))


def _page_blocks(page: Element, reader: Reader) -> Iterator[Block]:
    """A slide; its title is the heading, its notes come last."""
    reader.headings = []
    frames = page.iterchildren(f"{DRAW}frame")
    title = next((frame for frame in frames if frame.get(f"{PRESENTATION}class") == "title"), None)
    boxes = _boxes(title) if title is not None else ()
    heading = " ".join(word for box in boxes for word in _inline(box, reader).split())[:MAX_TITLE_LENGTH]
    if heading:
        reader.enter(1, heading)
    blocks = [block for child in page if child is not title for block in _element_blocks(child, reader, 0)]
    notes = page.find(f"{PRESENTATION}notes")
    spoken = "\n".join(block.text for block in _blocks(notes, reader, 0)) if notes is not None else ""
    blocks += [Block(f"Notes: {spoken}", "text", reader.path())] if spoken else []
    yield from blocks or ([Block(heading, "text", reader.path())] if heading else [])


def _blocks(parent: Element, reader: Reader, depth: int) -> Iterator[Block]:
    for element in parent.iterchildren(etree.Element):
        yield from _element_blocks(element, reader, depth)


def _element_blocks(element: Element, reader: Reader, depth: int) -> Iterator[Block]:
    tag = element.tag
    if tag in LEFT_OUT or not isinstance(tag, str):
        return
    # Old files number their headings by putting them into lists.
    is_list = tag == f"{TEXT}list" and next(element.iter(f"{TEXT}h"), None) is None
    if tag == f"{TEXT}h":
        _enter_heading(element, reader)
    elif tag == f"{TEXT}p":
        yield from _paragraph(element, reader)
    elif is_list:
        text = "\n".join(_list_lines(element, reader, "", 0))
        yield from [Block(text, "list", reader.path())] if text else []
    elif tag == f"{TABLE}table":
        yield from table_blocks(list(_rows(element, reader)), reader.path())
    elif depth < MAX_DEPTH:
        yield from _blocks(element, reader, depth + 1)
        return
    yield from _framed(element, reader, depth)


def _enter_heading(element: Element, reader: Reader) -> None:
    heading = " ".join(_inline(element, reader).split())[:MAX_TITLE_LENGTH]
    level = element.get(f"{TEXT}outline-level", "1")
    if heading:
        reader.enter(int(level) if level.isdecimal() else 1, heading)


def _paragraph(element: Element, reader: Reader) -> Iterator[Block]:
    text = "\n".join(line.strip() for line in _inline(element, reader).split("\n")).strip()
    if text and element.get(f"{TEXT}style-name") in reader.titles:
        reader.enter(0, " ".join(text.split())[:MAX_TITLE_LENGTH])
    elif text:
        yield Block(text, "text", reader.path())


def _framed(element: Element, reader: Reader, depth: int) -> Iterator[Block]:
    """Text boxes and tables that are anchored in the element."""
    if depth < MAX_DEPTH:
        for box in _boxes(element):
            yield from _blocks(box, reader, depth + 1)


def _boxes(element: Element) -> Iterator[Element]:
    """The outermost text boxes."""
    for child in element.iterchildren(etree.Element):
        if child.tag == f"{DRAW}text-box":
            yield child
        else:
            yield from _boxes(child)


def _list_lines(element: Element, reader: Reader, style: str, depth: int) -> Iterator[str]:
    style = element.get(f"{TEXT}style-name", style)
    items = [item for item in element if item.tag in (f"{TEXT}list-item", f"{TEXT}list-header")]
    for number, item in enumerate(items, start=1):
        mark = f"{number}." if style in reader.ordered else "-"
        for child in item.iterchildren(etree.Element):
            if child.tag == f"{TEXT}list" and depth < MAX_DEPTH:
                yield from (
                    f"  {' ' * (len(mark) - 1)}{line}"
                    for line in _list_lines(child, reader, style, depth + 1)
                )
            elif text := " ".join(_inline(child, reader).split()):
                yield f"{mark} {text}"
                mark = " " * len(mark)


def _table_rows(table: Element) -> Iterator[Element]:
    """The rows of a table, not those of a table within it."""
    for child in table.iterchildren(etree.Element):
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in ROW_GROUPS:
            yield from _table_rows(child)


def _rows(table: Element, reader: Reader) -> Iterator[list[str]]:
    for row in _table_rows(table):
        cells: list[str] = []
        for cell in row:
            if cell.tag in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                repeated = _number(cell, f"{TABLE}number-columns-repeated", MAX_COLUMNS)
                text = " ".join(_inline(part, reader) for part in cell.iterchildren(etree.Element)).strip()
                cells.extend([text] * min(repeated, MAX_COLUMNS - len(cells)))
        if any(cells):
            yield cells


def _number(element: Element, name: str, most: int) -> int:
    stated = element.get(name, "1")
    return min(int(stated), most) if stated.isdecimal() and len(stated) < 10 else 1


def _inline(element: Element, reader: Reader) -> str:
    return clean("".join(_pieces(element, reader, 0)))


def _pieces(element: Element, reader: Reader, depth: int) -> Iterator[str]:
    """The text within, notes and comments in brackets where they are referred to."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and depth < MAX_DEPTH:
            yield from _piece(child, reader, depth)
        yield child.tail or ""


def _piece(child: Element, reader: Reader, depth: int) -> Iterator[str]:
    match child.tag.removeprefix(TEXT) if isinstance(child.tag, str) else "":
        case "s":
            yield " " * _number(child, f"{TEXT}c", MAX_SPACES)
        case "tab":
            yield "\t"
        case "line-break":
            yield "\n"
        case "note":
            body = child.find(f"{TEXT}note-body")
            text = " ".join(_inline(body, reader).split()) if body is not None else ""
            yield f" [Note: {text}]" if text else ""
        case _:
            yield from _other(child, reader, depth)


def _other(child: Element, reader: Reader, depth: int) -> Iterator[str]:
    if child.tag == f"{OFFICE}annotation":
        words = " ".join("".join(line.itertext()) for line in child.iter(f"{TEXT}p"))
        yield f" [Comment: {' '.join(words.split())}]" if words.strip() else ""
    elif child.tag == f"{DRAW}object":
        yield _formula(child.get(LINK, ""), reader.archive)
    elif child.tag in (f"{TEXT}p", f"{TEXT}h", f"{TEXT}list-item"):
        yield from ("\n", *_pieces(child, reader, depth + 1))
    elif child.tag not in LEFT_OUT and child.tag not in BOXES:
        yield from _pieces(child, reader, depth + 1)


def _formula(link: str, archive: zipfile.ZipFile) -> str:
    """The formula of an embedded object as its author typed it."""
    name = f"{link.removeprefix('./').rstrip('/')}/content.xml"
    if name not in archive.NameToInfo:
        return ""
    root = parse_xml(read_member(archive, name))
    return next((" ".join((note.text or "").split()) for note in root.iter("{*}annotation")), "")
