"""The text within paragraphs of a Word document, as it is shown: fields, links, notes, controls, symbols."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from parsing.archives.zipped import Element
from parsing.links import linked, readable_address
from parsing.markdown.inline import marked_above, with_digits_above
from parsing.office.equations import MATH, linear
from parsing.office.package import RELATION_ID
from parsing.text import clean
from parsing.unseen import left_unseen
from parsing.word.names import COMPATIBILITY, OFF, VML, WORD, WORD_2010, number, value
from parsing.word.story import Field, Story
from parsing.word.symbols import symbol

TICKED, EMPTY = "☒", "☐"
MAX_DEPTH = 100
MAX_NOTE_DEPTH = 3
# Of the words of a link so many are compared with its address.
MAX_LINK_LENGTH = 1_000
LINK_FIELD = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"|([^\s\\]\S*))', re.IGNORECASE)
PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
# What is deleted or moved away, and what only describes.
LEFT_OUT = frozenset(
    WORD + name
    for name in ("del", "moveFrom", "delText", "delInstrText", "pPr", "rPr", "sdtPr", "sdtEndPr", "rubyPr")
)
BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def text_of(element: Element, story: Story) -> str:
    """What a paragraph, or a part of one, says; what is drawn in it is put into `story.drawn`."""
    return clean(with_digits_above("".join(_within(element, story, 0))))


def end_of_paragraph(story: Story) -> None:
    """Fields that a damaged file never ends hide nothing beyond the paragraph."""
    for one in story.fields:
        one.in_result, one.is_hidden = True, False


def _within(element: Element, story: Story, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        story.file.left_out.add("part")
        return
    for child in element:
        if isinstance(child.tag, str) and child.tag not in LEFT_OUT:
            yield from READERS.get(child.tag, _within)(child, story, depth + 1)


def _shown(text: str, story: Story) -> Iterator[str]:
    if text and not story.shows_nothing:
        for one in story.fields:
            one.words = (one.words + text)[:MAX_LINK_LENGTH]
        yield text


def _text(element: Element, story: Story, _: int) -> Iterator[str]:
    text = element.text or ""
    marked, run = marked_above(text), element.getparent()
    kind = story.file.sight.unseen(run) if run is not None and text.strip() else None
    if kind:
        left_unseen(kind, "" if story.shows_nothing else text)
        return
    is_raised = marked != text and run is not None and value(run, "rPr/vertAlign") == "superscript"
    yield from _shown(marked if is_raised else text, story)


def _break(element: Element, story: Story, _: int) -> Iterator[str]:
    yield from _shown(BREAKS[str(element.tag).removeprefix(WORD)], story)


def _symbol(element: Element, story: Story, _: int) -> Iterator[str]:
    character = symbol(element.get(f"{WORD}font", ""), element.get(f"{WORD}char", ""))
    if not character:
        story.file.left_out.add("symbol")
    yield from _shown(character, story)


def _field_mark(element: Element, story: Story, _: int) -> Iterator[str]:
    match element.get(f"{WORD}fldCharType"):
        case "begin":
            control = _old_control(element.find(f"{WORD}ffData"))
            yield from _shown(control, story)
            story.fields.append(Field(is_hidden=bool(control)))
        case "separate" if story.fields:
            _begin_result(story.fields[-1], story)
        case "end" if story.fields:
            one = story.fields.pop()
            yield from _shown(_field_address(one), story)
        case _:
            pass


def _begin_result(one: Field, story: Story) -> None:
    one.in_result = True
    one.is_hidden |= story.is_margin and PAGE_FIELD.match(one.instruction) is not None


def _field_address(one: Field) -> str:
    link = LINK_FIELD.match(one.instruction)
    return _address_after(one.words, link[1] or link[2] or "") if link else ""


def _instruction(element: Element, story: Story, _: int) -> Iterator[str]:
    if story.fields and not story.fields[-1].in_result:
        story.fields[-1].instruction += element.text or ""
    yield from ()


def _simple_field(element: Element, story: Story, depth: int) -> Iterator[str]:
    one = Field(element.get(f"{WORD}instr", ""))
    _begin_result(one, story)
    story.fields.append(one)
    yield from _within(element, story, depth)
    # A field within that does not end ends here.
    del story.fields[story.fields.index(one) :]
    yield from _shown(_field_address(one), story)


def _old_control(data: Element | None) -> str:
    """What a field of an old form shows without a result: a box, or the choice of a list."""
    if data is None:
        return ""
    box = data.find(f"{WORD}checkBox")
    if box is not None:
        stated = box.find(f"{WORD}checked")
        stated = box.find(f"{WORD}default") if stated is None else stated
        return TICKED if stated is not None and stated.get(f"{WORD}val", "1") not in OFF else EMPTY
    choices = data.findall(f"{WORD}ddList/{WORD}listEntry")
    chosen = number(value(data, "ddList/result"), 0)
    return choices[chosen].get(f"{WORD}val", "") if chosen < len(choices) else ""


def _link(element: Element, story: Story, depth: int) -> Iterator[str]:
    words = "".join(_within(element, story, depth))
    yield words
    address = story.address(element.get(f"{RELATION_ID}id"))
    place = element.get(f"{WORD}anchor")
    yield from _shown(_address_after(words, f"{address}#{place}" if address and place else address), story)


def _address_after(words: str, address: str) -> str:
    """What follows the words of a link; a picture that is one has no words."""
    if not words.strip():
        return readable_address(address)
    behind = linked(words, address)[len(words) :]
    return f"{behind.lstrip()} " if behind and words[-1].isspace() else behind


def _ruby(element: Element, story: Story, depth: int) -> Iterator[str]:
    """The base text, then how it is read."""
    base, reading = (element.find(WORD + name) for name in ("rubyBase", "rt"))
    yield from _within(base, story, depth) if base is not None else ()
    words = "".join(_within(reading, story, depth)) if reading is not None else ""
    yield f"({words})" if words.strip() else ""


def _control(element: Element, story: Story, depth: int) -> Iterator[str]:
    """A content control: a box by its state, all else by what it shows."""
    box = element.find(f"{WORD}sdtPr/{WORD_2010}checkbox")
    content = element.find(f"{WORD}sdtContent")
    if box is not None:
        checked = box.find(f"{WORD_2010}checked")
        is_ticked = checked is not None and checked.get(f"{WORD_2010}val", "1") not in OFF
        yield from _shown(TICKED if is_ticked else EMPTY, story)
    elif content is not None:
        yield from _within(content, story, depth)


def _reference(element: Element, story: Story, _: int) -> Iterator[str]:
    """A note or comment in brackets where it is referred to: at the end nobody would find it."""
    kind = str(element.tag).removeprefix(WORD).removesuffix("Reference")
    key = (kind, element.get(f"{WORD}id", ""))
    words = note_text(key, story)
    yield from _shown(f" {words}" if words else "", story)


def note_text(key: tuple[str, str], story: Story) -> str:
    """A note in brackets on one line; empty for one that is not there, or was said before."""
    note = story.file.notes.get(key)
    if note is None or story.depth >= MAX_NOTE_DEPTH or not story.file.first_use(*key):
        return ""
    inner = replace(story, part=note.part, depth=story.depth + 1, fields=[], drawn=story.drawn)
    paragraphs = (text_of(paragraph, inner) for paragraph in note.content.iter(f"{WORD}p"))
    words = " ".join(" ".join(paragraphs).split())
    return f"[{note.label}: {words}]" if words else ""


def _choice(element: Element, story: Story, depth: int) -> Iterator[str]:
    """Of what is offered in versions, the first that holds something."""
    offered = [
        child for child in element if child.tag in (f"{COMPATIBILITY}Choice", f"{COMPATIBILITY}Fallback")
    ]
    spoken = (one for one in offered if next(one.iter(f"{WORD}t", f"{WORD}txbxContent"), None) is not None)
    version = next(spoken, next((one for one in offered if len(one)), None))
    if version is not None:
        yield from _within(version, story, depth)


def _drawing(element: Element, story: Story, _: int) -> Iterator[str]:
    if not story.shows_nothing:
        story.drawn.append(element)
        for art in element.iter(f"{VML}textpath"):
            yield from _shown(f"{art.get('string', '')} ", story)


def _equation(element: Element, story: Story, _: int) -> Iterator[str]:
    yield from _shown(linear(element), story)


def _equations(element: Element, story: Story, _: int) -> Iterator[str]:
    yield from _shown("\n".join(linear(line) for line in element.iter(f"{MATH}oMath")), story)


READERS: dict[str, Callable[[Element, Story, int], Iterator[str]]] = {
    f"{WORD}t": _text,
    **{WORD + name: _break for name in BREAKS},
    f"{WORD}sym": _symbol,
    f"{WORD}fldChar": _field_mark,
    f"{WORD}instrText": _instruction,
    f"{WORD}fldSimple": _simple_field,
    f"{WORD}hyperlink": _link,
    f"{WORD}ruby": _ruby,
    f"{WORD}sdt": _control,
    **{f"{WORD}{name}Reference": _reference for name in ("footnote", "endnote", "comment")},
    f"{COMPATIBILITY}AlternateContent": _choice,
    **{WORD + name: _drawing for name in ("drawing", "pict", "object")},
    f"{MATH}oMath": _equation,
    f"{MATH}oMathPara": _equations,
}
