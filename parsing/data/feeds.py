"""RSS and Atom feeds: each article below its title."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from parsing.document import Block, ParsedDocument
from parsing.html.html import parse_page
from parsing.text import clean, title_from

Element = etree._Element  # pyright: ignore[reportPrivateUsage]

MAX_TITLE_LENGTH = 300
MAX_TAGS = 12
ITEMS = frozenset({"item", "entry"})
# What says the same, best first.
DATES = ("pubdate", "published", "date", "updated", "modified", "lastbuilddate")
AUTHORS = ("creator", "author", "managingeditor")
CONTENTS = ("encoded", "content", "description", "summary")
SUBJECTS = ("description", "subtitle")
TAG = re.compile(r"<[a-zA-Z/!]")
WHOLE_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")


def parse_feed(root: Element, source: str) -> ParsedDocument:
    """The articles of a feed of any version; its title is the channel's, else the file's name."""
    channel = next((child for child in root if local_name(child) == "channel"), root)
    title = _plain(_said(channel, ("title",)))[:MAX_TITLE_LENGTH] or title_from(source)
    blocks = [
        block for item in root.iter(etree.Element) if local_name(item) in ITEMS for block in _item(item)
    ]
    return ParsedDocument(title, tuple(blocks), _metadata(channel))


def local_name(element: Element) -> str:
    """An element's name in small letters, without its namespace; empty for comments and the like."""
    tag: Any = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def words(element: Element) -> str:
    """All text within an element, in one line."""
    return clean(" ".join("".join(element.itertext()).split()))


def _item(item: Element) -> Iterator[Block]:
    """What is known of an article in a line, and its content with its own headings."""
    title = _plain(_said(item, ("title",)))[:MAX_TITLE_LENGTH]
    path = (title,) if title else ()
    content = list(_content(item, path))
    about = _about(item)
    if about or (title and not content):
        yield Block(about or title, "text", path)
    yield from content


def _about(item: Element) -> str:
    tags = [words(child) or child.get("term", "") for child in item if local_name(child) == "category"]
    author = _author(item)
    facts = (_date(_said(item, DATES)), f"by {author}" if author else "", _link(item))
    lines = [", ".join(filter(None, facts)), f"Tags: {', '.join(tags[:MAX_TAGS])}" if any(tags) else ""]
    return clean("\n".join(filter(None, lines)))


def _content(item: Element, path: tuple[str, ...]) -> Iterator[Block]:
    children = [child for name in CONTENTS for child in item if local_name(child) == name]
    page = next(filter(None, (_page(child) for child in children)), "")
    if not TAG.search(page) and "&" not in page:
        paragraphs = re.split(r"\n\s*\n", clean(page))
        yield from (Block(part.strip(), "text", path) for part in paragraphs if part.strip())
        return
    document = parse_page(page.encode(errors="replace"), "", _link(item))
    # Without a name to fall back on, a title is the first heading's, which the blocks no longer repeat.
    top = (*path, document.title) if document.title else path
    for block in document.blocks:
        yield replace(block, heading_path=(*top, *block.heading_path))


def _page(element: Element) -> str:
    """The HTML in an element: as its text, or as elements of its own."""
    if len(element):
        return "".join(etree.tostring(child, encoding="unicode", with_tail=True) for child in element)
    text = (element.text or "").strip()
    is_plain = element.get("type", "html") in ("text", "text/plain")
    return text.replace("&", "&amp;").replace("<", "&lt;") if is_plain and TAG.search(text) else text


def _said(element: Element, names: tuple[str, ...]) -> str:
    """The text of the first child with one of these names; an earlier name is better."""
    said = {
        name: text for child in reversed(element) if (text := words(child)) and (name := local_name(child))
    }
    return next((said[name] for name in names if name in said), "")


def _author(element: Element) -> str:
    """The names of all authors; Atom has them in an element of their own."""
    for name in AUTHORS:
        found = [
            next((words(part) for part in child if local_name(part) == "name"), "") or words(child)
            for child in element
            if local_name(child) == name
        ]
        if any(found):
            return _plain(", ".join(filter(None, found)))
    return ""


def _link(element: Element) -> str:
    links = [child for child in element if local_name(child) == "link"]
    pages = [link for link in links if link.get("rel", "alternate") == "alternate"]
    return next(filter(None, (words(link) or link.get("href", "").strip() for link in pages)), "")


def _date(text: str) -> str:
    """A date as ISO writes it; what is no date stays as it is."""
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except ValueError:
        pass  # Atom's are ISO dates already
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return text


def _plain(text: str) -> str:
    """A title or name without the markup that some feeds put into it."""
    return clean(" ".join(html.unescape(WHOLE_TAG.sub("", text)).split()))


def _metadata(channel: Element) -> dict[str, Any]:
    values = {
        "author": _author(channel),
        "date": _date(_said(channel, DATES)),
        "language": _said(channel, ("language",)),
        "subject": _plain(_said(channel, SUBJECTS)),
        "link": _link(channel),
    }
    return {name: value for name, value in values.items() if value}
