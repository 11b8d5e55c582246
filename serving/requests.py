"""Each request has an id, and belongs to the trace of the client that sent it."""

import re
from contextvars import ContextVar
from uuid import uuid4

from opentelemetry import context, propagate
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
# Nothing that could forge a line of the log or a header.
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
NO_REQUEST = "-"

request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)


def new_request_id(proposed: str | None) -> str:
    """The id that a client proposed, if it is harmless, else a new one."""
    return proposed if proposed and ACCEPTED_ID.fullmatch(proposed) else uuid4().hex


def outgoing_headers() -> dict[str, str]:
    """Headers for another program that join its logs and traces with ours."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    if request_id.get() != NO_REQUEST:
        headers[HEADER] = request_id.get()
    return headers


class RequestIds:
    """An ASGI app whose requests have an id, the one of the client or a new one, that the answer repeats."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        chosen = new_request_id(Headers(scope=scope).get(HEADER))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = chosen
            await send(message)

        token = request_id.set(chosen)
        try:
            await self._app(scope, receive, answer)
        finally:
            request_id.reset(token)


class ContinuedTraces:
    """An ASGI app whose spans belong to the trace that the client's `traceparent` header names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or "traceparent" not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        token = context.attach(propagate.extract(dict(Headers(scope=scope).items())))
        try:
            await self._app(scope, receive, send)
        finally:
            context.detach(token)
