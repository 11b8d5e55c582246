"""A Markdown passage as blocks (paragraphs, lists, code, tables) and sentences that can be quoted alone."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from agent_service.models.extractive.headings import is_empty_heading

BlockKind = Literal["text", "list", "code", "table"]

FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
HEADING = re.compile(r"#{1,6}\s")
HEADING_SIGNS = re.compile(r"^\s*#+|\{[^{}]*\}|\*\*|__")
BOLD_LINE = re.compile(r"\*\*[^*]+\*\*:?|__[^_]+__:?")
ADMONITION = re.compile(r"///.*|:::.*|!!!.*|\{\*.*\*\}|\{%.*%\}|-{3,}|\*{3,}|={3,}|<!--.*-->")
SENTENCE_END = re.compile(r"[.!?…][\"')\]”’*_]*(?=\s+[^\sa-z])|[。！？]")
MAX_ABBREVIATION_CHARACTERS = 8
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|No|Mr|Mrs|Ms|Dr|St|Fig|p|pp)\.|\b[A-Z]\.)$")

TARGET = r"\((?:[^()]|\([^()]*\))*\)(?:\{[^{}]*\})?"
# Code comes first where it begins first: what looks like a link inside it is none.
MARKUP = re.compile(
    rf"(?P<code>`+[^`]+`+)|(?P<image>!\[[^\]]*\]{TARGET})|\[(?P<linked>[^\[\]]+)\](?:{TARGET}|\[[^\[\]]*\])"
    r"|(?P<tag></?[A-Za-z][^<>]*>)|(?P<attributes>\s*\{\s*[.#][^{}]*\})"
)


@dataclass(frozen=True)
class Block:
    """One block: its kind and its text (Markdown, code with its fences), and how many headings precede it."""

    kind: BlockKind
    text: str
    section: int = field(default=0, compare=False)
    heading: str = field(default="", compare=False)


def as_plain_text(text: str) -> str:
    """The text as Markdown that shows it as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in text)


def blocks_of(text: str) -> list[Block]:
    """The blocks of a passage in order, without headings and page furniture; a list is one block."""
    blocks: list[Block] = []
    section, heading = 0, ""
    for lines in _groups(text.splitlines()):
        if is_heading(lines[0]):
            if BOLD_LINE.fullmatch(lines[0].strip()) and _is_label(lines[0]):
                continue  # "Note" and "Tip" stand within a section
            section, heading = section + 1, HEADING_SIGNS.sub("", lines[0]).strip()
            continue
        block = replace(_block(lines), section=section, heading=heading)
        if block.kind == "list" and blocks and blocks[-1].kind == "list" and blocks[-1].section == section:
            blocks[-1] = replace(blocks[-1], text=f"{blocks[-1].text}\n{block.text}")
        else:
            blocks.append(block)
    return blocks


def _is_label(line: str) -> bool:
    """Whether bold type names no subject; a version or a year does."""
    return is_empty_heading(line) and not any(character.isdigit() for character in line)


def is_heading(line: str) -> bool:
    """Whether a line is a heading, also one that only bold type marks as such."""
    return bool(HEADING.match(line.strip()) or BOLD_LINE.fullmatch(line.strip()))


def sentences_of(text: str) -> list[str]:
    """The sentences of a paragraph."""
    ends = (end.end() for end in SENTENCE_END.finditer(text))
    cuts = [
        end for end in ends if not ABBREVIATION.search(text[max(0, end - MAX_ABBREVIATION_CHARACTERS) : end])
    ]
    pieces = [text[start:end].strip() for start, end in pairwise([0, *cuts, len(text)])]
    return [piece for piece in pieces if piece]


def list_items_of(text: str) -> list[str]:
    """The items of a list block, each with the lines that are indented below it."""
    items: list[str] = []
    for line in text.split("\n"):
        if items and (line.startswith((" ", "\t")) or not LIST_ITEM.match(line)):
            items[-1] = f"{items[-1]}\n{line}"
        else:
            items.append(line)
    return items


def without_links(text: str) -> str:
    """Markdown as it can stand elsewhere: link texts without targets, no images, no tags; code untouched."""
    return MARKUP.sub(lambda found: found["code"] or found["linked"] or "", text).strip()


def _groups(lines: list[str]) -> Iterator[list[str]]:
    """The lines of each block."""
    group: list[str] = []
    fence = ""
    for line in lines:
        if fence:
            group.append(line)
            fence = "" if _closes(line, fence) else fence
            if not fence:
                yield group
                group = []
            continue
        if group and _begins_block(line, group):
            yield group
            group = []
        opening = FENCE.match(line)
        fence = opening["fence"] if opening else ""
        if not _is_furniture(line):
            group.append(line)
    if group:
        yield group


def _begins_block(line: str, group: list[str]) -> bool:
    """Whether a line ends the block before it; a heading is a block of its own."""
    is_apart = bool(FENCE.match(line)) or _is_furniture(line) or is_heading(line) or is_heading(group[-1])
    return is_apart or _begins_list(line, group)


def _closes(line: str, fence: str) -> bool:
    return line.strip().startswith(fence) and not line.strip().strip(fence[0])


def _begins_list(line: str, group: list[str]) -> bool:
    return bool(LIST_ITEM.match(line)) and not LIST_ITEM.match(group[0])


def _is_furniture(line: str) -> bool:
    stripped = line.strip()
    return not stripped or bool(ADMONITION.fullmatch(stripped))


def _block(lines: list[str]) -> Block:
    if FENCE.match(lines[0]):
        return Block("code", _closed(textwrap.dedent("\n".join(lines))))
    if LIST_ITEM.match(lines[0]):
        return Block("list", textwrap.dedent("\n".join(lines)))
    if len(lines) > 1 and all(line.lstrip().startswith("|") for line in lines):
        return Block("table", "\n".join(lines))
    return Block("text", " ".join(line.strip().removeprefix("> ") for line in lines))


def _closed(code: str) -> str:
    """A passage may end inside its code."""
    opening = FENCE.match(code)
    assert opening is not None
    _, _, rest = code.partition("\n")
    return (
        code if _closes(rest.rpartition("\n")[2] or "-", opening["fence"]) else f"{code}\n{opening['fence']}"
    )
