"""Each request has an id, and belongs to the trace of the client that sent it."""

import re
from contextvars import ContextVar
from uuid import uuid4

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.acting import Acting, Through, bounded, trace_id

HEADER = "X-Request-ID"
# Nothing that could forge a line of the log or a header.
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
NO_REQUEST = "-"
# The version 00, ids that are not zero are looked for later.
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
PROPAGATOR = TraceContextTextMapPropagator()
TRACER = trace.get_tracer("owflex.requests")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
# Asked for by those who run the service, every few seconds, and files.
UNTRACED_PATH = re.compile(r"/(?:health|ready|metrics|static/)")
ROUTE = re.compile(r"/(?:chatkit|attachments|feedback|voice|knowledge(?:/(?:documents|search|uploads))?)\b")

request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)


def new_request_id(proposed: str | None) -> str:
    """The id that a client proposed, if it is harmless, else a new one."""
    return proposed if proposed and ACCEPTED_ID.fullmatch(proposed) else uuid4().hex


def acting_now(user: str, through: Through) -> Acting:
    """Who changes something in the request that is served, for the audit log."""
    number = request_id.get()
    return Acting(bounded(user), through, "" if number == NO_REQUEST else number, trace_id())


def outgoing_headers() -> dict[str, str]:
    """Headers for an MCP server that join its logs with ours.

    Its traces are joined by each message, in whose `_meta` the MCP SDK names the span of that very message;
    a header for all of them would win over it.
    """
    return {} if request_id.get() == NO_REQUEST else {HEADER: request_id.get()}


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
    """An ASGI app whose spans belong to the trace that the client's `traceparent` header names.

    Where no traces are collected the header is not looked at.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not is_tracing():
            await self._app(scope, receive, send)
            return
        token = context.attach(named_trace(scope))
        try:
            await self._app(scope, receive, send)
        finally:
            context.detach(token)


class TracedRequests:
    """An ASGI app each of whose requests is a span, in the trace that the client names, else in a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not is_tracing() or UNTRACED_PATH.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        name = f"{method} {_route_of(scope['path'])}"
        with TRACER.start_as_current_span(
            name,
            context=named_trace(scope),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
        ) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, noting)


def is_tracing() -> bool:
    """Whether spans are collected."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


def named_trace(scope: Scope) -> context.Context:
    """The context that a request's `traceparent` names; a new one where it has none that is well-formed.

    Nothing else is taken from a client: what it calls `tracestate` or `baggage` would be passed on.
    """
    given = Headers(scope=scope).getlist("traceparent")
    if len(given) != 1 or not TRACEPARENT.fullmatch(given[0]):
        return context.Context()
    return PROPAGATOR.extract({"traceparent": given[0]}, context.Context())


def _route_of(path: str) -> str:
    """The beginning of a path, in which no id stands; what a client makes up makes no names of spans."""
    found = ROUTE.match(path)
    return found[0] if found else "/"
