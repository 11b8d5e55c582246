"""A call that nobody waits for any more takes its statement in Postgres along."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest
from fastmcp.exceptions import ToolError

from knowledge_base.access import acting_for
from mcp_server.auth.callers import STDIO_CALLER
from mcp_server.tool_errors import with_tool_errors
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import RunningServer

CALL: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "sleep_in_postgres", "arguments": {}},
}


@pytest.fixture
async def sleepy(server: "RunningServer") -> AsyncGenerator["RunningServer"]:
    """The server with one more tool, whose statement takes longer than any test."""

    async def sleep_in_postgres() -> str:
        async with acting_for(server.served, STDIO_CALLER.access) as connection:
            await connection.execute("select pg_sleep(100)")
        return "slept"

    server.mcp.tool(with_tool_errors(sleep_in_postgres), timeout=90)
    yield server
    # The pool is as good as before: each of its connections works and is in no transaction.
    for _ in range(4):
        async with acting_for(server.served, STDIO_CALLER.access) as connection:
            await connection.execute("select from documents")
            assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


async def until_sleeping(server: "RunningServer", expected: int) -> None:
    """Return when that many statements of the tool run in Postgres."""
    async with asyncio.timeout(PATIENCE_SECONDS), server.pool.connection() as connection:
        while True:
            rows = await connection.execute(
                "select count(*) from pg_stat_activity "
                "where query like 'select pg_sleep%%' and state = 'active' and datname = current_database()"
            )
            if await rows.fetchone() == (expected,):
                return


async def test_the_statement_ends_when_the_client_gives_up_the_call(sleepy: "RunningServer") -> None:
    async with sleepy.client() as client:
        calls = [asyncio.create_task(client.call_tool("sleep_in_postgres")) for _ in range(3)]
        await until_sleeping(sleepy, 3)
        for call in calls:
            call.cancel()
        await until_sleeping(sleepy, 0)
        await asyncio.gather(*calls, return_exceptions=True)
        await client.call_tool("list_tasks")


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
async def test_the_statement_ends_when_the_connection_of_an_older_client_breaks(
    sleepy: "RunningServer", version: str
) -> None:
    async with httpx2.AsyncClient() as http:
        asking = asyncio.create_task(
            http.post(
                f"{sleepy.url}/mcp",
                json=CALL,
                timeout=60,
                headers={
                    "accept": "application/json, text/event-stream",
                    "authorization": "Bearer a-local-token-for-tests-of-some-length",
                    "mcp-protocol-version": version,
                },
            )
        )
        await until_sleeping(sleepy, 1)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        await until_sleeping(sleepy, 0)


async def test_the_statement_ends_at_the_time_limit_of_the_tool_and_the_client_reads_why(
    sleepy: "RunningServer",
) -> None:
    tool = await sleepy.mcp.get_tool("sleep_in_postgres")
    assert tool is not None
    tool.timeout = 0.3
    async with sleepy.client() as client:
        with pytest.raises(ToolError, match=r"took too long and was stopped"):
            await client.call_tool("sleep_in_postgres")
    await until_sleeping(sleepy, 0)
