"""Which requests run, and whether new ones are still taken."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# They answer to the end: a load balancer learns from them that the server stops.
ALWAYS_OPEN = ("/health", "/ready", "/metrics")


class Traffic:
    """Counts the requests that run, and waits for them when the server stops."""

    def __init__(self) -> None:
        self.running = 0
        self.stopping = False
        self._none_runs = asyncio.Event()
        self._none_runs.set()

    def stop(self) -> None:
        """Take no new requests from now on."""
        self.stopping = True

    @contextmanager
    def request(self) -> Generator[None]:
        """Counts one request while it runs."""
        self.running += 1
        self._none_runs.clear()
        try:
            yield
        finally:
            self.running -= 1
            if self.running == 0:
                self._none_runs.set()

    async def until_none_runs(self, seconds: float) -> None:
        """Return when no request runs, or when the time is up."""
        await asyncio.wait([asyncio.ensure_future(self._none_runs.wait())], timeout=seconds)


class WatchedTraffic:
    """An ASGI app whose requests are counted, and refused with 503 once the server stops."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_OPEN:
            await self._app(scope, receive, send)
        elif self._traffic.stopping:
            refusal = JSONResponse(
                {"error": "The server is stopping. Try again in a moment."},
                status_code=503,
                headers={"retry-after": "5", "connection": "close"},
            )
            await refusal(scope, receive, send)
        else:
            with self._traffic.request():
                await self._app(scope, receive, send)
