"""Groups, rights, keys, clients and ingestion: what the MCP server's tools of administration say and do."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.routes.admin.guard import Administrators, read_json
from agent_service.routes.knowledge.calls import KnowledgeCalls
from agent_service.tools.connection import McpConnector, administration_scope

# What is shown together: the key in the answer, and the tool.
RIGHTS = {"groups": "list_groups", "rights": "list_rights"}
WORK = {"keys": "list_api_keys", "clients": "list_clients_of_all", "ingestion": "list_ingestion"}
# The tool itself says what its arguments may be.
CHANGES = frozenset(
    {
        "set_group",
        "delete_group",
        "grant_right",
        "revoke_right",
        "set_default_right",
        "revoke_api_key",
        "disconnect_client_of_person",
    }
)


class WantedCall(BaseModel):
    """The body of `POST /admin/knowledge/{tool}`: the arguments of the tool."""

    model_config = ConfigDict(extra="forbid")

    arguments: dict[str, Any] = Field(max_length=10)


def knowledge_admin_routes(connector: McpConnector, admins: Administrators) -> list[BaseRoute]:
    """`GET /admin/rights-of-all`, `GET /admin/work` and `POST /admin/knowledge/{tool}`."""
    calls = KnowledgeCalls(admins.settings, connector)
    # `admins.only` has looked who is asking before any handler runs.
    scope = administration_scope(is_admin=True)

    async def all_of(context: RequestContext, tools: Mapping[str, str]) -> Mapping[str, Any]:
        found = await asyncio.gather(*(calls.call(context, tool, {}, scope=scope) for tool in tools.values()))
        return dict(zip(tools, found, strict=True))

    async def rights(request: Request, context: RequestContext) -> Mapping[str, Any]:
        return await all_of(context, RIGHTS)

    async def work(request: Request, context: RequestContext) -> Mapping[str, Any]:
        return await all_of(context, WORK)

    async def change(request: Request, context: RequestContext) -> Mapping[str, Any]:
        tool = str(request.path_params["tool"])
        if tool not in CHANGES:
            raise RequestRefusedError("refused.not_found", status=404, code="not_found")
        wanted = await read_json(request, WantedCall)
        return await calls.call(context, tool, wanted.arguments, scope=scope)

    return [
        Route("/admin/rights-of-all", admins.only(rights), methods=["GET"]),
        Route("/admin/work", admins.only(work), methods=["GET"]),
        Route("/admin/knowledge/{tool}", admins.only(change), methods=["POST"]),
    ]
