"""All routes below `/admin`."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.http.responses import answered
from agent_service.routes.admin.guard import NO_STORE, Administrators
from agent_service.routes.admin.knowledge import knowledge_admin_routes
from agent_service.routes.admin.models import model_routes
from agent_service.routes.admin.overview import Parts, overview_routes
from agent_service.routes.admin.people import people_routes
from agent_service.routes.admin.settings import settings_routes


def admin_routes(parts: Parts, admins: Administrators) -> list[BaseRoute]:
    """What administrators may ask, and `GET /admin/rights`, which tells everybody whether they are one."""

    async def rights(request: Request) -> Response:
        found: Mapping[str, Any] = {"admin": await admins.is_one(admins.context_of(request))}
        return JSONResponse(found, headers=NO_STORE)

    return [
        Route("/admin/rights", answered(rights), methods=["GET"]),
        *settings_routes(parts.live, admins),
        *model_routes(parts.live, admins),
        *overview_routes(parts, admins),
        *knowledge_admin_routes(parts.connector, admins),
        *people_routes(parts.connector, admins),
    ]
