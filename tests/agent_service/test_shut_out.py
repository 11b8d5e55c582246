"""The MCP server is told who is disabled, whatever has disabled them, and again after it was away."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_access_token
from pydantic import SecretStr

from agent_service.accounts import shut_out
from agent_service.accounts.people import NewPerson, add_person, set_disabled
from agent_service.accounts.shut_out import ShutOutPeople
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.pool import Pool
from mcp_server.auth.callers import BearerVerifier
from mcp_server.tools.clients_of_people import ClientsOfPeopleTools
from tests.agent_service.conftest import SIGNING_KEY
from tests.support.serving import serving


@dataclass
class Told:
    """What a server was told, and whether it refuses to hear it."""

    out: set[str] = field(default_factory=set[str])
    calls: int = 0
    refuses: bool = False
    now: float = 0.0


@asynccontextmanager
async def telling(pool: Pool, told: Told) -> AsyncGenerator[ShutOutPeople]:
    """Tells a server with this tool."""
    mcp = FastMCP(
        "Knowledge", auth=BearerVerifier(SecretStr("a-local-token-nobody-uses-in-here"), SIGNING_KEY)
    )

    @mcp.tool
    async def sync_shut_out(shut_out: list[str], let_in: list[str]) -> str:  # pyright: ignore[reportUnusedFunction]
        token = get_access_token()
        assert token is not None
        assert token.scopes == ["admin"]
        if told.refuses:
            raise ValueError("no")
        told.calls += 1
        told.out = told.out.union(shut_out).difference(let_in)
        return "done"

    async with serving(mcp.http_app(path="/mcp", stateless_http=True)) as url:
        options: dict[str, Any] = {"mcp_server_url": f"{url}/mcp"}
        connector = McpConnector(AgentServiceSettings(**options), SIGNING_KEY)
        async with connector.sessions:
            yield ShutOutPeople(pool, connector, lambda: told.now)


async def change(pool: Pool, **disabled: bool) -> None:
    """As the command line does it, in another process."""
    async with pool.connection() as connection:
        for name, is_out in disabled.items():
            await set_disabled(connection, f"account:{name}", disabled=is_out)


@pytest.fixture
async def people(pool: Pool) -> Pool:
    """Ann, bob and cleo."""
    async with pool.connection() as connection:
        for name in ("ann", "bob", "cleo"):
            await add_person(connection, NewPerson(name))
    return pool


async def test_only_what_has_changed_is_told_and_sometimes_all(
    people: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shut_out, "MOST_AT_ONCE", 1)
    # Somebody whom this chat does not know stays out.
    told = Told({"account:gone", "account:bob"})
    async with telling(people, told) as looking:
        await change(people, ann=True, cleo=True)
        await looking.look()
        assert told.out == {"account:gone", "account:ann", "account:cleo"}
        calls = told.calls
        await looking.look()
        assert told.calls == calls
        await change(people, ann=False, bob=True)
        await looking.look()
        assert told.out == {"account:gone", "account:bob", "account:cleo"}
        assert told.calls == calls + 2
        # A knowledge base of before is put right.
        told.out = {"account:ann"}
        told.now += shut_out.SECONDS_BETWEEN_WHOLE
        await looking.look()
        assert told.out == {"account:bob", "account:cleo"}


async def test_what_could_not_be_told_is_told_later(people: Pool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    told, looks = Told(refuses=True), 0

    async def pause(seconds: float) -> None:
        nonlocal looks
        looks += 1
        assert seconds <= 2
        told.refuses = looks < 3
        if looks == 4:
            raise StopAsyncIteration

    async with telling(people, told) as looking:
        await change(people, ann=True)
        with pytest.raises(StopAsyncIteration):
            await looking.keep_looking(pause)
    assert told.out == {"account:ann"}
    said = [record.getMessage() for record in caplog.records if "who is disabled" in record.getMessage()]
    assert len(said) == 1


def test_the_tool_of_our_own_server_takes_what_is_told() -> None:
    assert list(signature(ClientsOfPeopleTools.sync_shut_out).parameters) == ["self", "shut_out", "let_in"]
