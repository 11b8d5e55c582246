"""Messages of Outlook (.msg)."""

import io
from collections.abc import Callable, Iterator
from typing import Any

from oxmsg import Message
from oxmsg.attachment import Attachment

from parsing.archives.members import Entry
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.mail.mail import body_blocks, flat_name, message_document
from parsing.mail.parts import better_text, plain_header

MAX_ATTACHMENTS = 10_000
MAX_RECIPIENTS = 100
ENCRYPTED_CLASSES = ("IPM.Note.SMIME", "IPM.Note.Secure")


def parse(data: bytes, source: str) -> ParsedDocument:
    """A message as a document. Raises `FileFormatError` when the file is damaged."""
    try:
        message = Message.load(io.BytesIO(data))
        headers = _headers(message)
        body = _body(message)
        attachments = list(message.attachments)[:MAX_ATTACHMENTS]
        date = message.sent_date.isoformat() if message.sent_date else None
        encrypted = str(message.message_class).startswith(ENCRYPTED_CLASSES)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the library has no exception of its own and raises all kinds
        raise FileFormatError(f"The file is damaged ({error or type(error).__name__}).") from None
    blocks, notes = _blocks(body, source)
    if encrypted and not blocks:
        notes.append("The message may be encrypted. Save a decrypted copy to read its text.")
    return message_document(headers, date, blocks, notes, _entries(attachments), source)


def _headers(message: Message) -> dict[str, str]:
    stated = {name.lower(): value for name, value in message.message_headers.items()}
    recipients = ", ".join(_person(recipient) for recipient in list(message.recipients)[:MAX_RECIPIENTS])
    headers = {
        "From": message.sender or stated.get("from", ""),
        "To": stated.get("to") or recipients,
        "Cc": stated.get("cc", ""),
        "Date": message.sent_date.strftime("%Y-%m-%d %H:%M") if message.sent_date else "",
        "Subject": message.subject or "",
    }
    return {name: plain_header(text) for name, text in headers.items() if text}


def _person(recipient: Any) -> str:
    name, address = recipient.name or "", recipient.email_address or ""
    return f"{name} <{address}>" if name and address and name != address else name or address


def _body(message: Message) -> tuple[str, bytes, str]:
    """The plain text or the page, whichever says more, with its media type, and a note on the other."""
    plain, page = ((text or "").encode("utf-8", "replace") for text in (message.body, message.html_body))
    is_plain, note = better_text(plain, page) if page.strip() else (True, "")
    return ("text/plain", plain, "") if is_plain else ("text/html", page, note)


def _blocks(body: tuple[str, bytes, str], source: str) -> tuple[list[Block], list[str]]:
    media_type, data, note = body
    blocks, notes = body_blocks(media_type, data, source) if data.strip() else ([], [])
    return blocks, [*notes, *([note] if note else [])]


def _entries(attachments: list[Attachment]) -> Iterator[Entry]:
    for number, attachment in enumerate(attachments, start=1):
        name = flat_name(attachment.file_name or f"attachment-{number}")
        yield Entry(name, _reader(attachment))


def _reader(attachment: Attachment) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        data = attachment.file_bytes if attachment.attached_by_value else None
        if data is None:
            raise FileFormatError(
                "It is a link or a message within the message. Save it as a file of its own."
            )
        return data[:limit]

    return read
