"""Traces for an OpenTelemetry collector, where one is configured; without any text of users or documents."""

import importlib.util
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from opentelemetry import trace

from serving.errors import TelemetryMissingError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@contextmanager
def telemetry(service: str, *, with_sql: bool) -> Generator[None]:
    """While in the block, spans go to the collector named by `OTEL_EXPORTER_OTLP_ENDPOINT`, if it is set.

    They come in the name of `service`; `with_sql`: each statement is one of them.

    Raises `TelemetryMissingError`.
    """
    if not os.environ.get(ENDPOINT):
        yield
        return
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        raise TelemetryMissingError(
            f"{ENDPOINT} is set, but the packages for it are missing. "
            "Run: pip install 'owflex[telemetry]', or unset it."
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = new_provider(service)
    provider.add_span_processor(BatchSpanProcessor(without_texts(OTLPSpanExporter())))
    with tracing(provider, with_sql=with_sql):
        yield


def new_provider(service: str) -> "TracerProvider":
    """Makes spans in the name of a server."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider

    return TracerProvider(
        resource=Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", service)})
    )


@contextmanager
def tracing(provider: "TracerProvider", *, with_sql: bool) -> Generator[None]:
    """While in the block, requests (and SQL statements) make spans; what is left is sent at its end.

    Pools must be opened within the block: a connection is watched from its beginning or never.
    """
    trace.set_tracer_provider(provider)
    try:
        with _watched_sql(provider) if with_sql else nullcontext():
            yield
    finally:
        provider.shutdown()


@contextmanager
def _watched_sql(provider: "TracerProvider") -> Generator[None]:
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

    instrumentor = PsycopgInstrumentor()
    instrumentor.instrument(tracer_provider=provider, enable_commenter=False)
    try:
        yield
    finally:
        instrumentor.uninstrument()


def without_texts(exporter: "SpanExporter") -> "SpanExporter":
    """The exporter, which gets of an error its kind only: messages and stacks can quote what was asked."""
    from opentelemetry.sdk.trace.export import SpanExporter

    class WithoutTexts(SpanExporter):
        def export(self, spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
            return exporter.export([_without_texts(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return WithoutTexts()


def _without_texts(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Status

    events = [
        Event(
            event.name,
            {name: value for name, value in (event.attributes or {}).items() if name == "exception.type"},
            event.timestamp,
        )
        for event in span.events
    ]
    return ReadableSpan(
        span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=events,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
