"""Messages: the headers people read, the text, and the attachments as members."""

import mimetypes
from collections.abc import Iterable, Mapping
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any

from parsing import parse as parse_as
from parsing.archives.members import Entry, collect
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError, FileProblemError
from parsing.mail.parts import Content, content_of, file_name, leaves, payload_of, plain_header
from parsing.text import title_from

HEADERS = ("From", "To", "Cc", "Date", "Subject")
MAX_TITLE_LENGTH = 300
ENCRYPTED_TYPES = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
ENCRYPTED_TEXT = "-----BEGIN PGP MESSAGE-----"
ENCRYPTED = "The message is encrypted. Save a decrypted copy to read its text."
NO_MESSAGE = "This is not a mail message. Save it again from the mail program as .eml."


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
    content = Content() if encrypted else content_of(message)
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


def _iso_date(message: EmailMessage) -> str | None:
    try:
        date: datetime = parsedate_to_datetime(_raw_header(message, "Date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.isoformat()


def _body_blocks(texts: Iterable[tuple[str, bytes]], source: str) -> tuple[list[Block], list[str]]:
    blocks: list[Block] = []
    notes: list[str] = []
    for media_type, data in texts:
        more, problems = body_blocks(media_type, data, source)
        blocks += more
        notes += problems
    return blocks, notes


def _entry(part: MIMEPart, number: int) -> Entry:
    # Reports of delivery and the like have no ending, and are texts.
    text = part.get_content_type().startswith(("text/", "message/"))
    ending = mimetypes.guess_extension(part.get_content_type()) or (".txt" if text else "")
    if part.get_content_type() == "message/rfc822":
        ending = ".eml"
    name = file_name(part) or f"attachment-{number}{ending}"
    if ending == ".eml" and not name.lower().endswith(".eml"):
        name += ".eml"
    return Entry(flat_name(name), lambda limit: _attached_bytes(part)[:limit])


def _attached_bytes(part: MIMEPart) -> bytes:
    if not part.is_multipart():
        return payload_of(part)
    # A message, or the groups of headers that a report of delivery has.
    inner: Any = part.get_payload()
    try:
        return b"\n".join(message.as_bytes() for message in inner)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, KeyError) as error:
        raise FileFormatError(f"The attached message is damaged ({error}).") from None
