"""What every parser returns: a document as blocks with their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "code", "table", "list"]


@dataclass(frozen=True)
class Block:
    """A paragraph, list, table or piece of code, as Markdown, with the headings above it."""

    text: str
    kind: Kind = "text"
    heading_path: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True)
class ParsedDocument:
    """A document: its title, its blocks in reading order and what it says of itself."""

    title: str
    blocks: tuple[Block, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
