"""Pages saved in one file (MHTML): the page itself."""

from collections import Counter
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.message import MIMEPart
from email.parser import BytesParser

from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.html.html import parse_page
from parsing.mail.parts import leaves, payload_of

NO_PAGE = "There is no page in the file. Save it again from the browser."


def parse(data: bytes, source: str) -> ParsedDocument:
    """The page as any other; frames in it are counted. Raises `FileFormatError` when there is none."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        parts = leaves(message)
        page = next(
            part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")
        )
        base = str(page.get("Content-Location") or message.get("Snapshot-Content-Location") or "")
    except StopIteration:
        raise FileFormatError(NO_PAGE) from None
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise FileFormatError(f"The file is damaged ({error}).") from None
    document = parse_page(payload_of(page), source, base.strip())
    notes = (*document.notes, *_left_out(parts, page))
    return ParsedDocument(document.title, document.blocks, document.metadata, notes=notes)


def _left_out(parts: list[MIMEPart], page: MIMEPart) -> Iterator[str]:
    """What may hold words besides the page: frames and pictures."""
    kinds = Counter(part.get_content_type() for part in parts if part is not page)
    frames = kinds["text/html"]
    pictures = sum(count for kind, count in kinds.items() if kind.startswith("image/"))
    for name, count in (("frames", frames), ("pictures", pictures)):
        if count:
            yield f"{name}: {count} left out"
