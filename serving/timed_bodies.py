"""Requests whose bodies come too slowly are let go, and all that comes at once is bounded."""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.refusals import BODIES_FULL, CLOSING, TOO_SLOW, Refusal, Refuse, plain_refusal
from serving.senders import sender_of

SECONDS = 15.0
# Who sends at least this much stays, however long it takes: each byte prolongs the time.
MIN_BYTES_PER_SECOND = 20_000
# What all requests together may hold in memory, and those of one sender.
MAX_BYTES_AT_ONCE = 256 * 2**20
MAX_BYTES_OF_ONE = 96 * 2**20


class BodyTimeLimit:
    """An ASGI app whose requests must have arrived whole in time; else the client gets 408 and is let go.

    When all bodies together, or those of one sender, are more than memory is there for, it gets 503.
    """

    seconds = SECONDS

    def __init__(
        self,
        app: ASGIApp,
        refuse: Refuse = plain_refusal,
        sender_of: Callable[[Scope], Hashable] = sender_of,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._sender_of = sender_of
        self._held = _Held()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _TimedBody(receive, send, self.seconds, self._held, self._sender_of(scope))
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            # What the app makes of a client that went away is not worth a stack in the log.
            if body.refusal is None:
                raise
        finally:
            body.forget()
        if body.refusal is not None and not body.answered:
            answer = self._refuse(body.refusal, scope)
            answer.headers.update(CLOSING)
            await answer(scope, receive, send)


class _Held:
    """How many bytes of bodies are held, by all and by each sender."""

    def __init__(self) -> None:
        self._by_sender = Counter[Hashable]()
        self._all = 0

    def add(self, sender: Hashable, size: int) -> bool:
        """Count bytes that have come; False when they are too many."""
        self._by_sender[sender] += size
        self._all += size
        return self._all <= MAX_BYTES_AT_ONCE and self._by_sender[sender] <= MAX_BYTES_OF_ONE

    def remove(self, sender: Hashable, size: int) -> None:
        """They are no longer held."""
        self._all -= size
        self._by_sender[sender] -= size
        if not self._by_sender[sender]:
            del self._by_sender[sender]


class _TimedBody:
    """Hands the parts of a body on; one that does not come in time looks like a client that went away."""

    def __init__(self, receive: Receive, send: Send, seconds: float, held: _Held, sender: Hashable) -> None:
        self._receive = receive
        self._send = send
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._held = held
        self._sender = sender
        self._size = 0
        self._complete = False
        self.refusal: Refusal | None = None
        self.answered = False

    async def receive(self) -> Message:
        """The next part of the body, or the end of the client."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            return self._refused(TOO_SLOW)
        size = len(message.get("body", b""))
        self._size += size
        if not self._held.add(self._sender, size):
            return self._refused(BODIES_FULL)
        self._deadline += size / MIN_BYTES_PER_SECOND
        self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass the app's answer on, unless the request was refused: then there is one answer, ours."""
        if self.refusal is not None and not self.answered:
            return
        self.answered = True
        # The app has made of the body what it wanted; from here on it is its own business.
        self.forget()
        await self._send(message)

    def forget(self) -> None:
        """The body is no longer held."""
        self._held.remove(self._sender, self._size)
        self._size = 0

    def _refused(self, refusal: Refusal) -> Message:
        self.refusal = refusal
        return {"type": "http.disconnect"}
