"""Messages: the headers people read, the text, and the attachments as members."""

import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any, cast

from parsing import parse as parse_as
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError, FileProblemError
from parsing.members import Entry, collect
from parsing.text import BYTE_ORDER_MARKS, clean, decode, decode_declared, title_from

HEADERS = ("From", "To", "Cc", "Date", "Subject")
MAX_TITLE_LENGTH = 300
MAX_HEADER_LENGTH = 2_000
MAX_PARTS = 10_000
BODY_TYPES = ("text/plain", "text/html", "text/calendar")
# A page may have so many words of its own, a greeting or a note of the program.
FEW_WORDS = 2
ADDRESS = re.compile(r"https?://[^\s()<>]+")
ENCRYPTED_TYPES = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
ENCRYPTED_TEXT = "-----BEGIN PGP MESSAGE-----"
ENCRYPTED = "The message is encrypted. Save a decrypted copy to read its text."
NO_MESSAGE = "This is not a mail message. Save it again from the mail program as .eml."


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


def parse(data: bytes, source: str) -> ParsedDocument:
    """A message as a document. Raises `FileFormatError` when the file is no message."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        headers = {name: text for name in HEADERS if (text := _header(message, name))}
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise FileFormatError(f"The message is damaged ({error}).") from None
    if not headers and not message.keys():
        raise FileFormatError(NO_MESSAGE)
    encrypted = any(part.get_content_type() in ENCRYPTED_TYPES for part in [message, *leaves(message)])
    content = Content() if encrypted else _content(message)
    attachments = content.attachments
    texts = [(part.get_content_type(), payload_of(part)) for part in content.body]
    blocks, notes = _body_blocks(texts, source)
    notes += content.notes
    if encrypted or any(ENCRYPTED_TEXT in block.text for block in blocks):
        blocks, attachments, notes = [], [], [ENCRYPTED]
    entries = (_entry(part, number) for number, part in enumerate(attachments, start=1))
    return message_document(headers, _iso_date(message), blocks, notes, entries, source)


def message_document(
    headers: Mapping[str, str],
    date: str | None,
    body: Iterable[Block],
    notes: Iterable[str],
    attachments: Iterable[Entry],
    source: str,
) -> ParsedDocument:
    """The document of any message: headers first, then the text; the attachments are members."""
    subject = headers.get("Subject", "")
    facts = {"author": headers.get("From"), "date": date, "subject": subject, "to": headers.get("To")}
    head = "\n".join(f"{name}: {text}" for name, text in headers.items())
    try:
        members, more = collect(attachments)
    except FileProblemError as error:
        members, more = (), (f"Attachments were left out: {error}",)
    return ParsedDocument(
        subject[:MAX_TITLE_LENGTH] or title_from(source),
        (*([Block(head)] if head else []), *body),
        {name: value for name, value in facts.items() if value},
        members,
        (*notes, *more),
    )


def body_blocks(media_type: str, data: bytes, source: str) -> tuple[list[Block], list[str]]:
    """The blocks of a message's text, and notes about what is not among them."""
    try:
        document = parse_as(media_type, data, source)
        return list(document.blocks), list(document.notes)
    except FileProblemError as error:
        return [], [f"The text of the message was left out: {error}"]


def plain_header(text: str) -> str:
    """A header on one line and of bearable length."""
    if "=?" in text:
        text = _decoded(text)
    return " ".join(clean(text).split())[:MAX_HEADER_LENGTH]


def flat_name(name: str) -> str:
    """The name of an attachment, which is one file whatever slashes and dots it has in front."""
    return name.replace("/", "_").replace("\\", "_").lstrip("._ ")


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, ""))
    except (MessageError, ValueError, LookupError, AttributeError, IndexError, TypeError):
        value = _raw_header(message, name)
    # What is not ASCII though it should be is mostly UTF-8.
    return plain_header(value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _raw_header(message: EmailMessage, name: str) -> str:
    stored = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return next(stored, "")


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, ValueError, LookupError):
        return value


def _iso_date(message: EmailMessage) -> str | None:
    try:
        date: datetime = parsedate_to_datetime(_raw_header(message, "Date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.isoformat()


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


def better_text(plain: bytes, page: bytes) -> tuple[bool, str]:
    """Whether the plain form of a text says what its page says, and a note if it says something else.

    The plain form is easier to read, but some programs put only a sentence there, or leave out the addresses.
    """
    text, page_text = plain.decode("utf-8", "replace"), _page_text(page)
    said, shown = _words(text), _words(page_text)
    whole = len(shown - said) <= max(FEW_WORDS, len(shown) // 2)
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


def _content(message: MIMEPart) -> Content:
    """What a message holds: of alternatives the better one, all else in its order."""
    content = Content()
    for part in _shown(message):
        if isinstance(part, Alternatives):
            _choose(part, content)
        elif not _is_attached(part) and part.get_content_type() in BODY_TYPES:
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
        if part not in shown and (_is_attached(part) or part.get_content_maintype() != "text")
    ]


def _of_type(parts: list[MIMEPart], media_type: str) -> list[MIMEPart]:
    return [part for part in parts if part.get_content_type() == media_type and not _is_attached(part)]


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


def _is_attached(part: MIMEPart) -> bool:
    return bool(_file_name(part)) or "attachment" in str(part.get("Content-Disposition", "")).lower()


def _file_name(part: MIMEPart) -> str:
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


def _body_blocks(texts: Iterable[tuple[str, bytes]], source: str) -> tuple[list[Block], list[str]]:
    blocks: list[Block] = []
    notes: list[str] = []
    for media_type, data in texts:
        more, problems = body_blocks(media_type, data, source)
        blocks += more
        notes += problems
    return blocks, notes


def _entry(part: MIMEPart, number: int) -> Entry:
    ending = mimetypes.guess_extension(part.get_content_type()) or ""
    if part.get_content_type() == "message/rfc822":
        ending = ".eml"
    name = _file_name(part) or f"attachment-{number}{ending}"
    if ending == ".eml" and not name.lower().endswith(".eml"):
        name += ".eml"
    return Entry(flat_name(name), lambda limit: _attached_bytes(part)[:limit])


def _attached_bytes(part: MIMEPart) -> bytes:
    if part.get_content_type() != "message/rfc822" or not part.is_multipart():
        return payload_of(part)
    inner: Any = part.get_payload(0)
    try:
        return inner.as_bytes()
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, KeyError) as error:
        raise FileFormatError(f"The attached message is damaged ({error}).") from None
