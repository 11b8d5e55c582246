"""Markdown as its reader sees it: without tags and comments. The words stay, and links keep their address."""

import html
import re
from collections.abc import Container, Mapping
from typing import Any

from markdown_it.common.utils import normalizeReference

from parsing.links import linked
from parsing.text import CONTROLS
from parsing.unseen import seen_only

# A hostile text must not make a pattern search to the end again and again: each is bounded, or starts rarely.
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.{1,20000}?)(?<!`)\1(?!`)", re.DOTALL)
# What stands for a piece that is to stay as it is while the text around it is changed.
MARK = "\ue000"
SET_ASIDE = re.compile(rf"{MARK}(\d+){MARK}")
TARGET = (
    r"\([ \t\n]*(<[^<>\n]*>|[^()<\s][^()\s]*(?:\([^()\s]*\)[^()\s]*)*)?"
    r"(?:\s+(\"[^\"]*\"|'[^']*'))?\s*\)(?:\{[^{}\n]*\})?"
)
WORDS = r"((?:[^\[\]]|\[[^\[\]]*\])*)"
IMAGE = re.compile(rf"!\[([^\[\]]*)\]{TARGET}")
LINK = re.compile(rf"(?<!\\)\[{WORDS}\]{TARGET}")
REFERENCE = re.compile(rf"(?<!\\)(!?)\[{WORDS}\](?:\[([^\[\]]*)\])?")
# `<https://…>`; a tag's name is never followed by these.
AUTOLINK = re.compile(r"<((?:[a-z][a-z0-9+.-]{1,31}:|[\w.+-]{1,64}@)[^\s<>]*)>", re.IGNORECASE)
ADDRESS = re.compile(rf"https?://[^\s<>{MARK}]+", re.IGNORECASE)
# What ends a line or a cell: its neighbour's word must not stick to it.
BREAK = re.compile(
    r"<br\s*/?>|</(?:td|th|tr|li|p|div|dt|dd|h[1-6]|summary|option|blockquote)\s*>", re.IGNORECASE
)
TAG = re.compile(r"(?<!\\)<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*)(?P<rest>(?:\s[^<>]*)?/?)>")
CLOSED = re.compile(r"</([A-Za-z][\w:.-]{0,100})\s*>")
ATTRIBUTE = re.compile(r"([\w:-]{1,60})\s*=\s*\{?\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`)")
# Elements that need no end.
ENDLESS = frozenset({"br", "hr", "wbr", "img", "p", "li", "td", "th", "tr", "dt", "dd", "option"})
# Attributes of components in which text stands; of the others, those that hold several words.
WORD_ATTRIBUTES = frozenset(
    {
        *("alt", "label", "title", "description", "summary", "caption", "heading", "header", "subtitle"),
        *("text", "content", "question", "answer", "message", "name", "tab", "tooltip", "placeholder"),
    }
)
PROGRAM_ATTRIBUTES = frozenset(
    {"class", "classname", "style", "id", "href", "src", "srcset", "sizes", "icon", "d"}
)
LISTED = re.compile(r"(?:items|labels|tabs|titles)\s*=\s*\{\s*\[([^\[\]{}]{1,500})\]")
STRING = re.compile(r"\"([^\"]{1,200})\"|'([^']{1,200})'")
RAISED = re.compile(r"(?<=\d)<sup\b[^<>]{0,200}>\s{0,10}([\d+−-]{1,10})\s{0,10}</sup\s{0,10}>", re.IGNORECASE)
# No XML has this in a text.
ABOVE = "\x0e"
DIGITS_ABOVE = re.compile(rf"(?<=\d){ABOVE}([\d+−-]{{1,10}})")
RAISED_DIGITS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
HIDDEN = re.compile(r"<!--|<(script|style|svg)\b[^<>]*>", re.IGNORECASE)
SPACES = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")

References = Mapping[str, Mapping[str, Any]]
NO_REFERENCES: References = {}


def closed_elements(text: str) -> frozenset[str]:
    """The names that a text closes as elements: where it opens one of them, that is a tag."""
    return frozenset(name.lower() for name in CLOSED.findall(text))


def raised(digits: str) -> str:
    """Digits as they stand above the line: behind others they would make a number of another value."""
    return digits.translate(RAISED_DIGITS)


def marked_above(text: str) -> str:
    """A run that stands above the line, marked for `with_digits_above` where it begins with a digit."""
    return ABOVE + text if text[:1].isdigit() or text[:1] in ("+", "-", "−") else text


def with_digits_above(text: str) -> str:
    """The text with the marked digits above the line where they stand behind others."""
    if ABOVE not in text:
        return text
    return DIGITS_ABOVE.sub(lambda found: raised(found[1]), text).replace(ABOVE, "")


def with_raised(text: str) -> str:
    """The text with the digits of `10<sup>6</sup>` above the line."""
    return RAISED.sub(lambda found: raised(found[1]), text)


def readable(
    text: str, references: References = NO_REFERENCES, elements: Container[str] = frozenset[str]()
) -> str:
    """The words of some Markdown; code spans and addresses stay as they are.

    `references` are the links the document defines, `elements` those that it closes: `<token>` is a tag where
    `</token>` is somewhere, and a place for the reader's own words elsewhere.
    """
    pieces: list[str] = []

    def keep(piece: str) -> str:
        pieces.append(piece)
        return f"{MARK}{len(pieces) - 1}{MARK}"

    def link(words: str, target: str, title: str = "") -> str:
        whole = linked(words, target.strip("<>").replace("&amp;", "&"))
        address = keep(whole[len(words) :]) if whole != words else ""
        return _titled(words + address, title, words)

    text = with_raised(_without_hidden(CODE_SPAN.sub(lambda span: keep(span[0]), text.replace(MARK, ""))))
    text = IMAGE.sub(lambda found: _titled(found[1], (found[3] or "")[1:-1], found[1]), text)
    text = LINK.sub(lambda found: link(found[1], found[2] or "", (found[3] or "")[1:-1]), text)
    text = REFERENCE.sub(lambda found: _referred(found, references, link), text)
    text = AUTOLINK.sub(lambda found: keep(found[1]), text)
    text = ADDRESS.sub(lambda found: keep(found[0]), text)
    text = TAG.sub(lambda tag: _untagged(tag, elements), BREAK.sub(" ", text))
    text = seen_only(CONTROLS.sub("", html.unescape(SPACES.sub(" ", text))))
    # A piece may hold another: an address in the words of a link.
    while SET_ASIDE.search(text):
        text = SET_ASIDE.sub(lambda mark: pieces[int(mark[1])], text)
    return text


def _referred(found: re.Match[str], references: References, link: Any) -> str:
    """`[words][name]` and `[name]` as a link where the document defines the name."""
    target = references.get(normalizeReference(found[3] or found[2]))
    if target is None:
        return found[0]
    title = str(target.get("title") or "")
    if found[1]:
        return _titled(found[2], title, found[2])
    return link(found[2], str(target.get("href", "")), title)


def _titled(text: str, title: str, words: str) -> str:
    """The text of a link or a picture with its title, which a page shows below the pointer."""
    title = " ".join(title.split())
    return f"{text} – {title}".lstrip(" –") if title and title.lower() not in words.lower() else text


def _untagged(tag: re.Match[str], elements: Container[str]) -> str:
    """Nothing in the place of a tag, or the words in it; what only looks like a tag stays."""
    name, rest = tag["name"], tag["rest"]
    is_tag = tag["end"] or rest.endswith("/") or "=" in rest or name.lower() in ENDLESS
    if not is_tag and name.lower() not in elements:
        return tag[0]
    is_component = not name.islower() or not name.isalnum()
    words = (
        value.strip()
        for attribute, *values in ATTRIBUTE.findall(rest)
        for value in values
        if value.strip() and _is_told(attribute.lower(), value, is_component=is_component)
    )
    listed = (one or other for found in LISTED.findall(rest) for one, other in STRING.findall(found))
    told = ". ".join((*words, *listed) if is_component else words)
    before = tag.string[tag.start() - 1 : tag.start()]
    return f"{' ' if before.strip() else ''}{told} " if told else ""


def _is_told(attribute: str, value: str, *, is_component: bool) -> bool:
    if not is_component:
        return attribute == "alt"
    several = " " in value.strip() and attribute not in PROGRAM_ATTRIBUTES
    return attribute in WORD_ATTRIBUTES or several


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
