"""Requests are counted, and once the server stops no new ones are taken."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.draining import Running

# They answer to the end: a load balancer learns from them that the server stops.
ALWAYS_OPEN = ("/health", "/ready", "/metrics")


class CountedRequests:
    """An ASGI app whose requests are counted, and refused with 503 once the server stops."""

    def __init__(self, app: ASGIApp, running: Running) -> None:
        self._app = app
        self._running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_OPEN:
            await self._app(scope, receive, send)
        elif self._running.is_stopping:
            refusal = JSONResponse(
                {"error": "The server is stopping. Try again in a moment."},
                status_code=503,
                headers={"retry-after": "5", "connection": "close"},
            )
            await refusal(scope, receive, send)
        else:
            with self._running.one():
                await self._app(scope, receive, send)
