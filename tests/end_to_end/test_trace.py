"""One trace from the browser's request to the statements, over the processes of `owflex up`."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.end_to_end.conftest import Installation

TRACE = "0af7651916cd43dd8448eb211c80319c"
PAGE = "b7ad6b7169203331"
QUESTION = "What does the printer error E-52 of Mrs Abendroth mean?"


class Collector:
    """Takes spans over HTTP as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.raw = b""
        taking = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taking.take(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, body: bytes) -> None:
        """Keep the spans of a request, with the service that made each."""
        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(
                one.value.string_value for one in resource.resource.attributes if one.key == "service.name"
            )
            self.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that listens."""
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.slow
def test_a_message_is_one_trace_over_all_processes(installation: Installation, collector: Collector) -> None:
    installation.settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "LOG_FORMAT": "json"}
    everything = installation.up()
    content = [{"type": "input_text", "text": QUESTION}]
    message: dict[str, Any] = {"content": content, "attachments": [], "inference_options": {}}
    request = urllib.request.Request(
        f"{installation.chat_url}/chatkit",
        json.dumps({"type": "threads.create", "params": {"input": message}}).encode(),
        {"content-type": "application/json", "traceparent": f"00-{TRACE}-{PAGE}-01"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert b"assistant_message" in answer.read()
    installation.stop(everything)

    of_trace = [(service, span) for service, span in collector.spans if span.trace_id.hex() == TRACE]
    by_id = {span.span_id: (service, span) for service, span in of_trace}

    def above(span: Span) -> list[str]:
        names: list[str] = []
        while span.parent_span_id in by_id:
            _, span = by_id[span.parent_span_id]
            names.append(span.name)
        assert span.parent_span_id.hex() == PAGE
        return names

    call = [
        "tools/call search_documents",
        "MCP send tools/call search_documents",
        "chat turn",
        "POST /chatkit",
    ]
    chains = {span.name: above(span) for _, span in of_trace}
    assert chains["POST /chatkit"] == []
    assert chains["model call"] == ["chat turn", "POST /chatkit"]
    assert chains["embed question"] == chains["search"] == call
    statements = [
        (service, span)
        for service, span in of_trace
        if any(one.key == "db.statement" for one in span.attributes)
    ]
    assert {service for service, _ in statements} == {"owflex-mcp-server"}
    assert ["search", *call] in [above(span) for _, span in statements]
    # Neither the question nor a passage is in any span.
    assert b"Abendroth" not in collector.raw
    assert b"rear flap" not in collector.raw
    logged = (installation.home / "logs" / "chat.log").read_text()
    assert f'"trace_id": "{TRACE}"' in logged
