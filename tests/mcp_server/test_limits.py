"""Too many calls, too large and too slow requests: refused without harm to others."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn
from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from mcp import MCPError
from starlette.responses import PlainTextResponse

from database.process import listen
from mcp_server.calls.rate_limit import ToolCallLimit
from mcp_server.settings import McpServerSettings
from serving.patient_http import PatientProtocol
from serving.timed_bodies import BodyTimeLimit
from serving.token_buckets import TokenBuckets
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import RunningServer


async def answer_to(url: str, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
    return answer


@asynccontextmanager
async def patient_server() -> AsyncGenerator[str]:
    """An app that says hello, behind our protocol."""
    config = uvicorn.Config(
        PlainTextResponse("hello"), http=PatientProtocol, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    # Signals belong to the test runner.
    server.capture_signals = nullcontext  # type: ignore[method-assign]
    with listen("127.0.0.1", 0, "") as listener:
        listener.listen()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await running


async def nothing() -> None:
    """Do nothing."""


@pytest.fixture
def server_settings() -> McpServerSettings:
    """Two calls at once, then one a minute."""
    return McpServerSettings(mcp_rate_limit_per_minute=1, mcp_rate_limit_burst=2)  # pyright: ignore[reportCallIssue]


async def test_who_calls_too_often_learns_when_to_try_again_and_others_do_not_notice(
    server: "RunningServer",
) -> None:
    async with server.client_of("ann") as ann, server.client_of("bob") as bob:
        for _ in range(5):
            await ann.list_tools()
        await ann.call_tool("list_tasks")
        await ann.call_tool("list_tasks")
        with pytest.raises(ToolError) as refused:
            await ann.call_tool("list_tasks")
        assert re.fullmatch(
            r"Too many calls: 1 a minute are allowed. Try again in (59|60) seconds.", str(refused.value)
        )
        await bob.call_tool("list_tasks")


async def test_reads_of_resources_count_like_calls(server: "RunningServer") -> None:
    async with server.client_of("ann") as ann:
        await ann.list_resources()
        await ann.read_resource("kb://collections")
        await ann.call_tool("list_tasks")
        with pytest.raises(MCPError, match="Too many calls: 1 a minute are allowed"):
            await ann.read_resource("kb://collections")
        with pytest.raises(ToolError, match="Too many calls"):
            await ann.call_tool("list_tasks")


async def list_again_and_again(client: Client[Any]) -> None:
    """Ask for the resources more often than a minute allows."""
    for _ in range(30):
        await client.list_resources()


async def test_prompts_count_like_calls_and_lists_for_a_tenth(server: "RunningServer") -> None:
    async with server.client_of("ann") as ann:
        prompt = (await ann.list_prompts())[0].name
        for _ in range(2):
            await ann.read_resource("kb://collections")
        with pytest.raises(MCPError, match="Too many calls: 1 a minute are allowed"):
            await ann.get_prompt(prompt)
        with pytest.raises(MCPError, match="Too many calls: 10 a minute are allowed"):
            await list_again_and_again(ann)


async def test_the_memory_for_clients_is_bounded() -> None:
    buckets = TokenBuckets[tuple[str, str]](60, 5, max_keys=3)
    for name in "abcdefgh":
        assert buckets.take(("user", name)) == 0
    assert len(buckets) == 3


async def test_a_client_in_the_same_process_is_limited_too() -> None:
    mcp = FastMCP("free", middleware=[ToolCallLimit(60, 1)])
    mcp.tool(nothing)
    async with Client(mcp) as client:
        await client.call_tool("nothing")
        with pytest.raises(ToolError, match=r"Try again in 1 seconds."):
            await client.call_tool("nothing")


async def test_a_request_of_more_than_4_mib_is_refused(server: "RunningServer") -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"{server.url}/mcp",
            content=b" " * (4 * 2**20 + 1),
            headers={"authorization": "Bearer a-local-token-for-tests-of-some-length"}
            | {"content-type": "application/json", "accept": "application/json, text/event-stream"},
        )
    assert answer.status_code == 413


async def test_half_a_body_ends_with_408_and_a_closed_connection(
    server: "RunningServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BodyTimeLimit, "seconds", 0.2)
    head = (
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\naccept: application/json, text/event-stream\r\n"
        "authorization: Bearer a-local-token-for-tests-of-some-length\r\n"
        "content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    )
    answer = await answer_to(server.url, head.encode() + b'{"jsonrpc"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b'{"error":"The request did not arrive in time. Send it again."}')


@pytest.mark.parametrize("sent", [b"", b"POST /mcp HTTP/1.1\r\nhost: loc"])
async def test_a_connection_without_a_whole_head_is_closed(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "head_seconds", 0.2)
    async with patient_server() as url:
        assert await answer_to(url, sent) == b""


async def test_a_second_head_on_the_same_connection_is_waited_for_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PatientProtocol, "head_seconds", 0.2)
    whole = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
    async with patient_server() as url:
        answer = await answer_to(url, whole + b"GET / HTTP/1.1\r\nho")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_more_bodies_than_there_is_memory_for_are_refused_and_counted(
    server: "RunningServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.timed_bodies.MAX_BYTES_AT_ONCE", 2_000)
    async with httpx2.AsyncClient() as http:
        as_json = {"content-type": "application/json"}
        refused = await http.post(f"{server.url}/mcp", content=b" " * 3_000, headers=as_json)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert "Too much is being uploaded" in refused.text
    # What was held of it is let go.
    async with server.client_of("ann") as ann:
        await ann.list_tools()
