"""Passages of the user's documents to make questions of, and the words that are rare among them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

Connection = AsyncConnection[TupleRow]

# Enough to tell rare words from common ones.
SAMPLE = 2000
MIN_TOKENS = 25
WORD = re.compile(r"[^\W\d_]{4,30}")
# A word in more of the passages says little about one of them.
RARE_SHARE = 0.02


@dataclass(frozen=True)
class Passage:
    """A passage and where it is."""

    source: str
    title: str
    heading_path: list[str]
    content: str


@dataclass(frozen=True)
class Vocabulary:
    """In how many of the passages each word is, in small letters."""

    counts: Counter[str]
    passages: int

    def is_rare(self, word: str) -> bool:
        """Whether few passages have the word."""
        return 0 < self.counts[word.lower()] <= max(1, self.passages * RARE_SHARE)

    def rare_words(self, text: str) -> list[str]:
        """The rare words of a text, the rarest first, as they are written there."""
        found = dict.fromkeys(word for word in WORD.findall(text) if self.is_rare(word))
        return sorted(found, key=lambda word: self.counts[word.lower()])


async def sample_passages(connection: Connection, collection: str | None) -> list[Passage]:
    """Passages from all over the documents, always the same ones: first one of each document, then more."""
    async with connection.cursor(row_factory=class_row(Passage)) as cursor:
        await cursor.execute(
            """
            select source, title, heading_path, content
            from (
                select documents.source, documents.title, chunks.heading_path, chunks.content,
                       row_number() over (
                           partition by documents.id
                           order by hashtext(documents.source || ' ' || chunks.position), chunks.position
                       ) as turn
                from chunks
                join documents on documents.id = chunks.document_id
                where (%(collection)s::text is null or documents.collection = %(collection)s)
                  and chunks.token_count >= %(least)s
            ) as passages
            order by turn, hashtext(source), source
            limit %(limit)s
            """,
            {"collection": collection, "least": MIN_TOKENS, "limit": SAMPLE},
        )
        return await cursor.fetchall()


def vocabulary_of(passages: Sequence[Passage]) -> Vocabulary:
    """The words of the passages."""
    counts = Counter(
        word for passage in passages for word in {word.lower() for word in WORD.findall(passage.content)}
    )
    return Vocabulary(counts, len(passages))


async def words_nowhere(connection: Connection, words: Sequence[str]) -> set[str]:
    """Those of the words that no passage and no title holds."""
    rows = await connection.execute(
        """
        select word
        from unnest(%(words)s::text[]) as asked (word)
        where not exists (select 1 from chunks where position(lower(word) in lower(content)) > 0)
          and not exists (select 1 from documents where position(lower(word) in lower(title)) > 0)
        """,
        {"words": list(words)},
    )
    return {row[0] async for row in rows}
