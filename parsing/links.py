"""How links are written: their words, then the address in parentheses, so that it can be found and quoted."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

# Longer addresses are for programs: sessions, tracking.
MAX_ADDRESS_LENGTH = 2_000
IN_PARENTHESES = re.compile(r"[ \t]?\(https?://[^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200}){0,3}\)")
WRITTEN = re.compile(r"(?:https?://|mailto:)[^\s<>\x00-\x1f\ue000]+", re.IGNORECASE)


def linked(words: str, target: str) -> str:
    """The words of a link with its address, unless they are the address or it is none for readers."""
    address = readable_address(target)
    if not address or not words.strip():
        return words
    return words if _bare(address) in _bare(words) else f"{words} ({address})"


def readable_address(target: str) -> str:
    """An address of the web or of mail, bounded in length; empty for places in a document and all else."""
    target = target.strip()
    if not WRITTEN.fullmatch(target):
        return ""
    if len(target) > MAX_ADDRESS_LENGTH:
        long_address(target)
        return ""
    if target.lower().startswith("mailto:"):
        return target[len("mailto:") :].partition("?")[0]
    return target


@dataclass
class LongAddresses:
    """The addresses of a document that are too long to be written behind words."""

    found: set[int] = field(default_factory=set[int])

    def notes(self) -> tuple[str, ...]:
        """How many there were, if any."""
        count = len(self.found)
        return (f"links with more than {MAX_ADDRESS_LENGTH:,} characters: {count} left out",) if count else ()


@contextmanager
def counting_long_addresses() -> Generator[LongAddresses]:
    """Count what is too long while one document is read; those within it count their own."""
    counted = LongAddresses()
    token = _COUNTED.set(counted)
    try:
        yield counted
    finally:
        _COUNTED.reset(token)


def long_address(target: str) -> None:
    """Note an address that is too long, however often it is looked at."""
    counted = _COUNTED.get()
    if counted is not None:
        counted.found.add(hash(target))


def without_addresses(text: str) -> str:
    """The text without the addresses behind the words of links: what a search for meaning is about."""
    return IN_PARENTHESES.sub("", text) if "://" in text else text


def addresses_in(text: str) -> str:
    """What `without_addresses` leaves out of a text."""
    return "".join(IN_PARENTHESES.findall(text)) if "://" in text else ""


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://|mailto:)(?:www\.)?", "", address.strip().lower()).rstrip("/")


# Parsers ask for addresses in many places, and none of them hands a counter down.
_COUNTED: ContextVar[LongAddresses | None] = ContextVar("counted", default=None)
