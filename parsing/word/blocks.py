"""Paragraphs, lists, code and tables of a Word document, in the order in which they stand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.headings import enter, placed
from parsing.office.equations import MATH, linear
from parsing.outline import Outline
from parsing.tables import merged_table_blocks
from parsing.word.drawn import drawn_items
from parsing.word.imported import imported_blocks
from parsing.word.names import COMPATIBILITY, WORD, number, value
from parsing.word.runs import end_of_paragraph, text_of
from parsing.word.story import Story
from parsing.word.styles import BODY_TEXT, is_code_font, outline_heading
from parsing.word.tables import Table, in_grid, table_rows

MAX_DEPTH = 60
# An indentation of a quarter of an inch is written as two spaces, as in code.
TWENTIETHS_A_SPACE = 180
MAX_INDENTATION = 40
EMPTY_PARTS = frozenset(WORD + name for name in ("sectPr", "del", "moveFrom", "sdtPr", "sdtEndPr"))


@dataclass(frozen=True)
class Line:
    """A paragraph: a heading or list item with its level and number, a line of code, the title, or text."""

    kind: Literal["title", "heading", "list", "code", "blank", "text"]
    text: str
    level: int = 0
    label: str = ""

    @property
    def labelled(self) -> str:
        """The text behind its number."""
        return f"{self.label} {self.text}" if self.label else self.text


Item = Line | Table | Block


def items_of(container: Element, story: Story, depth: int = 0) -> Iterator[Item]:
    """What stands in a body, a cell or a text box."""
    if depth > MAX_DEPTH:
        story.file.left_out.add("part")
        return
    for child in container:
        if isinstance(child.tag, str) and child.tag not in EMPTY_PARTS:
            yield from READERS.get(child.tag, items_of)(child, story, depth + 1)


def blocks_of(items: Iterable[Item], outline: Outline) -> Iterator[Block]:
    """Blocks below their headings."""
    for kind, group in groupby(_without_idle_blanks(items), _kind):
        lines = list(group)
        match kind:
            case "title":
                yield from enter(outline, 0, " ".join(_texts(lines)))
            case "list":
                yield placed(outline, Block(_list(lines), "list"))
            case "code":
                yield placed(outline, Block(_code(_texts(lines)), "code"))
            case _:
                for item in lines:
                    yield from _single(item, outline)


def flat_text(items: Iterable[Item]) -> str:
    """The same on one line, for a cell."""
    return " ".join(" ".join(_flat(item).split()) for item in items).strip()


def _flat(item: Item) -> str:
    match item:
        case Line():
            return item.labelled
        case Table():
            return "; ".join(", ".join(filter(None, row)) for row in item.rows)
        case Block():
            return item.text


def _single(item: Item, outline: Outline) -> Iterator[Block]:
    match item:
        case Line(kind="heading"):
            yield from enter(outline, item.level, item.labelled)
        case Line():
            yield placed(outline, Block(item.labelled))
        case Table():
            for block in merged_table_blocks(item.rows, item.merged, item.heads):
                yield placed(outline, block)
        case Block():
            yield placed(outline, item)


def _kind(item: Item) -> str:
    return item.kind if isinstance(item, Line) else "other"


def _texts(items: Sequence[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Line)]


def _without_idle_blanks(items: Iterable[Item]) -> Iterator[Item]:
    """Empty paragraphs count only within code."""
    blanks = 0
    is_code = False
    for item in items:
        if isinstance(item, Line) and item.kind == "blank":
            blanks += 1
            continue
        if is_code and _kind(item) == "code":
            yield from [Line("code", "")] * min(blanks, 2)
        blanks = 0
        is_code = _kind(item) == "code"
        yield item


def _list(items: Sequence[Item]) -> str:
    lines = [item for item in items if isinstance(item, Line)]
    outermost = min(line.level for line in lines)
    return "\n".join(_indented(line, "  " * (line.level - outermost)) for line in lines)


def _indented(line: Line, margin: str) -> str:
    inner = "\n" + margin + " " * (len(line.label) + 1)
    return f"{margin}{line.label} {inner.join(line.text.split(chr(10)))}"


def _code(lines: Sequence[str]) -> str:
    text = "\n".join(lines).strip("\n")
    marks = "```"
    while marks in text:
        marks += "`"
    return f"{marks}\n{text}\n{marks}"


def _equations(element: Element, _: Story, __: int) -> Iterator[Item]:
    lines = "\n".join(linear(line) for line in element.iter(f"{MATH}oMath")).strip()
    yield from [Line("text", lines)] if lines else []


def _version(element: Element, story: Story, depth: int) -> Iterator[Item]:
    """Of what is offered in versions, the first."""
    yield from items_of(element[0], story, depth) if len(element) else ()


def _linked_document(_: Element, story: Story, __: int) -> Iterator[Item]:
    story.file.left_out.add("subdocument")
    yield from ()


def _paragraph(paragraph: Element, story: Story, depth: int) -> Iterator[Item]:
    if _is_drop_cap(paragraph) and _is_paragraph(paragraph.getnext()):
        return  # the paragraph below begins with it
    text = text_of(paragraph, story)
    before = paragraph.getprevious()
    if before is not None and _is_drop_cap(before):
        text = text_of(before, story).strip() + text
    line = _line(paragraph, text, story)
    yield line
    end_of_paragraph(story)
    drawn, story.drawn = story.drawn, []
    for item in drawn_items(drawn, story):
        yield from [item] if isinstance(item, Block) else items_of(item, story, depth + 1)


def _is_paragraph(element: Element | None) -> bool:
    return element is not None and element.tag == f"{WORD}p"


def _is_drop_cap(element: Element) -> bool:
    """Whether a paragraph is only the large first letter of the one below."""
    frame = element.find(f"{WORD}pPr/{WORD}framePr") if _is_paragraph(element) else None
    return frame is not None and frame.get(f"{WORD}dropCap") in ("drop", "margin")


def _line(paragraph: Element, raw: str, story: Story) -> Line:
    properties = paragraph.find(f"{WORD}pPr")
    style = value(properties, "pStyle") or ""
    styles = story.file.styles
    text = "\n".join(line.strip() for line in raw.split("\n")).strip()
    if not text:
        return Line("blank", "")
    if styles.is_title(style) and not story.is_margin:
        return Line("title", text)
    stated = value(properties, "outlineLvl")
    level = outline_heading(number(stated, BODY_TEXT)) if stated is not None else styles.heading_level(style)
    if level is None and (styles.is_code(style) or _is_typed(paragraph)):
        return Line("code", " " * _indentation(properties) + raw.expandtabs(4).rstrip())
    label, depth = _number(properties, style, story)
    if level is not None:
        return Line("heading", text, level, label or "")
    return Line("list", text, depth, label) if label else Line("text", text)


def _number(properties: Element | None, style: str, story: Story) -> tuple[str | None, int]:
    """The number of the paragraph in its list, and how deep it stands there."""
    list_id, depth = story.file.styles.numbering(style)
    list_id = value(properties, "numPr/numId") or list_id
    depth = number(value(properties, "numPr/ilvl"), depth)
    return story.file.numbering.label(list_id, depth), depth


def _is_typed(paragraph: Element) -> bool:
    """Whether all of the paragraph is in a font for code."""
    runs = [run for run in paragraph.iter(f"{WORD}r") if run.find(f"{WORD}t") is not None]
    fonts = (run.find(f"{WORD}rPr/{WORD}rFonts") for run in runs)
    return bool(runs) and all(
        font is not None and is_code_font(font.get(f"{WORD}ascii", "")) for font in fonts
    )


def _indentation(properties: Element | None) -> int:
    found = properties.find(f"{WORD}ind") if properties is not None else None
    stated = (found.get(f"{WORD}left") or found.get(f"{WORD}start")) if found is not None else None
    return min(number(stated, 0) // TWENTIETHS_A_SPACE, MAX_INDENTATION)


def _table(element: Element, story: Story, depth: int) -> Iterator[Item]:
    """A table; one that only arranges the page, in one row or column, is what its cells hold."""
    rows = table_rows(element)
    contents = [[list(items_of(cell.element, story, depth + 1)) for cell in row.cells] for row in rows]
    if all(len(row.cells) < 2 for row in rows) or (len(rows) == 1 and _is_long(contents[0])):
        yield from (item for row in contents for cell in row for item in cell)
        return
    texts = [[flat_text(cell) for cell in row] for row in contents]
    if len(rows) == 1:
        words = " | ".join(filter(None, texts[0]))
        yield Line("text" if words else "blank", words)
    else:
        yield in_grid(rows, texts)


def _is_long(cells: Sequence[Sequence[Item]]) -> bool:
    return any(sum(_kind(item) != "blank" for item in cell) > 1 for cell in cells)


READERS: dict[str, Callable[[Element, Story, int], Iterator[Item]]] = {
    f"{WORD}p": _paragraph,
    f"{WORD}tbl": _table,
    f"{WORD}altChunk": imported_blocks,
    f"{WORD}subDoc": _linked_document,
    f"{MATH}oMathPara": _equations,
    f"{COMPATIBILITY}AlternateContent": _version,
}
