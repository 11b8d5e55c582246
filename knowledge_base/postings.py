"""What keyword search knows of a passage: which words it holds, and how much each says there (BM25).

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). The part of the formula
that belongs to the passage is stored; how rare a word is, is known only when it is asked for.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.errors import LanguageUnknownError
from knowledge_base.lexemes import with_folded, words
from knowledge_base.spelling import folded
from knowledge_base.word_codes import K1

Connection = AsyncConnection[TupleRow]
# Which vocabulary it is: a collection and a language.
Place = tuple[str, str]

# How much long passages are held back.
B = 0.6
# Words of an ordinary passage; the measured mean changes with every document, and hardly matters.
ORDINARY_LENGTH = 90
# A word in the title or a heading counts like so many in the text.
CONTEXT_WEIGHT = 0.5
DEFAULT_LANGUAGE = "english"
# Where Postgres knows no stems of a `language`, its words are taken as they are.
DICTIONARY: LiteralString = (
    "coalesce((select dictname::text from pg_ts_dict where dictname = language || '_stem'), 'simple')"
)
STEMS: LiteralString = f"""
with given as materialized (
    select {DICTIONARY} as dictionary from (values (%(language)s::text)) as given (language)
)
select word, (ts_lexize(dictionary::regdictionary, word))[1]
from given
cross join unnest(%(words)s::text[]) as word
"""  # noqa: S608 - a constant


@dataclass(frozen=True)
class PassageText:
    """What is indexed of a passage: its text, and the title and headings above it."""

    context: str
    content: str


@dataclass(frozen=True)
class CollectionLanguage:
    """The language of a collection's documents: of all (`fixed`), or of those that do not show theirs."""

    name: str = DEFAULT_LANGUAGE
    fixed: bool = False

    def of(self, detected: str | None) -> str:
        """The language of a document in which this one was detected, or None."""
        return self.name if self.fixed or detected is None else detected


async def languages_of(connection: Connection, collections: Collection[str]) -> dict[str, CollectionLanguage]:
    """The language of each collection; in a new one documents that show none are taken for English."""
    rows = await connection.execute(
        "select name, language, language_is_fixed from collections where name = any(%(names)s)",
        {"names": list(collections)},
    )
    known = {name: CollectionLanguage(language, fixed) async for name, language, fixed in rows}
    return {name: known.get(name, CollectionLanguage()) for name in collections}


async def remember_collections(connection: Connection, collections: Collection[str]) -> None:
    """Give new collections their language: search asks in those that are remembered."""
    await connection.execute(
        """
        insert into collections (name, language)
        select unnest(%(names)s::text[]), %(language)s
        on conflict do nothing
        """,
        {"names": sorted(collections), "language": DEFAULT_LANGUAGE},
    )


async def set_language(connection: Connection, collection: str, language: str) -> None:
    """Say which language all of a collection's documents are in. Raises `LanguageUnknownError`.

    Its documents have to be stored again, which the next run over each of their folders does.
    """
    rows = await connection.execute(
        r"""
        select coalesce(array_agg(substring(dictname from '^(.*)_stem$') order by dictname), '{}')
        from pg_ts_dict
        where dictname like '%%\_stem'
        """
    )
    row = await rows.fetchone()
    known: list[str] = ["simple", *(row[0] if row else ())]
    if language not in known:
        raise LanguageUnknownError(language, known)
    await connection.execute(
        """
        insert into collections (name, language, language_is_fixed) values (%(name)s, %(language)s, true)
        on conflict (name) do update set language = excluded.language, language_is_fixed = true
        """,
        {"name": collection, "language": language},
    )


async def impacts(
    connection: Connection, language: str, passages: Sequence[PassageText]
) -> list[dict[str, float]]:
    """The lexemes of every passage with their impact; stop words are left out."""
    counted = [(words(passage.content), words(passage.context)) for passage in passages]
    stems = await _stems(
        connection, language, sorted(with_folded(word for pair in counted for part in pair for word in part))
    )
    return [_impacts(_stemmed(content, stems), _stemmed(context, stems)) for content, context in counted]


async def vocabularies_of(connection: Connection, wanted: Collection[Place]) -> dict[Place, int]:
    """The ids of the vocabularies of collections and languages, made where missing."""
    values = {"collections": [place[0] for place in wanted], "languages": [place[1] for place in wanted]}
    await connection.execute(
        """
        insert into vocabularies (collection, language)
        select distinct collection, language
        from unnest(%(collections)s::text[], %(languages)s::text[]) as given (collection, language)
        where not exists (
            select
            from vocabularies as known
            where (known.collection, known.language) = (given.collection, given.language)
        )
        order by collection, language
        on conflict do nothing
        """,
        values,
    )
    rows = await connection.execute(
        """
        select collection, language, id
        from unnest(%(collections)s::text[], %(languages)s::text[]) as given (collection, language)
        join vocabularies using (collection, language)
        """,
        values,
    )
    return {(collection, language): number async for collection, language, number in rows}


async def copy_pending(
    connection: Connection, vocabulary_ids: Mapping[int, int], coded: Mapping[int, bytes]
) -> None:
    """Note that passages came, with their words (see `word_codes`) and their vocabularies, by their ids."""
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy pending_postings (chunk_id, vocabulary_id, added, lexemes) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["int8", "int4", "bool", "bytea"])
        for chunk_id, words_of_it in coded.items():
            await copy.write_row((chunk_id, vocabulary_ids[chunk_id], True, words_of_it))


async def _stems(connection: Connection, language: str, found: Sequence[str]) -> dict[str, str]:
    """The stem of each word that is none of the language's stop words."""
    rows = await connection.execute(STEMS, {"language": language, "words": list(found)})
    return {word: stem async for word, stem in rows if stem}


def lexemes_of(word: str, stems: Mapping[str, str]) -> set[str]:
    """What a word is found by: its stem, and with accents that of its plain form; none of a stop word."""
    return {stems[form] for form in (word, folded(word)) if form in stems} if word in stems else set()


def _stemmed(found: Counter[str], stems: Mapping[str, str]) -> Counter[str]:
    result: Counter[str] = Counter()
    for word, count in found.items():
        for lexeme in lexemes_of(word, stems):
            result[lexeme] += count
    return result


def _impacts(content: Counter[str], context: Counter[str]) -> dict[str, float]:
    norm = K1 * (1 - B + B * content.total() / ORDINARY_LENGTH)
    weights = {lexeme: content[lexeme] + CONTEXT_WEIGHT * context[lexeme] for lexeme in content | context}
    return {lexeme: weight * (K1 + 1) / (weight + norm) for lexeme, weight in weights.items()}
