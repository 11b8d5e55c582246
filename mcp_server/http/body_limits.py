"""Clients that send half a request and then nothing are let go; uvicorn alone would wait for ever."""

import asyncio
from typing import Any

import h11
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS = 15.0
# Who sends at least this much stays, however long it takes: each byte prolongs the time.
MIN_BYTES_PER_SECOND = 20_000


class BodyTimeLimit:
    """An ASGI app whose requests must have arrived whole in time; else the client gets 408 and is let go."""

    seconds = SECONDS

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _TimedBody(receive, send, self.seconds)
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            # What the app makes of a client that went away is not worth a stack in the log.
            if not body.late:
                raise
        if body.late and not body.answered:
            refusal = JSONResponse(
                {"error": "The request did not arrive in time."},
                status_code=408,
                headers={"connection": "close"},
            )
            await refusal(scope, receive, send)


class _TimedBody:
    """Hands the parts of a body on; one that does not come in time looks like a client that went away."""

    def __init__(self, receive: Receive, send: Send, seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._complete = False
        self.late = False
        self.answered = False

    async def receive(self) -> Message:
        """The next part of the body, or the end of the client."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self.late = True
            return {"type": "http.disconnect"}
        self._deadline += len(message.get("body", b"")) / MIN_BYTES_PER_SECOND
        self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass the app's answer on, unless the request was late: then there is one answer, ours."""
        if self.late and not self.answered:
            return
        self.answered = True
        await self._send(message)


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP, with a limit for how long the head of a request may take to arrive."""

    head_seconds = SECONDS
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has connected: from now on it has to say what it wants."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Something has arrived, maybe the end of a head."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_timer is None and self.conn.trailing_data[0]:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._let_go)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _let_go(self) -> None:
        self._head_timer = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()
