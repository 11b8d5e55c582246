"""Word documents: turned into HTML, then parsed as such."""

import html
import re
import zipfile
from io import BytesIO
from typing import Any, cast

import mammoth  # pyright: ignore[reportMissingTypeStubs]
from lxml import etree
from lxml.html import HtmlElement, fragment_fromstring, tostring

from parsing.document import ParsedDocument
from parsing.equations import MATH, linear
from parsing.errors import FileFormatError
from parsing.html import parse as parse_html
from parsing.properties import office_properties
from parsing.text import clean
from parsing.zipped import Element, open_zip, parse_xml, read_member, refuse_ole

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BLOCK_PARENTS = frozenset(f"{WORD}{name}" for name in ("body", "tc", "txbxContent", "footnote", "endnote"))
NOTE = re.compile("(?:footnote|endnote|comment)-")
NOTE_REFERENCE = re.compile("(?:footnote|endnote|comment)-ref-")
STYLES = """\
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
comment-reference => sup
"""


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a document, its equations on one line, notes and comments at its end."""
    refuse_ole(data)
    with open_zip(data) as archive:
        metadata = office_properties(archive)
        body = _html(_readable_copy(archive))
    title = metadata.get("title")
    stated = f"<h1>{html.escape(title)}</h1>" if title else ""
    page = f'<html><head><meta charset="utf-8"></head><body>{stated}{body}</body></html>'
    document = parse_html(page.encode(), source)
    return ParsedDocument(document.title, document.blocks, metadata)


def _html(file: BytesIO) -> str:
    try:
        result = cast(
            Any,
            mammoth.convert_to_html(  # pyright: ignore[reportUnknownMemberType]
                file, style_map=STYLES, include_embedded_style_map=False, convert_image=_no_image
            ),
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - mammoth documents no errors and lets through any of its parts
        raise FileFormatError(f"The file is damaged ({error or type(error).__name__}).") from None
    return _with_notes_in_place(str(result.value))


def _with_notes_in_place(body: str) -> str:
    """Footnotes and comments in brackets where they are referred to: at the end nobody would find them."""
    if "-ref-" not in body:
        return clean(body)
    root = fragment_fromstring(clean(body), create_parent="div")
    notes = {item.get("id", ""): item for item in root.iter("li", "dt") if item.get("id")}
    for link in [link for link in root.iter("a") if NOTE_REFERENCE.match(link.get("id", ""))]:
        note = notes.get(link.get("href", "").removeprefix("#"))
        if note is not None:
            _replace_link(link, _note_text(note, link.text_content()))
    for note in notes.values():
        if NOTE.match(note.get("id", "")):
            _drop_note(note)
    return tostring(root, encoding="unicode")


def _replace_link(link: HtmlElement, text: str) -> None:
    link.clear(keep_tail=True)
    link.tag = "span"
    link.text = text


def _note_text(note: HtmlElement, mark: str) -> str:
    following = note.getnext()
    content = following if note.tag == "dt" and following is not None else note
    text = " ".join(content.text_content().replace("↑", " ").split())
    if note.tag == "li":
        return f" [Note: {text}]"
    author = mark.strip("[]0123456789 ")
    return f" [Comment by {author}: {text}]" if author else f" [Comment: {text}]"


def _drop_note(note: HtmlElement) -> None:
    following = note.getnext()
    if note.tag == "dt" and following is not None:
        following.drop_tree()
    note.drop_tree()


def _no_image(_: object) -> list[object]:
    return []


def _readable_copy(archive: zipfile.ZipFile) -> BytesIO:
    """The document without its pictures, its equations as plain text, which is what mammoth understands."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as copy:
        for name in dict.fromkeys(archive.namelist()):
            if name.endswith((".xml", ".rels")):
                copy.writestr(name, _with_plain_equations(read_member(archive, name)))
    file.seek(0)
    return file


def _with_plain_equations(data: bytes) -> bytes:
    if b"oMath" not in data:
        return data
    root = parse_xml(data)
    for equation in list(root.iter(f"{MATH}oMathPara")):
        _replace(equation, [linear(line) for line in equation.iter(f"{MATH}oMath")])
    for equation in list(root.iter(f"{MATH}oMath")):
        _replace(equation, [linear(equation)])
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _replace(equation: Element, lines: list[str]) -> None:
    """Put an ordinary run where the equation is."""
    run = etree.Element(f"{WORD}r")
    for position, line in enumerate(lines):
        if position:
            etree.SubElement(run, f"{WORD}br")
        text = etree.SubElement(run, f"{WORD}t")
        text.text = line
    parent = equation.getparent()
    if parent is None:
        return
    run.tail, equation.tail = equation.tail, None
    if parent.tag in BLOCK_PARENTS:
        paragraph = etree.Element(f"{WORD}p")
        paragraph.append(run)
        run = paragraph
    parent.replace(equation, run)
