"""Connection pools with the limits every query of ours must have."""

import selectors
import time
from collections.abc import Awaitable, Callable
from typing import Any, LiteralString, TypedDict, cast
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from database.acting import Acting, act_as
from database.errors import PostgresUnreachableError

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Configure = Callable[[AsyncConnection[TupleRow]], Awaitable[None]]
TRUSTED_SECONDS = 1.0
RECONNECT_SECONDS = 1.0
NUL = "\x00"


class PoolPersistence(TypedDict):
    """How a pool takes it when Postgres goes away."""

    reconnect_timeout: float
    reconnect_failed: Callable[[AsyncConnectionPool[Any]], Awaitable[None]]


def create_pool(
    url: str,
    *,
    min_size: int = 1,
    max_size: int = 4,
    timeout: float = 15,
    statement_timeout_ms: int = 10_000,
    configure: Configure | None = None,
) -> Pool:
    """A pool that is not open yet (`async with pool:` opens it); connections are in autocommit mode.

    Who waits longer than `timeout` seconds for one gets a `PoolTimeout`.

    Every connection is tested when it is lent out, so a restarted Postgres costs no failed query, and every
    statement is ended by Postgres itself after `statement_timeout_ms` milliseconds.
    """
    asked_at: WeakKeyDictionary[AsyncConnection[TupleRow], float] = WeakKeyDictionary()

    async def check(connection: AsyncConnection[TupleRow]) -> None:
        # A test is a round trip, as long as most statements: who answered a second ago is only looked at.
        now = time.monotonic()
        if now - asked_at.get(connection, -TRUSTED_SECONDS) >= TRUSTED_SECONDS or _has_news(connection):
            await AsyncConnectionPool.check_connection(connection)
            asked_at[connection] = now

    async def prepare(connection: AsyncConnection[TupleRow]) -> None:
        await connection.execute(
            # Compiling a statement of ours takes longer than running it.
            """
            select set_config('statement_timeout', %(milliseconds)s, false), set_config('jit', 'off', false)
            """,
            {"milliseconds": str(statement_timeout_ms)},
        )
        if configure is not None:
            await configure(connection)

    return AsyncConnectionPool(
        url,
        min_size=min_size,
        max_size=max_size,
        open=False,
        timeout=timeout,
        kwargs={"autocommit": True},
        configure=prepare,
        check=check,
        **PERSISTENT,
    )


async def _try_again(pool: AsyncConnectionPool[Any]) -> None:
    await pool.check()


# By itself a pool waits twice as long after each failed attempt: after an outage of a minute it would be back
# a minute later. So it gives up after a second, and begins anew.
PERSISTENT: PoolPersistence = {"reconnect_timeout": RECONNECT_SECONDS, "reconnect_failed": _try_again}


async def fetch(pool: Pool, statement: LiteralString, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows a statement returns.

    Postgres has no text with NUL, so no id with one is stored: a statement that asks for it finds nothing.
    """
    if any(_has_nul(value) for value in values.values()):
        return []
    async with pool.connection() as connection:
        cursor = await connection.execute(statement, values)
        return await cursor.fetchall()


async def fetch_as(
    pool: Pool, who: Acting, statement: LiteralString, values: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """As `fetch`, for a change that the audit log tells of."""
    if any(_has_nul(value) for value in values.values()):
        return []
    async with pool.connection() as connection, connection.transaction():
        await act_as(connection, who, once=True)
        return await (await connection.execute(statement, values)).fetchall()


async def check_reachable(url: str, setting: str) -> None:
    """Return when Postgres answers at `url`; else raise `PostgresUnreachableError` naming `setting`."""
    try:
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=10)
    except psycopg.Error as error:
        raise PostgresUnreachableError(
            f"No connection to Postgres at {safe_address(url)} ({first_line(error)}). Check {setting}."
        ) from None
    await connection.close()


def _has_news(connection: AsyncConnection[TupleRow]) -> bool:
    """Whether there is something to read on an idle connection; the end of it is such news."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))


def safe_address(url: str) -> str:
    """Host, port and database of a connection URL, never its password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "an address that cannot be read"
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def first_line(error: Exception) -> str:
    """The first line of an error's text: libpq's further lines are hints about the server's machine."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return NUL in value
    if isinstance(value, list):
        return any(_has_nul(part) for part in cast(list[object], value))
    return False
