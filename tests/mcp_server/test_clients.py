"""Clients that are already here reach the server with a handshake and without, over HTTP and stdio."""

import asyncio
import json
import os
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp, MCPServerStreamableHttpParams
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from owflex.mcp.bundle import write_bundle

if TYPE_CHECKING:
    from conftest import RunningServer

ACCEPT = "application/json, text/event-stream"
MODERN = "2026-07-28"
NEWEST_HANDSHAKE = "2025-11-25"
TOOLS = {"search_documents", "get_document", "list_documents", "add_task", "list_tasks", "complete_task"}

Sign = Callable[..., str]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def body(method: str, params: dict[str, Any], number: int = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def modern(method: str, **params: Any) -> dict[str, Any]:
    """A request that stands for itself: it says what a handshake would have said."""
    prefix = "io.modelcontextprotocol"
    meta = {
        f"{prefix}/protocolVersion": MODERN,
        f"{prefix}/clientInfo": {"name": "raw", "version": "1"},
        f"{prefix}/clientCapabilities": {},
    }
    return body(method, {**params, "_meta": meta})


def result_of(response: httpx2.Response) -> dict[str, Any]:
    """The result of a JSON-RPC answer, whether it came as JSON or as an event."""
    assert response.status_code == 200, response.text
    if response.headers["content-type"].startswith("application/json"):
        return response.json()["result"]
    lines = response.text.splitlines()
    [data] = [line.removeprefix("data:") for line in lines if line.startswith("data:")]
    return httpx2.Response(200, content=data).json()["result"]


@pytest.mark.parametrize(("mode", "version"), [("auto", MODERN), ("legacy", NEWEST_HANDSHAKE)])
async def test_the_fastmcp_client_speaks_both_ways(
    mode: str, version: str, server: "RunningServer", sign: Sign
) -> None:
    transport = StreamableHttpTransport(f"{server.url}/mcp", auth=sign("ada"))
    async with Client(transport, mode=mode) as client:
        assert client.protocol_version == version
        assert {tool.name for tool in await client.list_tools()} >= TOOLS
        await client.call_tool("add_task", {"title": f"Try {mode}"})
        listed = await client.call_tool("list_tasks")
    assert [task["title"] for task in (listed.structured_content or {})["tasks"]] == [f"Try {mode}"]


async def test_the_session_of_the_mcp_package_shakes_hands_and_calls(
    server: "RunningServer", sign: Sign
) -> None:
    async with (
        httpx2.AsyncClient(headers=bearer(sign("ada")), timeout=60) as http,
        streamable_http_client(f"{server.url}/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        greeting = await session.initialize()
        assert greeting.protocol_version == NEWEST_HANDSHAKE
        assert greeting.server_info.name == "OwFlex"
        assert {tool.name for tool in (await session.list_tools()).tools} >= TOOLS
        answer = await session.call_tool("add_task", {"title": "From a session"})
    assert answer.is_error is False
    assert (answer.structured_content or {})["title"] == "From a session"


async def test_the_session_of_the_mcp_package_needs_no_handshake(server: "RunningServer", sign: Sign) -> None:
    async with (
        httpx2.AsyncClient(headers=bearer(sign("ada")), timeout=60) as http,
        streamable_http_client(f"{server.url}/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        found = await session.discover()
        assert MODERN in found.supported_versions
        assert {tool.name for tool in (await session.list_tools()).tools} >= TOOLS


async def test_the_openai_agents_sdk_lists_and_calls(server: "RunningServer", sign: Sign) -> None:
    params = MCPServerStreamableHttpParams(url=f"{server.url}/mcp", headers=bearer(sign("ada")))
    async with MCPServerStreamableHttp(params=params) as agents_side:
        assert {tool.name for tool in await agents_side.list_tools()} >= TOOLS
        result = await agents_side.call_tool("add_task", {"title": "From an agent"})
    assert not result.is_error


async def test_a_client_of_2025_06_18_is_answered_in_its_version(server: "RunningServer", sign: Sign) -> None:
    headers = {"accept": ACCEPT, **bearer(sign("ada"))}
    greeting = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    }
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        url = f"{server.url}/mcp"
        initialized = result_of(await http.post(url, json=body("initialize", greeting)))
        assert initialized["protocolVersion"] == "2025-06-18"
        http.headers["mcp-protocol-version"] = "2025-06-18"
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await http.post(url, json=note)).status_code == 202
        listed = result_of(await http.post(url, json=body("tools/list", {}, 2)))
        call = {"name": "add_task", "arguments": {"title": "From an old client"}}
        called = result_of(await http.post(url, json=body("tools/call", call, 3)))
    assert {tool["name"] for tool in listed["tools"]} >= TOOLS
    assert called["isError"] is False


async def test_a_client_of_2026_07_28_needs_one_request_for_one_call(
    server: "RunningServer", sign: Sign
) -> None:
    request = modern("tools/call", name="add_task", arguments={"title": "From a new client"})
    headers = {"accept": ACCEPT, "mcp-protocol-version": MODERN, "mcp-method": "tools/call"}
    async with httpx2.AsyncClient(headers=headers | bearer(sign("ada")), timeout=60) as http:
        response = await http.post(f"{server.url}/mcp", json=request, headers={"mcp-name": "add_task"})
    result = result_of(response)
    assert result["resultType"] == "complete"
    assert result["structuredContent"]["title"] == "From a new client"
    assert "mcp-session-id" not in response.headers


async def test_white_space_around_a_header_does_no_harm(server: "RunningServer", sign: Sign) -> None:
    content = json.dumps(modern("tools/list")).encode()
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: {urlsplit(server.url).netloc}",
        f"Authorization: Bearer {sign('ada')}",
        f"Accept: {ACCEPT}",
        "Content-Type: application/json",
        f"MCP-Protocol-Version: \t{MODERN} ",
        "Mcp-Method:   tools/list  \t",
        f"Content-Length: {len(content)}",
        "Connection: close",
    ]
    # By hand: HTTP libraries refuse to send such headers.
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + content)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"search_documents" in answer


async def test_a_header_that_contradicts_the_request_is_refused(server: "RunningServer", sign: Sign) -> None:
    headers = {"accept": ACCEPT, "mcp-protocol-version": MODERN, "mcp-method": "tools/call"}
    async with httpx2.AsyncClient(headers=headers | bearer(sign("ada")), timeout=60) as http:
        response = await http.post(f"{server.url}/mcp", json=modern("tools/list"))
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32020


async def test_a_version_that_nobody_knows_is_refused_with_those_that_are_known(
    server: "RunningServer", sign: Sign
) -> None:
    request = modern("tools/list")
    request["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2999-01-01"
    headers = {"accept": ACCEPT, "mcp-protocol-version": "2999-01-01", "mcp-method": "tools/list"}
    async with httpx2.AsyncClient(headers=headers | bearer(sign("ada")), timeout=60) as http:
        response = await http.post(f"{server.url}/mcp", json=request)
    assert response.status_code == 400
    assert MODERN in response.json()["error"]["data"]["supported"]


@pytest.fixture
def program(knowledge_base_url: str, tmp_path: Path) -> dict[str, Any]:
    """The server as a desktop client starts it."""
    environment = {
        "OWFLEX_HOME": str(tmp_path / "data"),
        "KNOWLEDGE_BASE_DATABASE_URL": knowledge_base_url,
        "HF_HUB_OFFLINE": "1",
        "PATH": os.environ["PATH"],
    }
    return {
        "command": sys.executable,
        "args": ["-m", "mcp_server", "--transport", "stdio"],
        "env": environment,
    }


async def test_an_installed_bundle_starts_the_server_over_stdio(
    program: dict[str, Any], tmp_path: Path
) -> None:
    file, folder = tmp_path / "owflex.mcpb", tmp_path / "installed"
    write_bundle(file)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    entry_point = folder / manifest["server"]["entry_point"]
    config = manifest["server"]["mcp_config"]
    assert config["args"] == ["run", "--directory", "${__dirname}", manifest["server"]["entry_point"]]
    needed = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert needed == [f"owflex=={manifest['version']}"]
    # As uv would, which is not asked to fetch anything here.
    program["args"] = [str(entry_point)]
    async with Client(StdioTransport(**program, keep_alive=False), init_timeout=100) as client:
        assert "search_documents" in {tool.name for tool in await client.list_tools()}


async def test_the_fastmcp_client_starts_the_server_over_stdio(program: dict[str, Any]) -> None:
    async with Client(StdioTransport(**program, keep_alive=False), init_timeout=100) as client:
        assert client.protocol_version == MODERN
        added = await client.call_tool("add_task", {"title": "Over stdio"})
    assert (added.structured_content or {})["title"] == "Over stdio"


async def test_the_mcp_package_starts_the_server_over_stdio(program: dict[str, Any]) -> None:
    async with (
        stdio_client(StdioServerParameters(**program)) as (read, write),
        ClientSession(read, write) as session,
    ):
        assert (await session.initialize()).protocol_version == NEWEST_HANDSHAKE
        assert {tool.name for tool in (await session.list_tools()).tools} >= TOOLS


async def test_the_openai_agents_sdk_starts_the_server_over_stdio(program: dict[str, Any]) -> None:
    params: Any = program
    async with MCPServerStdio(params=params, client_session_timeout_seconds=100) as agents_side:
        assert {tool.name for tool in await agents_side.list_tools()} >= TOOLS
