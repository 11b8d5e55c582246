"""Documents written in reStructuredText, AsciiDoc, Org or LaTeX: paragraphs below their sections."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parsing.document import Block, Kind, ParsedDocument
from parsing.text import title_from

MAX_TITLE_LENGTH = 300
UNDERLINE = re.compile(r"([=\-~^\"'`:#*+.<>_])\1{2,}\s*$")
ORG_HEADING = re.compile(r"(\*{1,8})\s+(?:(?:TODO|DONE)\s+)?(.+?)(?:\s+:[\w@:]+:)?\s*$")
ASCIIDOC_HEADING = re.compile(r"(={1,6})\s+(\S.*?)(?:\s+=+)?\s*$")
TEX_HEADING = re.compile(r"\s*\\(part|chapter|section|subsection|subsubsection|paragraph)\*?\{(.{1,300})\}")
TEX_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")
TEX_COMMENT = re.compile(r"(?<!\\)%.*$", re.MULTILINE)
TEX_BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
STATED = {
    "org": re.compile(r"^#\+title:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE),
    "tex": re.compile(r"\\title\{([^{}]{1,300})\}"),
}
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)]|#\.)\s")


@dataclass(frozen=True)
class Section:
    """The title of a section and how deep it is; `lines` is how many lines it takes."""

    title: str
    level: int
    lines: int


Heading = Callable[[list[str], int], Section | None]


def parse_markup(text: str, ending: str, source: str) -> ParsedDocument:
    """Paragraphs of a marked-up text; its title is stated, the one section's, or the file's name."""
    found = STATED[ending].search(text) if ending in STATED else None
    if ending == "tex":
        text = TEX_COMMENT.sub("", text)
        body = TEX_BODY.search(text)
        text = body[1] if body else text
    elif found:
        text = text.replace(found[0], "", 1)
    blocks = list(_blocks(text.split("\n"), MARKUPS[ending]()))
    title = found[1].strip() if found else _only_top(blocks)
    if title and not found:
        blocks = [Block(block.text, block.kind, block.heading_path[1:]) for block in blocks]
    return ParsedDocument(title[:MAX_TITLE_LENGTH] or title_from(source), tuple(blocks))


def _only_top(blocks: list[Block]) -> str:
    """The section that all the text is in, if there is one."""
    tops = {block.heading_path[:1] for block in blocks}
    return tops.pop()[0] if len(tops) == 1 and () not in tops else ""


def _blocks(lines: list[str], heading: Heading) -> Iterator[Block]:
    sections: list[Section] = []
    paragraph: list[str] = []
    number = 0
    while number < len(lines):
        section = heading(lines, number)
        if section or not lines[number].strip():
            yield from _paragraph(paragraph, sections)
            paragraph = []
        else:
            paragraph.append(lines[number].rstrip())
        if section:
            sections = [*(above for above in sections if above.level < section.level), section]
        number += section.lines if section else 1
    yield from _paragraph(paragraph, sections)


def _paragraph(lines: list[str], sections: list[Section]) -> Iterator[Block]:
    if not any(lines):
        return
    kind: Kind = "list" if LIST_ITEM.match(lines[0]) else "text"
    yield Block("\n".join(lines), kind, tuple(section.title for section in sections))


def _restructured() -> Heading:
    """Sections of reStructuredText: which line marks which level is as the text does it first."""
    levels: dict[str, int] = {}

    def section(lines: list[str], number: int) -> Section | None:
        over = UNDERLINE.match(lines[number])
        titled = number + 1 if over else number
        title = lines[titled].strip() if titled < len(lines) else ""
        under = UNDERLINE.match(lines[titled + 1]) if titled + 1 < len(lines) else None
        is_title = title and under and not UNDERLINE.match(title) and (over is None or over[1] == under[1])
        if not under or not is_title or len(lines[titled + 1].rstrip()) < len(title):
            return None
        style = under[1] + ("/" if over else "")
        return Section(title, levels.setdefault(style, len(levels)), titled + 2 - number)

    return section


def _marked(form: re.Pattern[str]) -> Heading:
    """Sections whose level is the number of marks before their title."""

    def section(lines: list[str], number: int) -> Section | None:
        found = form.match(lines[number])
        return Section(found[2].strip(), len(found[1]), 1) if found else None

    return section


def _tex(lines: list[str], number: int) -> Section | None:
    found = TEX_HEADING.match(lines[number])
    return Section(found[2].strip(), TEX_LEVELS.index(found[1]), 1) if found else None


MARKUPS: dict[str, Callable[[], Heading]] = {
    "rst": _restructured,
    "adoc": lambda: _marked(ASCIIDOC_HEADING),
    "org": lambda: _marked(ORG_HEADING),
    "tex": lambda: _tex,
}
