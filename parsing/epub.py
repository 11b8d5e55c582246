"""E-books: the chapters in reading order, each parsed as the page it is."""

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from lxml import etree

from parsing.archives.zipped import Element, open_zip, parse_xml, read_member
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.html.html import parse as parse_html
from parsing.office.properties import stated_properties
from parsing.text import clean, title_from

HEADINGS = tuple(f"h{level}" for level in range(1, 7))
PAGES = frozenset({"application/xhtml+xml", "text/html"})
# Fonts may be scrambled in any book; these do nothing else.
FONT_METHODS = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
TAG = re.compile("[a-zA-Z][a-zA-Z0-9-]*")
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
MAX_TITLE_LENGTH = 300


def parse(data: bytes, source: str) -> ParsedDocument:
    """The chapters of a book under their headings. Raises `FileFormatError`, also for DRM."""
    with open_zip(data) as book:
        _refuse_protected(book)
        root_name = _root_name(book)
        package = parse_xml(read_member(book, root_name))
        statements = package.find("{*}metadata")
        metadata = stated_properties(statements) if statements is not None else {}
        title = (metadata.get("title") or title_from(source))[:MAX_TITLE_LENGTH]
        blocks: list[Block] = []
        notes: list[str] = []
        for name in _spine(package, posixpath.dirname(root_name)):
            try:
                chapter = _chapter(read_member(book, name), title)
                blocks.extend(chapter.blocks)
                notes.extend(f"{clean(name)}: {note}" for note in chapter.notes)
            except FileFormatError as error:
                notes.append(f"The chapter {clean(name)} was not read: {error}")
    return ParsedDocument(title, tuple(blocks), metadata, notes=tuple(notes))


def _refuse_protected(book: zipfile.ZipFile) -> None:
    if "META-INF/encryption.xml" not in book.NameToInfo:
        return
    for encrypted in parse_xml(read_member(book, "META-INF/encryption.xml")).iter("{*}EncryptedData"):
        method = encrypted.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in FONT_METHODS:
            raise FileFormatError("The book is copy-protected. Only books without DRM can be read.")


def _root_name(book: zipfile.ZipFile) -> str:
    container = parse_xml(read_member(book, "META-INF/container.xml"))
    names = (unquote(root.get("full-path", "")) for root in container.iter("{*}rootfile"))
    name = next(filter(None, names), None)
    if name is None:
        raise FileFormatError("The file is damaged (it does not say where the book begins).")
    return name


def _spine(package: Element, folder: str) -> Iterator[str]:
    """The names of the chapters' files; the table of contents is none of them."""
    items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    for reference in dict.fromkeys(entry.get("idref") for entry in package.iterfind("{*}spine/{*}itemref")):
        item = items.get(reference)
        if item is None or item.get("media-type") not in PAGES:
            continue
        if "nav" not in (item.get("properties") or "").split():
            path = unquote(urlsplit(item.get("href", "")).path)
            yield posixpath.normpath(posixpath.join(folder, path))


def _mend_mark(element: Element) -> None:
    """The number of a printed page is no word; that of a note stands apart from the word before it."""
    kinds = f"{element.get(EPUB_TYPE, '')} {element.get('role', '')}".split()
    if "pagebreak" in kinds or "doc-pagebreak" in kinds:
        tail = element.tail
        element.clear()
        element.tail = tail
    elif not {"noteref", "doc-noteref"}.isdisjoint(kinds) and (element.text or "").strip().isalnum():
        element.text = f"[{(element.text or '').strip()}]"


def _chapter(data: bytes, title: str) -> ParsedDocument:
    """The chapter as a page. The book's title goes above it, so that the chapter's own heading is kept."""
    root = parse_xml(data)
    body = next(root.iter("{*}body"), None)
    if body is None:
        return ParsedDocument(title, ())
    headings = [title]
    if next(root.iter(*(f"{{*}}{heading}" for heading in HEADINGS)), None) is None:
        stated = " ".join((root.findtext("{*}head/{*}title") or "").split())
        headings += [stated] if stated not in ("", title) else []
    for element in list(body.iter(etree.Element)):
        _mend_mark(element)
        name = str(element.tag).rpartition("}")[2]
        element.tag = name if TAG.fullmatch(name) else "span"
    above = "".join(f"<h1>{html.escape(clean(heading))}</h1>" for heading in headings)
    text = clean(etree.tostring(body, method="html", encoding="unicode", with_tail=False))
    page = f'<html><head><meta charset="utf-8"></head><body>{above}{text}</body></html>'
    document = parse_html(page.encode(), "")
    # A chapter without a word is not the title of the book.
    kept = (block for block in document.blocks if block.text != title or block.heading_path)
    return replace(document, blocks=tuple(kept))
