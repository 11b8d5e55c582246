"""What a file holds and its readers do not see: counted by its kind, and said in notes of the document."""

import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from parsing.document import Block, ParsedDocument
from parsing.unseen_characters import seen_characters

Kind = Literal[
    "hidden text",
    "text in the colour of its background",
    "transparent text",
    "tiny text",
    "text off the page",
    "text that is clipped away",
    "text without paint",
    "text behind something else",
    "text on a layer that is off",
    "text that stands for other text",
    "cells that show nothing",
    "very hidden sheets",
]
# Scripts without spaces by their letters, others by their words.
WORD = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\\W_]+")


@dataclass
class Unseen:
    """How many words of each kind, and how many characters, were left out of a document."""

    words: Counter[str] = field(default_factory=Counter[str])
    characters: Counter[str] = field(default_factory=Counter[str])

    def notes(self) -> Iterator[str]:
        """A sentence for each kind, the same for words and for characters."""
        for counts, one, many in (
            (self.words, "word", "words"),
            (self.characters, "character", "characters"),
        ):
            for kind, count in counts.items():
                if count:
                    left_out = (
                        f"1 {one} that readers do not see was"
                        if count == 1
                        else f"{count:,} {many} that readers do not see were"
                    )
                    yield f"{left_out} left out: {kind}."


@contextmanager
def counting_unseen() -> Generator[Unseen]:
    """What `left_unseen` and `seen_only` leave out until the end."""
    unseen = Unseen()
    token = _COUNTED.set(unseen)
    try:
        yield unseen
    finally:
        _COUNTED.reset(token)


def left_unseen(kind: Kind, text: str) -> None:
    """Note a text that is left out because its readers do not see it."""
    unseen = _COUNTED.get()
    if unseen is not None:
        unseen.words[kind] += len(WORD.findall(text))


def seen_only(text: str) -> str:
    """The text without characters that nobody sees; those that can hide something are counted."""
    if text.isascii():
        return text
    unseen = _COUNTED.get()
    return seen_characters(text, unseen.characters if unseen else None)


def seen_document(document: ParsedDocument) -> ParsedDocument:
    """The document without such characters wherever a model reads it: titles, headings, metadata, notes."""
    return replace(
        document,
        title=seen_only(document.title),
        blocks=tuple(map(_seen_block, document.blocks)),
        metadata=_seen_value(document.metadata),
        notes=tuple(map(seen_only, document.notes)),
        members=tuple(replace(one, path=seen_only(one.path)) for one in document.members),
    )


def _seen_block(block: Block) -> Block:
    text, path = seen_only(block.text), tuple(map(seen_only, block.heading_path))
    return (
        block
        if text is block.text and path == block.heading_path
        else replace(block, text=text, heading_path=path)
    )


def _seen_value(value: Any) -> Any:
    match value:
        case str():
            return seen_only(value)
        case dict():
            return {_seen_value(key): _seen_value(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list() | tuple():
            return [_seen_value(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


# Parsers meet such texts in many places, and none of them hands a counter down.
_COUNTED: ContextVar[Unseen | None] = ContextVar("unseen", default=None)
