"""Replicas that are read from: which of them can be used, and how far each has followed its primary.

Positions are bytes of the primary's write-ahead log. Lag is measured with one clock, ours: it is how long ago
the primary was where the replica is now.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from database.pool import Pool, safe_address

logger = logging.getLogger("database")

Connection = AsyncConnection[TupleRow]
# What else must hold before a replica is read from: a sentence where it does not.
Check = Callable[[Connection], Awaitable[str | None]]

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_FOR_AN_ANSWER = 2.0
# How long a replica is left out that failed a read, even if it looks well.
PAUSE_SECONDS = 5.0

NOT_ASKED = "has not been asked yet"
AWAY = "does not answer"
NO_REPLICA = "is no replica: it takes writes of its own"
UNPREPARED = "takes connections, but they cannot be prepared; the log says why"
FOREIGN = "belongs to another Postgres"

OF_PRIMARY = """
    select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint,
           (select system_identifier from pg_control_system())
"""
# What others have inserted is counted too: no commit of the asking session can be missed.
OF_WRITER = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
OF_REPLICA = """
    select pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint,
           (select system_identifier from pg_control_system())
"""


@dataclass
class Replica:
    """One replica; `problem` says why it is left out, `lag_seconds` is None while that is not known."""

    name: str
    pool: Pool
    problem: str | None = NOT_ASKED
    replayed: int = 0
    lag_seconds: float | None = None
    reads: int = 0
    not_before: float = 0.0

    @property
    def address(self) -> str:
        """Where it is, for the log: never with a password."""
        return safe_address(str(self.pool.conninfo))


@dataclass
class Track:
    """Where the primary was, and when."""

    remembered_seconds: float
    _seen: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])

    def note(self, position: int, now: float) -> None:
        """The primary is here now."""
        self._seen.append((now, position))
        while len(self._seen) > 1 and self._seen[1][0] < now - self.remembered_seconds:
            self._seen.popleft()

    def lag_of(self, replayed: int, now: float) -> float | None:
        """Seconds since the primary was at this position; None when that is longer than remembered."""
        if not self._seen:
            return None
        if replayed >= self._seen[-1][1]:
            return 0.0
        return next((now - then for then, position in reversed(self._seen) if position <= replayed), None)


class Replicas:
    """The replicas of one primary, looked at every second."""

    def __init__(self, primary: Pool, pools: Sequence[Pool], max_lag_seconds: float, check: Check) -> None:
        self.all = [Replica(f"replica {number}", pool) for number, pool in enumerate(pools, 1)]
        self.max_lag_seconds = max_lag_seconds
        self._primary = primary
        self._track = Track(max_lag_seconds)
        self._system: int | None = None
        self._check = check
        self._turn = 0

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            await self.look()

    async def look(self) -> None:
        """Ask the primary where it is, and each replica how far it has come."""
        await self._look_at_primary()
        await asyncio.gather(*map(self._look_at, self.all))

    def pick(self, position: int) -> Replica | None:
        """The next in turn of those that can be used and have come at least so far; None: use the primary."""
        usable = [each for each in self.all if each.problem is None and each.replayed >= position]
        if not usable:
            return None
        self._turn += 1
        replica = usable[self._turn % len(usable)]
        replica.reads += 1
        return replica

    def leave_out(self, replica: Replica, problem: str) -> None:
        """Read from it no more, for some seconds at least."""
        replica.not_before = time.monotonic() + PAUSE_SECONDS
        self._set(replica, problem)

    def as_words(self) -> dict[str, str]:
        """What is said of each, `ok` or why it is left out."""
        return {replica.name: replica.problem or "ok" for replica in self.all}

    async def _look_at_primary(self) -> None:
        # While it is away the replicas go on with what they have.
        try:
            async with asyncio.timeout(SECONDS_FOR_AN_ANSWER), self._primary.connection() as connection:
                position, self._system = await _row(connection, OF_PRIMARY)
        except (psycopg.Error, PoolTimeout, TimeoutError):
            return
        self._track.note(position, time.monotonic())

    async def _look_at(self, replica: Replica) -> None:
        try:
            async with asyncio.timeout(SECONDS_FOR_AN_ANSWER):
                if replica.problem is not None:
                    # A pool goes on knocking for long, and logs each time.
                    await _knock(replica)
                async with replica.pool.connection() as connection:
                    self._set(replica, await self._problem_of(replica, connection))
        except (PoolTimeout, TimeoutError) as error:
            await self._busy_or_away(replica, error)
        except psycopg.Error as error:
            self._set(replica, f"{AWAY} ({type(error).__name__})")

    async def _busy_or_away(self, replica: Replica, error: Exception) -> None:
        """One whose connections are all busy is well; how far it has come is asked again."""
        try:
            async with asyncio.timeout(SECONDS_FOR_AN_ANSWER):
                await _knock(replica)
        except (psycopg.Error, TimeoutError):
            self._set(replica, f"{AWAY} ({type(error).__name__})")
        else:
            if replica.problem is not None:
                # Nobody reads from it, so it is not busy.
                self._set(replica, UNPREPARED)

    async def _problem_of(self, replica: Replica, connection: Connection) -> str | None:
        follows, replayed, system = await _row(connection, OF_REPLICA)
        if not follows:
            return NO_REPLICA
        if self._system is not None and system != self._system:
            return FOREIGN
        replica.replayed = replayed
        replica.lag_seconds = self._track.lag_of(replayed, time.monotonic())
        if replica.lag_seconds is None or replica.lag_seconds > self.max_lag_seconds:
            return f"lags more than {self.max_lag_seconds:g} seconds behind"
        return None if replica.problem is None else await self._check(connection)

    def _set(self, replica: Replica, problem: str | None) -> None:
        if problem is None and time.monotonic() < replica.not_before:
            return
        if problem != replica.problem:
            log = logger.info if problem is None else logger.warning
            log("%s (%s) %s", replica.name, replica.address, problem or "is read from")
        replica.problem = problem


async def position_of_writer(primary: Pool) -> int:
    """A position that holds all that was committed on the primary until now."""
    async with primary.connection() as connection:
        (position,) = await _row(connection, OF_WRITER)
    return position


async def _row(connection: Connection, statement: LiteralString) -> tuple[Any, ...]:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return row


async def _knock(replica: Replica) -> None:
    connection = await psycopg.AsyncConnection.connect(str(replica.pool.conninfo))
    await connection.close()
