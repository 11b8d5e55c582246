"""Groups of people: made here, or named by an identity provider when somebody signs in."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.errors import GroupNotFoundError, NameRefusedError, NameTooCloseError
from knowledge_base.names_apart import check_apart, check_people

logger = logging.getLogger("knowledge_base")

Connection = AsyncConnection[TupleRow]
Origin = Literal["local", "claim"]

MAX_NAME_CHARACTERS = 100
MAX_USER_CHARACTERS = 500
# Identity providers may know thousands; what is beyond is left out, in the order of the claim.
MAX_GROUPS_OF_A_PERSON = 500


@dataclass(frozen=True)
class Group:
    """A group with the people that are in it because somebody here said so, and by the claim of a login."""

    name: str
    members: Sequence[str]
    members_by_claim: Sequence[str]


async def list_groups(connection: Connection) -> list[Group]:
    """All groups by name."""
    async with connection.cursor(row_factory=class_row(Group)) as cursor:
        await cursor.execute(
            """
            select name,
                   coalesce(array_agg(user_id order by user_id) filter (where origin = 'local'), '{}')
                       as members,
                   coalesce(array_agg(user_id order by user_id) filter (where origin = 'claim'), '{}')
                       as members_by_claim
            from groups
            left join group_members on group_name = name
            group by name
            order by name
            """
        )
        return await cursor.fetchall()


async def add_members(connection: Connection, name: str, users: Sequence[str] = ()) -> None:
    """Make the group where there is none, and put people into it.

    Raises `NameRefusedError`, `NameTooCloseError`.
    """
    for user in users:
        check_name("person", user, MAX_USER_CHARACTERS)
    await check_people(connection, users)
    await _make(connection, [name])
    await _insert(connection, [name], users, "local")


async def remove_members(connection: Connection, name: str, users: Sequence[str]) -> None:
    """Take people out of a group; a claim puts them back when they sign in. Raises `GroupNotFoundError`."""
    await _check_known(connection, name)
    await connection.execute(
        "delete from group_members where group_name = %(name)s and user_id = any(%(users)s)",
        {"name": name, "users": list(users)},
    )


async def set_members(connection: Connection, name: str, users: Sequence[str]) -> None:
    """Make the group where there is none; of those whom somebody here put into it only `users` stay.

    Raises `NameRefusedError`, `NameTooCloseError`.
    """
    await add_members(connection, name, users)
    await connection.execute(
        """
        delete from group_members
        where group_name = %(name)s and origin = 'local' and not user_id = any(%(users)s)
        """,
        {"name": name, "users": list(users)},
    )


async def delete_group(connection: Connection, name: str) -> None:
    """Remove a group with the rights that it has. Raises `GroupNotFoundError`."""
    await _check_known(connection, name)
    await connection.execute(
        "delete from collection_rights where subject_kind = 'group' and subject = %(name)s", {"name": name}
    )
    await connection.execute("delete from groups where name = %(name)s", {"name": name})


async def sync_groups(connection: Connection, user: str, claimed: Sequence[str]) -> list[str]:
    """Let a person be in the groups that their login has named just now, and in no others by such a claim.

    Groups that are new are made. Returns the groups; names that cannot be kept, or that differ from another
    only in case, and more than `MAX_GROUPS_OF_A_PERSON`, are left out. Raises `NameRefusedError` for the
    person.
    """
    check_name("person", user, MAX_USER_CHARACTERS)
    named = [name for name in dict.fromkeys(claimed) if _is_name(name, MAX_NAME_CHARACTERS)]
    named = await _apart(connection, named[:MAX_GROUPS_OF_A_PERSON])
    await connection.execute(
        """
        delete from group_members
        where user_id = %(user)s and origin = 'claim' and not group_name = any(%(named)s)
        """,
        {"user": user, "named": named},
    )
    await _make(connection, named)
    await _insert(connection, named, [user], "claim")
    return named


def check_name(what: str, name: str, longest: int = MAX_NAME_CHARACTERS) -> None:
    """Raise `NameRefusedError` for a name that cannot be kept and shown."""
    if not _is_name(name, longest):
        raise NameRefusedError(what, longest)


async def check_group(connection: Connection, name: str) -> None:
    """Raise `GroupNotFoundError` where there is no such group."""
    await _check_known(connection, name)


def _is_name(name: str, longest: int) -> bool:
    return 0 < len(name) <= longest and name.isprintable() and name == name.strip()


async def _make(connection: Connection, names: Sequence[str]) -> None:
    for name in names:
        check_name("group", name)
    if new := set(names) - (known := await _names(connection)):
        # Who makes another one at this moment is waited for, and then seen.
        await connection.execute("lock table groups in share row exclusive mode")
        check_apart("group", sorted(new), known | await _names(connection))
    # In one order: two who make the same groups at once do not wait for each other in a circle.
    await connection.execute(
        "insert into groups (name) select name from unnest(%(names)s::text[]) as name on conflict do nothing",
        {"names": sorted(names)},
    )


async def _names(connection: Connection) -> set[str]:
    return {name async for (name,) in await connection.execute("select name from groups")}


async def _apart(connection: Connection, names: Sequence[str]) -> list[str]:
    """The groups of a login that are not too close to others; the rest is no reason to keep anybody out."""
    known, kept = await _names(connection), list[str]()
    for name in names:
        try:
            check_apart("group", [name], known.union(kept))
        except NameTooCloseError as error:
            logger.warning("A group that a login has named is left out. %s", error)
        else:
            kept.append(name)
    return kept


async def _insert(connection: Connection, names: Sequence[str], users: Sequence[str], origin: Origin) -> None:
    await connection.execute(
        """
        insert into group_members (group_name, user_id, origin)
        select name, user_id, %(origin)s
        from unnest(%(names)s::text[]) as name, unnest(%(users)s::text[]) as user_id
        on conflict do nothing
        """,
        {"names": sorted(names), "users": sorted(set(users)), "origin": origin},
    )


async def _check_known(connection: Connection, name: str) -> None:
    rows = await connection.execute("select from groups where name = %(name)s", {"name": name})
    if await rows.fetchone() is None:
        raise GroupNotFoundError(name)
