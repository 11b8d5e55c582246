"""What the index of words knows of a question: its words, some around it, and those that were mistyped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge_base.asked_words import AskedWords, asked_words
from knowledge_base.known_words import corrections, rarest
from knowledge_base.lexemes import words
from knowledge_base.posting_lists import Asking, Lists, read_lists
from knowledge_base.postings import Connection


@dataclass(frozen=True)
class QuestionWords:
    """A question's text, with the words that were `corrected`; its words, and their lists."""

    text: str
    asked: AskedWords
    lists: Lists
    corrected: Mapping[str, str] = field(default_factory=dict[str, str])


async def words_to_ask(
    connection: Connection, text: str, context: str, collection: str | None
) -> Sequence[str]:
    """The words of a text, and the rarest of its context."""
    found = set(words(text))
    if context and found:
        found.update(await rarest(connection, words(context), collection))
    return sorted(found)


async def corrected_words(
    connection: Connection, said: QuestionWords, context: str, how: Asking
) -> QuestionWords:
    """The same, but for words that no passage has those that they were to be."""
    corrected = await corrections(connection, said.asked, said.lists, how.collection)
    if not corrected:
        return said
    text = _with_corrections(said.text, corrected)
    found = await words_to_ask(connection, text, context, how.collection)
    asked = await asked_words(connection, found, how.collection)
    lists = await read_lists(connection, asked, how)
    return QuestionWords(text, asked, lists, corrected)


def _with_corrections(text: str, corrected: Mapping[str, str]) -> str:
    mistyped = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in corrected), re.IGNORECASE)
    return mistyped.sub(lambda found: corrected.get(found[0].lower(), found[0]), text)
