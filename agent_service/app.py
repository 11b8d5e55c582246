"""The web application: protocol, page and health put together in one place."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent_service.chatkit_endpoint import ChatKitEndpoint
from agent_service.guard import Guard
from agent_service.health import check_readiness
from agent_service.llm import ChosenModel
from agent_service.mcp_connection import McpConnector
from agent_service.request_context import LOCAL_USER, RequestContext, locale_of
from agent_service.server import OwFlexChatKitServer
from agent_service.settings import AgentServiceSettings
from agent_service.web import STATIC_FOLDER, web_routes
from database.pool import Pool


def create_app(
    settings: AgentServiceSettings,
    *,
    pool: Pool,
    chosen: ChosenModel,
    connector: McpConnector,
    context_of: Callable[[Request], RequestContext] | None = None,
    static: Path = STATIC_FOLDER,
) -> FastAPI:
    """The app over an open pool of the chat database; `context_of` says whom a request comes from.

    Without it everybody who reaches the app is the one local user.
    """
    server = OwFlexChatKitServer(pool, settings, chosen, connector.connect)
    endpoint = ChatKitEndpoint(server, context_of or local_user, settings.max_request_bytes)
    # No generated API pages: they load scripts from elsewhere, and the protocol is ChatKit's.
    app = FastAPI(title="OwFlex", openapi_url=None, routes=web_routes(settings, chosen, static))
    app.add_api_route("/chatkit", _as_route(endpoint), methods=["POST"])
    app.add_api_route("/health", _is_alive, methods=["GET"])
    app.add_api_route("/ready", _readiness(pool, connector), methods=["GET"])
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "authorization"],
            allow_credentials=False,
        )
    app.add_middleware(
        Guard,
        allowed_hosts=settings.agent_service_allowed_hosts,
        allowed_origins=settings.cors_origins,
    )
    return app


def local_user(request: Request) -> RequestContext:
    """The one user of a service that has no login."""
    return RequestContext(LOCAL_USER, locale_of(request.headers.get("accept-language")))


def _as_route(endpoint: ChatKitEndpoint) -> Callable[[Request], Awaitable[Response]]:
    async def chatkit(request: Request) -> Response:
        return await endpoint(request)

    return chatkit


async def _is_alive() -> JSONResponse:
    return JSONResponse({"status": "ok"})


def _readiness(pool: Pool, connector: McpConnector) -> Callable[[], Awaitable[JSONResponse]]:
    async def ready() -> JSONResponse:
        state = await check_readiness(pool, connector, RequestContext(LOCAL_USER))
        return JSONResponse(state.as_json(), status_code=200 if state.ready else 503)

    return ready
