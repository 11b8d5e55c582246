"""Where documents come from, as the knowledge base remembers it: folders, pages, sitemaps, texts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from ingest.errors import FolderNameReservedError, FolderNameTakenError
from knowledge_base.uploads import ADDED_BY

Connection = AsyncConnection[TupleRow]
# "files": a folder of which only single files were named.
Kind = Literal["folder", "files", "page", "sitemap", "text"]


@dataclass(frozen=True)
class Options:
    """What a run was told about an origin: patterns as in a `.gitignore`, and metadata for its documents."""

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


OPTIONS = TypeAdapter(Options)


@dataclass(frozen=True)
class Origin:
    """Where documents come from; a folder's `name` begins the source of every document in it.

    `place` is the folder's path or the address.
    """

    collection: str
    name: str
    place: str
    kind: Kind
    options: Options


async def folder_origin(
    connection: Connection,
    collection: str,
    path: Path,
    *,
    name: str | None,
    moved: bool,
    options: Options | None,
) -> Origin:
    """The folder that `path` belongs to: one that is known and holds it, else `path` itself or its parent.

    `moved` says that the folder known by the name is at `path` now. Raises `FolderNameTakenError` when the
    name stands for another folder, `FolderNameReservedError` when it is that of what clients add.
    """
    is_folder = await asyncio.to_thread(path.is_dir)
    if name is None:
        known = await _folder_around(connection, collection, path, is_folder=is_folder)
        if known is not None:
            return await remember(connection, collection, known.name, known.place, known.kind, options)
    path = path if is_folder else path.parent
    name = name or path.name or "root"
    known_as = await find_origin(connection, collection, name)
    if known_as is not None and known_as.place != str(path) and not moved:
        raise FolderNameTakenError(name, collection, known_as.place)
    if known_as is None and name.split("/")[0] == ADDED_BY:
        raise FolderNameReservedError(name)
    kind: Kind = "folder" if is_folder or (known_as and known_as.kind == "folder") else "files"
    return await remember(connection, collection, name, str(path), kind, options)


async def remember(
    connection: Connection, collection: str, name: str, place: str, kind: Kind, options: Options | None
) -> Origin:
    """The origin with these options, or with those of the last run where none are given now."""
    rows = await connection.execute(
        """
        insert into origins (collection, name, path, kind, options)
        values (%(collection)s, %(name)s, %(place)s, %(kind)s, coalesce(%(options)s, '{}'::jsonb))
        on conflict (collection, name) do update
        set path = excluded.path,
            kind = excluded.kind,
            options = coalesce(%(options)s, origins.options)
        returning options
        """,
        {
            "collection": collection,
            "name": name,
            "place": place,
            "kind": kind,
            "options": None if options is None else Jsonb(OPTIONS.dump_python(options, mode="json")),
        },
    )
    row = await rows.fetchone()
    assert row is not None
    return Origin(collection, name, place, kind, OPTIONS.validate_python(row[0]))


async def all_origins(connection: Connection, *, collection: str | None = None) -> list[Origin]:
    """Every origin that can be synced again (texts and single files cannot), by name."""
    rows = await connection.execute(
        """
        select collection, name, path, kind, options
        from origins
        where kind not in ('text', 'files') and (%(collection)s::text is null or collection = %(collection)s)
        order by collection, name
        """,
        {"collection": collection},
    )
    return [
        Origin(collection, name, place, cast("Kind", kind), OPTIONS.validate_python(options))
        async for collection, name, place, kind, options in rows
    ]


async def find_origin(connection: Connection, collection: str, name: str) -> Origin | None:
    """The origin of this name, if there is one."""
    rows = await connection.execute(
        """
        select path, kind, options from origins where collection = %(collection)s and name = %(name)s
        """,
        {"collection": collection, "name": name},
    )
    row = await rows.fetchone()
    return (
        None
        if row is None
        else Origin(collection, name, row[0], cast("Kind", row[1]), OPTIONS.validate_python(row[2]))
    )


async def mark_synced(connection: Connection, origin: Origin) -> None:
    """Remember that a sync of the whole origin has ended now."""
    await connection.execute(
        "update origins set synced_at = now() where collection = %(collection)s and name = %(name)s",
        {"collection": origin.collection, "name": origin.name},
    )


async def _folder_around(
    connection: Connection, collection: str, path: Path, *, is_folder: bool
) -> Origin | None:
    """The nearest known folder that holds the path; for a folder only one that was ingested as such."""
    rows = await connection.execute(
        """
        select name, path, kind, options
        from origins
        where collection = %(collection)s and kind in ('folder', 'files')
        order by length(path) desc
        """,
        {"collection": collection},
    )
    async for name, place, kind, options in rows:
        if path.is_relative_to(place) and (kind == "folder" or not is_folder):
            return Origin(collection, name, place, kind, OPTIONS.validate_python(options))
    return None
