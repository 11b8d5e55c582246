"""Connections to other servers: nothing of ours goes along, and no answer may be of any length."""

import logging
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
from agents.mcp import MCPServer, MCPServerManager, MCPServerStdio, MCPServerStreamableHttp
from mcp.client.stdio import stdio_client

from agent_service.foreign.secrets import with_secrets
from agent_service.settings.other_servers import OtherServer
from agent_service.settings.settings import AgentServiceSettings
from serving.certificates import certificates_for

CLEANUP_SECONDS = 5
# It writes down lines that it cannot read: what a program of others says is not for our log.
logging.getLogger("mcp.client.stdio").setLevel(logging.CRITICAL)
MAX_PAGES = 5
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class OtherServerFailedError(Exception):
    """A server cannot be used; the text is for people and has nothing that the server said."""


@dataclass(frozen=True)
class Known:
    """A server with the secrets that it needs, and how long one is waited for."""

    name: str
    server: OtherServer
    connect_seconds: float
    call_seconds: float
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def known_servers(settings: AgentServiceSettings, variables: Mapping[str, str | None]) -> list[Known]:
    """The servers of MCP_SERVERS. Raises `OtherServerError` for a secret that is not there."""
    call = settings.mcp_session_timeout_seconds
    return [
        Known(
            name,
            server,
            # A program has to start first, and some are fetched for that.
            settings.mcp_connect_timeout_seconds
            if server.url
            else max(call, settings.mcp_connect_timeout_seconds),
            call,
            with_secrets(server.headers, name, variables),
            with_secrets(server.env, name, variables),
        )
        for name, server in settings.mcp_servers.items()
    ]


@asynccontextmanager
async def opened(known: Known) -> AsyncGenerator[MCPServer]:
    """A connection while in the block. Raises `OtherServerFailedError`.

    It lives in a task of its own: what happens to it never cancels who uses it.
    """
    server = _over_http(known) if known.server.url else _as_program(known)
    manager = MCPServerManager(
        [server],
        connect_timeout_seconds=known.connect_seconds,
        cleanup_timeout_seconds=CLEANUP_SECONDS,
        connect_in_parallel=True,
    )
    try:
        await manager.connect_all()
        if not manager.active_servers:
            raise OtherServerFailedError(why(known, manager.errors.get(server)))
        yield server
    finally:
        await manager.cleanup_all()


def why(known: Known, error: BaseException | None) -> str:
    """Why a server cannot be used, with nothing of what it or the error says."""
    place = known.server.place
    for one in _leaves(error):
        if isinstance(one, FileNotFoundError | PermissionError):
            return f"{place} cannot be started; correct its command in MCP_SERVERS"
        # The SDK's own error has lost what it was made of.
        if isinstance(one, httpx2.ConnectError) or "Could not reach the server" in str(one):
            return f"nothing answers at {place}; start it or correct MCP_SERVERS"
        if isinstance(one, httpx2.HTTPStatusError):
            return (
                f"{place} answers with the HTTP status {one.response.status_code}; correct its headers or url"
            )
        if isinstance(one, TimeoutError | httpx2.TimeoutException):
            return f"{place} does not answer in time; look at its log"
    return f"{place} does not answer as an MCP server does; look at its log"


def _leaves(error: BaseException | None) -> Iterator[BaseException]:
    if error is None:
        return
    if isinstance(error, BaseExceptionGroup):
        for one in cast(BaseExceptionGroup[BaseException], error).exceptions:
            yield from _leaves(one)
        return
    yield error
    yield from _leaves(error.__cause__ or error.__context__)


def _over_http(known: Known) -> MCPServer:
    def client(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        url = cast(str, known.server.url)
        # Redirects are not followed: the headers are for this server alone.
        return httpx2.AsyncClient(
            headers={**(headers or {}), **known.headers},
            timeout=httpx2.Timeout(known.connect_seconds, read=known.call_seconds + CLEANUP_SECONDS),
            transport=_BoundedAnswers(verify=certificates_for(url)),
            follow_redirects=False,
        )

    return MCPServerStreamableHttp(
        params={"url": cast(str, known.server.url), "httpx_client_factory": client},
        name=known.name,
        cache_tools_list=True,
        client_session_timeout_seconds=known.call_seconds,
        max_retry_attempts=0,
        max_list_pages=MAX_PAGES,
    )


def _as_program(known: Known) -> MCPServer:
    server = known.server
    return _Program(
        # The SDK gives a program no more of our environment than PATH, HOME and the like.
        params={"command": cast(str, server.command), "args": list(server.args), "env": dict(known.env)},
        name=known.name,
        cache_tools_list=True,
        client_session_timeout_seconds=known.call_seconds,
        max_retry_attempts=0,
        max_list_pages=MAX_PAGES,
    )


class _Program(MCPServerStdio):
    """A program whose complaints do not get into our log: they may hold its secrets."""

    def create_streams(self) -> Any:
        return stdio_client(self.params, errlog=cast(Any, subprocess.DEVNULL))


class _BoundedAnswers(httpx2.AsyncHTTPTransport):
    """Breaks off an answer that is too long to be one."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        response.stream = _Bounded(cast(httpx2.AsyncByteStream, response.stream))
        return response


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for part in self._stream:
            seen += len(part)
            if seen > MAX_ANSWER_BYTES:
                raise httpx2.ReadError("The answer is too long.")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
