"""What the chat remembers of the MCP server's tools, and what it still asks and checks each time."""

import json
from collections import Counter
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.tools import ToolResult
from mcp_types import ListToolsResult, Tool
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_service.context import RequestContext
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector, http_client
from agent_service.tools.run_server import FRESH_SECONDS, ToolListings
from tests.agent_service.conftest import SIGNING_KEY, Serve

ANN, BEN = RequestContext("ann"), RequestContext("ben")


class Counted:
    """An MCP server that counts what it is asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.methods: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and count."""

        async def noted() -> Any:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                self.methods[json.loads(message["body"]).get("method")] += 1
            return message

        await self._app(scope, noted, send)


@asynccontextmanager
async def connector_to(app: ASGIApp, serve: Serve):
    """A connector to the server while it is served."""
    async with serve(app) as url:
        yield McpConnector(AgentServiceSettings.model_validate({"mcp_server_url": f"{url}/mcp"}), SIGNING_KEY)


def listing(*names: str) -> ListToolsResult:
    """A listing of tools with these names."""
    return ListToolsResult(tools=[Tool(name=name, input_schema={"type": "object"}) for name in names])


async def test_tools_are_listed_once_a_minute_for_each_user(mcp_app: ASGIApp, serve: Serve) -> None:
    counted = Counted(mcp_app)
    async with connector_to(counted, serve) as connector:
        for context in (ANN, ANN, BEN, ANN):
            async with connector.connect(context) as server:
                names = [tool.name for tool in await server.list_tools()]
                result = await server.call_tool("search_documents", {"query": "leave"})
            assert "search_documents" in names
            assert not result.is_error
    assert counted.methods["tools/list"] == 2
    assert counted.methods["tools/call"] == 4


async def test_a_token_with_other_scopes_gets_a_listing_of_its_own(mcp_app: ASGIApp, serve: Serve) -> None:
    counted = Counted(mcp_app)
    async with connector_to(counted, serve) as connector:
        for scope in ("kb:read", "kb:read kb:write"):
            async with connector.connect(ANN, scope) as server:
                await server.list_tools()
    assert counted.methods["tools/list"] == 2


async def test_a_result_that_breaks_its_schema_is_refused_with_remembered_tools_too(serve: Serve) -> None:
    mcp = FastMCP("Wrong")

    @mcp.tool(output_schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    def count(n: str) -> ToolResult:  # pyright: ignore[reportUnusedFunction]
        return ToolResult(structured_content={"n": int(n) if n.isdigit() else n})

    async with connector_to(mcp.http_app(path="/mcp", stateless_http=True), serve) as connector:
        for _ in range(3):
            async with connector.connect(ANN) as server:
                await server.list_tools()
                right = await server.call_tool("count", {"n": "3"})
                assert right.structured_content == {"n": 3}
                with pytest.raises(Exception, match="Invalid structured content"):
                    await server.call_tool("count", {"n": "three"})


async def test_who_changes_the_tools_it_was_given_changes_them_for_nobody_else(
    mcp_app: ASGIApp, serve: Serve
) -> None:
    async with connector_to(mcp_app, serve) as connector:
        async with connector.connect(ANN) as server:
            (await server.list_tools())[0].input_schema.clear()
        async with connector.connect(ANN) as server:
            assert all(tool.input_schema for tool in await server.list_tools())


def test_a_listing_holds_for_a_minute() -> None:
    now = 0.0
    listings = ToolListings(lambda: now)
    listings.keep("ann", "kb:read", listing("a"))
    now = FRESH_SECONDS - 1
    assert listings.fresh("ann", "kb:read")
    assert listings.fresh("ben", "kb:read") is None
    now = FRESH_SECONDS
    assert listings.fresh("ann", "kb:read") is None


def test_checks_of_results_are_forgotten_when_the_tools_change() -> None:
    listings = ToolListings(lambda: 0.0)
    first = listings.keep("ann", "kb:read", listing("a"))
    assert listings.keep("ben", "kb:read", listing("a")).checks is first.checks
    assert listings.keep("ben", "kb:read", listing("a", "b")).checks is not first.checks
    assert listings.keep("ann", "tasks", listing("a")).checks is not first.checks


def test_no_more_than_a_thousand_listings_are_remembered() -> None:
    listings = ToolListings(lambda: 0.0)
    for number in range(1001):
        listings.keep(f"user {number}", "kb:read", listing("a"))
    assert listings.fresh("user 0", "kb:read") is None
    assert listings.fresh("user 1000", "kb:read")


async def test_clients_share_certificates_but_no_headers() -> None:
    url = "https://kb.example/mcp"
    async with http_client(url, {"Authorization": "Bearer a"}) as one, http_client(url) as other:
        assert one.headers["Authorization"] == "Bearer a"
        assert "Authorization" not in other.headers
