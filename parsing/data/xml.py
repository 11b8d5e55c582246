"""XML: feeds as their articles, anything else as the texts and values of its elements."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from parsing.data.feeds import local_name, parse_feed, words
from parsing.data.safe_xml import SAFE
from parsing.data.xml_links import write_addresses
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.html.html import parse as parse_html
from parsing.tables import markdown_table, named_values
from parsing.text import clean, decode, title_from

Element = etree._Element  # pyright: ignore[reportPrivateUsage]
Path = tuple[str, ...]

MAX_TITLE_LENGTH = 300
MAX_HEADINGS = 6
# The text that all entities of a file stand for.
MAX_ENTITIES_LENGTH = 1_000_000
ENDLESS = "The file is refused: its entities unfold without end."
STAND_IN = "entity-of-the-file"
REFERENCE = re.compile(r"&([^#;&\s]{1,200});")
DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
FEEDS = frozenset({"rss", "rdf", "feed"})
TITLES = frozenset({"title", "head", "heading", "headline", "article-title"})
# Elements of prose, whose names say nothing to a reader.
PROSE = frozenset(
    {"p", "para", "simpara", "ab", "l", "lg", "line", "text", "abstract", "section", "div", "quote"}
)
PARAGRAPHS = frozenset({"p", "para", "simpara"})
CODE = frozenset({"programlisting", "screen", "code", "pre", "codeblock", "literallayout", "eg"})
LISTS = frozenset({"itemizedlist", "orderedlist", "list", "ul", "ol"})
ROWS = frozenset({"tr", "row"})
CELLS = frozenset({"td", "th", "entry", "cell"})
# Where these are, attributes are for programs; elsewhere they are values like any other.
DOCUMENT_PARTS = frozenset(
    {
        *("p", "para", "simpara", "section", "sect1", "chapter", "topic", "body", "div", "abstract"),
        "programlisting",
    }
)
# Attributes that name a value, and those that hold text in documents too.
LABELS = ("name", "key")
TEXT_ATTRIBUTES = frozenset({"alt", "title", "label", "summary", "caption", "description", "desc"})
# What only groups the entries of a property list.
NAMELESS = frozenset({"dict", "array"})
LARGE = PROSE | CODE | LISTS | TITLES | {"table"}
# Where documents say what they are about.
ABOUT = frozenset({"info", "articleinfo", "bookinfo", "head", "header", "front", "teiheader"})
METADATA = {
    "author": "author",
    "creator": "author",
    "date": "date",
    "pubdate": "date",
    "language": "language",
}


def parse(data: bytes, source: str) -> ParsedDocument:
    """Articles of a feed, or the texts of any other XML below their titles. Raises `FileFormatError`."""
    if not data.strip():
        return ParsedDocument(title_from(source), ())
    root, notes = _read(data)
    name = local_name(root)
    if name == "html":
        return parse_html(data, source)
    _put_entities(root)
    write_addresses(root)
    # They are no part of the tree, and may be in what is quoted, too.
    if comments := data.count(b"<!--"):
        notes += (f"comments: {comments} left out",)
    if name in FEEDS:
        feed = parse_feed(root, source)
        return ParsedDocument(feed.title, feed.blocks, feed.metadata, notes=notes)
    title = _title(root)
    data_only = not any(local_name(part) in DOCUMENT_PARTS for part in root.iter(etree.Element))
    try:
        blocks = tuple(_blocks(root, (), title, data_only=data_only))
    except RecursionError:
        raise FileFormatError("The file is nested too deeply to be a document.") from None
    return ParsedDocument(title or title_from(source), blocks, _metadata(root), notes=notes)


def _read(data: bytes) -> tuple[Element, tuple[str, ...]]:
    """The root element, and a sentence when the file is not all well."""
    root, errors = _parsed(data)
    if any(error.type_name in ("ERR_INVALID_ENCODING", "ERR_UNSUPPORTED_ENCODING") for error in errors):
        root, errors = _parsed(DECLARATION.sub("", decode(data)).encode(errors="replace"))
    if any(error.type_name == "ERR_ENTITY_LOOP" or "amplification" in error.message for error in errors):
        raise FileFormatError(ENDLESS)
    if root is None:
        reason = f"line {errors[0].line}: {errors[0].message}" if errors else "no element"
        raise FileFormatError(f"The file is not XML, or is damaged ({reason}).")
    harm = [
        error for error in errors if error.type_name not in ("ERR_UNDECLARED_ENTITY", "WAR_UNDECLARED_ENTITY")
    ]
    if not harm:
        return root, ()
    said = " ".join(clean(harm[0].message).split())
    return root, (f"The file is damaged from line {harm[0].line} on ({said}); what could be read was.",)


def _parsed(data: bytes) -> tuple[Element | None, list[Any]]:
    parser = etree.XMLParser(**SAFE, recover=True, remove_comments=True, remove_pis=True)
    try:
        root: Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    return root, list(parser.error_log)


def _put_entities(root: Element) -> None:
    """Puts the text of each entity in its place: what the file declares, else what HTML means by the name."""
    declared = _declared(root)
    total = 0
    for entity in list(root.iter(etree.Entity)):
        name = (entity.text or "").strip("&;")
        text = declared.get(name) or html.unescape(f"&{name};")
        total += len(text)
        if total > MAX_ENTITIES_LENGTH:
            raise FileFormatError(ENDLESS)
        parent = entity.getparent()
        if parent is not None:
            # Adding to the text before it each time would take time with the square of the entities.
            stand_in = etree.Element(STAND_IN)
            stand_in.text = "" if text == f"&{name};" else text
            stand_in.tail = entity.tail
            parent.replace(entity, stand_in)
    etree.strip_tags(root, STAND_IN)


def _declared(root: Element) -> dict[str, str]:
    """The texts of the entities a file declares within itself; one that names others has none."""
    document_type = root.getroottree().docinfo.internalDTD
    texts: dict[str, str] = {}
    for entity in document_type.entities() if document_type is not None else ():
        content = entity.content or ""
        if not REFERENCE.search(content):
            texts[entity.name or ""] = clean(" ".join(re.sub(r"<[^<>]*>", " ", content).split()))
    return texts


def _blocks(element: Element, path: Path, title: str, *, data_only: bool) -> Iterator[Block]:
    """The texts below an element in their order; where all is data, the attributes too."""
    name = local_name(element)
    children = [child for child in element if local_name(child)]
    if name in CODE:
        yield from _code(element, path)
    elif name == "table" and any(local_name(part) in ROWS for part in element.iter(etree.Element)):
        yield from _table(element, path)
    elif name in LISTS:
        lines = [f"- {text}" for child in children if (text := words(child))]
        yield from _text("\n".join(lines), path, "list")
    elif not children or _is_paragraph(element, children):
        yield from _text(_labelled(element, data_only=data_only), path)
    else:
        parts = list(_parts(element, children, path, title, data_only=data_only))
        # A title alone is a text.
        yield from parts or _text(words(element) if element.getparent() is not None else "", path)


def _parts(
    element: Element, children: list[Element], path: Path, title: str, *, data_only: bool
) -> Iterator[Block]:
    """What stands in an element: values one after the other make one block, anything larger its own."""
    heading = next((child for child in children if local_name(child) in TITLES and words(child)), None)
    stated = words(heading)[:MAX_TITLE_LENGTH] if heading is not None else ""
    below = (*path, stated) if stated and stated != title else path
    values: list[tuple[str, str]] = []
    is_named = not (stated or element.getparent() is None or local_name(element) in NAMELESS)
    told = _told(element, data_only=data_only, but=LABELS if is_named else ())
    if told:
        values.append((_name(element), told))
    above = (*path, _label(element)) if is_named else below
    yield from _text(_line(element.text), below[:MAX_HEADINGS])
    key = ""
    for child in children:
        if child is heading:
            pass
        elif local_name(element) == "dict" and local_name(child) == "key":
            key = words(child)  # in property lists a value follows its name
            continue
        elif _is_value(child):
            # Of `<key>On</key><true/>` the element is the value.
            said = local_name(child) if key and local_name(child) in ("true", "false") else ""
            values.append((key or _label(child), said or _value(child, data_only=data_only)))
        else:
            yield from _text(named_values(values), above[:MAX_HEADINGS])
            values.clear()
            place = (*below, key) if key else below
            yield from _blocks(child, place[:MAX_HEADINGS], title, data_only=data_only)
        key = ""
        if _line(child.tail):
            yield from _text(named_values(values), above[:MAX_HEADINGS])
            values.clear()
            yield from _text(_line(child.tail), below[:MAX_HEADINGS])
    yield from _text(named_values(values), above[:MAX_HEADINGS])


def _label(element: Element) -> str:
    """What a value is called: by an attribute that says it, else by its element."""
    stated = next(filter(None, (_line(element.get(name)) for name in LABELS)), "")
    return stated if stated and words(element) else _name(element)


def _value(element: Element, *, data_only: bool) -> str:
    """A value with what its attributes say of it."""
    told = _told(element, data_only=data_only, but=LABELS)
    text = words(element)
    return f"{text} ({told})" if text and told else text or _attributes(element)


def _labelled(element: Element, *, data_only: bool) -> str:
    text = _value(element, data_only=data_only)
    label = _label(element)
    return f"{label}: {text}" if data_only and label != _name(element) else text


def _told(element: Element, *, data_only: bool, but: tuple[str, ...] = ()) -> str:
    """The attributes that tell something beside a text."""
    told = [name for name in element.attrib if data_only or str(name).lower() in TEXT_ATTRIBUTES]
    return _attributes(element, [name for name in told if name not in but])


def _is_value(element: Element) -> bool:
    return not len(element) and local_name(element) not in LARGE


def _is_paragraph(element: Element, children: list[Element]) -> bool:
    """Whether text and smaller elements are mixed as in a sentence."""
    mixed = _line(element.text) or any(_line(child.tail) for child in children)
    is_prose = bool(mixed) or local_name(element) in PARAGRAPHS
    return is_prose and all(local_name(child) not in LARGE for child in children)


def _text(text: str, path: Path, kind: Any = "text") -> Iterator[Block]:
    if text:
        yield Block(text, kind, path)


def _code(element: Element, path: Path) -> Iterator[Block]:
    code = clean("".join(element.itertext())).strip("\n")
    if code.strip():
        marks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        yield Block(f"{marks}\n{code}\n{marks}", "code", path)


def _table(element: Element, path: Path) -> Iterator[Block]:
    rows = [
        [words(cell) for cell in row if local_name(cell) in CELLS]
        for row in element.iter(etree.Element)
        if local_name(row) in ROWS
    ]
    caption = next((child for child in element if local_name(child) in TITLES | {"caption"}), None)
    yield from _text(words(caption) if caption is not None else "", path)
    yield from _text(markdown_table([row for row in rows if any(row)]), path, "table")


def _attributes(element: Element, names: Iterable[str | bytes] | None = None) -> str:
    """An element's attributes in one line, without those of a namespace."""
    wanted = element.attrib if names is None else names
    pairs = ((clean(str(name)), _line(str(element.attrib[name]))) for name in wanted)
    return ", ".join(f"{name}={value}" for name, value in pairs if value and not name.startswith("{"))


def _name(element: Element) -> str:
    return clean(str(element.tag).rpartition("}")[2])


def _line(text: str | None) -> str:
    return clean(" ".join((text or "").split()))


def _about(root: Element) -> Iterator[Element]:
    """The elements in which a document speaks of itself."""
    for child in root:
        if local_name(child) in ABOUT:
            yield from child.iter(etree.Element)
        else:
            yield child


def _title(root: Element) -> str:
    said = (words(element) for element in _about(root) if local_name(element) in TITLES - {"head"})
    return next(filter(None, said), "")[:MAX_TITLE_LENGTH]


def _metadata(root: Element) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for element in _about(root):
        name = METADATA.get(local_name(element))
        if name and words(element):
            found.setdefault(name, words(element)[:MAX_TITLE_LENGTH])
    return found
