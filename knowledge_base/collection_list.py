"""The collections that a caller sees, with their sizes and what the caller may do there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.own_collections import OWN_TITLE

Connection = AsyncConnection[TupleRow]
# Each holds the ones before it.
Right = Literal["read", "add", "manage"]


@dataclass(frozen=True)
class Collection:
    """A collection, how much it holds, and when one of its documents changed last.

    `language` is that of documents that show none; `languages` are those there are, the most frequent first.
    `right` is the caller's greatest one there, `own` says that it is theirs alone.
    """

    name: str
    language: str
    languages: list[str]
    documents: int
    chunks: int
    changed_at: datetime | None
    right: Right
    own: bool


async def list_collections(
    connection: Connection, *, prefix: str = "", after: str | None = None, limit: int, own: str | None = None
) -> list[Collection]:
    """Up to `limit` collections by name: those that begin with `prefix` and come after `after`.

    The one that is stored as `own` has the name `OWN_TITLE`.
    """
    async with connection.cursor(row_factory=class_row(Collection)) as cursor:
        await cursor.execute(
            """
            select shown as name, language, coalesce(languages, '{}') as languages,
                   coalesce(documents, 0) as documents, coalesce(chunks, 0) as chunks, changed_at,
                   right_of_caller(name) as right, name is not distinct from %(own)s as own
            from collections
            cross join lateral (
                select case when name = %(own)s then %(title)s::text else name end as shown
            ) as called
            left join (
                select collection, sum(documents)::bigint as documents, sum(chunks)::bigint as chunks,
                       max(changed_at) as changed_at,
                       array_agg(language order by documents desc, language)
                           filter (where language is not null) as languages
                from (
                    select collection, language, count(*) as documents, sum(chunk_count) as chunks,
                           max(updated_at) as changed_at
                    from documents
                    group by collection, language
                ) as by_language
                group by collection
            ) as held on held.collection = name
            where starts_with(shown, %(prefix)s) and (%(after)s::text is null or shown > %(after)s)
            order by shown
            limit %(limit)s
            """,
            {"prefix": prefix, "after": after, "limit": limit, "own": own, "title": OWN_TITLE},
        )
        return await cursor.fetchall()
