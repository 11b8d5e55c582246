"""So many calls are in work at once; those that wait take turns by user, and learn when it was too long."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError
from mcp import MCPError
from pydantic import SecretStr

from mcp_server.auth.callers import BearerVerifier
from mcp_server.calls.rate_limit import CallsInTurn
from tests.mcp_server.conftest import LOCAL_TOKEN, SIGNING_KEY, signed_token
from tests.support.patience import PATIENCE_SECONDS
from tests.support.serving import serving

PLACES = 4
TOO_LONG = "Too many calls at once: this one waited too long"


@dataclass
class Work:
    """A server with few places, whose tool `hang` is in work until it is let go."""

    url: str = ""
    in_work: list[str] = field(default_factory=list[str])
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self, user: str) -> Client[StreamableHttpTransport]:
        """A client of this user."""
        return Client(StreamableHttpTransport(f"{self.url}/mcp", auth=signed_token(user)))

    def server(self, wait_seconds: float) -> FastMCP:
        """The server, with nothing between its tools and the limit."""
        mcp = FastMCP(
            "Work",
            auth=BearerVerifier(SecretStr(LOCAL_TOKEN), SecretStr(SIGNING_KEY)),
            middleware=[CallsInTurn(PLACES, wait_seconds)],
        )

        @mcp.tool
        async def hang(who: str) -> str:  # pyright: ignore[reportUnusedFunction]
            self.in_work.append(who)
            self.begun.release()
            await self.let_go.wait()
            self.in_work.remove(who)
            return who

        @mcp.tool
        def add_document() -> str:  # pyright: ignore[reportUnusedFunction]
            return "added"

        @mcp.resource("kb://thing")
        def thing() -> str:  # pyright: ignore[reportUnusedFunction]
            return "a thing"

        @mcp.prompt
        def order() -> str:  # pyright: ignore[reportUnusedFunction]
            return "an order"

        return mcp


@asynccontextmanager
async def working(wait_seconds: float) -> AsyncGenerator[Work]:
    """The server over HTTP; at the end everything is let go."""
    work = Work()
    async with serving(work.server(wait_seconds).http_app(path="/mcp", stateless_http=True)) as url:
        work.url = url
        try:
            yield work
        finally:
            work.let_go.set()


@asynccontextmanager
async def hanging(work: Work, user: str, count: int, begin: int) -> AsyncGenerator[None]:
    """So many calls of a user, of which `begin` are in work."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(work.client(user)) for _ in range(count)]
        calls = [asyncio.create_task(client.call_tool("hang", {"who": user})) for client in clients]
        for _ in range(begin):
            await asyncio.wait_for(work.begun.acquire(), PATIENCE_SECONDS)
        yield
        work.let_go.set()
        await asyncio.gather(*calls, return_exceptions=True)


async def test_one_user_leaves_a_place_for_another() -> None:
    async with (
        working(20) as work,
        hanging(work, "ann", PLACES, PLACES - 1),
        hanging(work, "bob", 1, 1),
    ):
        assert sorted(work.in_work) == ["ann"] * (PLACES - 1) + ["bob"]


async def test_beside_another_a_user_has_two_and_those_that_wait_take_turns() -> None:
    async with working(20) as work, hanging(work, "bob", 1, 1), hanging(work, "ann", 3, 2):
        assert sorted(work.in_work) == ["ann", "ann", "bob"]
        async with hanging(work, "bob", 1, 1):
            assert sorted(work.in_work) == ["ann", "ann", "bob", "bob"]


async def test_who_waits_too_long_learns_it_and_what_waits_elsewhere_passes() -> None:
    async with (
        working(0.05) as work,
        hanging(work, "ann", PLACES - 1, PLACES - 1),
        work.client("ann") as late,
    ):
        with pytest.raises(ToolError, match=TOO_LONG):
            await late.call_tool("hang", {"who": "late"})
        with pytest.raises(MCPError, match=TOO_LONG):
            await late.read_resource("kb://thing")
        with pytest.raises(MCPError, match=TOO_LONG):
            await late.get_prompt("order")
        with pytest.raises(MCPError, match=TOO_LONG):
            await late.list_resources()
        assert (await late.call_tool("add_document", {})).data == "added"
        assert "late" not in work.in_work
        work.let_go.set()
        assert (await late.call_tool("hang", {"who": "late"})).data == "late"
        assert (await late.get_prompt("order")).messages
