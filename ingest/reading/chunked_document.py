"""What is read from a file: a document cut into chunks, as the parser's process hands it over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from ingest.reading.chunking import Chunk
from knowledge_base.postings import CollectionLanguage
from parsing import ocr

# Longer passages say too many things at once, however much a model may read.
MAX_CHUNK_TOKENS = 250
# What a model's query or passage prompt may take of its tokens.
ROOM_FOR_PROMPT = 6
# Changes with parsing, chunking, or what is stored of a passage: documents of an older version are made anew.
VERSION = 11


def chunk_tokens(model_tokens: int) -> int:
    """Tokens a chunk may have for a model that reads `model_tokens`, which cuts the rest off silently."""
    return min(MAX_CHUNK_TOKENS, model_tokens - ROOM_FOR_PROMPT)


def recipe(model_tokens: int, language: CollectionLanguage) -> str:
    """How documents of a collection are made now, for a model that reads `model_tokens` tokens.

    Scanned pages are read, once the extra for it is installed: then what was stored without it is read again.
    """
    name = language.name if language.fixed else f"{language.name}?"
    return f"{VERSION}/{chunk_tokens(model_tokens)}/{name}" + ("/ocr" if ocr.available() else "")


@dataclass(frozen=True)
class ChunkedDocument:
    """A document and those inside it (`members`, one level); `content_hash` is a SHA-256 in hex.

    `path` is the place inside the file, empty for the file itself; `language` is None where it is not sure.
    """

    path: str
    title: str
    media_type: str
    content_hash: str
    metadata: Mapping[str, Any]
    notes: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    members: "tuple[ChunkedDocument, ...]" = ()
    language: str | None = None

    @property
    def documents(self) -> "tuple[ChunkedDocument, ...]":
        """The document and its members."""
        return (self, *self.members)

    @property
    def chunk_count(self) -> int:
        """Chunks of all documents."""
        return sum(len(document.chunks) for document in self.documents)


@dataclass(frozen=True)
class ReadRequest:
    """A file to read; its media type where it is known from elsewhere than its name."""

    path: str
    source: str
    media_type: str | None = None


REQUESTS = TypeAdapter(ReadRequest)
DOCUMENTS = TypeAdapter(ChunkedDocument)
