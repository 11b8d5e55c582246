"""AsciiDoc: sections, delimited blocks, tables, and macros as their words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml.html import document_fromstring

from parsing.links import linked
from parsing.markup.asciidoc_tables import table_rows
from parsing.markup.counted_lists import Counter, with_number_of_points
from parsing.markup.section_writer import LIST_ITEM, SectionWriter
from parsing.text import clean

HEADING = re.compile(r"(={1,6})\s+(\S.*?)(?:\s+=+)?\s*$")
ATTRIBUTE = re.compile(r":(!?[\w-]{1,60}!?):(?:\s+(.*))?$")
# The line below the title: who wrote the text, with an address.
AUTHOR = re.compile(r"([^\W\d][^\s<>:;,\d]*(?:\s+[^\s<>:;,\d]+){0,2})(?:\s+<([^<>\s]{1,200})>)?\s*$")
BLOCK_ATTRIBUTES = re.compile(r"\[(?!\[)([^\]]*)\]\s*$")
ANCHOR = re.compile(r"\[\[[^\[\]]{1,200}\]\]\s*$")
TITLE = re.compile(r"\.(?=[^\s.])(.+)$")
FENCE = re.compile(r"(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|`{3,}|--)\s*(\w*)\s*$")
TABLE = re.compile(r"([|!,:])={3,}\s*$")
BLOCK_MACRO = re.compile(r"(\w+)::(\S*)\[(.*)\]\s*$")
CONDITION = re.compile(r"(?:ifdef|ifndef|ifeval|endif)::\S*\[(.*)\]\s*$")
ADMONITIONS = frozenset({"NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"})
SUBSTITUTION = re.compile(r"\{([\w-]{1,60})\}")
LITERAL = re.compile(r"`\+([^`\n]{1,300})\+`")
PASSED = re.compile(r"\+{3}(?!\+)([^\n]{1,1000}?)(?<!\+)\+{3}")
LINK = re.compile(r"(?:link:)?((?:https?://|mailto:)[^\s\[\]<>]{1,4000})\[([^\[\]]{0,300})\]")
LOCAL_LINK = re.compile(r"\b(?:link|xref):([^\s\[\]]{1,300})\[([^\[\]]{0,300})\]")
REFERENCE = re.compile(r"<<#?([^<>,]{1,200})(?:,\s*([^<>]{1,300}))?>>")
FOOTNOTE = re.compile(r"footnote:\w*\[([^\[\]]{1,1000})\]")
PICTURE = re.compile(r"image:{1,2}([^\s\[\]]{1,300})\[([^\[\]]{0,300})\]")
KEYS = re.compile(r"\b(?:kbd|btn|pass|icon|menu):([^\s\[\]]{0,60})\[([^\[\]]{0,300})\]")
ANCHORS = re.compile(r"\[\[[^\[\]]{1,200}\]\]|\(\(\([^()]{1,200}\)\)\)|\[#[\w-]{1,100}\](?=[#*_`])")
# Parts that are code whatever they hold, and parts with text in them as in the rest.
CODE, TEXT = frozenset("-.`"), frozenset("=*_")
MAX_NESTING = 20
MAX_SUBSTITUTED = 10_000


@dataclass
class State:
    """The attributes of the text, what stands above the next block, and the open parts."""

    writer: SectionWriter
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    style: list[str] = field(default_factory=list[str])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    counter: Counter = field(default_factory=Counter)
    is_bound: bool = False


def read(text: str, writer: SectionWriter) -> tuple[str, dict[str, Any]]:
    """Writes the blocks; returns the title and what else the text says of itself."""
    state = State(writer)
    lines = text.split("\n")
    _read(lines, _header(lines, state), state, 0)
    return state.title, state.metadata


def _header(lines: Sequence[str], state: State) -> int:
    """Reads the title and the lines below it; returns where the text begins."""
    number = 0
    while number < len(lines) and (not lines[number].strip() or _is_silent(lines[number])):
        _attribute(lines[number], state)
        number += 1
    found = HEADING.match(lines[number]) if number < len(lines) else None
    if found is None or len(found[1]) > 1:
        return number
    number += 1
    below = 0
    while number < len(lines) and lines[number].strip():
        if not _attribute(lines[number], state) and not lines[number].startswith("//"):
            author = AUTHOR.match(lines[number])
            if author and not below:
                state.metadata["author"] = author[1]
            state.writer.line(lines[number])
            below += 1
        number += 1
    state.title = _inline(found[2], state)
    state.writer.end_paragraph()
    return number


def _is_silent(line: str) -> bool:
    return line.startswith("//") or ATTRIBUTE.match(line) is not None


def _attribute(line: str, state: State) -> bool:
    found = ATTRIBUTE.match(line)
    if found and not found[1].startswith("!"):
        state.attributes[found[1].lower()] = _inline((found[2] or "").strip(), state)
    return found is not None


def _read(lines: Sequence[str], start: int, state: State, depth: int) -> None:
    number = start
    outer, state.counter = state.counter, Counter()
    while number < len(lines):
        number = _step(lines, number, state, depth)
    state.counter = outer
    state.writer.end_paragraph()


def _step(lines: Sequence[str], number: int, state: State, depth: int) -> int:
    """Reads what begins at a line; returns where the next begins."""
    line, writer = lines[number].rstrip(), state.writer
    fence, table = FENCE.match(line), TABLE.match(line)
    heading = HEADING.match(line)
    if fence:
        return _fenced(lines, number, fence, state, depth)
    if table:
        return _table(lines, number, table, state)
    if heading and not writer.paragraph:
        state.counter.end(0)
        writer.heading(len(heading[1]), _inline(heading[2], state))
    elif line.startswith("//"):
        writer.left_out["comments"] += 1
    elif not _is_about_next(line, state) and not _block_macro(line, state):
        if not line.strip():
            # What stands above an empty line is not about what follows it.
            state.style = [] if writer.paragraph else state.style
        # A line with a plus only binds paragraphs to the item above.
        text = _inline(_numbered(line, state), state)
        writer.line("" if line.strip() == "+" else _labelled(text, state))
    return number + 1


def _numbered(line: str, state: State) -> str:
    """A line with the number of its item; a paragraph that is bound to no item ends the lists."""
    counted = with_number_of_points(line, state.counter)
    starts = line.strip() and counted == line and not state.writer.paragraph
    if starts and not state.is_bound and not LIST_ITEM.match(line):
        state.counter.end(0)
    state.is_bound = line.strip() == "+" or (state.is_bound and bool(line.strip()))
    return counted


def _labelled(line: str, state: State) -> str:
    label = next((name for name in state.style if name in ADMONITIONS), "")
    if label and line.strip() and not state.writer.paragraph:
        state.style = []
        return f"{label}: {line}"
    return line


def _is_about_next(line: str, state: State) -> bool:
    """Whether a line is no text of its own: attributes, an anchor, a title of the block below."""
    if state.writer.paragraph:
        return False
    attributes, title = BLOCK_ATTRIBUTES.match(line), TITLE.match(line)
    if attributes:
        state.style = [part.strip().strip('"') for part in attributes[1].split(",")]
        if state.style[0] in ("quote", "verse") and len(state.style) > 1:
            state.writer.block(_inline(", ".join(state.style[1:]), state))
        return True
    if title and not FENCE.match(line):
        state.writer.block(f"**{_inline(title[1], state)}**")
        return True
    return ANCHOR.match(line) is not None or _attribute(line, state)


def _block_macro(line: str, state: State) -> bool:
    condition, macro = CONDITION.match(line), BLOCK_MACRO.match(line)
    if condition:
        state.writer.line(_inline(condition[1], state))
        return True
    if not macro:
        return False
    if macro[1] == "include":
        state.writer.left_out["included files"] += 1
    else:
        words = macro[3].split(",")[0] if macro[1] in ("image", "video", "audio") else macro[3]
        state.writer.block(_inline(words.strip('" '), state))
    return True


def _fenced(lines: Sequence[str], number: int, fence: re.Match[str], state: State, depth: int) -> int:
    """A part between two equal lines; one that is never closed goes to the end."""
    marks, writer = fence[1], state.writer
    end = next((at for at in range(number + 1, len(lines)) if lines[at].rstrip() == marks), len(lines))
    inside, style = lines[number + 1 : end], state.style
    state.style = []
    writer.end_paragraph()
    if not state.is_bound:
        state.counter.end(0)
    state.is_bound = False
    if marks[0] == "/":
        writer.left_out["comments"] += 1
    elif marks[0] == "+":
        words = _untagged("\n".join(inside)).strip()
        writer.left_out["raw parts"] += not words
        writer.block(words)
    elif (marks[0] in CODE and marks != "--") or "source" in style[:1] or depth >= MAX_NESTING:
        language = fence[2] or (style[1] if style[:1] == ["source"] and len(style) > 1 else "")
        writer.code(inside, language)
    else:
        label = next((name for name in style if name in ADMONITIONS), "")
        writer.block(f"**{label.capitalize()}**" if label else "")
        _read(inside, 0, state, depth + 1)
    return end + 1


def _table(lines: Sequence[str], number: int, begin: re.Match[str], state: State) -> int:
    end = next(
        (at for at in range(number + 1, len(lines)) if lines[at].rstrip() == begin[0].rstrip()), len(lines)
    )
    inside, style = lines[number + 1 : end], ",".join(state.style)
    state.style = []
    rows = table_rows(inside, begin[1], style)
    if rows is None:
        state.writer.code(inside)
    else:
        state.writer.table([[_inline(cell.strip(), state) for cell in row] for row in rows])
    return end + 1


def _inline(text: str, state: State) -> str:
    """The words of a line, with addresses where links have them."""
    if "{" in text:
        text = SUBSTITUTION.sub(lambda found: state.attributes.get(found[1].lower(), found[0]), text)[
            :MAX_SUBSTITUTED
        ]
    text = PASSED.sub(lambda found: _untagged(found[1]), LITERAL.sub(r"`\1`", text))
    text = PICTURE.sub(lambda found: found[2].split(",")[0], text)
    text = LINK.sub(
        lambda found: linked(_words(found[2]) or found[1].removeprefix("mailto:"), found[1]), text
    )
    text = LOCAL_LINK.sub(lambda found: _words(found[2]) or found[1], text)
    text = REFERENCE.sub(lambda found: found[2] or found[1], text)
    text = FOOTNOTE.sub(r" [Note: \1]", text)
    text = KEYS.sub(lambda found: " > ".join(filter(None, (found[1], found[2]))), text)
    return ANCHORS.sub("", text)


def _untagged(html: str) -> str:
    """The words of HTML that a text passes on as it is."""
    try:
        root = document_fromstring(html)
    except (etree.LxmlError, ValueError):  # it has no words
        return ""
    for program in list(root.iter("script", "style", etree.Comment)):
        program.drop_tree()
    return clean(str(root.text_content()))


def _words(attributes: str) -> str:
    """The words of a link; what is behind them is how it opens."""
    return re.split(r",\s*(?:window|role|opts|title|\w+=)", attributes)[0].strip('"^ ')
