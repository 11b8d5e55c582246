"""What those who run the chat see of it, and how it stops."""

import asyncio
import json
import logging
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from agents.testing import ScriptedModel, function_call
from opentelemetry import context as trace_context
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from agent_service.errors import RequestRefusedError
from agent_service.observe import logs
from agent_service.requests.admission import admit
from serving.draining import Running
from serving.logs import LogStyle, new_handler
from serving.requests import outgoing_headers, request_id
from serving.telemetry import without_texts
from tests.agent_service.conftest import Answer, Chat, FakeKnowledge, OpenChat, Serve, parse_events
from tests.agent_service.scripted_provider import ScriptedProvider, call
from tests.agent_service.scripted_provider import say as reply
from tests.agent_service.test_process import service
from tests.agent_service.test_turns import say
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port

SECRET_QUESTION = "How many days of leave has Mrs Abendroth?"


async def figures(chat: Chat) -> dict[str, float]:
    text = (await chat.http.get(f"{chat.url}/metrics")).text
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_the_figures_count_turns_tools_and_refusals(open_chat: OpenChat) -> None:
    search = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    model = ScriptedModel([search, say("25 days [[12]].")])
    chat = await open_chat(model, chat_rate_limit_per_minute=2)
    await chat.say(SECRET_QUESTION)
    await chat.say("And then?")
    await chat.post(Chat.message("One too many"), **{"x-user": "ann"})
    seen = await figures(chat)
    assert seen['owflex_chat_turns_total{outcome="answered"}'] == 1
    assert seen['owflex_chat_turns_total{outcome="failed"}'] == 1
    assert seen['owflex_chat_tool_calls_total{outcome="ok",tool="search_documents"}'] == 1
    assert seen['owflex_chat_refused_total{reason="rate_limited"}'] == 1
    assert seen["owflex_chat_first_token_seconds_count"] == 1
    assert seen["owflex_chat_turns_running"] == 0
    assert seen["owflex_chat_pool_connections"] >= 1
    assert not any("Abendroth" in name or "ann" in name.split('"') for name in seen)


async def test_figures_want_the_token_where_one_is_set(open_chat: OpenChat) -> None:
    token = "a-token-for-prometheus-of-thirty-two-characters"
    chat = await open_chat(ScriptedModel([]), agent_service_metrics_token=SecretStr(token))
    page = f"{chat.url}/metrics"
    assert (await chat.http.get(page)).status_code == 401
    assert (await chat.http.get(page, headers={"Authorization": "Bearer wrong"})).status_code == 401
    assert (await chat.http.get(page, headers={"Authorization": f"Bearer {token}"})).status_code == 200


@pytest.mark.parametrize("with_words", [False, True])
async def test_the_log_has_the_request_and_the_user_but_words_only_on_demand(
    open_chat: OpenChat, caplog: pytest.LogCaptureFixture, with_words: bool
) -> None:
    lines: list[str] = []
    handler = new_handler("json", logs.STYLE)
    handler.emit = lambda record: lines.append(handler.format(record))
    logging.getLogger("agent_service").addHandler(handler)
    try:
        with caplog.at_level(logging.INFO):
            search = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
            chat = await open_chat(ScriptedModel([search, say("25 days.")]), log_messages=with_words)
            body = Chat.message(SECRET_QUESTION)
            answer = await chat.post(body, **{"x-user": "ann", "x-request-id": "my-id.7"})
    finally:
        logging.getLogger("agent_service").removeHandler(handler)
    assert answer.headers["x-request-id"] == "my-id.7"
    entries = [json.loads(line) for line in lines]
    turn = next(entry for entry in entries if entry["message"].startswith("turn answered by scripted"))
    assert (turn["request_id"], turn["user"], turn["level"]) == ("my-id.7", "ann", "INFO")
    assert any("Abendroth" in line for line in lines) == with_words


async def test_an_id_that_could_forge_a_line_is_replaced(open_chat: OpenChat) -> None:
    chat = await open_chat(ScriptedModel([]))
    answer = await chat.http.get(f"{chat.url}/health", headers={"x-request-id": "a b; c"})
    assert len(answer.headers["x-request-id"]) == 32


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What a collector would get of everything in this process."""
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(without_texts(memory)))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    for tracer in (
        "agent_service.observe.metrics.TRACER",
        "agent_service.models.fallback.TRACER",
        "serving.requests.TRACER",
        "mcp.shared._otel._tracer",
    ):
        monkeypatch.setattr(tracer, provider.get_tracer("test"))
    return memory


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_turn_is_one_trace_from_the_browser_to_the_tool_and_spans_have_no_words(
    open_chat: OpenChat, knowledge: FakeKnowledge, spans: InMemorySpanExporter
) -> None:
    chat = await open_chat(ScriptedModel([[function_call("list_tasks", {}, call_id="call_1")], say("None.")]))
    await chat.post(Chat.message(SECRET_QUESTION), traceparent=PARENT)
    found = [(span, span.context) for span in spans.get_finished_spans() if span.context is not None]
    here = [(span, own) for span, own in found if f"{own.trace_id:032x}" == PARENT.split("-")[1]]
    names = {own.span_id: span.name for span, own in here}
    of_trace = [span for span, _ in here]

    def parents(name: str) -> set[str]:
        ids = [span.parent.span_id for span in of_trace if span.name == name and span.parent is not None]
        return {names.get(one, f"{one:016x}") for one in ids}

    assert parents("POST /chatkit") == {PARENT.split("-")[2]}
    assert parents("chat turn") == {"POST /chatkit"}
    assert parents("model call") == {"chat turn"}
    assert parents("MCP send tools/call list_tasks") == {"chat turn"}
    assert parents("tools/call list_tasks") == {"MCP send tools/call list_tasks"}
    turn = next(span for span in of_trace if span.name == "chat turn")
    assert dict(turn.attributes or {})["owflex.outcome"] == "answered"
    assert not any("Abendroth" in span.to_json() or "None." in span.to_json() for span, _ in found)


async def test_errors_in_spans_have_no_words(spans: InMemorySpanExporter) -> None:
    with trace.get_tracer("t").start_as_current_span("x", record_exception=True) as span:
        span.record_exception(ValueError(SECRET_QUESTION))
    assert "Abendroth" not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.parametrize(
    "given",
    [
        PARENT.upper(),
        PARENT + "-more",
        PARENT.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "x" * 8000,
        "",
    ],
)
async def test_a_trace_that_is_not_well_formed_is_begun_anew(
    open_chat: OpenChat, spans: InMemorySpanExporter, given: str
) -> None:
    chat = await open_chat(ScriptedModel([]))
    headers = {"traceparent": given, "tracestate": "a=secret", "baggage": "b=secret"}
    answer = await chat.http.get(f"{chat.url}/config.json", headers=headers)
    assert answer.json()["tracing"] is True
    (span,) = [one for one in spans.get_finished_spans() if one.name == "GET /"]
    assert span.parent is None
    assert not any("secret" in one.to_json() for one in spans.get_finished_spans())


async def test_what_a_client_makes_up_makes_no_names_of_spans(
    open_chat: OpenChat, spans: InMemorySpanExporter
) -> None:
    chat = await open_chat(ScriptedModel([]))
    await chat.http.request("X" * 500, f"{chat.url}/secret-{'y' * 500}")
    await chat.http.get(f"{chat.url}/knowledge/documents/4711")
    await chat.http.get(f"{chat.url}/health")
    made = [one for one in spans.get_finished_spans() if one.kind is trace.SpanKind.SERVER]
    # FastAPI has spans of its own for its own routes.
    names = {
        one.name for one in made if one.instrumentation_scope and one.instrumentation_scope.name == "test"
    }
    assert {"_OTHER /", "GET /knowledge/documents"} <= names
    assert [name for name in names if "health" in name or "4711" in name or "secret" in name] == []


async def test_without_a_collector_the_page_begins_no_trace_and_none_is_continued(
    open_chat: OpenChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    chat = await open_chat(ScriptedModel([]))
    with caught_lines(logs.STYLE) as lines:
        answer = await chat.http.get(f"{chat.url}/config.json", headers={"traceparent": PARENT})
        logging.getLogger("agent_service").warning("A line.")
    assert answer.json()["tracing"] is False
    assert json.loads(lines[-1])["trace_id"] == "-"


async def test_log_lines_carry_the_trace(open_chat: OpenChat, spans: InMemorySpanExporter) -> None:
    with caught_lines(logs.STYLE) as lines:
        chat = await open_chat(
            ScriptedModel([[function_call("list_tasks", {}, call_id="call_1")], say("None.")])
        )
        await chat.post(Chat.message("My tasks?"), traceparent=PARENT)
    (turn,) = [json.loads(line) for line in lines if "turn answered" in line]
    assert turn["trace_id"] == PARENT.split("-")[1]


@contextmanager
def caught_lines(style: LogStyle) -> Generator[list[str]]:
    """The JSON lines that the chat logs while in the block."""
    lines: list[str] = []
    handler = new_handler("json", style)
    handler.emit = lambda record: lines.append(handler.format(record))
    logger = logging.getLogger("agent_service")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def test_the_mcp_server_gets_the_request_id_and_each_message_names_its_own_span() -> None:
    span = TracerProvider().get_tracer("t").start_span("turn")
    token = trace_context.attach(trace.set_span_in_context(span))
    request = request_id.set("req-1")
    try:
        # A header would stand above what each message says in `_meta`.
        assert outgoing_headers() == {"X-Request-ID": "req-1"}
    finally:
        request_id.reset(request)
        trace_context.detach(token)
    assert outgoing_headers() == {}


async def test_once_it_stops_no_turn_begins_and_the_running_ones_are_awaited() -> None:
    running = Running()
    with running.one():
        assert not await running.drain(0)
        with pytest.raises(RequestRefusedError) as refused:
            admit(running)
    assert refused.value.status == 503
    assert await running.drain(0)


async def test_a_running_answer_is_finished_before_the_process_ends(
    tmp_path: Path, chat_url: str, serve: Serve, knowledge: FakeKnowledge, mcp_app: Any
) -> None:
    provider = SlowProvider()
    async with serve(provider) as llm, serve(mcp_app) as mcp, httpx2.AsyncClient(timeout=60) as http:
        port = free_port()
        settings = {
            "OWFLEX_HOME": str(tmp_path / "home"),
            "CHAT_DATABASE_URL": chat_url,
            "AGENT_SERVICE_PORT": str(port),
            "OPENAI_BASE_URL": f"{llm}/v1",
            "MODEL_NAME": "slow",
            "MCP_SERVER_URL": f"{mcp}/mcp",
            "MCP_SIGNING_KEY": "a-signing-key-for-tests-of-some-length",
            "LOG_FORMAT": "json",
            "AGENT_SERVICE_GRACE_SECONDS": "300",
        }
        async with service(tmp_path, **settings) as process:
            assert process.stderr is not None
            await asyncio.wait_for(process.stderr.readuntil(b"The chat answers at"), 60)
            url = f"http://127.0.0.1:{port}"
            await ready(http, url)
            first = asyncio.create_task(http.post(f"{url}/chatkit", json=Chat.message("My tasks?")))
            asked = asyncio.create_task(provider.is_asked.wait())
            await asyncio.wait([asked, first], timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            assert asked.done(), first.result().text
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.stderr.readuntil(b"waiting for what runs (1)"), PATIENCE_SECONDS)
            late = await http.post(f"{url}/chatkit", json=Chat.message("Too late?"))
            assert (late.status_code, late.json()["error"]["code"]) == (503, "stopping")
            assert (await http.get(f"{url}/ready")).status_code == 503
            provider.may_answer.set()
            done = Answer(list(parse_events((await first).text)))
            assert done.text == "No tasks at all."
            rest = await asyncio.wait_for(process.stderr.read(), 60)
            assert await process.wait() == 0
            assert b"Traceback" not in rest
            assert all(json.loads(line) for line in rest.decode().splitlines() if line.startswith("{"))


async def ready(http: httpx2.AsyncClient, url: str) -> None:
    """Wait until it listens; its line in the log comes just before."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await http.get(f"{url}/health")
                return
            except httpx2.ConnectError:
                await asyncio.sleep(0)


class SlowProvider:
    """Answers only when it may."""

    def __init__(self) -> None:
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self._inner = ScriptedProvider([call("list_tasks"), reply("No tasks at all.")])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.is_asked.set()
            await self.may_answer.wait()
        await self._inner(scope, receive, send)
