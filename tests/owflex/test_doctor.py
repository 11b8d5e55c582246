"""The check-up finds what is broken, names the cure and shows no secret."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp
from typer.testing import CliRunner

from agent_service.settings.settings import AgentServiceSettings
from ingest.settings import IngestSettings
from knowledge_base.embedding import reranking
from mcp_server.settings import SIGNING_KEY_FILE, McpServerSettings
from owflex.__main__ import app
from owflex.doctor.command import look
from owflex.doctor.findings import Finding, exit_code
from owflex.doctor.model import model_findings
from tests.conftest import Serve

KEY = "sk-secret-0badcafe0badcafe"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of the machine and of the checkout do not count."""
    for settings in (AgentServiceSettings, McpServerSettings, IngestSettings):
        for name in settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


class Provider:
    """An OpenAI-compatible server that does all right, but for `broken`."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self._was_stopped = False

    def app(self) -> ASGIApp:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models/{name:path}", self._model),
            ]
        )

    async def _chat(self, request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        status = self._status(body)
        refused = next((name for name in ("tools", "stream_options") if self.broken == f"refuses {name}"), "")
        if status != 200 or refused in body:
            said = f"This model does not take {refused}" if refused else f"Not with {KEY}"
            return JSONResponse({"error": {"message": said}}, status_code=status if status != 200 else 400)
        if self.broken == "no streaming":
            return JSONResponse({"choices": [{"message": {"role": "assistant", "content": "yes"}}]})
        return StreamingResponse(self._stream(body), media_type="text/event-stream")

    def _status(self, body: dict[str, Any]) -> int:
        if self.broken.isdigit():
            return int(self.broken)
        is_forced = body.get("tool_choice") == "required"
        if is_forced and self.broken == "refuses force":
            return 400
        is_second = "two hundred" not in str(body) and self._was_stopped
        self._was_stopped = self._was_stopped or "two hundred" in str(body)
        if is_second and self.broken == "breaks off":
            return 503
        return 500 if is_forced and self.broken == "fails when forced" else 200

    async def _stream(self, body: dict[str, Any]) -> AsyncIterator[str]:
        is_forced = body.get("tool_choice") == "required"
        function = {"name": "look_up", "arguments": '{"word": "owl"}'}
        words = {"thinks": "Hm, yes.</think>yes", "no words": ""}.get(self.broken, "yes")
        delta: dict[str, Any] = {"content": words}
        can_call = self.broken != "no tools" and not (is_forced and self.broken == "ignores force")
        if "tools" in body and can_call:
            delta = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}
        choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}
        yield chunk([choice])
        if self.broken == "hangs":
            yield ": "
            async for _ in _for_ever():
                yield ": still here\n\n"
        if self.broken != "no usage":
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            yield chunk([], usage=usage)
        yield "data: [DONE]\n\n"

    async def _model(self, request: Request) -> Response:
        if self.broken == "no list":
            return Response("<html>", status_code=404)
        size = 4096 if self.broken == "small" else 128_000
        return JSONResponse(
            {"id": "m", "object": "model", "created": 0, "owned_by": "x", "max_model_len": size}
        )


async def _for_ever() -> AsyncIterator[None]:
    import asyncio

    while True:
        await asyncio.sleep(0.05)
        yield


def chunk(choices: list[dict[str, Any]], **more: Any) -> str:
    body = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
    return f"data: {json.dumps(body | more)}\n\n"


async def findings_with(serve: Serve, broken: str) -> dict[str, Finding]:
    async with serve(Provider(broken).app()) as url:
        options: dict[str, Any] = {
            "openai_base_url": f"{url}/v1",
            "model_name": "test-model",
            "openai_api_key": KEY,
        }
        settings = AgentServiceSettings(**options)
        found = [one async for one in model_findings(settings, offline=False, seconds=2)]
    assert KEY not in str(found)
    return {finding.name: finding for finding in found}


async def test_a_good_model_passes_every_check(serve: Serve) -> None:
    found = await findings_with(serve, "")
    assert list(found) == [
        "language model",
        "streaming",
        "tool calls",
        "forced tool call",
        "stop",
        "usage",
        "context size",
    ]
    assert {finding.state for finding in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("broken", "name", "state", "words"),
    [
        ("401", "language model", "bad", "OPENAI_API_KEY"),
        ("404", "language model", "bad", "no model test-model"),
        ("429", "language model", "bad", "may not use it right now"),
        ("500", "language model", "bad", "500"),
        ("hangs", "language model", "bad", "in time"),
        ("no streaming", "streaming", "unknown", "not come as a stream"),
        ("no words", "streaming", "bad", "no words"),
        ("refuses force", "forced tool call", "unknown", "lets the model choose"),
        ("refuses tools", "tool calls", "bad", "--enable-auto-tool-choice"),
        ("refuses tools", "forced tool call", "bad", "searches by itself"),
        ("refuses stream_options", "usage", "unknown", "estimated"),
        ("refuses stream_options", "stream_options", "unknown", "leaves it out"),
        ("thinks", "thoughts", "bad", "--reasoning-parser"),
        ("breaks off", "stop", "bad", "did not come"),
        ("no tools", "tool calls", "bad", "does not call tools"),
        ("ignores force", "forced tool call", "unknown", "searches by itself"),
        ("fails when forced", "forced tool call", "bad", "500"),
        ("no usage", "usage", "unknown", "estimated"),
        ("small", "context size", "bad", "HISTORY_TOKENS"),
        ("no list", "context size", "unknown", "does not say"),
    ],
)
async def test_each_fault_of_a_model_is_named(
    serve: Serve, broken: str, name: str, state: str, words: str
) -> None:
    finding = (await findings_with(serve, broken))[name]
    assert finding.state == state
    assert words in f"{finding.sentence} {finding.cure}"
    assert bool(finding.cure) == (state == "bad")


async def test_a_server_that_is_not_there_is_named() -> None:
    options: dict[str, Any] = {"openai_base_url": "http://127.0.0.1:1/v1", "model_name": "m"}
    found = [one async for one in model_findings(AgentServiceSettings(**options), offline=False)]
    assert [one.state for one in found] == ["bad"]
    assert "http://127.0.0.1:1/v1 cannot be reached" in found[0].sentence


def test_it_works_when_nothing_runs_and_changes_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    report = json.loads(result.output)
    assert (result.exit_code, report["ok"]) == (0, True)
    assert not (tmp_path / "home").exists()
    assert {check["name"] for check in report["checks"]} >= {"settings", "data folder", "MCP server"}


def test_it_looks_at_the_model_alone() -> None:
    result = CliRunner().invoke(app, ["doctor", "--model", "--json"])
    assert result.exit_code == 0
    assert [check["name"] for check in json.loads(result.output)["checks"]] == ["settings", "language model"]


def test_lines_have_a_sign_and_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MODEL_NAME", "litellm/gpt-4.1")
    result = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 1
    assert "✓ settings" in result.output
    assert "✗ language model" in result.output
    assert "→ See docs/language-models.md." in result.output
    assert KEY not in result.output


def test_a_setting_that_cannot_be_read_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_SIGNING_KEY", "short-secret")
    result = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 1
    assert "MCP_SIGNING_KEY" in result.output
    assert "short-secret" not in result.output


async def test_both_databases_are_looked_into(
    monkeypatch: pytest.MonkeyPatch, chat_url: str, knowledge_base_url: str
) -> None:
    monkeypatch.setenv("CHAT_DATABASE_URL", chat_url)
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", knowledge_base_url)
    found = [finding async for finding in look(offline=True)]
    assert exit_code(found) == 0
    sentences = [finding.sentence for finding in found if finding.state == "ok"]
    assert sentences.count("All migrations are applied.") == 2
    assert [finding.state for finding in found if finding.name == "pgvector"] == ["ok"]


async def test_a_database_that_is_not_there_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_DATABASE_URL", "postgresql://ann:geheim@127.0.0.1:1/chat")
    found = [finding async for finding in look(offline=True)]
    broken = next(finding for finding in found if finding.name == "chat database")
    assert broken.state == "bad"
    assert "CHAT_DATABASE_URL" in broken.cure
    assert "geheim" not in str(found)


def not_installed(_: str) -> None:
    """What `find_spec` says of a package that is not there."""


@pytest.mark.parametrize(
    ("setting", "value", "name", "said"),
    [
        ("EMBEDDING_MODEL", "/no/such/folder", "embedding model", "There is no folder /no/such/folder"),
        ("EMBEDDING_MODEL", ".", "embedding model", "holds no model"),
        ("RERANK_MODEL", "x", "reranking model", "owflex[models]"),
    ],
)
async def test_a_model_that_cannot_be_loaded_is_found_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, name: str, said: str
) -> None:
    monkeypatch.setattr(reranking, "find_spec", not_installed)
    monkeypatch.setenv(setting, value)
    broken = [finding for finding in [one async for one in look(offline=True)] if finding.state == "bad"]
    assert [finding.name for finding in broken] == [name]
    assert said in f"{broken[0].sentence} {broken[0].cure}"
    assert broken[0].cure


async def test_another_model_than_that_of_the_documents_is_found(
    monkeypatch: pytest.MonkeyPatch, knowledge_base_url: str
) -> None:
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute(
            "insert into embedding_spaces (model_name, dimensions, in_use)"
            " values ('all-MiniLM-L6-v2', 384, true)"
        )
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", knowledge_base_url)
    monkeypatch.setenv("EMBEDDING_MODEL", "some/model")
    found = [finding async for finding in look(offline=True)]
    model = next(finding for finding in found if finding.name == "embedding model")
    assert model.state == "bad"
    assert "embedded with all-MiniLM-L6-v2, but EMBEDDING_MODEL is some/model" in model.sentence


async def test_a_signing_key_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / SIGNING_KEY_FILE).write_bytes(b"\xff")
    found = [finding async for finding in look(offline=True)]
    server = next(finding for finding in found if finding.name == "MCP server")
    assert server.state == "bad"
    assert "cannot be used" in server.sentence


@pytest.mark.parametrize(
    "settings",
    [{"AGENT_SERVICE_AUTH": "proxy"}, {"AGENT_SERVICE_AUTH": "accounts", "OIDC_ISSUER": "https://x.example"}],
)
async def test_half_a_login_is_found(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    found = [finding async for finding in look(offline=True)]
    assert next(finding for finding in found if finding.name == "login").state == "bad"
