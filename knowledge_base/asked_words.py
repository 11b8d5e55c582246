"""The words of a question as the index has them: their lexemes, in every language that is searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import LiteralString

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from knowledge_base.lexemes import with_folded
from knowledge_base.postings import DICTIONARY, Connection
from knowledge_base.spelling import folded
from knowledge_base.word_codes import key_of


@dataclass(frozen=True)
class AskedWords:
    """The question's words: each with its lexeme, in every language that is searched, and which lexemes are
    letters and digits only, and no accents.
    """

    lexemes: Mapping[str, Mapping[str, str]]
    plain: frozenset[str]

    @cached_property
    def keys(self) -> dict[str, int]:
        """The lexemes with their keys in the index."""
        return {lexeme: key_of(lexeme) for words in self.lexemes.values() for lexeme in words.values()}


# The lexemes of some words with their keys, as tables for other statements.
KEYED: LiteralString = f"""
languages as materialized (
    select language, {DICTIONARY} as dictionary
    from (
        select distinct language
        from vocabularies
        where %(collection)s::text is null or collection = %(collection)s
    ) as there
),
asked as materialized (
    select language, word, (ts_lexize(dictionary::regdictionary, word))[1] as lexeme
    from languages
    cross join unnest(string_to_array(%(words)s, ' ')) as word
),
keyed as materialized (
    select *, ('x' || encode(substr(sha256(convert_to(lexeme, 'UTF8')), 1, 6), 'hex'))::bit(48)::bigint as key
    from asked
    where lexeme is not null
)
"""  # noqa: S608 - a constant
LEXEMES: LiteralString = f"""
with {KEYED}
select language, word, lexeme, lexeme !~ '[^[:alnum:]]' from keyed
"""  # noqa: S608 - a constant
# Of hundreds of words only those that a list has. What is not in the lists yet may have any.
LISTED: LiteralString = f"""
with {KEYED},
listed as materialized (
    select lexeme as key from postings where lexeme = any (array(select key from keyed))
)
select language, word, lexeme, lexeme !~ '[^[:alnum:]]'
from keyed
where key in (select key from listed) or exists (select from pending_postings)
"""  # noqa: S608 - a constant


async def asked_words(
    connection: Connection, words: Sequence[str], collection: str | None, *, listed: bool = False
) -> AskedWords:
    """The lexemes of a question's words, and of these without accents, in the languages that are searched.

    `listed`: only lexemes that a passage may have which the caller may see.
    """
    return await words_of(await ask_words(connection, words, collection, listed=listed), words)


async def ask_words(
    connection: Connection, words: Sequence[str], collection: str | None, *, listed: bool = False
) -> AsyncCursor[TupleRow] | None:
    """Ask as `asked_words` does; in a pipeline nobody waits for the answer yet."""
    if not words:
        return None
    values = {"words": forms_of(words), "collection": collection}
    return await connection.execute(LISTED if listed else LEXEMES, values, prepare=True)


def forms_of(words: Sequence[str]) -> str:
    """The words that are asked for: these, and each without its accents.

    In one text: no word has a space, and the driver would look at each of them.
    """
    return " ".join(sorted(with_folded(words)))


async def words_of(asked: AsyncCursor[TupleRow] | None, words: Sequence[str]) -> AskedWords:
    """The lexemes of these words that were asked for."""
    found = [] if asked is None else await asked.fetchall()
    by_language: dict[str, dict[str, str]] = {}
    for language, word, lexeme, _ in found:
        by_language.setdefault(language, {})[word] = lexeme
    for stems in by_language.values():
        # The plain form of a word that says nothing says nothing either.
        for plain in {folded(word) for word in words if word not in stems} - set(words):
            stems.pop(plain, None)
    return AskedWords(
        by_language, frozenset(lexeme for _, word, lexeme, plain in found if plain and word == folded(word))
    )
