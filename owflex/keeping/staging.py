"""Databases that are filled beside those in use, and take their place at once when they are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from database.errors import PostgresUnreachableError
from owflex.keeping.errors import KeepingError
from owflex.keeping.places import Place, connected

RESTORING, REPLACED = "_restoring", "_replaced"
# Postgres cuts longer names off.
MAX_NAME_BYTES = 63
# Connected to no other database than one that is always there, one may rename and drop.
MAINTENANCE = "postgres"
OTHERS = """
select coalesce(nullif(application_name, ''), usename), count(*)
from pg_stat_activity
where datname = %(database)s and pid <> pg_backend_pid() and backend_type = 'client backend'
group by 1
order by 2 desc
"""


@dataclass(frozen=True)
class Staged:
    """A database that is in use or is to be (`place`), and the one that is filled for it."""

    place: Place
    database: str

    @property
    def filled(self) -> Place:
        """Where to restore to."""
        return self.place.sibling(self.database + RESTORING)


def staged(place: Place) -> Staged:
    """The name of the database beside; raises `KeepingError` when there can be none."""
    database = place.database
    if len((database + RESTORING).encode()) > MAX_NAME_BYTES:
        raise KeepingError(f"The name of the database {database} is too long to make another one beside it.")
    return Staged(place, database)


def refuse_while_used(one: Staged) -> None:
    """Raise `KeepingError` while programs are connected to the database."""
    with connected(_maintenance(one)) as connection:
        found = connection.execute(OTHERS, {"database": one.database}).fetchall()
    if found:
        who = ", ".join(f"{name} ({count})" for name, count in found)
        raise KeepingError(
            f"The database {one.database} is in use: {who}. Stop the programs that use it (owflex, and what "
            "else is connected), then restore again. Nothing was changed."
        )


def make(one: Staged) -> None:
    """Make the empty database beside; what a restore that was killed has left there goes."""
    clear(one)
    with connected(_maintenance(one)) as connection:
        connection.execute(
            sql.SQL("create database {} template template0").format(sql.Identifier(one.database + RESTORING))
        )


def clear(one: Staged) -> None:
    """Drop what is left beside."""
    with connected(_maintenance(one)) as connection:
        for suffix in (RESTORING, REPLACED):
            _drop(connection, one.database + suffix)


def put_in_place(both: Sequence[Staged]) -> None:
    """Give the filled databases the names of those in use, which go.

    On one server that is one transaction. On two servers it is one each; whoever is killed between them
    repeats the restore.
    """
    servers: dict[str, list[Staged]] = {}
    for one in both:
        servers.setdefault(_server(one), []).append(one)
    for group in servers.values():
        with connected(_maintenance(group[0])) as connection, connection.transaction():
            for one in group:
                _rename(connection, one.database, one.database + REPLACED)
                _rename(connection, one.database + RESTORING, one.database)
    for one in both:
        with connected(_maintenance(one)) as connection:
            _drop(connection, one.database + REPLACED)


def _rename(connection: psycopg.Connection, name: str, to: str) -> None:
    connection.execute(
        sql.SQL("alter database {} rename to {}").format(sql.Identifier(name), sql.Identifier(to))
    )


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _server(one: Staged) -> str:
    """What two databases of one server have in common, whatever their addresses say."""
    with connected(one.place) as connection:
        return f"{connection.info.host}:{connection.info.port}"


def _maintenance(one: Staged) -> Place:
    """A database of the server that is none of ours."""
    for name in (MAINTENANCE, "template1"):
        if name != one.database and _can_be_used(place := one.place.sibling(name)):
            return place
    raise KeepingError(
        f"There is no database {MAINTENANCE} on the server that this role may use; restoring needs one to "
        "make and rename databases from. Create it, or let the role connect to it."
    )


def _can_be_used(place: Place) -> bool:
    try:
        with connected(place):
            return True
    except PostgresUnreachableError:
        return False
