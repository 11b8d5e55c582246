"""How the chat is, how much it is used, and what people did not get an answer to."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from agent_service.context import LOCAL_USER, RequestContext
from agent_service.live.settings import LiveSettings
from agent_service.models.providers import ChosenModel
from agent_service.routes.admin.guard import Administrators, days_of
from agent_service.routes.health import check_readiness
from agent_service.storage.overview import bad_votes, unanswered, usage_by_day, usage_by_person
from agent_service.tools.connection import McpConnector
from database.pool import fetch
from serving.draining import Running

COUNTS = """
select (select count(*) from threads),
       (select count(*) from turns where heartbeat_at > now() - interval '1 minute'),
       pg_database_size(current_database())
"""


@dataclass(frozen=True)
class Parts:
    """What the overview asks about."""

    live: LiveSettings
    connector: McpConnector
    running: Running
    chosen_now: Callable[[], ChosenModel]
    folder: Path | None


def overview_routes(parts: Parts, admins: Administrators) -> list[BaseRoute]:
    """`GET /admin/health`, `/admin/usage` and `/admin/answers`."""
    pool = parts.live.pool

    async def health(request: Request, context: RequestContext) -> Mapping[str, Any]:
        state = await check_readiness(pool, parts.connector, RequestContext(LOCAL_USER), parts.folder)
        threads, answering, size = (await fetch(pool, COUNTS, {}))[0]
        chosen = parts.chosen_now()
        return {
            "state": state.state,
            "parts": state.as_json(),
            "version": version("owflex"),
            "model": {"name": chosen.name, "provider": chosen.provider, "extractive": chosen.extractive},
            "login": parts.live.settings.agent_service_auth,
            "threads": threads,
            "answering": answering,
            "database_bytes": size,
            "problems": {name.upper(): said for name, said in parts.live.problems.items()},
        }

    async def usage(request: Request, context: RequestContext) -> Mapping[str, Any]:
        days = days_of(request)
        return {
            "days": [asdict(one) for one in await usage_by_day(pool, days)],
            "people": [asdict(one) for one in await usage_by_person(pool, days)],
        }

    async def answers(request: Request, context: RequestContext) -> Mapping[str, Any]:
        days = days_of(request)
        return {
            "voted": [asdict(one) for one in await bad_votes(pool, days)],
            "unanswered": [asdict(one) for one in await unanswered(pool, days)],
        }

    return [
        Route("/admin/health", admins.only(health), methods=["GET"]),
        Route("/admin/usage", admins.only(usage), methods=["GET"]),
        Route("/admin/answers", admins.only(answers), methods=["GET"]),
    ]
