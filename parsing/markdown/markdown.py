"""Markdown, with the extensions of the common documentation generators made readable."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from parsing.document import Block, Kind, ParsedDocument
from parsing.links import linked
from parsing.markdown.extensions import count_includes, is_include, plain_markdown
from parsing.markdown.front_matter import FrontMatter, read_front_matter, read_toml, stated_title
from parsing.markdown.inline import References, closed_elements, readable
from parsing.markdown.raw_html import without_unseen
from parsing.outline import Outline
from parsing.text import clean, decode, title_from

MAX_TITLE_LENGTH = 300
HEADING_ATTRIBUTES = re.compile(r"\{\s?[#.:][^{}]{0,200}\}$")
# Recorded terminal sessions carry their colors as tags.
TERMINALS = frozenset({"console", "shell", "terminal", "termy"})
TERMINAL_TAG = re.compile(r"</?(?:font|span|[bui]|strong|a)\b[^<>]*>")
RULE_FIRST = re.compile(r"---[ \t]*\n[ \t]*\n")
TABLE_RULE = re.compile(r"-{3,}")
FENCE_TITLE = re.compile(r"\b(?:title|caption)=(?:\"([^\"]{1,300})\"|'([^']{1,300})')")
CELL_PADDING = re.compile(r"(?<=\S)[ \t]+(?=\|)|(?<=\|)[ \t]+(?=\S)")

KINDS: dict[str, Kind] = {
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
}


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a Markdown file; the title is the front matter's, the first h1 or the file's name."""
    return parse_markdown_text(decode(data), source)


def parse_markdown_text(text: str, source: str) -> ParsedDocument:
    """The same for a text that is decoded already."""
    stated, text = read_toml(text)
    includes = count_includes(text)
    text = plain_markdown(without_unseen(text))
    if RULE_FIRST.match(text):
        text = f"\n{text}"  # a line that separates, and no front matter
    environment: dict[str, Any] = {}
    tokens = _tokens(text, environment)
    if tokens and tokens[0].type == "front_matter":
        stated = read_front_matter(tokens[0].content)
    first = _first_title(tokens, text)
    title = (stated_title(stated.values) or first or title_from(source))[:MAX_TITLE_LENGTH]
    page = Page(text.split("\n"), environment.get("references", {}), closed_elements(text))
    blocks = tuple(_without_title(block, title) for block in _blocks(tokens, page, title))
    if first and not blocks:
        blocks = (Block(first),)  # a heading alone is a text
    return ParsedDocument(title, blocks, stated.values, notes=tuple(_notes(stated, includes, tokens)))


def _notes(stated: FrontMatter, includes: int, tokens: list[Token]) -> Iterator[str]:
    if stated.problem:
        yield stated.problem
    if includes:
        yield f"included files: {includes} left out"
    comments = sum(token.content.count("<!--") for token in tokens if token.type in ("html_block", "inline"))
    if comments:
        yield f"comments: {comments} left out"


def _tokens(text: str, environment: dict[str, Any]) -> list[Token]:
    """The structure of the text. Only headings are parsed within: it is the slow part, and not needed."""
    parser = MarkdownIt("commonmark").enable("table").disable("inline").use(front_matter_plugin)
    tokens = parser.parse(text, environment)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            inline.children = []
            parser.inline.parse(inline.content, parser, environment, inline.children)
    return tokens


def _blocks(tokens: list[Token], page: "Page", title: str) -> Iterator[Block]:
    """The blocks; a heading that nothing stands below is a text of its own."""
    outline = Outline(title)
    for position, token in enumerate(tokens):
        if token.level or token.map is None or token.type == "front_matter":
            continue
        if token.type == "heading_open":
            inline = tokens[position + 1]
            yield from outline.enter(int(token.tag[1:]), _heading(inline, page.elements))
            links = "\n".join(_heading_links(inline))
            if links:
                outline.alone = False
                yield Block(links, "text", outline.path)
            continue
        text = _block_text(token, page.lines[token.map[0] : token.map[1]], page)
        named = FENCE_TITLE.search(token.info) if text and token.type == "fence" else None
        if named:
            yield Block(f"**{named[1] or named[2]}**", "text", outline.path)
        if text:
            outline.alone = False
            yield Block(text, KINDS.get(token.type, "text"), outline.path)
    yield from outline.enter(0, "")


@dataclass
class Page:
    """The lines of a text, the links it defines and the elements it closes."""

    lines: list[str]
    references: References
    elements: frozenset[str]


def _first_title(tokens: list[Token], text: str) -> str | None:
    elements = closed_elements(text)
    titles = (
        _heading(tokens[position + 1], elements)
        for position, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h1" and not token.level
    )
    return next(filter(None, titles), None)


def _without_title(block: Block, title: str) -> Block:
    """The title is known: no heading path need repeat it."""
    return (
        replace(block, heading_path=block.heading_path[1:]) if block.heading_path[:1] == (title,) else block
    )


def _heading(inline: Token, elements: frozenset[str]) -> str:
    """A heading's words, without markup, attributes and the mark of a link to itself."""
    words = "".join(_heading_part(part, elements) for part in inline.children or [])
    return " ".join(HEADING_ATTRIBUTES.sub("", clean(words).rstrip()).rstrip("¶ ").split())


def _heading_links(inline: Token) -> Iterator[str]:
    """The links in a heading that have an address to quote."""
    parts = inline.children or []
    for position, part in enumerate(parts):
        if part.type == "link_open":
            inside = takewhile(lambda each: each.type != "link_close", parts[position + 1 :])
            words = clean("".join(each.content for each in inside)).strip()
            written = linked(words, str(part.attrs.get("href", "")))
            if written != words:
                yield written


def _heading_part(part: Token, elements: frozenset[str]) -> str:
    if part.type in ("softbreak", "hardbreak"):
        return " "
    return readable(part.content, elements=elements) if part.type == "html_inline" else part.content


def _block_text(token: Token, lines: list[str], page: Page) -> str:
    match token.type:
        case "fence":
            return _fenced(token.content, token.info.split(maxsplit=1)[0] if token.info.strip() else "")
        case "code_block":
            return _fenced(token.content, "")
        case "hr":
            return ""
        case "table_open":
            lines = [CELL_PADDING.sub(" ", line) for line in lines]
            lines[1] = TABLE_RULE.sub("---", lines[1])
        case _:
            pass
    text = readable("\n".join(lines), page.references, page.elements)
    return _tidy(text, as_page=token.type == "html_block")


def _tidy(text: str, *, as_page: bool) -> str:
    """Lines without trailing spaces; in a piece of HTML indentation and blank lines mean nothing."""
    if as_page:
        return "\n".join(line.strip() for line in text.split("\n") if line.strip())
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") if text.strip() else ""


def _fenced(code: str, language: str) -> str:
    if not code.strip() or is_include(code):
        return ""
    if language in TERMINALS and TERMINAL_TAG.search(code):
        code = html.unescape(TERMINAL_TAG.sub("", code))
    longest = max((len(marks) for marks in re.findall(r"`{3,}", code)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{language}\n{code.strip(chr(10))}\n{marks}"
