"""One trace from the client to the statement in Postgres, and no text of anybody in it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import httpx2
import pytest
from fastmcp.exceptions import ToolError
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind
from starlette.types import ASGIApp

from mcp_server.app import SERVICE
from serving.errors import TelemetryMissingError
from serving.telemetry import (
    ENDPOINT,
    new_provider,
    telemetry,
    tracing,
    without_texts,
)

if TYPE_CHECKING:
    from conftest import RunningServer

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
SECRET = "the merger with Initech"


def context_of(span: ReadableSpan) -> SpanContext:
    context = span.context
    assert context is not None
    return context


def is_served(span: ReadableSpan, name: str) -> bool:
    return span.kind is SpanKind.SERVER and span.name == name


def spans_of(exporter: InMemorySpanExporter, trace_id: int) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if context_of(span).trace_id == trace_id]


@pytest.fixture(scope="module")
def exported() -> Iterator[InMemorySpanExporter]:
    """What a collector would get; there is one provider for a process."""
    exporter = InMemorySpanExporter()
    provider = new_provider(SERVICE)
    provider.add_span_processor(SimpleSpanProcessor(without_texts(exporter)))
    with tracing(provider, with_sql=True):
        yield exporter


@pytest.fixture
async def traced(exported: InMemorySpanExporter, server: "RunningServer") -> InMemorySpanExporter:
    """The spans of a server whose pool was opened after tracing began."""
    exported.clear()
    return exported


async def test_the_clients_call_the_servers_and_the_statements_are_one_trace(
    server: "RunningServer", traced: InMemorySpanExporter
) -> None:
    await server.health.load_model()
    with trace.get_tracer("a client").start_as_current_span("asking") as asking:
        async with server.client_of("ann") as client:
            await client.call_tool("search_documents", {"query": SECRET})
    spans = spans_of(traced, asking.get_span_context().trace_id)
    served = next(span for span in spans if is_served(span, "tools/call search_documents"))
    statements = [span for span in spans if "db.statement" in (span.attributes or {})]
    assert statements
    below = {span.name: span for span in spans if span.name in ("search", "embed question")}
    for span in below.values():
        assert span.parent is not None
        assert span.parent.span_id == context_of(served).span_id
    search = context_of(below["search"]).span_id
    assert {span.parent and span.parent.span_id for span in statements} == {search}
    assert below.keys() == {"search", "embed question"}


async def test_the_traceparent_header_of_a_client_is_continued(
    server: "RunningServer", traced: InMemorySpanExporter
) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_tasks"}}
    headers = {
        "authorization": "Bearer a-local-token-for-tests-of-some-length",
        "accept": "application/json, text/event-stream",
        "traceparent": parent,
    }
    async with httpx2.AsyncClient() as http:
        assert (await http.post(f"{server.url}/mcp", json=call, headers=headers)).status_code == 200
    served = next(span for span in traced.get_finished_spans() if span.name == "tools/call list_tasks")
    assert f"{context_of(served).trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"


async def test_no_question_answer_or_token_is_in_any_span(
    server: "RunningServer", traced: InMemorySpanExporter
) -> None:
    async with server.client() as client:
        await client.call_tool("search_documents", {"query": SECRET})
        await client.call_tool("add_task", {"title": SECRET})
        for arguments in ({"query": SECRET, "limit": SECRET}, {"query": [SECRET, SECRET]}):
            with pytest.raises(ToolError):
                await client.call_tool("search_documents", arguments)
    servers = [span for span in traced.get_finished_spans() if span.kind.name == "SERVER"]
    assert any(event.name == "exception" for span in servers for event in span.events)
    told = "".join(span.to_json() for span in traced.get_finished_spans() if span.instrumentation_scope)
    assert "db.statement" in told
    assert "Initech" not in told
    assert "merger" not in told
    assert "a-local-token" not in told


def _none_found(name: str) -> None:
    return None


def test_without_an_endpoint_nothing_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)
    with telemetry(SERVICE, with_sql=True):
        pass


def test_a_collector_without_the_packages_for_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4318")
    monkeypatch.setattr("importlib.util.find_spec", _none_found)
    with (
        pytest.raises(TelemetryMissingError, match=r"pip install 'owflex\[telemetry\]'"),
        telemetry(SERVICE, with_sql=True),
    ):
        pass
