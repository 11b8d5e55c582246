"""Translations (gettext's .po): each message above what it is called in the other language."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.text import clean, decode, title_from

KEYWORD = re.compile(r"(msgctxt|msgid|msgid_plural|msgstr(?:\[\d{1,2}\])?)[ \t]+(\".*)")
LANGUAGE = re.compile(r"^Language:[ \t]*(\S+)", re.MULTILINE)


@dataclass
class Message:
    """A message with its texts by keyword, and what is said about it to translators."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    comments: list[str] = field(default_factory=list[str])


def parse(data: bytes, source: str) -> ParsedDocument:
    """The messages with their translations. Raises `FileFormatError` when there is none in the file."""
    text = decode(data)
    messages = list(_messages(text))
    if not messages and text.strip():
        raise FileFormatError("There is no message in the file. Save it again as gettext (.po).")
    head = next(
        (message.texts.get("msgstr", "") for message in messages if not message.texts.get("msgid")), ""
    )
    language = LANGUAGE.search(head)
    blocks = [Block(said) for message in messages if message.texts.get("msgid") and (said := _said(message))]
    obsolete = len(re.findall(r"^#~[ \t]*msgid[ \t]", text, re.MULTILINE))
    notes = (f"obsolete messages: {obsolete} left out",) if obsolete else ()
    metadata = {"language": language[1]} if language else {}
    return ParsedDocument(title_from(source), tuple(blocks), metadata, notes=notes)


def _messages(text: str) -> Iterator[Message]:
    message, keyword = Message(), ""
    for line in map(str.strip, text.split("\n")):
        found = KEYWORD.match(line)
        if (found and found[1] in ("msgctxt", "msgid") and "msgid" in message.texts) or not line:
            if message.texts:
                yield message
            message, keyword = Message(), ""
        if found:
            keyword = found[1]
            message.texts[keyword] = _string(found[2])
        elif line.startswith('"') and keyword:
            message.texts[keyword] += _string(line)
        elif line.startswith("#"):
            message.comments += _told(line)
    if message.texts:
        yield message


def _told(line: str) -> Iterator[str]:
    """What a comment tells of its message: words for translators, and that the translation is a guess."""
    if line.startswith(("#.", "# ")):
        yield clean(line[2:].strip())
    elif line.startswith("#,") and "fuzzy" in line[2:].replace(" ", "").split(","):
        yield "fuzzy"


def _string(quoted: str) -> str:
    try:
        value = ast.literal_eval(quoted)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return clean(quoted.strip('"'))
    return clean(value) if isinstance(value, str) else ""


def _said(message: Message) -> str:
    lines = [f"({text})" for text in message.comments if text]
    return "\n".join([*lines, *(text.strip() for text in message.texts.values() if text.strip())])
