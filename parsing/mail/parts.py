"""What a message holds: its parts, which of them are its text, and their bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import MIMEPart
from typing import cast

from parsing import parse as parse_as
from parsing.errors import FileFormatError, FileProblemError
from parsing.text import BYTE_ORDER_MARKS, clean, decode, decode_declared

MAX_HEADER_LENGTH = 2_000
MAX_PARTS = 10_000
BODY_TYPES = ("text/plain", "text/html", "text/calendar")
# A page may have so many words of its own, a greeting or a note of the program; of many, one in ten.
FEW_WORDS, FEW_OF = 2, 10
ADDRESS = re.compile(r"https?://[^\s()<>]+")


@dataclass
class Content:
    """The parts of a message that are its text, those that are attached to it, and what was left out."""

    body: list[MIMEPart] = field(default_factory=list[MIMEPart])
    attachments: list[MIMEPart] = field(default_factory=list[MIMEPart])
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Alternatives:
    """Parts that say the same in several forms."""

    parts: list[MIMEPart]


def better_text(plain: bytes, page: bytes) -> tuple[bool, str]:
    """Whether the plain form of a text says what its page says, and a note if it says something else.

    The plain form is easier to read, but some programs put only a sentence there, or leave out the addresses.
    """
    text, page_text = plain.decode("utf-8", "replace"), _page_text(page)
    said, shown = _words(text), _words(page_text)
    whole = len(shown - said) <= max(FEW_WORDS, len(shown) // FEW_OF)
    if text.strip() and whole and all(address in text for address in ADDRESS.findall(page_text)):
        return True, ""
    lost = len(said - shown)
    return False, f"plain form of the text: {lost} words left out" if lost else ""


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _page_text(page: bytes) -> str:
    try:
        return " ".join(block.text for block in parse_as("text/html", page, "").blocks)
    except FileProblemError:
        return ""


def content_of(message: MIMEPart) -> Content:
    """What a message holds: of alternatives the better one, all else in its order."""
    content = Content()
    for part in _shown(message):
        if isinstance(part, Alternatives):
            _choose(part, content)
        elif not is_attached(part) and part.get_content_type() in BODY_TYPES:
            content.body.append(part)
        else:
            content.attachments.append(part)
    # A part that says nothing is no text of the message.
    content.body = [part for part in content.body if payload_of(part).strip()]
    return content


def _choose(alternatives: "Alternatives", content: Content) -> None:
    parts = alternatives.parts
    texts = {kind: _of_type(parts, kind) for kind in BODY_TYPES}
    plain, pages, events = texts["text/plain"], texts["text/html"], texts["text/calendar"]
    if plain and pages:
        is_plain, note = better_text(_joined(plain), _joined(pages))
        content.notes += [note] if note else []
        chosen = plain if is_plain else pages
    else:
        chosen = plain or pages
    content.body += [*chosen, *events]
    shown = [part for kind in texts.values() for part in kind]
    # Other forms of the same text are no attachments.
    content.attachments += [
        part
        for part in parts
        if part not in shown and (is_attached(part) or part.get_content_maintype() != "text")
    ]


def _of_type(parts: list[MIMEPart], media_type: str) -> list[MIMEPart]:
    return [part for part in parts if part.get_content_type() == media_type and not is_attached(part)]


def _joined(parts: list[MIMEPart]) -> bytes:
    return b"\n".join(payload_of(part) for part in parts)


def _shown(message: MIMEPart) -> Iterator["MIMEPart | Alternatives"]:
    """The parts in their order; those that say the same in several forms together."""
    waiting: list[MIMEPart] = [message]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        if part.get_content_type() == "multipart/alternative" and part.is_multipart():
            yield Alternatives(leaves(part))
        elif part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += reversed(cast(list[MIMEPart], part.get_payload()))
        else:
            yield part


def leaves(message: MIMEPart) -> list[MIMEPart]:
    """The parts of a message that hold something, without looking into attached messages."""
    found: list[MIMEPart] = []
    waiting: list[MIMEPart] = [message]
    while waiting and len(found) < MAX_PARTS:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            below = cast(list[MIMEPart], part.get_payload())
            waiting += reversed(below)
        else:
            found.append(part)
    return found


def is_attached(part: MIMEPart) -> bool:
    return bool(file_name(part)) or "attachment" in str(part.get("Content-Disposition", "")).lower()


def file_name(part: MIMEPart) -> str:
    try:
        return plain_header(part.get_filename() or "")
    except (MessageError, ValueError, LookupError, AttributeError, TypeError):
        return ""


def payload_of(part: MIMEPart) -> bytes:
    """The bytes of a part; text as UTF-8, whatever its encoding is or claims to be."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    data = (
        payload if isinstance(payload, bytes) else str(part.get_payload()).encode("utf-8", "surrogateescape")
    )
    if part.get_content_maintype() != "text":
        return data
    text = decode_declared(data, _charset(part))
    whole = _guessed(data) if text is None else text.encode("utf-8", "replace")
    # The page itself may declare another encoding, which is no longer true: the mark goes before that.
    mark = BYTE_ORDER_MARKS[0][0] if part.get_content_type() == "text/html" else b""
    return mark + whole if whole.strip() else b""


def _charset(part: MIMEPart) -> str:
    try:
        return str(part.get_content_charset() or "utf-8")
    except (LookupError, ValueError, AttributeError, TypeError):
        return "utf-8"


def _guessed(data: bytes) -> bytes:
    try:
        return decode(data).encode()
    except FileFormatError:
        return data.decode("utf-8", "replace").encode()


def plain_header(text: str) -> str:
    """A header on one line and of bearable length."""
    if "=?" in text:
        text = _decoded(text)
    return " ".join(clean(text).split())[:MAX_HEADER_LENGTH]


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, ValueError, LookupError):
        return value
