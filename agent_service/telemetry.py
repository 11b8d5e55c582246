"""Traces of the chat for an OpenTelemetry collector, where one is configured; without words of users."""

import importlib.util
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import context, propagate, trace
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_service import logs
from agent_service.errors import TelemetryMissingError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVICE = "owflex-agent-service"


def outgoing_headers() -> dict[str, str]:
    """Headers for the MCP server that join its logs and traces with ours."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    if logs.request_id.get() != "-":
        headers[logs.HEADER] = logs.request_id.get()
    return headers


@contextmanager
def telemetry() -> Generator[None]:
    """While in the block, spans go to the collector at `OTEL_EXPORTER_OTLP_ENDPOINT`, if that is set.

    Raises `TelemetryMissingError` when the packages for it are not installed.
    """
    if not os.environ.get(ENDPOINT):
        yield
        return
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        raise TelemetryMissingError(
            f"{ENDPOINT} is set, but nothing is installed that sends to it. "
            "Run: pip install 'owflex[telemetry]', or take the setting out."
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    with tracing_to(OTLPSpanExporter()):
        yield


@contextmanager
def tracing_to(exporter: "SpanExporter") -> Generator[None]:
    """While in the block, spans go to the exporter; what is left is sent at its end."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", SERVICE)
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(BatchSpanProcessor(wordless(exporter)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def wordless(exporter: "SpanExporter") -> "SpanExporter":
    """The exporter without events and error messages: libraries put what tools answered into them."""
    from opentelemetry.sdk.trace.export import SpanExporter

    class Wordless(SpanExporter):
        def export(self, spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
            return exporter.export([_wordless(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

    return Wordless()


def _wordless(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import ReadableSpan

    return ReadableSpan(
        span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        kind=span.kind,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class ContinuedTraces:
    """ASGI middleware: spans of a request belong to the trace that its `traceparent` header names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers({})
        if "traceparent" not in headers:
            await self._app(scope, receive, send)
            return
        token = context.attach(propagate.extract(dict(headers)))
        try:
            await self._app(scope, receive, send)
        finally:
            context.detach(token)
