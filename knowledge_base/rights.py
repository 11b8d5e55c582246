"""Rights on collections: what was granted to whom, for those who administer them.

What they open to a caller is found by Postgres, in `migrations/0015_rights.sql`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.collection_list import Right
from knowledge_base.errors import CollectionNotFoundError, OwnCollectionError, RightNotFoundError
from knowledge_base.groups import MAX_USER_CHARACTERS, check_group, check_name
from knowledge_base.names_apart import check_apart, check_people

Connection = AsyncConnection[TupleRow]
SubjectKind = Literal["everyone", "group", "user"]
Usual = Literal["nobody", "read", "add"]


@dataclass(frozen=True)
class Subject:
    """To whom a right is granted: a group or a person by name, or everyone who gets in (without a name)."""

    kind: SubjectKind
    name: str = ""

    def __str__(self) -> str:
        return {"everyone": "everyone", "group": f"the group {self.name}", "user": self.name}[self.kind]


@dataclass(frozen=True)
class Grant:
    """A right, and who has it; each right holds the ones before it: read, add, manage."""

    subject: Subject
    right: Right


@dataclass(frozen=True)
class CollectionRights:
    """A collection, how much it holds, and what was granted. `owner`: the person whose own one it is."""

    name: str
    owner: str | None
    documents: int
    chunks: int
    changed_at: datetime | None
    grants: Sequence[Grant]


async def list_rights(connection: Connection, *, collection: str | None = None) -> list[CollectionRights]:
    """All collections by name, or one. Raises `CollectionNotFoundError` where that one does not exist."""
    rows = await connection.execute(
        """
        select name, user_id, documents, chunks, changed_at,
               (
                   select coalesce(
                       jsonb_agg(jsonb_build_array(subject_kind, subject, granted)
                                 order by subject_kind, subject), '[]')
                   from collection_rights
                   where collection = name
               )
        from collection_sizes(%(collection)s)
        """,
        {"collection": collection},
    )
    found = [
        CollectionRights(name, owner, documents, chunks, changed_at, _grants(grants))
        async for name, owner, documents, chunks, changed_at, grants in rows
    ]
    if collection is not None and not found:
        raise CollectionNotFoundError(collection)
    return found


async def grant(
    connection: Connection, collection: str, subject: Subject, right: Right, *, make: bool = False
) -> None:
    """Let somebody do this in a collection, in place of what they could before.

    With `make` a collection that does not exist is made, open to nobody else. Raises
    `CollectionNotFoundError`, `GroupNotFoundError`, `NameRefusedError`, `NameTooCloseError`, and
    `OwnCollectionError` for that of one person.
    """
    if subject.kind == "group":
        await check_group(connection, subject.name)
    elif subject.kind == "user":
        check_name("person", subject.name, MAX_USER_CHARACTERS)
        await check_people(connection, [subject.name])
    if make:
        check_name("collection", collection)
        # What administrators know of collections: row-level security shows them none of the rows.
        known = await connection.execute("select name from collection_sizes(null)")
        check_apart("collection", [collection], [name async for (name,) in known])
        await connection.execute("select make_closed_collection(%(name)s)", {"name": collection})
    await _check_shared(connection, collection)
    try:
        await connection.execute(
            """
            insert into collection_rights (collection, subject_kind, subject, granted)
            values (%(collection)s, %(kind)s, %(subject)s, %(right)s)
            on conflict (collection, subject_kind, subject) do update set granted = excluded.granted
            """,
            _values(collection, subject) | {"right": right},
        )
    except psycopg.errors.ForeignKeyViolation:
        # It went this very moment.
        raise CollectionNotFoundError(collection) from None


async def revoke(connection: Connection, collection: str, subject: Subject) -> None:
    """Take what was granted to somebody in a collection; what they have as everybody or in a group stays.

    Raises `CollectionNotFoundError`, `OwnCollectionError`, and `RightNotFoundError` where there is nothing.
    """
    await _check_shared(connection, collection)
    taken = await connection.execute(
        """
        delete from collection_rights
        where collection = %(collection)s and subject_kind = %(kind)s and subject = %(subject)s
        """,
        _values(collection, subject),
    )
    if taken.rowcount == 0:
        raise RightNotFoundError(collection, str(subject))


async def usual_right(connection: Connection) -> Usual:
    """What everyone may do in a collection that is new."""
    rows = await connection.execute("select everyone from new_collections")
    row = await rows.fetchone()
    return "read" if row is None else row[0]


async def set_usual_right(connection: Connection, everyone: Usual) -> None:
    """Say what everyone may do in collections that come from now on."""
    await connection.execute(
        """
        insert into new_collections (everyone) values (%(everyone)s)
        on conflict (one) do update set everyone = excluded.everyone
        """,
        {"everyone": everyone},
    )


async def _check_shared(connection: Connection, collection: str) -> None:
    rows = await connection.execute("select user_id from collection_sizes(%(name)s)", {"name": collection})
    row = await rows.fetchone()
    if row is None:
        raise CollectionNotFoundError(collection)
    if row[0] is not None:
        raise OwnCollectionError(collection)


def _grants(told: Sequence[Sequence[Any]]) -> list[Grant]:
    return [Grant(Subject(kind, name), cast("Right", right)) for kind, name, right in told]


def _values(collection: str, subject: Subject) -> dict[str, str]:
    return {"collection": collection, "kind": subject.kind, "subject": subject.name}
