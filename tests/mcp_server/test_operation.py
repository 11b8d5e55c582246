"""What those see who run the server: readiness, figures and the log."""

import io
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2
import psycopg
import pytest
from fastmcp.exceptions import ToolError
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from mcp_server.logs import set_up_logs
from mcp_server.settings import McpServerSettings
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import RunningServer

SECRET = "the merger with Initech"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged as JSON, as on stderr."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root, theirs = logging.getLogger(), logging.getLogger("fastmcp")
    before = root.handlers[:], root.level, theirs.handlers[:], theirs.level, theirs.propagate
    set_up_logs("json")
    yield written
    root.handlers[:], theirs.handlers[:], theirs.propagate = before[0], before[2], before[4]
    root.setLevel(before[1])
    theirs.setLevel(before[3])


def calls_in(log: io.StringIO) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["name"] == "mcp_server.calls"]


async def page(server: "RunningServer", path: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as http:
        return await http.get(path, headers=headers)


async def test_each_call_is_one_line_without_what_was_asked(
    server: "RunningServer", log: io.StringIO
) -> None:
    await server.health.load_model()
    async with server.client_of("ann") as client:
        await client.call_tool("search_documents", {"query": SECRET})
        with pytest.raises(ToolError, match=r"Invalid arguments: limit"):
            await client.call_tool("search_documents", {"query": SECRET, "limit": 1000})
        with pytest.raises(ToolError, match=r"Unknown tool"):
            await client.call_tool(SECRET)
        with pytest.raises(ToolError):
            await client.call_tool("complete_task", {"task_id": 1})
    lines = calls_in(log)
    assert [(line["tool"], line["outcome"]) for line in lines] == [
        ("search_documents", "ok"),
        ("search_documents", "invalid"),
        ("unknown", "not_found"),
        ("complete_task", "error"),
    ]
    assert {(line["user"], line["client"]) for line in lines} == {("ann", "owflex-agent-service")}
    assert all(isinstance(line["seconds"], float) for line in lines)
    assert "Initech" not in log.getvalue()


async def test_a_defect_is_in_the_log_with_its_stack_and_not_in_the_answer(
    server: "RunningServer", log: io.StringIO
) -> None:
    async def broken() -> str:
        raise ValueError("inner details")

    server.mcp.tool(broken)
    async with server.client() as client:
        with pytest.raises(ToolError) as error:
            await client.call_tool("broken")
    assert "inner details" not in str(error.value)
    assert calls_in(log)[0]["outcome"] == "failed"
    assert "ValueError: inner details" in log.getvalue()
    assert "in broken" in log.getvalue()


async def test_the_id_of_a_request_comes_back_and_stands_in_the_log(
    server: "RunningServer", log: io.StringIO
) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_tasks"}}
    headers = {
        "authorization": "Bearer a-local-token-for-tests-of-some-length",
        "accept": "application/json, text/event-stream",
    }
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"{server.url}/mcp", json=call, headers=headers | {"x-request-id": "abc-123"}
        )
    assert answer.headers["x-request-id"] == "abc-123"
    assert [line["request_id"] for line in calls_in(log)] == ["abc-123"]


@pytest.mark.parametrize("proposed", ["", "a b", "x" * 65, "ä", 'a"b'])
async def test_an_id_that_could_forge_a_line_is_replaced(server: "RunningServer", proposed: str) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{server.url}/health", headers=[(b"x-request-id", proposed.encode())])
    assert len(answer.headers["x-request-id"]) == 32


async def test_figures_count_calls_searches_and_the_pool(server: "RunningServer") -> None:
    await server.health.load_model()
    async with server.client() as client:
        await client.call_tool("search_documents", {"query": SECRET})
        with pytest.raises(ToolError):
            await client.call_tool(SECRET)
    answer = await page(server, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'owflex_tool_calls_total{outcome="ok",tool="search_documents"} 1.0' in lines
    assert 'owflex_tool_calls_total{outcome="not_found",tool="unknown"} 1.0' in lines
    assert 'owflex_tool_call_seconds_count{tool="search_documents"} 1.0' in lines
    assert "owflex_searches_empty_total 1.0" in lines
    assert "owflex_rate_limited_calls_total 0.0" in lines
    assert any(line.startswith("owflex_pool_connections ") and not line.endswith(" 0.0") for line in lines)
    assert any(line.startswith("owflex_model_load_seconds ") for line in lines)
    assert "Initech" not in answer.text


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_the_pages_of_operation_are_closed_to_other_hosts(server: "RunningServer", path: str) -> None:
    assert (await page(server, path, host="evil.example")).status_code == 421
    assert (await page(server, path, origin="https://evil.example")).status_code == 403


async def test_a_migration_that_is_missing_makes_the_server_not_ready(server: "RunningServer") -> None:
    await server.health.load_model()
    assert (await page(server, "/ready")).status_code == 200
    async with server.pool.connection() as connection:
        await connection.execute("delete from schema_migrations where name like '0005%'")
    answer = await page(server, "/ready")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "not applied: 0005_access.sql"


async def test_a_model_of_another_size_than_the_index_makes_the_server_not_ready(
    server: "RunningServer",
) -> None:
    await server.health.load_model()
    async with server.pool.connection() as connection:
        await connection.execute(
            "insert into embedding_spaces (model_name, dimensions, in_use) "
            "values ('all-MiniLM-L6-v2', 8, true)"
        )
    answer = await page(server, "/ready")
    assert answer.status_code == 503
    assert answer.json()["index"] == "its vectors have 8 dimensions, the model makes 384"


async def test_tables_without_row_level_security_make_the_server_not_ready(server: "RunningServer") -> None:
    await server.health.load_model()
    async with server.pool.connection() as connection:
        await connection.execute("alter table tasks disable row level security")
    answer = await page(server, "/ready")
    assert answer.status_code == 503
    assert answer.json()["isolation"] == "Postgres does not keep users apart; the log says why"


async def test_busy_connections_are_no_reason_to_be_not_ready(
    server: "RunningServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_server.health.SECONDS_FOR_POSTGRES", 1)
    await server.health.load_model()
    held = [await server.served.getconn() for _ in range(4)]
    assert (await page(server, "/ready")).status_code == 200
    for connection in held:
        await server.served.putconn(connection)


async def test_a_postgres_that_refuses_connections_makes_the_server_not_ready(
    server: "RunningServer", knowledge_base_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_server.health.SECONDS_FOR_POSTGRES", 1)
    await server.health.load_model()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = str(conninfo_to_dict(knowledge_base_url)["dbname"])
        statement = sql.SQL("alter database {} with allow_connections false")
        connection.execute(statement.format(sql.Identifier(name)))
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
    answer = await page(server, "/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] == "Postgres does not answer"


async def test_a_server_that_stops_says_so_and_takes_no_new_calls(server: "RunningServer") -> None:
    await server.health.load_model()
    server.health.running.is_stopping = True
    answer = await page(server, "/ready")
    assert (answer.status_code, answer.json()["server"]) == (503, "stopping")
    assert (await page(server, "/health")).status_code == 200
    refused = await server.knock()
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


class TestOpenToOtherMachines:
    """The figures of a server that listens on all addresses."""

    @pytest.fixture
    def server_settings(self) -> McpServerSettings:
        """Not only for this machine."""
        return McpServerSettings(mcp_server_host="0.0.0.0")  # noqa: S104  # pyright: ignore[reportCallIssue]

    async def test_want_the_local_token(self, server: "RunningServer") -> None:
        assert (await page(server, "/metrics")).status_code == 401
        assert (await page(server, "/metrics", authorization="Bearer wrong")).status_code == 401
        good = "Bearer a-local-token-for-tests-of-some-length"
        assert (await page(server, "/metrics", authorization=good)).status_code == 200
