"""One running answer per thread, over all processes: a row with a heartbeat.

A process that is killed leaves its row behind. Whoever needs the thread next finds that its process is gone
(`Presence`) or its heart has stopped, takes the turn over, and says in the thread that an answer was cut off.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, LiteralString, Protocol
from uuid import uuid4

import anyio
import psycopg
from psycopg_pool import PoolTimeout

from agent_service.context import RequestContext
from agent_service.errors import BUSY, RequestRefusedError
from agent_service.storage.presence import SPACE, Presence
from database.ending import end
from database.pool import Pool, fetch

logger = logging.getLogger("agent_service")

HEARTBEAT_SECONDS = 1.0
# Whose machine vanished, or whose process hangs.
DEAD_AFTER_SECONDS = 20.0
# Whose process has ended: some heartbeats, lest a lock that is just being taken again counts as one.
GONE_AFTER_SECONDS = 3.0
PAUSE_SECONDS = 0.25

# A turn that is left. Tokens begin with the number of their process. When Postgres was restarted the locks
# are gone and the processes are not: then only the heart counts.
IS_LEFT: LiteralString = """(
    turns.heartbeat_at < now() - make_interval(secs => %(dead_after)s)
    or (
        turns.token like '%%.%%'
        and turns.heartbeat_at < now() - make_interval(secs => %(gone_after)s)
        and turns.heartbeat_at > pg_postmaster_start_time()
        and not exists (
            select 1 from pg_locks
            where locktype = 'advisory' and granted and objsubid = 2 and classid::bigint = %(space)s
              and objid::bigint::text = split_part(turns.token, '.', 1)
              and database = (select oid from pg_database where datname = current_database())
        )
    )
)"""
BEGIN: LiteralString = f"""
insert into turns (thread_id, user_id, token)
values (%(thread_id)s, %(user_id)s, %(token)s)
on conflict (thread_id) do update
    set user_id = excluded.user_id, token = excluded.token, started_at = now(),
        heartbeat_at = now(), took_over = true
    where {IS_LEFT}
returning took_over
"""  # noqa: S608 - put together from our own words
CLEAR: LiteralString = f"""
delete from turns
where thread_id = %(thread_id)s and user_id = %(user_id)s and {IS_LEFT}
returning token
"""  # noqa: S608 - put together from our own words

Begun = Literal["begun", "taken over", "busy"]


class TurnLocks(Protocol):
    """Which threads are being answered; `token` tells the turns of one thread apart."""

    def new_token(self) -> str:
        """A token that no other turn has."""
        ...

    async def begin(self, thread_id: str, token: str, context: RequestContext) -> Begun:
        """Claim the thread: whether that worked, and whether a dead turn was in the way."""
        ...

    async def beat(self, thread_id: str, token: str) -> bool:
        """Show that the turn lives; False when it was lost to another."""
        ...

    async def end(self, thread_id: str, token: str) -> None:
        """Give the thread free; nothing happens when the turn was lost."""
        ...

    async def clear_dead(self, thread_id: str, context: RequestContext) -> bool:
        """Remove a turn of the user's thread whose process is gone; True when there was one."""
        ...


@asynccontextmanager
async def locked_turn(
    turns: TurnLocks, thread_id: str, context: RequestContext, *, wait_seconds: float
) -> AsyncGenerator[bool]:
    """The thread's only turn while in the block; the value says whether a dead turn was taken over.

    Raises `RequestRefusedError` (409) when another turn runs and does not end within `wait_seconds`.
    """
    token, ended = turns.new_token(), asyncio.Event()
    heart: asyncio.Task[None] | None = None
    try:
        begun = await _begin(turns, thread_id, token, context, time.monotonic() + wait_seconds)
        # Not before: a beat while another turn runs would find that this one was lost, and be the last.
        heart = asyncio.create_task(_beat(turns, thread_id, token, ended))
        yield begun == "taken over"
    finally:
        ended.set()
        with anyio.CancelScope(shield=True):
            if heart is not None:
                await end(heart)
            await _end(turns, thread_id, token)


async def _begin(
    turns: TurnLocks, thread_id: str, token: str, context: RequestContext, until: float
) -> Begun:
    while (begun := await turns.begin(thread_id, token, context)) == "busy":
        if time.monotonic() >= until:
            raise RequestRefusedError("refused.busy", status=409, code=BUSY)
        await asyncio.sleep(PAUSE_SECONDS)
    return begun


async def _beat(turns: TurnLocks, thread_id: str, token: str, ended: asyncio.Event) -> None:
    # Before Python 3.12 a cancellation is lost that arrives together with the answer of the database
    # (`asyncio.wait_for`): the heart would beat for ever, and the turn's end wait for it as long.
    while not ended.is_set():
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            if not await turns.beat(thread_id, token):
                logger.warning("The turn of a thread was taken over while it ran")
                return
        except (psycopg.Error, PoolTimeout) as error:
            logger.warning("A turn could not be kept alive: %s", type(error).__name__)


async def _end(turns: TurnLocks, thread_id: str, token: str) -> None:
    """Without the database the row stays until its heart counts as stopped."""
    try:
        await turns.end(thread_id, token)
    except (psycopg.Error, PoolTimeout) as error:
        logger.warning("A turn could not be ended: %s", type(error).__name__)


class PostgresTurnLocks:
    """TurnLocks as rows of the chat database, seen by all processes that use it.

    Without a `presence` the turns of a process that was killed are known by their hearts alone.
    """

    def __init__(self, pool: Pool, presence: Presence | None = None) -> None:
        self._pool = pool
        self._presence = presence

    def new_token(self) -> str:
        """A token that no other turn has."""
        number = self._presence.number if self._presence is not None else None
        return uuid4().hex if number is None else f"{number}.{uuid4().hex}"

    async def begin(self, thread_id: str, token: str, context: RequestContext) -> Begun:
        """Claim the thread: whether that worked, and whether a dead turn was in the way."""
        rows = await fetch(
            self._pool,
            BEGIN,
            self._values(thread_id, context) | {"token": token},
        )
        if not rows:
            return "busy"
        return "taken over" if rows[0][0] else "begun"

    async def beat(self, thread_id: str, token: str) -> bool:
        """Show that the turn lives; False when it was lost to another."""
        rows = await fetch(
            self._pool,
            """
            update turns set heartbeat_at = now()
            where thread_id = %(thread_id)s and token = %(token)s
            returning token
            """,
            {"thread_id": thread_id, "token": token},
        )
        return bool(rows)

    async def end(self, thread_id: str, token: str) -> None:
        """Give the thread free; nothing happens when the turn was lost."""
        await fetch(
            self._pool,
            "delete from turns where thread_id = %(thread_id)s and token = %(token)s returning token",
            {"thread_id": thread_id, "token": token},
        )

    async def clear_dead(self, thread_id: str, context: RequestContext) -> bool:
        """Remove a turn of the user's thread whose process is gone; True when there was one."""
        rows = await fetch(
            self._pool,
            CLEAR,
            self._values(thread_id, context),
        )
        return bool(rows)

    def _values(self, thread_id: str, context: RequestContext) -> dict[str, Any]:
        return {
            "thread_id": thread_id,
            "user_id": context.user_id,
            "dead_after": DEAD_AFTER_SECONDS,
            "gone_after": GONE_AFTER_SECONDS,
            "space": SPACE,
        }


@dataclass
class _Turn:
    user_id: str
    token: str
    beaten_at: float


class MemoryTurnLocks:
    """TurnLocks of one process, for use with `MemoryStore`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turns: dict[str, _Turn] = {}

    def new_token(self) -> str:
        """A token that no other turn has."""
        return uuid4().hex

    async def begin(self, thread_id: str, token: str, context: RequestContext) -> Begun:
        """Claim the thread: whether that worked, and whether a dead turn was in the way."""
        running = self._turns.get(thread_id)
        if running is not None and not self._is_dead(running):
            return "busy"
        self._turns[thread_id] = _Turn(context.user_id, token, self._clock())
        return "begun" if running is None else "taken over"

    async def beat(self, thread_id: str, token: str) -> bool:
        """Show that the turn lives; False when it was lost to another."""
        running = self._turns.get(thread_id)
        if running is None or running.token != token:
            return False
        running.beaten_at = self._clock()
        return True

    async def end(self, thread_id: str, token: str) -> None:
        """Give the thread free; nothing happens when the turn was lost."""
        running = self._turns.get(thread_id)
        if running is not None and running.token == token:
            del self._turns[thread_id]

    async def clear_dead(self, thread_id: str, context: RequestContext) -> bool:
        """Remove a turn of the user's thread whose process is gone; True when there was one."""
        running = self._turns.get(thread_id)
        if running is None or running.user_id != context.user_id or not self._is_dead(running):
            return False
        del self._turns[thread_id]
        return True

    def _is_dead(self, turn: _Turn) -> bool:
        return self._clock() - turn.beaten_at > DEAD_AFTER_SECONDS
