"""Markdown, with the extensions of the common documentation generators made readable."""

import html
import re
from typing import Any, cast

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from ingest.parsing.document import Block, Kind, ParsedDocument
from ingest.parsing.text import decode, title_from

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# `/// tip | Title` … `///` and `!!! note "Title"`: boxes; the title stays as a line of its own.
BOX = re.compile(
    r"[ \t]*(?:/{3,}|!{3}|\?{3}\+?)[ \t]*(?P<kind>[A-Za-z][\w-]*)?[ \t]*\|?[ \t]*(?P<title>.*?)[ \t]*$"
)
# Files that a generator would include here are not part of this file.
INCLUDE = re.compile(r"[ \t]*(\{\*.*\*\}|\{!.*!\}|--8<--.*)[ \t]*$")
HEADING_ATTRIBUTES = re.compile(r"[ \t]*\{[ \t]*[#.:][^}]*\}[ \t]*$")
# Every pattern is bounded: a hostile text must not make it search to the end again and again.
CODE_SPAN = re.compile(r"(`+)(?!`)(.{1,2000}?)(?<!`)\1(?!`)", re.DOTALL)
IMAGE = re.compile(r"!\[([^\]]*)\](?:\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)|\[[^\]]*\])")
LINK = re.compile(
    r"(?<!\\)\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)(?:\{[^}]*\})?"
)
# A private-use character that stands for a code span while the text around it is changed.
SET_ASIDE = "\ue000"
LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
TAG = re.compile(r"<!--.{0,20000}?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
HIDDEN = re.compile(r"<(script|style|svg)\b.{0,2000}?</\1\s*>", re.DOTALL | re.IGNORECASE)
# The YAML of a front matter may hold dates and the like; metadata are JSON.
MOST_METADATA = 50
DEEPEST_METADATA = 2

KINDS: dict[str, Kind] = {
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
}


def parse_markdown(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a Markdown file; the title is the front matter's, the first heading or the file's name."""
    return parse_markdown_text(decode(data), source)


def parse_markdown_text(text: str, source: str) -> ParsedDocument:
    """The same for a text that is decoded already."""
    text = _plain_boxes(text)
    tokens = _parser().parse(text)
    metadata = _metadata(tokens[0].content) if tokens and tokens[0].type == "front_matter" else {}
    blocks, first_heading = _blocks(tokens, text.split("\n"))
    title = str(metadata.get("title") or first_heading or title_from(source)).strip()
    return ParsedDocument(title[:300], tuple(_without_title(blocks, title)), metadata)


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").use(front_matter_plugin)


def _plain_boxes(text: str) -> str:
    """Boxes and includes of documentation generators as plain Markdown; code is left alone."""
    lines: list[str] = []
    fence: str | None = None
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and (fence is None or mark[1].startswith(fence)):
            fence = mark[1] if fence is None else None
            lines.append(line)
        elif fence is not None:
            lines.append(line)
        elif not INCLUDE.match(line):
            lines.append(_plain_box(line))
    return "\n".join(lines)


def _plain_box(line: str) -> str:
    box = BOX.match(line)
    if box is None:
        return line
    kind, title = (box["kind"] or "").capitalize(), box["title"].strip('"')
    if kind == "Tab":
        kind = ""
    words = ": ".join(word for word in (kind, title) if word)
    return f"\n**{words}**\n" if words else ""


def _blocks(tokens: list[Token], lines: list[str]) -> tuple[list[Block], str | None]:
    """The blocks, and the text of the first heading."""
    blocks: list[Block] = []
    headings: list[tuple[int, str]] = []
    first_heading: str | None = None
    for position, token in enumerate(tokens):
        if token.level or token.map is None or token.type == "front_matter":
            continue
        if token.type == "heading_open":
            heading = _heading(tokens[position + 1].content)
            level = int(token.tag[1:])
            headings = [*((depth, above) for depth, above in headings if depth < level), (level, heading)]
            first_heading = first_heading or heading
            continue
        text = _block_text(token, lines[token.map[0] : token.map[1]])
        if text:
            path = tuple(heading for _, heading in headings if heading)
            blocks.append(Block(text, KINDS.get(token.type, "text"), path))
    return blocks, first_heading


def _without_title(blocks: list[Block], title: str) -> list[Block]:
    """The title is known: no heading path need repeat it."""
    return [
        Block(block.text, block.kind, block.heading_path[1:], block.page)
        if block.heading_path[:1] == (title,)
        else block
        for block in blocks
    ]


def _heading(source: str) -> str:
    text = _readable(HEADING_ATTRIBUTES.sub("", source))
    return " ".join(re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", text).split())


def _block_text(token: Token, lines: list[str]) -> str:
    if token.type == "fence":
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        return _fenced(TAG.sub("", token.content) if "<font" in token.content else token.content, language)
    if token.type == "code_block":
        return _fenced(token.content, "")
    if token.type == "hr":
        return ""
    text = _readable("\n".join(lines))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") if text.strip() else ""


def _fenced(code: str, language: str) -> str:
    code = html.unescape(code) if "&" in code and "<" not in code else code
    marks = "```" if "```" not in code else "````"
    return f"{marks}{language}\n{code.strip(chr(10))}\n{marks}" if code.strip() else ""


def _readable(text: str) -> str:
    """The text without tags, link targets and images; code spans stay as they are."""
    spans: list[str] = []

    def set_aside(span: re.Match[str]) -> str:
        spans.append(span[0])
        return SET_ASIDE

    text = LINE_BREAK.sub(" ", HIDDEN.sub("", CODE_SPAN.sub(set_aside, text.replace(SET_ASIDE, ""))))
    text = LINK.sub(r"\1", IMAGE.sub(r"\1", text))
    text = html.unescape(TAG.sub("", text))
    parts = text.split(SET_ASIDE)
    return parts[0] + "".join(span + part for span, part in zip(spans, parts[1:], strict=False))


def _metadata(front_matter: str) -> dict[str, Any]:
    """The front matter as JSON values; one that is not valid YAML is no reason to lose the document."""
    try:
        values = yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    items: list[tuple[Any, Any]] = list(values.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return {str(key): _json_value(value) for key, value in items[:MOST_METADATA]}


def _json_value(value: Any, depth: int = 0) -> Any:
    """Lists keep their members; anything JSON has not, or that is nested deeply, becomes text."""
    if isinstance(value, list) and depth < DEEPEST_METADATA:
        members: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [_json_value(member, depth + 1) for member in members]
    return (
        value
        if isinstance(value, str | int | float | bool | None) and value == value
        else str(cast(object, value))
    )
