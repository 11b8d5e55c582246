"""Which connections to the MCP server are used again, and which never."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import jwt
import pytest
import uvicorn
from agents import RunContextWrapper, Tool
from agents.exceptions import UserError
from agents.testing import ScriptedModel, assistant_message, function_call
from fastmcp import FastMCP
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_service.context import RequestContext, RunContext
from agent_service.errors import McpUnavailableError
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from agent_service.tools.run_server import FRESH_SECONDS, ToolListings
from agent_service.tools.sessions import IDLE_SECONDS, LIFETIME_SECONDS, MAX_IDLE, MAX_IDLE_OF_ONE, Sessions
from agent_service.turn.runner import RunAgent
from tests.agent_service.conftest import SIGNING_KEY, FakeKnowledge, OpenChat, Serve
from tests.support.patience import PATIENCE_SECONDS
from tests.support.serving import PromptServer

ANN, BEN = RequestContext("ann"), RequestContext("ben")
SEARCH = ("search_documents", {"query": "leave"})


class Asked:
    """An MCP server that notes what it is asked, and by whom."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.methods: Counter[str] = Counter()
        self.callers: list[str] = []
        self.tokens: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and note."""

        async def noted() -> Any:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                self._note(json.loads(message["body"]).get("method"), Headers(scope=scope))
            return message

        await self._app(scope, noted, send)

    def _note(self, method: str, headers: Headers) -> None:
        self.methods[method] += 1
        if method == "tools/call":
            token = headers["authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, options={"verify_signature": False})
            self.callers.append(claims["sub"])
            self.tokens.append(claims)


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the sessions."""
    return Clock()


@pytest.fixture
async def asked(mcp_app: ASGIApp) -> Asked:
    """The small MCP server, which notes what it is asked."""
    return Asked(mcp_app)


@asynccontextmanager
async def connector_to(
    app: ASGIApp, serve: Serve, clock: Callable[[], float]
) -> AsyncGenerator[McpConnector]:
    """A connector that keeps sessions, to the server while it is served."""
    async with serve(app) as url, Sessions(clock) as sessions:
        yield McpConnector(_settings(f"{url}/mcp"), SIGNING_KEY, sessions)


def _settings(url: str, **more: Any) -> AgentServiceSettings:
    return AgentServiceSettings.model_validate(
        {"mcp_server_url": url, "mcp_connect_timeout_seconds": PATIENCE_SECONDS} | more
    )


async def search(connector: McpConnector, context: RequestContext = ANN) -> None:
    """One run: it lists the tools and searches."""
    async with connector.connect(context) as server:
        await server.list_tools()
        assert not (await server.call_tool(*SEARCH)).is_error


async def test_the_next_run_of_a_user_goes_on_with_the_same_session(
    asked: Asked, serve: Serve, clock: Clock
) -> None:
    async with connector_to(asked, serve, clock) as connector:
        for _ in range(4):
            await search(connector)
            clock.now += 10
    assert asked.methods["server/discover"] == 1
    assert asked.callers == ["ann"] * 4


async def test_two_users_never_share_one(asked: Asked, serve: Serve, clock: Clock) -> None:
    async with connector_to(asked, serve, clock) as connector:
        used: dict[str, set[int]] = {}
        kept: list[Any] = []
        for context in (ANN, BEN, ANN, BEN):
            async with connector.connect(context) as server:
                kept.append(server)
                used.setdefault(context.user_id, set()).add(id(server))
                await server.call_tool(*SEARCH)
    assert not used["ann"] & used["ben"]
    assert asked.callers == ["ann", "ben", "ann", "ben"]


async def test_other_rights_are_another_session(asked: Asked, serve: Serve, clock: Clock) -> None:
    async with connector_to(asked, serve, clock) as connector:
        for scope in ("kb:read", "kb:read kb:write", "kb:read"):
            async with connector.connect(ANN, scope) as server:
                await server.call_tool(*SEARCH)
    assert [token["scope"] for token in asked.tokens] == ["kb:read", "kb:read kb:write", "kb:read"]
    assert asked.methods["server/discover"] == 2


async def test_two_runs_at_once_have_one_each(asked: Asked, serve: Serve, clock: Clock) -> None:
    async with (
        connector_to(asked, serve, clock) as connector,
        connector.connect(ANN) as one,
        connector.connect(ANN) as other,
    ):
        assert one is not other


async def test_an_error_ends_the_session(asked: Asked, serve: Serve, clock: Clock) -> None:
    async with connector_to(asked, serve, clock) as connector:
        async with connector.connect(ANN) as server:
            await server.list_tools()
            with pytest.raises(UserError):
                await server.call_tool("search_documents", {})
        assert connector.sessions.idle == 0
        await search(connector)
    assert asked.methods["server/discover"] == 2


async def test_a_call_that_was_cancelled_ends_the_session(
    asked: Asked, knowledge: FakeKnowledge, serve: Serve, clock: Clock
) -> None:
    knowledge.hangs = True
    async with connector_to(asked, serve, clock) as connector:
        run = asyncio.create_task(search(connector))
        await knowledge.is_hanging.wait()
        run.cancel()
        await asyncio.wait([run])
        assert connector.sessions.idle == 0


async def test_a_session_that_a_call_still_uses_is_not_kept(
    asked: Asked, knowledge: FakeKnowledge, serve: Serve, clock: Clock
) -> None:
    knowledge.hangs = True
    async with connector_to(asked, serve, clock) as connector:
        async with connector.connect(ANN) as server:
            call = asyncio.create_task(server.call_tool(*SEARCH))
            await knowledge.is_hanging.wait()
        assert connector.sessions.idle == 0
        await asyncio.wait([call])
        assert call.exception() is not None


async def test_an_answer_that_says_no_does_not_end_it(
    asked: Asked, knowledge: FakeKnowledge, serve: Serve, clock: Clock
) -> None:
    knowledge.search_error = "There is nothing here."
    async with connector_to(asked, serve, clock) as connector:
        for _ in range(2):
            async with connector.connect(ANN) as server:
                assert (await server.call_tool(*SEARCH)).is_error
    assert asked.methods["server/discover"] == 1


async def test_each_run_has_a_token_of_its_own_and_no_session_outlives_its_first(
    asked: Asked, serve: Serve, clock: Clock
) -> None:
    async with connector_to(asked, serve, clock) as connector:
        for _ in range(15):
            await search(connector)
            clock.now += IDLE_SECONDS - 1
    assert asked.methods["server/discover"] == 15 * IDLE_SECONDS // LIFETIME_SECONDS + 1
    assert all(token["exp"] - token["iat"] == LIFETIME_SECONDS for token in asked.tokens)


async def test_what_waits_for_a_minute_is_closed(asked: Asked, serve: Serve, clock: Clock) -> None:
    async with connector_to(asked, serve, clock) as connector:
        async with connector.connect(ANN) as server:
            await server.call_tool(*SEARCH)
        clock.now += IDLE_SECONDS + 1
        await connector.sessions.close_expired()
        assert connector.sessions.idle == 0
        assert server.session is None
        await search(connector)
    assert asked.methods["server/discover"] == 2


async def test_no_more_than_a_number_are_kept(asked: Asked, serve: Serve, clock: Clock) -> None:
    async with connector_to(asked, serve, clock) as connector:
        async with AsyncExitStack() as runs:
            for _ in range(MAX_IDLE_OF_ONE + 3):
                await runs.enter_async_context(connector.connect(ANN))
        assert connector.sessions.idle == MAX_IDLE_OF_ONE
        for number in range(MAX_IDLE):
            async with connector.connect(RequestContext(f"user {number}")):
                pass
        assert connector.sessions.idle == MAX_IDLE


async def test_tools_are_made_once_and_anew_when_they_have_changed(
    asked: Asked, knowledge: FakeKnowledge, serve: Serve
) -> None:
    now = Clock()
    listings = ToolListings(now)
    async with connector_to(asked, serve, now) as connector:
        connector.listings = listings
        made = [await _made(connector) for _ in range(2)]
        now.now += FRESH_SECONDS - 1
        made.append(await _made(connector))
        assert made[0][0] is made[1][0] is made[2][0]
        now.now += 1
        made.append(await _made(connector))
        assert made[0][0] is not made[3][0]
    assert asked.methods["tools/list"] == 2


async def _made(connector: McpConnector) -> list[Tool]:
    """Which tools a run gets from the SDK."""
    async with connector.connect(ANN) as server:
        agent = RunAgent(name="Test", mcp_servers=[server])
        context = RunContextWrapper[RunContext](cast(RunContext, None))
        tools = await agent.get_mcp_tools(context)
        assert {"search_documents", "add_task"} <= {tool.name for tool in tools}
        assert await agent.get_mcp_tools(context) == tools
        return tools


async def test_the_end_of_the_service_closes_all(asked: Asked, serve: Serve) -> None:
    async with serve(asked) as url:
        async with Sessions() as sessions:
            connector = McpConnector(_settings(f"{url}/mcp"), SIGNING_KEY, sessions)
            async with connector.connect(ANN) as one, connector.connect(BEN) as other:
                assert one.session is not None
                assert other.session is not None
        assert sessions.idle == 0
        assert one.session is None
        assert other.session is None


async def test_without_somebody_to_close_them_none_is_kept(asked: Asked, serve: Serve) -> None:
    async with serve(asked) as url:
        connector = McpConnector(_settings(f"{url}/mcp"), SIGNING_KEY)
        for _ in range(2):
            await search(connector)
        assert connector.sessions.idle == 0
    assert asked.methods["server/discover"] == 2


async def test_a_session_that_the_server_could_forget_is_not_kept(serve: Serve, clock: Clock) -> None:
    mcp = FastMCP("With sessions")

    @mcp.tool
    def ping() -> str:  # pyright: ignore[reportUnusedFunction]
        return "pong"

    app = mcp.http_app(path="/mcp", stateless_http=False)
    async with connector_to(_without_discovery(app), serve, clock) as connector:
        async with connector.connect(ANN) as server:
            assert server.session_id
        assert connector.sessions.idle == 0


def _without_discovery(app: ASGIApp) -> ASGIApp:
    """The server as one of the time before `server/discover`."""

    async def older(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        message = await receive()
        if b"server/discover" in message.get("body", b""):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        pending = [message]
        await app(scope, lambda: _next(pending, receive), send)

    return older


async def _next(pending: list[Any], receive: Receive) -> Any:
    return pending.pop() if pending else await receive()


class Restarted:
    """An MCP server that can be stopped and started again at the same address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._server: PromptServer | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen, as before."""
        self._server = PromptServer(
            uvicorn.Config(self._app, http="h11", log_level="warning", access_log=False, lifespan="on")
        )
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        await self._server.start(listener)

    async def stop(self) -> None:
        """Answer nobody."""
        assert self._server is not None
        await self._server.stop()


async def test_a_turn_goes_on_when_the_server_was_restarted_and_calls_no_tool_twice(
    knowledge: FakeKnowledge, open_chat: OpenChat, mcp_app: ASGIApp
) -> None:
    turns = [
        step
        for number in range(2)
        for step in ([function_call(*SEARCH, call_id=f"c{number}")], [assistant_message("Yes.", item_id="m")])
    ]
    first, second = Restarted(mcp_app), Restarted(open_chat.mcp_app())
    await first.start()
    chat = await open_chat(ScriptedModel(turns), mcp_server_url=f"http://127.0.0.1:{first.port}/mcp")
    assert (await chat.say("How many days?")).error is None
    await first.stop()
    second.port = first.port
    await second.start()
    try:
        assert (await chat.say("And now?")).error is None
    finally:
        await second.stop()
    assert [call[1] for call in knowledge.calls] == ["search_documents"] * 2


async def test_a_kept_session_at_an_address_where_nobody_answers_is_no_session(
    asked: Asked, clock: Clock, serve: Serve
) -> None:
    async with Sessions(clock) as sessions:
        async with serve(asked) as url:
            connector = McpConnector(_settings(f"{url}/mcp"), SIGNING_KEY, sessions)
            await search(connector)
        clock.now += 10
        with pytest.raises(McpUnavailableError):
            await search(connector)
        assert sessions.idle == 0
