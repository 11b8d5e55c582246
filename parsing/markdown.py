"""Markdown, with the extensions of the common documentation generators made readable."""

import html
import re
from collections.abc import Container, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from parsing.document import Block, Kind, ParsedDocument
from parsing.extensions import is_include, plain_markdown
from parsing.front_matter import read_front_matter, stated_title
from parsing.inline import readable
from parsing.text import clean, decode, title_from

MAX_TITLE_LENGTH = 300
HEADING_ATTRIBUTES = re.compile(r"\{\s?[#.:][^{}]{0,200}\}$")
# Recorded terminal sessions carry their colors as tags.
TERMINALS = frozenset({"console", "shell", "terminal", "termy"})
TERMINAL_TAG = re.compile(r"</?(?:font|span|[bui]|strong|a)\b[^<>]*>")
TABLE_RULE = re.compile(r"-{3,}")
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
    text = plain_markdown(text)
    environment: dict[str, Any] = {}
    tokens = _tokens(text, environment)
    metadata = read_front_matter(tokens[0].content) if tokens and tokens[0].type == "front_matter" else {}
    title = (stated_title(metadata) or _first_title(tokens) or title_from(source))[:MAX_TITLE_LENGTH]
    blocks = _blocks(tokens, text.split("\n"), environment.get("references", {}))
    return ParsedDocument(title, tuple(_without_title(block, title) for block in blocks), metadata)


def _tokens(text: str, environment: dict[str, Any]) -> list[Token]:
    """The structure of the text. Only headings are parsed within: it is the slow part, and not needed."""
    parser = MarkdownIt("commonmark").enable("table").disable("inline").use(front_matter_plugin)
    tokens = parser.parse(text, environment)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            inline.children = []
            parser.inline.parse(inline.content, parser, environment, inline.children)
    return tokens


def _blocks(tokens: list[Token], lines: list[str], references: Container[str]) -> Iterable[Block]:
    headings: list[tuple[int, str]] = []
    for position, token in enumerate(tokens):
        if token.level or token.map is None or token.type == "front_matter":
            continue
        if token.type == "heading_open":
            level = int(token.tag[1:])
            above = [(depth, heading) for depth, heading in headings if depth < level]
            headings = [*above, (level, _heading(tokens[position + 1]))]
            continue
        text = _block_text(token, lines[token.map[0] : token.map[1]], references)
        if text:
            path = tuple(heading for _, heading in headings if heading)
            yield Block(text, KINDS.get(token.type, "text"), path)


def _first_title(tokens: list[Token]) -> str | None:
    titles = (
        _heading(tokens[position + 1])
        for position, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h1" and not token.level
    )
    return next(filter(None, titles), None)


def _without_title(block: Block, title: str) -> Block:
    """The title is known: no heading path need repeat it."""
    return (
        replace(block, heading_path=block.heading_path[1:]) if block.heading_path[:1] == (title,) else block
    )


def _heading(inline: Token) -> str:
    """A heading's words, without markup, attributes and the mark of a link to itself."""
    words = "".join(
        " " if part.type in ("softbreak", "hardbreak") else part.content
        for part in inline.children or []
        if part.type != "html_inline"
    )
    return " ".join(HEADING_ATTRIBUTES.sub("", clean(words).rstrip()).rstrip("¶ ").split())


def _block_text(token: Token, lines: list[str], references: Container[str]) -> str:
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
    text = readable("\n".join(lines), references)
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
