"""The HTTP server: what stands around the MCP app, and how it stops."""

import socket

import uvicorn
from starlette.types import ASGIApp

from mcp_server.http.body_limits import BodyTimeLimit, PatientProtocol
from mcp_server.http.counted_requests import CountedRequests
from mcp_server.http.database_outage import DatabaseOutageAnswer
from mcp_server.settings import McpServerSettings
from serving.draining import DrainingServer, Running
from serving.requests import ContinuedTraces, RequestIds


def protected(app: ASGIApp, running: Running) -> ASGIApp:
    """The app with request ids, traces that go on, limits for slow clients and many at once, and an end."""
    served = ContinuedTraces(DatabaseOutageAnswer(app))
    return RequestIds(CountedRequests(BodyTimeLimit(served), running))


async def listen_and_serve(
    app: ASGIApp, listener: socket.socket, settings: McpServerSettings, running: Running
) -> None:
    """Serve until SIGINT or SIGTERM, and finish what runs then, as long as `MCP_GRACE_SECONDS` allow."""
    config = uvicorn.Config(
        app,
        # h11: httptools leaves white space around header values, which the protocol forbids to reject.
        http=PatientProtocol,
        # Our own log format holds for its lines too.
        log_config=None,
        access_log=False,
        limit_concurrency=settings.mcp_max_connections,
        timeout_graceful_shutdown=settings.mcp_grace_seconds,
    )
    await DrainingServer(config, running, settings.mcp_grace_seconds).serve(sockets=[listener])
