"""What the index of words knows of a question: its words, some around it, and those that were mistyped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge_base.known_words import corrections, rarest
from knowledge_base.lexemes import words
from knowledge_base.posting_lists import AskedWords, Lists, asked_words, read_lists
from knowledge_base.postings import Connection


@dataclass(frozen=True)
class Asking:
    """How the index is asked: in a collection; up to so many passages are listed, and so many postings read
    at first (None: as many as usual); with the lists of some labels.
    """

    collection: str | None
    most_listed: int
    most_read: int | None
    labels: Sequence[int]


@dataclass(frozen=True)
class QuestionWords:
    """A question's text, with the words that were `corrected`; its words, and their lists."""

    text: str
    asked: AskedWords
    lists: Lists
    corrected: Mapping[str, str]


async def words_of_question(connection: Connection, text: str, context: str, how: Asking) -> QuestionWords:
    """The words of a text and the rarest of its context; for words no passage has, those they were to be."""
    asked, lists = await _read(connection, text, context, how)
    corrected = await corrections(connection, asked, lists, how.collection)
    if corrected:
        text = _with_corrections(text, corrected)
        asked, lists = await _read(connection, text, context, how)
    return QuestionWords(text, asked, lists, corrected)


async def _read(connection: Connection, text: str, context: str, how: Asking) -> tuple[AskedWords, Lists]:
    found = set(words(text))
    if context and found:
        found.update(await rarest(connection, words(context), how.collection))
    asked = await asked_words(connection, sorted(found), how.collection)
    return asked, await read_lists(
        connection,
        asked,
        how.collection,
        most_listed=how.most_listed,
        most_read=how.most_read,
        labels=how.labels,
    )


def _with_corrections(text: str, corrected: Mapping[str, str]) -> str:
    mistyped = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in corrected), re.IGNORECASE)
    return mistyped.sub(lambda found: corrected.get(found[0].lower(), found[0]), text)
