"""Requests begin one after the other, so that many at once do not stop the event loop."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send


class Turnstile:
    """An ASGI app that lets one request begin in each round of the event loop.

    A request computes some milliseconds before it first waits for anything. Of 200 that arrive at once, all
    would begin in one round, and nothing else would run until the last of them waits. Who is alone passes at
    once; who waits here keeps nobody else from going on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gate = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            async with self._gate:
                await asyncio.sleep(0)
        await self._app(scope, receive, send)
