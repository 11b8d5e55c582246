"""The documents as a tree of folders: what is in one, or which places a glob means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row

from knowledge_base.globs import is_glob
from knowledge_base.search_filter import SearchFilter, condition_of

Connection = AsyncConnection[TupleRow]

# What comes after a name, its kind and its id: folders before the document that is called so.
Key = tuple[str, int]

# Of places below a folder the next part is what is in it; of a glob the whole places are.
ENTRIES: LiteralString = """
with below as (
    select id, collection, title, media_type, updated_at, substr(source, %(cut)s) as rest
    from documents
    where {condition} and (%(folder)s = '' or starts_with(source, %(folder)s || '/'))
),
entries as (
    select split_part(rest, '/', 1) || '/' as name, 0::bigint as document_id, ''::text as collection,
           ''::text as title, ''::text as media_type, count(*) as documents, max(updated_at) as updated_at
    from below
    where not %(whole)s and strpos(rest, '/') > 0
    group by 1
    union all
    select rest, id, collection, title, media_type, 1, updated_at
    from below
    where %(whole)s or strpos(rest, '/') = 0
),
page as (
    select *
    from entries
    where (name, document_id) > (%(name)s, %(id)s)
    order by name, document_id
    limit %(limit)s
)
select name, document_id, collection, title, media_type, documents::integer, updated_at,
       (
           select coalesce(sum(token_count), 0)::bigint
           from chunks
           where chunks.document_id = page.document_id
       ) as tokens
from page
order by name, document_id
"""


@dataclass(frozen=True)
class TreeEntry:
    """A folder, whose name ends with a slash and below which `documents` are, or a document, whose text has
    so many `tokens`.
    """

    name: str
    document_id: int
    collection: str
    title: str
    media_type: str
    documents: int
    updated_at: datetime
    tokens: int

    @property
    def key(self) -> Key:
        """By what entries are ordered."""
        return self.name, self.document_id


async def list_tree(
    connection: Connection, path: str, collection: str | None, *, after: Key | None, limit: int
) -> Sequence[TreeEntry]:
    """What is in a folder, or with a glob every document that it means, by name; '' is the top.

    A path that is no folder but a document gives that document.
    """
    folder = "" if is_glob(path) else path.strip("/")
    found = await _entries(connection, path, folder, collection, after, limit, whole=is_glob(path))
    if found or is_glob(path) or not folder or after is not None:
        return found
    return await _entries(connection, path.strip("/"), "", collection, None, limit, whole=True)


async def _entries(
    connection: Connection,
    path: str,
    folder: str,
    collection: str | None,
    after: Key | None,
    limit: int,
    *,
    whole: bool,
) -> Sequence[TreeEntry]:
    condition = condition_of(SearchFilter(collection, source=path if whole else None))
    values = {
        **condition.values,
        "cut": len(folder) + 2 if folder else 1,
        "folder": folder,
        "whole": whole,
        "name": after[0] if after else "",
        "id": after[1] if after else -1,
        "limit": limit,
    }
    async with connection.cursor(row_factory=class_row(TreeEntry)) as cursor:
        await cursor.execute(sql.SQL(ENTRIES).format(condition=condition.text), values)
        return await cursor.fetchall()
