"""What a server needs around it: a disk with room, a database that can be written, a clock that is right."""

import asyncio
import errno
import shutil
import time
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.home import try_to_write
from database.migrations import last_migration

# Postgres sets 16 MB aside at a time for what is to be written.
MIN_FREE_BYTES = 50_000_000
MAX_SECONDS_APART = 60
# A database that remembers a time so much later than now was not made in another time zone.
MAX_SECONDS_AHEAD = 86_400


async def problems_around(connection: AsyncConnection[TupleRow], folder: Path | None) -> dict[str, str]:
    """What is wrong with the disk of `folder` (where the embedded Postgres is), the database and the clock.

    A sentence with the cure for each, by the name of the part; nothing while all is well.
    Raises `psycopg.Error`.
    """
    found = {
        "disk": None if folder is None else await asyncio.to_thread(disk_problem, folder),
        "writing": await _writing_problem(connection),
        "clock": await _clock_problem(connection),
    }
    return {part: sentence for part, sentence in found.items() if sentence is not None}


def disk_problem(folder: Path) -> str | None:
    """Why nothing can be stored in the folder, with the cure; None when it can."""
    try:
        try_to_write(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "the disk of the data folder is full; make room on it"
        return f"the data folder cannot be written ({error.strerror}); make it writable again"
    if free < MIN_FREE_BYTES:
        return f"the disk of the data folder has {free // 1_000_000} MB left; make room on it"
    return None


async def _writing_problem(connection: AsyncConnection[TupleRow]) -> str | None:
    row = await (
        await connection.execute("select current_setting('transaction_read_only') = 'on'")
    ).fetchone()
    return "the database is read-only; let it be written, or name the one that is" if row == (True,) else None


async def _clock_problem(connection: AsyncConnection[TupleRow]) -> str | None:
    cursor = await connection.execute("select extract(epoch from clock_timestamp())::float8")
    (now,) = await cursor.fetchone() or (time.time(),)
    return clock_problem(time.time(), now, await last_migration(connection))


def clock_problem(own: float, of_database: float, remembered: float | None) -> str | None:
    """What is wrong with the time, which decides about tokens; all three in seconds since 1970.

    `remembered` is a time that has been already.
    """
    if abs(own - of_database) > MAX_SECONDS_APART:
        return (
            f"this clock and that of Postgres are {_apart(own, of_database)} apart; set the one that is wrong"
        )
    if remembered is not None and remembered - own > MAX_SECONDS_AHEAD:
        return f"the clock is at least {_apart(own, remembered)} behind; set it"
    return None


def _apart(one: float, other: float) -> str:
    seconds = abs(one - other)
    return f"{seconds / 86_400:.0f} days" if seconds > 2 * 86_400 else f"{seconds:.0f} seconds"
