"""What every parser returns: a document as blocks with their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "code", "table", "list"]


@dataclass(frozen=True)
class Block:
    """A paragraph, list, table or piece of code, as Markdown, with the headings above it.

    `page` counts from 1: the page of a PDF, the slide of a presentation.
    """

    text: str
    kind: Kind = "text"
    heading_path: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True)
class ParsedDocument:
    """A document: its title, its blocks in reading order and what it says of itself.

    `members` are documents of their own inside it (files of an archive, attachments of a message); `notes`
    are sentences about parts that could not be read.
    """

    title: str
    blocks: tuple[Block, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    members: tuple["Member", ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A document inside another: its path there, the SHA-256 of its bytes and what was read."""

    path: str
    media_type: str
    content_hash: bytes
    document: ParsedDocument
