"""The groups that a login names go to the MCP server where it takes them, and hinder nobody where not."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from inspect import signature
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_access_token
from pydantic import SecretStr

from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from agent_service.tools.groups import GroupsOfLogin
from mcp_server.auth.callers import BearerVerifier
from mcp_server.tools.administration import AdministrationTools
from tests.agent_service.conftest import SIGNING_KEY
from tests.support.serving import serving


@asynccontextmanager
async def handing_over(mcp: FastMCP) -> AsyncGenerator[GroupsOfLogin]:
    """Hands over to a server with these tools."""
    async with serving(mcp.http_app(path="/mcp", stateless_http=True)) as url:
        options: dict[str, Any] = {"mcp_server_url": f"{url}/mcp"}
        connector = McpConnector(AgentServiceSettings(**options), SIGNING_KEY)
        async with connector.sessions:
            yield GroupsOfLogin(connector)


def server() -> FastMCP:
    """One that knows our tokens."""
    return FastMCP(
        "Knowledge", auth=BearerVerifier(SecretStr("a-local-token-nobody-uses-in-here"), SIGNING_KEY)
    )


async def test_groups_are_handed_over_with_the_right_to_do_so() -> None:
    mcp, got = server(), list[tuple[str, list[str], list[str]]]()

    @mcp.tool
    async def sync_groups(user_id: str, names: list[str]) -> str:  # pyright: ignore[reportUnusedFunction]
        token = get_access_token()
        got.append((user_id, names, [] if token is None else token.scopes))
        return "done"

    async with handing_over(mcp) as hand_over:
        await hand_over("oidc:ann", ["staff", "hr"])
        await hand_over("oidc:ann", [])
    assert got == [("oidc:ann", ["staff", "hr"], ["admin"]), ("oidc:ann", [], ["admin"])]


def test_the_tool_of_our_own_server_takes_what_is_handed_over() -> None:
    assert list(signature(AdministrationTools.sync_groups).parameters) == ["self", "user_id", "names"]


async def test_a_server_without_the_tool_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with handing_over(server()) as hand_over:
        await hand_over("oidc:ann", ["staff"])
        await hand_over("oidc:ann", ["staff"])
    assert [record.message for record in caplog.records if "sync_groups" in record.message] == [
        "The MCP server has no tool sync_groups: the groups of logins count for nothing."
    ]


async def test_a_server_that_is_away_or_refuses_hinders_nobody(caplog: pytest.LogCaptureFixture) -> None:
    mcp = server()

    @mcp.tool
    async def sync_groups(user_id: str, names: list[str]) -> str:  # pyright: ignore[reportUnusedFunction]
        raise ValueError("no")

    async with handing_over(mcp) as hand_over:
        await hand_over("oidc:ann", ["staff"])
    away: dict[str, Any] = {"mcp_server_url": "http://127.0.0.1:1/mcp", "mcp_connect_timeout_seconds": 1}
    connector = McpConnector(AgentServiceSettings(**away), SIGNING_KEY)
    async with connector.sessions:
        await GroupsOfLogin(connector)("oidc:ann", ["staff"])
    told = [record.message for record in caplog.records if "groups of a login" in record.message]
    assert len(told) == 2
