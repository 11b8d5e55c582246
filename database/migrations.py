"""Numbered SQL files, each applied once, in order, in a transaction, and never changed afterwards."""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow

from database.errors import MigrationBlockedError, MigrationChangedError

# Any fixed number serves: it keeps two processes that start together from migrating at once.
ADVISORY_LOCK = 7_021_544_001
# Who waits for a table lets nobody pass: while a migration waited for a long statement, servers that still
# serve would wait behind it. So it waits this long only, lets them go on, and tries again.
LOCK_TIMEOUT = "1s"
ATTEMPTS = 60
PAUSE_SECONDS = 1.0

logger = logging.getLogger("database")


@dataclass(frozen=True)
class Migration:
    """One SQL file: its name (`0001_documents.sql`), its text and the SHA-256 of the text."""

    name: str
    text: bytes
    sha256: str


async def migrate(url: str, folder: Traversable) -> list[str]:
    """Apply the migrations of `folder` that the database does not have yet; returns their names.

    Others may go on using the database meanwhile. Raises `MigrationChangedError` when a file that was applied
    earlier has another content now, `MigrationBlockedError` when others do not let go of a table.
    """
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("select pg_advisory_lock(%(key)s)", {"key": ADVISORY_LOCK})
        applied = await _applied(connection)
        return [
            migration.name
            for migration in read_migrations(folder)
            if await _apply(connection, migration, applied)
        ]


async def pending(connection: AsyncConnection[TupleRow], folder: Traversable) -> list[str]:
    """Names of the shipped migrations that the database does not have yet; only reads."""
    applied = await _recorded(connection)
    return [migration.name for migration in read_migrations(folder) if migration.name not in applied]


async def foreign(connection: AsyncConnection[TupleRow], folder: Traversable) -> list[str]:
    """Names of migrations that the database has and this version lacks, or has otherwise; only reads."""
    shipped = {migration.name: migration.sha256 for migration in read_migrations(folder)}
    applied = await _recorded(connection)
    return sorted(name for name, sha256 in applied.items() if shipped.get(name) != sha256)


async def last_migration(connection: AsyncConnection[TupleRow]) -> float | None:
    """When the last migration was applied, in seconds since 1970; None when none was."""
    if not await _recorded(connection):
        return None
    cursor = await connection.execute(
        "select extract(epoch from max(applied_at))::float8 from schema_migrations"
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


def read_migrations(folder: Traversable) -> list[Migration]:
    """The migrations of a folder by number."""
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return [_read(file) for file in files]


def _read(file: Traversable) -> Migration:
    text = file.read_bytes()
    return Migration(file.name, text, hashlib.sha256(text).hexdigest())


async def _applied(connection: AsyncConnection[TupleRow]) -> dict[str, str]:
    await connection.execute(
        """
        create table if not exists schema_migrations (
            name text primary key,
            sha256 text not null,
            applied_at timestamptz not null default now()
        )
        """
    )
    return await _recorded(connection)


async def _recorded(connection: AsyncConnection[TupleRow]) -> dict[str, str]:
    found = await connection.execute("select to_regclass('schema_migrations')")
    if await found.fetchone() == (None,):
        return {}
    rows = await connection.execute("select name, sha256 from schema_migrations")
    return {name: sha256 async for name, sha256 in rows}


async def _apply(
    connection: AsyncConnection[TupleRow], migration: Migration, applied: dict[str, str]
) -> bool:
    known = applied.get(migration.name)
    if known == migration.sha256:
        return False
    if known is not None:
        raise MigrationChangedError(
            f"The migration {migration.name} was changed after it was applied. "
            "Install the OwFlex version this database was made with, or a newer released one."
        )
    for attempt in range(ATTEMPTS):
        try:
            await _run(connection, migration)
        except LockNotAvailable:
            logger.info("The migration %s waits for others to let go (%s).", migration.name, attempt + 1)
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return True
    raise MigrationBlockedError(
        f"The migration {migration.name} could not be applied: other connections hold what it changes. "
        "Stop what runs for long on this database (pg_stat_activity shows it), then start again."
    )


async def _run(connection: AsyncConnection[TupleRow], migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute("select set_config('lock_timeout', %(wait)s, true)", {"wait": LOCK_TIMEOUT})
        await connection.execute(migration.text)
        await connection.execute(
            "insert into schema_migrations (name, sha256) values (%(name)s, %(sha256)s)",
            {"name": migration.name, "sha256": migration.sha256},
        )
