"""Org: headings, listings, tables and links as their words."""

import re
from collections.abc import Sequence
from typing import Any

from parsing.links import linked
from parsing.markup.section_writer import SectionWriter

HEADING = re.compile(r"(\*{1,8})\s+(?:(TODO|DONE|NEXT|WAITING|CANCELLED)\s+)?(.+?)(\s+:[\w@:]+:)?\s*$")
KEYWORD = re.compile(r"\s*#\+(\w+):[ \t]*(.*)$")
BEGIN = re.compile(r"\s*#\+begin_(\w+)(?:[ \t]+(\S+).*)?$", re.IGNORECASE)
DRAWER = re.compile(r"\s*:(?:PROPERTIES|LOGBOOK|CLOCK):\s*$", re.IGNORECASE)
LINK = re.compile(r"\[\[([^\[\]]{1,600})\](?:\[([^\[\]]{1,300})\])?\]")
CODE = frozenset({"src", "example", "export", "comment"})
ALTERNATIVE = re.compile(r"(?:^|\s):alt\s+((?:(?!\s:\w).){1,500})")
METADATA = ("author", "date", "language", "description", "keywords", "subtitle")


def read(text: str, writer: SectionWriter) -> tuple[str, dict[str, Any]]:
    """Writes the blocks; returns the title and what else the text says of itself."""
    lines = text.split("\n")
    stated: dict[str, str] = {}
    number = 0
    while number < len(lines):
        number = _step(lines, number, writer, stated)
    writer.end_paragraph()
    return stated.get("title", ""), {name: stated[name] for name in METADATA if stated.get(name)}


def _step(lines: Sequence[str], number: int, writer: SectionWriter, stated: dict[str, str]) -> int:
    line = lines[number]
    heading, begin, keyword = HEADING.match(line), BEGIN.match(line), KEYWORD.match(line)
    if heading:
        writer.heading(len(heading[1]), _inline(heading[3]))
        writer.left_out["states of tasks"] += bool(heading[2])
        writer.left_out["tags of headings"] += bool(heading[4])
    elif begin and begin[1].lower() in CODE:
        return _listing(lines, number, begin, writer)
    elif begin or re.match(r"\s*#\+end_", line, re.IGNORECASE):
        writer.end_paragraph()
    elif keyword:
        _state(keyword[1].lower(), keyword[2].strip(), writer, stated)
    elif DRAWER.match(line):
        end = _find(lines, number, re.compile(r"\s*:END:\s*$", re.IGNORECASE))
        writer.left_out["properties of headings"] += 1
        return end + 1
    elif re.match(r"\s*# ", line):
        writer.left_out["comments"] += 1
    elif line.lstrip().startswith("|"):
        return _table(lines, number, writer)
    else:
        writer.line(_inline(line))
    return number + 1


def _state(name: str, value: str, writer: SectionWriter, stated: dict[str, str]) -> None:
    if name in ("caption", "include"):
        writer.block(f"**{_inline(value)}**" if name == "caption" else "")
        writer.left_out["included files"] += name == "include"
    elif name == "attr_html" and (words := ALTERNATIVE.search(value)):
        writer.block(words[1].strip().strip('"'))
    else:
        stated.setdefault(name, value)


def _listing(lines: Sequence[str], number: int, begin: re.Match[str], writer: SectionWriter) -> int:
    end = _find(lines, number, re.compile(rf"\s*#\+end_{re.escape(begin[1])}\s*$", re.IGNORECASE))
    if begin[1].lower() == "comment":
        writer.left_out["comments"] += 1
    else:
        is_source = begin[1].lower() == "src"
        writer.code(
            [re.sub(r"^,(?=[*#])", "", line) for line in lines[number + 1 : end]],
            begin[2] or "" if is_source else "",
        )
    return end + 1


def _find(lines: Sequence[str], number: int, form: re.Pattern[str]) -> int:
    """The line that ends what begins at a line; the last one where none does."""
    return next((at for at in range(number + 1, len(lines)) if form.match(lines[at])), len(lines))


def _table(lines: Sequence[str], number: int, writer: SectionWriter) -> int:
    end = number
    rows: list[list[str]] = []
    while end < len(lines) and lines[end].lstrip().startswith("|"):
        if not re.match(r"\s*\|[-+]", lines[end]):
            rows.append([_inline(cell.strip()) for cell in lines[end].strip().strip("|").split("|")])
        end += 1
    writer.table(rows)
    return end


def _inline(text: str) -> str:
    return LINK.sub(lambda found: linked(found[2], found[1]) if found[2] else found[1], text)
