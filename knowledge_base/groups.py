"""Groups of people: made here, or named by an identity provider when somebody signs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.errors import GroupNotFoundError, NameRefusedError

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
    """Make the group where there is none, and put people into it. Raises `NameRefusedError`."""
    for user in users:
        check_name("person", user, MAX_USER_CHARACTERS)
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

    Raises `NameRefusedError`.
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

    Groups that are new are made. Returns the groups; names that cannot be kept, and more than
    `MAX_GROUPS_OF_A_PERSON`, are left out. Raises `NameRefusedError` for the person.
    """
    check_name("person", user, MAX_USER_CHARACTERS)
    named = [name for name in dict.fromkeys(claimed) if _is_name(name, MAX_NAME_CHARACTERS)]
    named = named[:MAX_GROUPS_OF_A_PERSON]
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
    # In one order: two who make the same groups at once do not wait for each other in a circle.
    await connection.execute(
        "insert into groups (name) select name from unnest(%(names)s::text[]) as name on conflict do nothing",
        {"names": sorted(names)},
    )


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
