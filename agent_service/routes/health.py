"""Can a question be answered now: the chat database and the MCP server."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

from agent_service.context import RequestContext
from agent_service.tools.connection import McpConnector
from database.pool import Pool

logger = logging.getLogger("agent_service")

OK = "ok"
DATABASE_SECONDS = 3


@dataclass(frozen=True)
class Readiness:
    """What each part says of itself: `ok`, or what is missing and the cure.

    `degraded`: answers are worse than they will be, and why.
    """

    database: str
    mcp_server: str
    degraded: str | None = None

    @property
    def ready(self) -> bool:
        """True when a question can be answered."""
        return self.database == OK and self.mcp_server == OK

    @property
    def state(self) -> Literal["ready", "degraded", "unavailable"]:
        """The whole in one word."""
        if not self.ready:
            return "unavailable"
        return "ready" if self.degraded is None else "degraded"

    def as_json(self) -> dict[str, str | bool]:
        """The answer of `/ready`."""
        reason = {"reason": self.degraded} if self.state == "degraded" and self.degraded else {}
        return {
            "ready": self.ready,
            "state": self.state,
            **reason,
            "database": self.database,
            "mcp_server": self.mcp_server,
        }


async def check_readiness(pool: Pool, connector: McpConnector, context: RequestContext) -> Readiness:
    """The state right now."""
    database, problem, server = await asyncio.gather(
        _database(pool), connector.problem(context), connector.readiness()
    )
    if server is None:
        return Readiness(database, problem or OK)
    return Readiness(database, problem or server.problem or OK, server.reason)


async def _database(pool: Pool) -> str:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), pool.connection() as connection:
            await connection.execute("select 1 from threads limit 1")
    except (psycopg.Error, PoolTimeout, TimeoutError) as error:
        logger.warning("The chat database does not answer: %s", type(error).__name__)
        return "the chat database does not answer; start it or correct CHAT_DATABASE_URL"
    return OK
