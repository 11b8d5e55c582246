"""Connections to the MCP server that outlive a run: each has one user, and one run at a time.

Making one costs more than the calls of most runs. Kept are only those that nothing can be wrong with: all
calls have ended well, the server knows no session of its own that it could have forgotten, and the token
under which the connection was made has not expired.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from agents.mcp import MCPServerManager

from agent_service.tools.run_server import RunServer
from database.ending import end

logger = logging.getLogger("agent_service")

IDLE_SECONDS = 60.0
# As long as a token holds.
LIFETIME_SECONDS = 600.0
MAX_IDLE = 64
# Without a login everybody is one user.
MAX_IDLE_OF_ONE = 16

# A user and the scopes of the token.
Owner = tuple[str, str]
Connected = tuple[RunServer, MCPServerManager]


@dataclass
class Session:
    """A connection, whose it is, when it was made and when it was last used (seconds of the clock)."""

    server: RunServer
    manager: MCPServerManager
    owner: Owner
    made_at: float
    used_at: float

    async def close(self) -> None:
        """End the connection."""
        with anyio.CancelScope(shield=True):
            await self.manager.cleanup_all()


class Sessions:
    """Keeps connections while it is open (`async with`), at most 64 that are idle, 16 of them for one owner.

    Closed, it makes a connection for each run and ends it with the run.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._idle: list[Session] = []
        self._sweeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Sessions":
        self._sweeping = asyncio.create_task(self._sweep())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._sweeping is not None
        # From now on what is given back is closed.
        sweeping, self._sweeping = self._sweeping, None
        await end(sweeping)
        kept, self._idle = self._idle, []
        await _close(kept)

    @property
    def idle(self) -> int:
        """How many connections wait for a run."""
        return len(self._idle)

    @asynccontextmanager
    async def one(
        self, owner: Owner, headers: dict[str, str], connect: Callable[[], Awaitable[Connected]]
    ) -> AsyncGenerator[RunServer]:
        """The owner's connection while in the block, for nobody else; its requests carry the headers.

        Raises what `connect` raises, which makes one where none is kept.
        """
        session = await self._kept(owner, headers) or self._new(owner, *await connect())
        try:
            yield session.server
        finally:
            await self._give_back(session)

    async def close_expired(self) -> None:
        """Close what has been idle for a minute, and what was made ten minutes ago."""
        expired = [session for session in self._idle if self._is_over(session)]
        self._idle = [session for session in self._idle if session not in expired]
        await _close(expired)

    async def _kept(self, owner: Owner, headers: dict[str, str]) -> Session | None:
        """The owner's connection that was used last, if the server still answers it."""
        while (session := self._taken(owner)) is not None:
            session.server.begin_run(headers)
            try:
                if await session.server.is_answered():
                    return session
            except BaseException:
                await session.close()
                raise
            await session.close()
        return None

    def _new(self, owner: Owner, server: RunServer, manager: MCPServerManager) -> Session:
        now = self._clock()
        return Session(server, manager, owner, made_at=now, used_at=now)

    def _taken(self, owner: Owner) -> Session | None:
        mine = [session for session in self._idle if session.owner == owner and not self._is_over(session)]
        if not mine:
            return None
        self._idle.remove(mine[-1])
        return mine[-1]

    async def _give_back(self, session: Session) -> None:
        session.used_at = self._clock()
        if self._sweeping is None or not session.server.is_sound or self._is_over(session):
            await session.close()
            return
        self._idle.append(session)
        await _close(self._surplus(session.owner))

    def _surplus(self, owner: Owner) -> list[Session]:
        """Takes out those used longest ago that are too many."""
        mine = [session for session in self._idle if session.owner == owner]
        surplus = mine[:-MAX_IDLE_OF_ONE] or self._idle[:-MAX_IDLE]
        self._idle = [session for session in self._idle if session not in surplus]
        return surplus

    def _is_over(self, session: Session) -> bool:
        now = self._clock()
        return now - session.used_at > IDLE_SECONDS or now - session.made_at > LIFETIME_SECONDS

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(IDLE_SECONDS / 4)
            await self.close_expired()


async def _close(sessions: list[Session]) -> None:
    for failed in await asyncio.gather(*(each.close() for each in sessions), return_exceptions=True):
        if isinstance(failed, Exception):
            logger.warning("A connection to the MCP server did not end well: %s", type(failed).__name__)
