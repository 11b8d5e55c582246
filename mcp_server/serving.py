"""The HTTP server: what stands around the MCP app, and how it stops."""

import asyncio
import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from mcp_server.body_limits import BodyTimeLimit, PatientProtocol
from mcp_server.logs import RequestIds
from mcp_server.settings import McpServerSettings
from mcp_server.telemetry import ContinuedTraces
from mcp_server.traffic import Traffic, WatchedTraffic


def protected(app: ASGIApp, traffic: Traffic) -> ASGIApp:
    """The app with request ids, traces that go on, limits for slow clients, and an end."""
    return RequestIds(WatchedTraffic(BodyTimeLimit(ContinuedTraces(app)), traffic))


async def listen_and_serve(
    app: ASGIApp, listener: socket.socket, settings: McpServerSettings, traffic: Traffic
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
    await GentleServer(config, traffic, settings.mcp_grace_seconds).serve(sockets=[listener])


class GentleServer(uvicorn.Server):
    """Keeps answering `/ready` (with 503) while the calls that run at SIGTERM come to their end.

    uvicorn alone would stop listening at once, and nobody could ask.
    """

    def __init__(self, config: uvicorn.Config, traffic: Traffic, grace_seconds: float) -> None:
        super().__init__(config)
        self._traffic = traffic
        self._grace_seconds = grace_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop after what runs; at once when asked a second time."""
        if self._loop is None or self._traffic.stopping:
            super().handle_exit(sig, frame)
            return
        self._traffic.stop()
        self._loop.call_soon_threadsafe(self._end_later, sig)

    def _end_later(self, sig: int) -> None:
        self._ending = asyncio.ensure_future(self._end(sig))

    async def _end(self, sig: int) -> None:
        await self._traffic.until_none_runs(self._grace_seconds)
        super().handle_exit(signal.Signals(sig), None)
