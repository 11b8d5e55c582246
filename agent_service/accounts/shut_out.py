"""The MCP server is told who is disabled, so that it refuses their keys and clients until they are not.

An administrator's own click tells it at once; this tells it of everything else: what was changed on the
command line or in another process, or while the server was away.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection

import psycopg
from agents.exceptions import UserError
from mcp.shared.exceptions import MCPError
from psycopg_pool import PoolTimeout

from agent_service.context import LOCAL_USER, RequestContext
from agent_service.errors import SaidError
from agent_service.tools.connection import ADMIN_SCOPE, McpConnector
from database.pool import Pool, fetch

logger = logging.getLogger("agent_service")

TOOL = "sync_shut_out"
SECONDS_BETWEEN_LOOKS = 2.0
# All of it is told again so often, lest a knowledge base that was restored remembers somebody wrongly.
SECONDS_BETWEEN_WHOLE = 600.0
SECONDS_OF_A_CALL = 15.0
MOST_AT_ONCE = 1000
# Somebody who is not there any more is never let in again by this.
PEOPLE = """
select user_id, disabled_at is not null from people
where %(whole)s or disabled_at is not null or user_id = any(%(before)s)
"""


class ShutOutPeople:
    """Compares who is disabled with what the MCP server was told last."""

    def __init__(
        self, pool: Pool, connector: McpConnector, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._connector = connector
        self._clock = clock
        self._told: frozenset[str] = frozenset()
        self._whole_at: float | None = None
        self._is_behind = False

    async def look(self) -> None:
        """Tell what has changed. Raises `psycopg.Error`, `PoolTimeout`, and what a call raises."""
        now = self._clock()
        whole = self._whole_at is None or now - self._whole_at >= SECONDS_BETWEEN_WHOLE
        rows = await fetch(self._pool, PEOPLE, {"whole": whole, "before": sorted(self._told)})
        out = frozenset(user_id for user_id, is_out in rows if is_out)
        let_in = {user_id for user_id, is_out in rows if not is_out}
        await self._tell(out if whole else out - self._told, let_in)
        self._told = out
        if whole:
            self._whole_at = now

    async def keep_looking(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Look every two seconds, until it is cancelled; what could not be told is told later."""
        while True:
            try:
                async with asyncio.timeout(SECONDS_OF_A_CALL):
                    await self.look()
                self._is_behind = False
            except (psycopg.Error, PoolTimeout, SaidError, MCPError, UserError, TimeoutError) as error:
                self._say(error)
            await pause(SECONDS_BETWEEN_LOOKS)

    def _say(self, error: Exception) -> None:
        """Once for each time that it is behind."""
        if not self._is_behind:
            logger.error(
                "The MCP server cannot be told who is disabled, so their keys may still be good: %s: %s. "
                "It is tried again every %d seconds.",
                type(error).__name__,
                str(error)[:300],
                SECONDS_BETWEEN_LOOKS,
            )
        self._is_behind = True

    async def _tell(self, out: Collection[str], let_in: Collection[str]) -> None:
        for some in _in_parts(out):
            await self._call(some, [])
        for some in _in_parts(let_in):
            await self._call([], some)

    async def _call(self, out: list[str], let_in: list[str]) -> None:
        async with self._connector.connect(RequestContext(LOCAL_USER), ADMIN_SCOPE) as server:
            result = await server.call_tool(TOOL, {"shut_out": out, "let_in": let_in})
        if result.is_error:
            raise UserError(f"{TOOL} was refused; both programs must be of the same version")


def _in_parts(users: Collection[str]) -> list[list[str]]:
    ordered = sorted(users)
    return [ordered[at : at + MOST_AT_ONCE] for at in range(0, len(ordered), MOST_AT_ONCE)]
