"""The people who may sign in."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from agent_service.errors import RequestRefusedError

Connection = AsyncConnection[TupleRow]

KIND = "account"
MAX_NAME_CHARACTERS = 100
MAX_SHOWN_CHARACTERS = 200
NAME = re.compile(r"[\w.@+-]{1,100}")
PEOPLE = """
select user_id, name, display_name, email, is_admin, password_hash is not null as has_password,
       exists (
           select from second_factors
           where second_factors.user_id = people.user_id and confirmed_at is not null
       ) as has_second_factor,
       created_at, signed_in_at, disabled_at
from people
where %(user_id)s::text is null or user_id = %(user_id)s
order by lower(display_name), user_id
"""


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in; `name` is what they type, None for whom a provider signs in."""

    user_id: str
    name: str | None
    display_name: str
    email: str | None
    is_admin: bool
    has_password: bool
    has_second_factor: bool
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True)
class NewPerson:
    """Somebody to be added; without `shown` they are shown by their name."""

    name: str
    shown: str = ""
    email: str | None = None
    is_admin: bool = False


def name_of(typed: str) -> str:
    """The name as it is kept: case, width and outer blanks make no other person.

    Raises `RequestRefusedError` for what is no name.
    """
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    if not NAME.fullmatch(name):
        raise RequestRefusedError("accounts.wrong_name", code="wrong_name", most=MAX_NAME_CHARACTERS)
    return name


def user_id_of(name: str) -> str:
    """The user id of a local account, e.g. `account:ann`."""
    return f"{KIND}:{name}"


def shown_name(text: str, otherwise: str) -> str:
    """A name to be shown, on one line."""
    cleaned = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return cleaned[:MAX_SHOWN_CHARACTERS] or otherwise


async def add_person(connection: Connection, new: NewPerson) -> Person:
    """A new local account without a password. Raises `RequestRefusedError` when the name is taken."""
    name = name_of(new.name)
    user_id = user_id_of(name)
    values = {
        "user_id": user_id,
        "name": name,
        "shown": shown_name(new.shown, name),
        "email": new.email,
        "is_admin": new.is_admin,
    }
    try:
        await connection.execute(
            """
            insert into people (user_id, name, display_name, email, is_admin)
            values (%(user_id)s, %(name)s, %(shown)s, %(email)s, %(is_admin)s)
            """,
            values,
        )
    except psycopg.errors.UniqueViolation:
        raise RequestRefusedError("accounts.name_taken", status=409, code="name_taken", name=name) from None
    person = await find_person(connection, user_id)
    assert person is not None
    return person


async def find_person(connection: Connection, user_id: str) -> Person | None:
    """The person with this user id."""
    found = await _people(connection, user_id)
    return found[0] if found else None


async def find_named(connection: Connection, named: str) -> Person | None:
    """The person with this user id, or with this name to sign in."""
    if "\x00" in named:
        # Postgres has no text with NUL, and refuses to look for one.
        return None
    if (person := await find_person(connection, named)) is not None:
        return person
    try:
        return await find_person(connection, user_id_of(name_of(named)))
    except RequestRefusedError:
        return None


async def list_people(connection: Connection) -> Sequence[Person]:
    """All people, by what they are shown as."""
    return await _people(connection, None)


async def has_no_administrator(connection: Connection) -> bool:
    """Whether the installation has no administrator yet."""
    return await (await connection.execute("select from people where is_admin limit 1")).fetchone() is None


async def has_active_administrator(connection: Connection) -> bool:
    """Whether an administrator is there who is not disabled."""
    rows = await connection.execute("select from people where is_admin and disabled_at is null limit 1")
    return await rows.fetchone() is not None


async def set_disabled(connection: Connection, user_id: str, *, disabled: bool) -> None:
    """Let a person in no more, or again; whoever is shut out is signed out everywhere."""
    await connection.execute(
        """
        update people set disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end
        where user_id = %(user_id)s
        """,
        {"user_id": user_id, "disabled": disabled},
    )
    if disabled:
        await _end_all(connection, user_id)


async def set_admin(connection: Connection, user_id: str, *, is_admin: bool) -> None:
    """Make a person an administrator, or no longer."""
    await connection.execute("update people set is_admin = %s where user_id = %s", (is_admin, user_id))


async def password_hash_of(connection: Connection, user_id: str) -> str | None:
    """The hash of a person's password; None when there is no such person or password."""
    rows = await connection.execute("select password_hash from people where user_id = %s", (user_id,))
    row = await rows.fetchone()
    return None if row is None else row[0]


async def set_password(connection: Connection, user_id: str, hashed: str) -> None:
    """Store another password; every session and link of the person ends with the old one."""
    await connection.execute(
        "update people set password_hash = %s, password_changed_at = now() where user_id = %s",
        (hashed, user_id),
    )
    await _end_all(connection, user_id)


async def forget_password(connection: Connection, user_id: str) -> None:
    """Let the password, the second factor, the sessions and the links of a person open nothing any more."""
    await connection.execute("delete from second_factors where user_id = %s", (user_id,))
    await connection.execute(
        "update people set password_hash = null, password_changed_at = now() where user_id = %s", (user_id,)
    )
    await _end_all(connection, user_id)


async def _end_all(connection: Connection, user_id: str) -> None:
    await connection.execute("delete from browser_sessions where user_id = %s", (user_id,))
    await connection.execute("delete from one_time_links where user_id = %s", (user_id,))
    await connection.execute("delete from second_steps where user_id = %s", (user_id,))


async def _people(connection: Connection, user_id: str | None) -> Sequence[Person]:
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(PEOPLE, {"user_id": user_id})
        return await cursor.fetchall()
