"""Which part of a document's words arrives in its passages, in their order."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from ingest.reading.chunking import Chunk, chunk
from parsing import parse
from tests.fidelity.made_documents import Made

MAX_TOKENS = 250
# Scripts without spaces by their letters, others by their words.
WORD = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|(?:[^\\W_]|[\u200c\u0900-\u097f])+"
)


def fidelity(made: Made) -> float:
    """The part of the words, from 0 to 1."""
    wanted, found = words_of(made.words), words_of("\n".join(_read(made)))
    matcher = SequenceMatcher(None, wanted, found, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(wanted)


def words_of(text: str) -> list[str]:
    """The words of a text, without the marks around them."""
    return WORD.findall(text)


def _read(made: Made) -> Iterator[str]:
    document = parse(made.media_type, made.data, made.file)
    for part in (document, *(member.document for member in document.members)):
        before: tuple[str, ...] = ()
        yield part.title
        for passage in chunk(part, _count, max_tokens=MAX_TOKENS):
            yield from _headings(before, passage)
            yield passage.content
            before = passage.heading_path


def _headings(before: tuple[str, ...], passage: Chunk) -> Iterator[str]:
    """Those the passage stands below and the one before it did not."""
    for level, heading in enumerate(passage.heading_path):
        if before[: level + 1] != passage.heading_path[: level + 1]:
            yield heading


def _count(text: str) -> int:
    return len(words_of(text)) + 2
