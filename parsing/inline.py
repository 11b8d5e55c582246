"""Markdown without what a reader does not see: link targets, tags, comments. The words stay."""

import html
import re
from collections.abc import Container

from markdown_it.common.utils import normalizeReference

from parsing.text import INVISIBLE

# A hostile text must not make a pattern search to the end again and again: each is bounded, or starts rarely.
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.{1,20000}?)(?<!`)\1(?!`)", re.DOTALL)
# A private-use character that stands for a code span while the text around it is changed.
SET_ASIDE = "\ue000"
TARGET = (
    r"\([ \t\n]*(?:<[^<>\n]*>|[^()<\s][^()\s]*(?:\([^()\s]*\)[^()\s]*)*)?"
    r"(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)(?:\{[^{}\n]*\})?"
)
WORDS = r"((?:[^\[\]]|\[[^\[\]]*\])*)"
IMAGE = re.compile(rf"!\[([^\[\]]*)\]{TARGET}")
LINK = re.compile(rf"(?<!\\)\[{WORDS}\]{TARGET}")
REFERENCE = re.compile(rf"(?<!\\)!?\[{WORDS}\](?:\[([^\[\]]*)\])?")
# `<https://…>`; a tag's name is never followed by these.
AUTOLINK = re.compile(r"<((?:[a-z][a-z0-9+.-]{1,31}:|[\w.+-]{1,64}@)[^\s<>]*)>", re.IGNORECASE)
# What ends a line or a cell: its neighbour's word must not stick to it.
BREAK = re.compile(
    r"<br\s*/?>|</(?:td|th|tr|li|p|div|dt|dd|h[1-6]|summary|option|blockquote)\s*>", re.IGNORECASE
)
TAG = re.compile(r"(?<!\\)</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>")
HIDDEN = re.compile(r"<!--|<(script|style|svg)\b[^<>]*>", re.IGNORECASE)
SPACES = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")


def readable(text: str, references: Container[str] = frozenset[str]()) -> str:
    """The words of some Markdown, code spans as they are; `references` are the links the document defines."""
    spans: list[str] = []

    def set_aside(span: re.Match[str]) -> str:
        spans.append(span[0])
        return SET_ASIDE

    text = _without_hidden(CODE_SPAN.sub(set_aside, text.replace(SET_ASIDE, "")))
    text = LINK.sub(r"\1", IMAGE.sub(r"\1", text))
    text = REFERENCE.sub(lambda link: _referred(link, references), text)
    text = TAG.sub("", BREAK.sub(" ", AUTOLINK.sub(r"\1", text)))
    text = INVISIBLE.sub("", html.unescape(SPACES.sub(" ", text)))
    parts = text.split(SET_ASIDE)
    return parts[0] + "".join(span + part for span, part in zip(spans, parts[1:], strict=False))


def _referred(link: re.Match[str], references: Container[str]) -> str:
    """The words of `[words][name]` and `[name]` where the document defines the name."""
    return link[1] if normalizeReference(link[2] or link[1]) in references else link[0]


def _without_hidden(text: str) -> str:
    """The text without comments, scripts, styles and drawings; one that does not end is left."""
    kept: list[str] = []
    endless: set[str] = set()
    end = 0
    for opening in HIDDEN.finditer(text):
        closing = rf"</{opening[1].lower()}\s*>" if opening[1] else "-->"
        if opening.start() < end or closing in endless:
            continue
        closed = re.compile(closing, re.IGNORECASE).search(text, opening.end())
        if closed is None:
            endless.add(closing)
            continue
        kept.append(text[end : opening.start()])
        end = closed.end()
    return "".join([*kept, text[end:]])
