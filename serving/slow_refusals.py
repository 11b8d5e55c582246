"""Whoever is refused again and again is answered later: to be refused costs the server time, too."""

import asyncio
from collections.abc import Callable, Hashable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.senders import sender_of
from serving.token_buckets import TokenBuckets

REFUSALS_PER_MINUTE = 60
AT_ONCE = 10
MAX_SECONDS = 1.0
REFUSED = frozenset({401, 429})


class Penalties:
    """How long each sender waits for a refusal: not at all for the first ones."""

    def __init__(self) -> None:
        self._refusals = TokenBuckets[Hashable](REFUSALS_PER_MINUTE, AT_ONCE)

    async def pause(self, sender: Hashable) -> None:
        """Wait until this sender may have its refusal."""
        if wait := self._refusals.take(sender):
            await asyncio.sleep(min(wait, MAX_SECONDS))


class SlowRefusals:
    """An ASGI app whose answers 401 and 429 come late for those who get many of them."""

    def __init__(self, app: ASGIApp, sender_of: Callable[[Scope], Hashable] = sender_of) -> None:
        self._app = app
        self._sender_of = sender_of
        self._penalties = Penalties()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                await self._penalties.pause(self._sender_of(scope))
            await send(message)

        await self._app(scope, receive, sent)
