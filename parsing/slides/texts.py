"""Paragraphs of slides: their words with the addresses of links, and whether they are items of a list."""

from collections.abc import Iterator, Sequence
from typing import cast

from pptx.oxml.ns import qn
from pptx.text.text import TextFrame, _Paragraph  # pyright: ignore[reportPrivateUsage]

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.links import linked
from parsing.markdown.inline import marked_above, with_digits_above
from parsing.office.equations import MATH, linear
from parsing.text import clean

RUNS = frozenset({qn("a:r"), qn("a:fld")})


def paragraph_text(paragraph: _Paragraph) -> str:
    """What a paragraph says on one line, its equations last."""
    element = cast(Element, paragraph._p)  # pyright: ignore[reportPrivateUsage]
    equations = [linear(equation) for equation in element.iter(f"{MATH}oMath")]
    words = clean(with_digits_above("".join(_linked(paragraph, element))))
    return " ".join([" ".join(words.split()), *equations]).strip()


def frame_text(frame: TextFrame) -> str:
    """All paragraphs of a frame, one a line."""
    return "\n".join(filter(None, map(paragraph_text, frame.paragraphs)))


def text_blocks(frame: TextFrame, *, is_body: bool) -> Iterator[Block]:
    """Paragraphs, those that are items joined to lists; of a body with several, all are."""
    lines = [(paragraph, text) for paragraph in frame.paragraphs if (text := paragraph_text(paragraph))]
    listed: list[str] = []
    for paragraph, text in lines:
        if _is_item(paragraph, is_body=is_body and len(lines) > 1):
            listed.append(f"{'  ' * paragraph.level}- {text}")
            continue
        yield from list_blocks(listed)
        listed = []
        yield Block(text)
    yield from list_blocks(listed)


def list_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The lines as one list without the indentation that all have."""
    if lines:
        indent = min(len(line) - len(line.lstrip()) for line in lines)
        yield Block("\n".join(line[indent:] for line in lines), "list")


def _linked(paragraph: _Paragraph, element: Element) -> Iterator[str]:
    """The runs; neighbours with the same link are one link."""
    words = address = ""
    for child in element:
        target = _address(paragraph, child) if child.tag in RUNS else ""
        if target != address:
            yield linked(words, address)
            words, address = "", target
        words += _run_text(child)
    yield linked(words, address)


def _run_text(child: Element) -> str:
    if child.tag in RUNS:
        text = child.findtext(qn("a:t")) or ""
        properties = child.find(qn("a:rPr"))
        baseline = properties.get("baseline", "0") if properties is not None else "0"
        return marked_above(text) if baseline.rstrip("%").isdecimal() and baseline != "0" else text
    return "\n" if child.tag == qn("a:br") else ""


def _address(paragraph: _Paragraph, run: Element) -> str:
    link = run.find(f"{qn('a:rPr')}/{qn('a:hlinkClick')}")
    relations = paragraph.part.rels
    relation_id = link.get(qn("r:id"), "") if link is not None else ""
    relation = relations.get(relation_id)
    return relation.target_ref if relation is not None and relation.is_external else ""


def _is_item(paragraph: _Paragraph, *, is_body: bool) -> bool:
    properties = paragraph._p.pPr  # pyright: ignore[reportPrivateUsage]
    if properties is not None:
        if properties.find(qn("a:buNone")) is not None:
            return False
        if any(properties.find(qn(name)) is not None for name in ("a:buChar", "a:buAutoNum")):
            return True
    return is_body or paragraph.level > 0
