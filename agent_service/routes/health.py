"""Can a question be answered now: the chat database and the MCP server."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

from agent_service.context import RequestContext
from agent_service.tools.connection import McpConnector
from database.pool import Pool
from database.surroundings import disk_problem, problems_around

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
    problems: Mapping[str, str] = field(default_factory=dict[str, str])

    def without(self, others: Mapping[str, str]) -> "Readiness":
        """The same while other MCP servers, by name, cannot be used for these reasons: degraded, not more."""
        away = [f"MCP server {name}: {problem}" for name, problem in others.items()]
        reasons = [*filter(None, [self.degraded]), *away]
        return replace(self, degraded="; ".join(reasons)) if away else self

    @property
    def ready(self) -> bool:
        """True when a question can be answered."""
        return self.database == OK and self.mcp_server == OK and not self.problems

    @property
    def state(self) -> Literal["ready", "degraded", "unavailable"]:
        """The whole in one word."""
        if not self.ready:
            return "unavailable"
        return "ready" if self.degraded is None else "degraded"

    def as_json(self) -> dict[str, str | bool]:
        """The answer of `/ready`."""
        reason = {"reason": self.degraded} if self.state == "degraded" and self.degraded else {}
        known = {
            "ready": self.ready,
            "state": self.state,
            **reason,
            "database": self.database,
            "mcp_server": self.mcp_server,
        }
        return known | dict(self.problems)


async def check_readiness(
    pool: Pool, connector: McpConnector, context: RequestContext, folder: Path | None = None
) -> Readiness:
    """The state right now; `folder` is the data folder where the embedded Postgres is used."""
    (database, problems), problem, server = await asyncio.gather(
        _database(pool, folder), connector.problem(context), connector.readiness()
    )
    if server is None:
        return Readiness(database, problem or OK, problems=problems)
    return Readiness(database, problem or server.problem or OK, server.reason, problems)


async def _database(pool: Pool, folder: Path | None) -> tuple[str, Mapping[str, str]]:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), pool.connection() as connection:
            await connection.execute("select 1 from threads limit 1")
            return OK, await problems_around(connection, folder)
    except (psycopg.Error, PoolTimeout, TimeoutError) as error:
        logger.warning("The chat database does not answer: %s", type(error).__name__)
    problem = None if folder is None else disk_problem(folder)
    return (
        "the chat database does not answer; start it or correct CHAT_DATABASE_URL",
        {} if problem is None else {"disk": problem},
    )
