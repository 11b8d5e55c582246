"""reStructuredText, as Sphinx knows it: sections, directives, tables, and references as their words."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from parsing.links import linked
from parsing.markup.counted_lists import Counter, with_number
from parsing.markup.restructured_tables import GRID_TABLE, SIMPLE_TABLE, grid_rows, listed_rows, simple_rows
from parsing.markup.section_writer import SectionWriter, dedented, indented_below

RULE = re.compile(r"([!-/:-@\[-`{-~])\1*\s*$")
DIRECTIVE = re.compile(r"\.\.\s+(?:\|([^|]{1,100})\|\s+)?([\w:+.-]{1,60})::(?:\s+(.*))?$")
TARGET = re.compile(r"\.\.\s+_(`[^`]{1,200}`|[^:`\\]{1,200}(?:\\:[^:`]{0,200})?):(?:\s+(\S.*))?$")
FOOTNOTE = re.compile(r"\.\.\s+(\[[^\]]{1,60}\])\s+(.*)$")
OPTION = re.compile(r"\s+:([\w-]{1,40}):(?:\s+(.*))?$")
DOCUMENT_FIELD = re.compile(r":([A-Za-z][\w -]{0,40}):\s+(.+)$")
CODE = frozenset(
    {
        *("code", "code-block", "sourcecode", "parsed-literal", "prompt", "doctest", "testcode"),
        *("testoutput", "math"),
    }
)
SILENT = frozenset(
    {
        *("index", "highlight", "currentmodule", "module", "py:currentmodule", "contents", "sectnum", "meta"),
        *("default-role", "role", "tabularcolumns", "rst-class", "class", "default-domain", "program"),
    }
)
LEFT_OUT = {
    "toctree": "lists of other pages",
    "include": "included files",
    "literalinclude": "included files",
    "raw": "raw parts",
    "autosummary": "lists of code documentation",
}
PICTURES = frozenset({"image", "figure"})
# Their name says nothing; others, like "note", say how to read what is in them.
PLAIN = frozenset(
    {
        *("container", "only", "ifconfig", "topic", "sidebar", "rubric", "compound", "epigraph", "table"),
        *("tabs", "tab"),
    }
)
ADMONITIONS = frozenset(
    {
        *("note", "warning", "tip", "important", "caution", "danger", "error", "hint", "attention"),
        *("seealso", "admonition", "deprecated", "versionadded", "versionchanged", "todo"),
    }
)
ROLE = re.compile(r":(?:[\w+.-]{1,40}:)?[\w+.-]{1,40}:`([^`]{1,500})`")
EMBEDDED = re.compile(r"`([^`<]{0,300}?)\s*<([^<>`]{1,4000})>`__?")
NAMED = re.compile(r"`([^`]{1,300})`__?(?!\w)")
WORD = re.compile(r"(?<![\w`])([A-Za-z][\w.-]{0,60}[A-Za-z0-9]|[A-Za-z])_(?![\w`])")
SUBSTITUTED = re.compile(r"\|([^|\s][^|\n]{0,100})\|_{0,2}")
LITERAL = re.compile(r"``(.{1,500}?)``")
MAX_NESTING = 20


@dataclass
class State:
    """What the whole text defines: which line marks which level, targets of links, texts to put in."""

    writer: SectionWriter
    levels: dict[str, int] = field(default_factory=dict[str, int])
    targets: dict[str, str] = field(default_factory=dict[str, str])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    counter: Counter = field(default_factory=Counter)


def read(text: str, writer: SectionWriter) -> tuple[str, dict[str, Any]]:
    """Writes the blocks; a title is a section like any other."""
    state = State(writer)
    lines = text.expandtabs(8).split("\n")
    for number, line in enumerate(lines):
        _define(lines, number, line, state)
    _read(lines, state, 0)
    return "", state.metadata


def _define(lines: Sequence[str], number: int, line: str, state: State) -> None:
    target = TARGET.match(line)
    if target:
        state.targets[_key(target[1].strip("`"))] = (target[2] or "").strip()
    directive = DIRECTIVE.match(line)
    if directive and directive[1]:
        below = lines[number + 1 : indented_below(lines, number + 1)]
        options = {found[1]: found[2] or "" for found in map(OPTION.match, below) if found}
        is_text = directive[2] in ("replace", "unicode")
        state.texts[_key(directive[1])] = (directive[3] or "").strip() if is_text else options.get("alt", "")


def _key(name: str) -> str:
    return " ".join(name.lower().split())


def _read(lines: Sequence[str], state: State, depth: int) -> None:
    number = 0
    # What stands indented below a directive begins at the margin again.
    outer, state.counter = state.counter, Counter()
    while number < len(lines):
        number = _step(lines, number, state, depth)
    state.counter = outer
    state.writer.end_paragraph()


def _step(lines: Sequence[str], number: int, state: State, depth: int) -> int:
    """Reads what begins at a line; returns where the next begins."""
    if not lines[number].strip():
        state.writer.end_paragraph()
        return number + 1
    if not state.writer.paragraph:
        end = _section(lines, number, state) or _structure(lines, number, state, depth)
        if end:
            return end
    return _line(lines, number, state)


def _structure(lines: Sequence[str], number: int, state: State, depth: int) -> int | None:
    """Reads what is no paragraph, if it begins at a line, and returns where it ends."""
    line = lines[number]
    bare = line.lstrip()
    if bare == ".." or bare.startswith(".. "):
        margin = len(line) - len(bare)  # more than none in a list
        end = indented_below(lines, number + 1, margin)
        _explicit([below[margin:] for below in lines[number:end]], state, depth)
        return end
    if SIMPLE_TABLE.match(line) or GRID_TABLE.match(bare):
        return _table(lines, number, state)
    if line.startswith(">>> "):
        end = next((at for at in range(number, len(lines)) if not lines[at].strip()), len(lines))
        state.writer.code(lines[number:end], "python")
        return end
    return number + 1 if line.startswith("__ ") else None


def _section(lines: Sequence[str], number: int, state: State) -> int | None:
    """Enters the section that begins at a line, and returns where its text does."""
    over = RULE.match(lines[number])
    at = number + 1 if over else number
    title = lines[at].strip() if at < len(lines) else ""
    under = RULE.match(lines[at + 1]) if at + 1 < len(lines) else None
    if over and not (under and title and under[1] == over[1]):
        # A line alone between empty ones only separates.
        alone = number + 1 >= len(lines) or not lines[number + 1].strip()
        return number + 1 if alone and len(lines[number].strip()) >= 4 else None
    if not (under and title) or RULE.match(lines[at]) or (not over and lines[at][0].isspace()):
        return None
    if len(lines[at + 1].rstrip()) < min(len(title), 4):
        return None
    style = under[1] + ("/" if over else "")
    state.counter.end(0)
    level = state.levels.setdefault(style, len(state.levels) + 1)
    state.writer.heading(level, _inline(title, state))
    return at + 2


def _explicit(lines: Sequence[str], state: State, depth: int) -> None:
    """A directive, a footnote, a target or a comment: two points, and what is indented below them."""
    directive, footnote = DIRECTIVE.match(lines[0]), FOOTNOTE.match(lines[0])
    if directive:
        if not directive[1]:
            _directive(directive[2].lower(), directive[3] or "", lines[1:], state, depth)
    elif footnote:
        text = " ".join([footnote[2], *(below.strip() for below in lines[1:])])
        state.writer.block(f"{footnote[1]} {_inline(text, state)}")
    elif not TARGET.match(lines[0]):
        state.writer.left_out["comments"] += 1


def _directive(name: str, argument: str, below: Sequence[str], state: State, depth: int) -> None:
    writer = state.writer
    options, body = _options(below)
    if name in SILENT:
        return
    if name in LEFT_OUT:
        writer.left_out[LEFT_OUT[name]] += 1
        argument = options.get("caption", "") or options.get("name", "") if name != "toctree" else ""
        writer.block(_inline(argument, state))
    elif name in CODE:
        writer.block(_bold(options.get("caption", ""), state))
        writer.code([argument, *body] if name == "math" else body, "" if name == "math" else argument.strip())
    elif name in PICTURES:
        writer.block(_inline(options.get("alt", ""), state))
        _read(body, state, depth + 1)
    elif name == "list-table":
        writer.block(_bold(argument, state))
        writer.table([[_inline(cell, state) for cell in row] for row in listed_rows(body)])
    elif name == "csv-table":
        writer.block(_bold(argument, state))
        writer.left_out["included files"] += bool(options.get("file") or options.get("url"))
        _csv_table([options.get("header", ""), *body], state)
    else:
        _box(name, argument, body, state, depth)


def _csv_table(lines: Sequence[str], state: State) -> None:
    try:
        rows = list(csv.reader(StringIO("\n".join(lines)), skipinitialspace=True))
    except csv.Error:  # a cell that is too long
        state.writer.code(lines)
        return
    state.writer.table([[_inline(cell, state) for cell in row] for row in rows if row])


def _box(name: str, argument: str, body: Sequence[str], state: State, depth: int) -> None:
    """A note, a tab, the documentation of a function: its name and what it is about, then its text."""
    words = argument.strip()
    if name in ADMONITIONS and name != "admonition":
        words = f"{name.capitalize()}: {words}" if words else name.capitalize()
    elif name not in PLAIN and not words:
        words = name.rpartition(":")[2].capitalize()
    state.writer.block(_bold(words, state))
    if depth < MAX_NESTING:
        _read(body, state, depth + 1)
    else:
        state.writer.code(body)


def _options(below: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    number = 0
    while number < len(below) and (found := OPTION.match(below[number])):
        options[found[1]] = (found[2] or "").strip()
        number += 1
    return options, dedented(below[number:])


def _line(lines: Sequence[str], number: int, state: State) -> int:
    """A line of a paragraph; one that ends with two colons announces code."""
    line, writer = lines[number], state.writer
    about = DOCUMENT_FIELD.match(line)
    if about and not writer.blocks and len(state.metadata) < 20:
        state.metadata.setdefault(about[1].lower(), about[2].strip())
    text = re.sub(r"^(\s*)\| ", r"\1", with_number(line, state.counter))
    announces = text.rstrip().endswith("::")
    if announces:
        text = text.rstrip()[:-1]
        text = "" if text.strip() == ":" else text
    if text.strip():
        writer.line(_inline(text, state))
    if not announces:
        return number + 1
    end = indented_below(lines, number + 1, len(line) - len(line.lstrip()))
    writer.code(lines[number + 1 : end])
    return max(end, number + 1)


def _table(lines: Sequence[str], number: int, state: State) -> int:
    end = next((at for at in range(number, len(lines)) if not lines[at].strip()), len(lines))
    if not lines[number].startswith("="):
        rows = grid_rows([line.strip() for line in lines[number:end]])
    else:
        # Rows of a simple table may have empty lines between them: it ends with its last line of marks.
        rules = [at for at in range(number, len(lines)) if SIMPLE_TABLE.match(lines[at])]
        last = next((at for at in rules[1:] if at + 1 >= len(lines) or not lines[at + 1].strip()), rules[-1])
        end = last + 1
        rows = simple_rows(lines[number:end])
    if rows is None:
        state.writer.code(lines[number:end])
    else:
        state.writer.table([[_inline(cell, state) for cell in row] for row in rows])
    return max(end, number + 1)


def _bold(text: str, state: State) -> str:
    words = _inline(text, state).strip()
    return f"**{words}**" if words else ""


def _inline(text: str, state: State) -> str:
    """The words of a line: references leave theirs, with the address where there is one."""
    text = LITERAL.sub(lambda found: f"`{found[1]}`" if "`" not in found[1] else found[0], text)
    text = SUBSTITUTED.sub(lambda found: state.texts.get(_key(found[1])) or found[0], text)
    text = ROLE.sub(lambda found: re.sub(r"\s*<[^<>]*>$", "", found[1]).lstrip("~!"), text)
    text = EMBEDDED.sub(lambda found: linked(found[1].strip() or found[2], found[2]), text)
    text = NAMED.sub(lambda found: _referred(found[1], state), text)
    return WORD.sub(
        lambda found: _referred(found[1], state) if _key(found[1]) in state.targets else found[0], text
    )


def _referred(words: str, state: State) -> str:
    target = state.targets.get(_key(words), "")
    for _ in range(5):
        if not target.endswith("_"):
            break
        target = state.targets.get(_key(target.rstrip("_").strip("`")), "")
    return linked(words, target)
