"""What a filter can name: collections, metadata, and places of documents, of those that the caller may see.

Row-level security decides what is there; so one that is hidden and one that does not exist cannot be told
apart. Nothing here looks at documents one by one: names of metadata are kept (migration 0017), and places are
looked up in the index of sources.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.own_collections import OWN_TITLE

Connection = AsyncConnection[TupleRow]

# As many are listed as one reads at a glance.
FEW = 12
# Names that a wrong one is compared with.
MAX_COMPARED = 500
# Letters of a name that are repeated.
MAX_TOLD = 100
# How alike a name must be to be offered, 0 to 1.
ALIKE = 0.6
# Folders above a place that is not there that are looked for.
MAX_UP = 5
# Longer ones are not kept.
MAX_METADATA_NAME = 200

COLLECTIONS: LiteralString = "select name from collections order by name limit %(most)s"
IS_METADATA: LiteralString = """
    select exists (
        select
        from metadata_names
        where (%(collection)s::text is null or collection = %(collection)s) and name = %(name)s
    )
"""
METADATA: LiteralString = """
    select distinct name
    from metadata_names
    where %(collection)s::text is null or collection = %(collection)s
    order by name
    limit %(most)s
"""
# 0 follows the slash, so these are all places below a folder.
IS_PLACE: LiteralString = """
    select exists (
        select
        from documents
        where (%(collection)s::text is null or collection = %(collection)s)
          and (
              source = %(source)s
              or (source ~>=~ (%(source)s || '/') and source ~<~ (%(source)s || '0'))
          )
    )
"""
# The next place that does not lie below the one before, again and again: each is one look into the index.
PLACES_IN: LiteralString = """
    with recursive places (place, number) as (
        (
            select split_part(substr(source, length(%(folder)s) + 1), '/', 1), 1
            from documents
            where (%(collection)s::text is null or collection = %(collection)s)
              and source ~>=~ %(folder)s and (%(after)s::text is null or source ~<~ %(after)s)
            order by source using ~<~
            limit 1
        )
        union all
        select next.place, number + 1
        from places
        cross join lateral (
            select split_part(substr(source, length(%(folder)s) + 1), '/', 1) as place
            from documents
            where (%(collection)s::text is null or collection = %(collection)s)
              and source ~>=~ (%(folder)s || places.place || '0')
              and (%(after)s::text is null or source ~<~ %(after)s)
            order by source using ~<~
            limit 1
        ) as next
        where number < %(most)s
    )
    select place from places
"""


@dataclass(frozen=True)
class Named:
    """What a filter names: a collection as it is stored, names of metadata, a document or folder.

    `own` is how the caller's own collection is stored, which they know by another name.
    """

    collection: str | None = None
    metadata: Iterable[str] = ()
    source: str | None = None
    own: str | None = None


class UnknownFilterError(KnowledgeBaseError):
    """A filter names something that is not there, or not for this caller."""


async def check_names(connection: Connection, named: Named) -> None:
    """Return when all that a filter names is there, though it may let nothing through.

    Raises `UnknownFilterError`, which says what was probably meant, or what there is.
    """
    if named.collection is not None:
        await _check_collection(connection, named.collection, named.own)
    for name in named.metadata:
        await _check_metadata(connection, name, named)
    if named.source is not None:
        await _check_source(connection, named.source, named.collection)


async def _check_collection(connection: Connection, collection: str, own: str | None) -> None:
    there = "select exists (select from collections where name = %(name)s)"
    if await _is_true(connection, there, {"name": collection}):
        return
    names = await _names(connection, COLLECTIONS, {"most": MAX_COMPARED})
    shown = [OWN_TITLE if name == own else name for name in names]
    asked = OWN_TITLE if collection == own else collection
    meant = _meant(asked, shown) or "list_collections names those there are."
    # The name itself is not repeated: so this is the same for all that are hidden or not there.
    raise UnknownFilterError(f"collection: there is none of this name that you may search. {meant}")


async def _check_metadata(connection: Connection, name: str, named: Named) -> None:
    values = {"collection": named.collection, "name": name, "most": MAX_COMPARED}
    if len(name) > MAX_METADATA_NAME or await _is_true(connection, IS_METADATA, values):
        return
    names = await _names(connection, METADATA, values)
    where = "these documents have"
    if named.collection is not None:
        shown = OWN_TITLE if named.collection == named.own else named.collection
        where = f"the documents of {_quoted(shown)} have"
    meant = _meant(name, names) or "get_document shows the metadata of a document."
    raise UnknownFilterError(f"filters: none of {where} {_quoted(name)} among their metadata. {meant}")


async def _check_source(connection: Connection, source: str, collection: str | None) -> None:
    if await _is_place(connection, source, collection):
        return
    parts = source.split("/")
    depth = await _depth_that_is_there(connection, parts[:-1], collection)
    within = "".join(f"{part}/" for part in parts[:depth])
    values = {
        "collection": collection,
        "folder": within,
        "after": f"{within[:-1]}0" if within else None,
        "most": MAX_COMPARED,
    }
    places = await _names(connection, PLACES_IN, values)
    meant = _meant(parts[depth], places, within)
    raise UnknownFilterError(
        "source: there is no such document or folder that you may search. "
        f"{meant}{' ' if meant else ''}list_documents finds documents by words of their title or source."
    )


async def _depth_that_is_there(connection: Connection, folders: Sequence[str], collection: str | None) -> int:
    """How many of the folders there are, one in the other; of a long way only the end is looked at."""
    for depth in range(len(folders), max(len(folders) - MAX_UP, 0), -1):
        if await _is_place(connection, "/".join(folders[:depth]), collection):
            return depth
    return 0


async def _is_place(connection: Connection, source: str, collection: str | None) -> bool:
    return await _is_true(connection, IS_PLACE, {"source": source, "collection": collection})


async def _is_true(connection: Connection, statement: LiteralString, values: Mapping[str, object]) -> bool:
    row = await (await connection.execute(statement, values)).fetchone()
    return row is not None and row[0]


async def _names(connection: Connection, statement: LiteralString, values: Mapping[str, object]) -> list[str]:
    rows = await connection.execute(statement, values)
    return [row[0] for row in await rows.fetchall()]


def _meant(asked: str, names: Sequence[str], within: str = "") -> str:
    """What there is where that is little, else what was probably meant; empty where nothing is alike."""
    if not names:
        return "There is none."
    if len(names) <= FEW:
        return f"There are: {', '.join(_quoted(within + name) for name in names)}."
    by_letters = {name.casefold(): name for name in names}
    close = get_close_matches(asked.casefold(), by_letters, n=3, cutoff=ALIKE)
    meant = " or ".join(_quoted(within + by_letters[name]) for name in close)
    return f"Did you mean {meant}?" if meant else ""


def _quoted(name: str) -> str:
    """A name as data: quoted, on one line, and no longer than one reads."""
    return json.dumps(name if len(name) <= MAX_TOLD else f"{name[:MAX_TOLD]}…", ensure_ascii=False)
