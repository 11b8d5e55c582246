"""What the MCP server refuses and takes in is in the audit log, with whom it came from."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from fastmcp.exceptions import ToolError

if TYPE_CHECKING:
    from conftest import RunningServer


async def refused(server: "RunningServer") -> list[tuple[Any, ...]]:
    await server.health.attempts.write()
    async with server.pool.connection() as connection:
        rows = await connection.execute(
            "select actor, through, action, target from audit_events where outcome = 'refused' order by id"
        )
        return await rows.fetchall()


async def test_a_key_that_nobody_knows_is_noted_without_the_key(server: "RunningServer") -> None:
    secret = "owflex_" + "s" * 43
    answer = await server.knock(authorization=f"Bearer {secret}", **{"x-request-id": "req-7"})
    assert answer.status_code == 401
    assert await refused(server) == [("unknown", "mcp", "login.refused", "POST /mcp")]
    async with server.pool.connection() as connection:
        row = await (await connection.execute("select events::text from audit_events as events")).fetchone()
    assert "req-7" in str(row)
    assert "127.0.0.1" in str(row)
    assert "sssss" not in str(row)


async def test_a_tool_without_its_right_is_noted_with_the_user(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with server.client(sign("ann", scope="kb:read")) as client:
        for tool in ("add_task", "no_such_tool"):
            with pytest.raises(ToolError):
                await client.call_tool(tool, {"title": "Call Bob"})
    assert await refused(server) == [("ann", "mcp", "right.refused", "add_task")]


async def test_a_collection_that_is_not_open_is_noted(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with server.client(sign("ann", collections=["hr"])) as client:
        with pytest.raises(ToolError, match="not open to you"):
            await client.call_tool("add_document", {"text": "x", "name": "n", "collection": "it"})
    assert await refused(server) == [("ann", "mcp", "right.refused", "add_document: it")]


@pytest.mark.parametrize("through", ["chat", "mcp"])
async def test_what_is_handed_in_says_through_what_and_in_which_request(
    server: "RunningServer", through: str
) -> None:
    client = server.client_of("ann") if through == "chat" else server.client()
    async with client:
        await client.call_tool("add_document", {"text": "x", "name": "n", "wait_seconds": 0})
    async with server.pool.connection() as connection:
        rows = await connection.execute("select through, request_id from uploads")
        ((found, request_id),) = await rows.fetchall()
    assert found == through
    assert len(request_id) == 32
