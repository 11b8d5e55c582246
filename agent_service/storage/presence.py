"""Shows all processes that this one lives: a session lock, which Postgres frees when the process dies.

The kernel closes the connections of a process that is killed, and Postgres hears of it at once. A machine
that vanishes closes nothing: there only the missing heartbeat tells.
"""

import asyncio
import contextlib
import logging
import secrets
from typing import LiteralString, Self

import psycopg

from database.ending import end

logger = logging.getLogger("agent_service")

# The first part of the lock's name: "owfx".
SPACE = 0x6F776678
PAUSE_SECONDS = 0.2
CONNECT_SECONDS = 10

LOCK: LiteralString = """
select set_config('idle_session_timeout', '0', false),
       pg_try_advisory_lock(%(space)s::integer, %(number)s::integer)
"""


class Presence:
    """Holds the lock of this process while it is open (`async with`), and takes it again when it is lost.

    `number` names it; it is None until the lock was held for the first time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._wanted = secrets.randbelow(2**31)
        self._keeping: asyncio.Task[None] | None = None
        self._held = asyncio.Event()
        self.number: int | None = None

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping is not None:
            await end(self._keeping)

    async def until_held(self) -> None:
        """Wait until the lock is held."""
        await self._held.wait()

    async def _keep(self) -> None:
        while True:
            try:
                await self._hold()
            except (psycopg.Error, OSError) as error:
                if self._held.is_set():
                    logger.warning("The lock of this process was lost: %s", type(error).__name__)
            self._held.clear()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _hold(self) -> None:
        """Return, or raise what the connection raises, when the lock is held no more."""
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=CONNECT_SECONDS
        )
        async with contextlib.aclosing(connection.notifies()) as news, connection:
            row = await (await connection.execute(LOCK, {"space": SPACE, "number": self._wanted})).fetchone()
            if row is None or not row[1]:
                # Another process drew the same number.
                self._wanted = secrets.randbelow(2**31)
                return
            self.number = self._wanted
            self._held.set()
            # Nothing is ever told here: the end of the connection is what is waited for.
            async for _ in news:
                continue
