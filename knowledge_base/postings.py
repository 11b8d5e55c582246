"""Vocabularies: whose words are indexed apart, in which language, and what waits to be indexed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.errors import LanguageUnknownError

Connection = AsyncConnection[TupleRow]
# Which vocabulary it is: a collection and a language.
Place = tuple[str, str]

DEFAULT_LANGUAGE = "english"
# Where Postgres knows no stems of a `language`, its words are taken as they are.
DICTIONARY: LiteralString = (
    "coalesce((select dictname::text from pg_ts_dict where dictname = language || '_stem'), 'simple')"
)


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
