"""The pages for those who run the server: /health, /ready and /metrics."""

from fastmcp import FastMCP
from fastmcp.server.auth import AuthProvider
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mcp_server.health import Health
from mcp_server.metrics import CONTENT_TYPE

# How `BearerVerifier` calls whoever comes with the local token.
LOCAL_CLIENT_ID = "local-token"


def add_monitoring_routes(
    server: FastMCP, health: Health, auth: AuthProvider | None, *, metrics_are_open: bool
) -> None:
    """Add the three pages; the figures want the local token, unless `metrics_are_open`.

    A degraded server is ready: what it can do without, it does without.
    """

    async def is_alive(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def is_ready(request: Request) -> Response:
        state = await health.check()
        return JSONResponse(state.as_json(), status_code=200 if state.ready else 503)

    async def metrics(request: Request) -> Response:
        if not metrics_are_open and not await _has_local_token(request, auth):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        return Response(health.metrics.as_text(), media_type=CONTENT_TYPE)

    server.custom_route("/health", methods=["GET"])(is_alive)
    server.custom_route("/ready", methods=["GET"])(is_ready)
    server.custom_route("/metrics", methods=["GET"])(metrics)


async def _has_local_token(request: Request, auth: AuthProvider | None) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if auth is None or scheme.lower() != "bearer" or not token.isascii():
        return False
    known = await auth.verify_token(token.strip())
    return known is not None and known.client_id == LOCAL_CLIENT_ID
