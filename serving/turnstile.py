"""Requests begin one after the other, so that many at once do not stop the event loop."""

import asyncio
from collections.abc import Callable, Hashable

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.fair_slots import FairSlots
from serving.senders import sender_of


class Turnstile:
    """An ASGI app that lets one request begin in each round of the event loop, of each sender in turn.

    A request computes some milliseconds before it first waits for anything. Of 300 that arrive at once, all
    would begin in one round, and nothing else would run until the last of them waits. Who is alone passes at
    once; who waits here keeps nobody else from going on.
    """

    def __init__(self, app: ASGIApp, sender_of: Callable[[Scope], Hashable] = sender_of) -> None:
        self._app = app
        self._sender_of = sender_of
        # Whoever waits holds a connection, and those are counted.
        self._gate = FairSlots[Hashable](1, waiting=100_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            async with self._gate.one(self._sender_of(scope)):
                await asyncio.sleep(0)
        await self._app(scope, receive, send)
