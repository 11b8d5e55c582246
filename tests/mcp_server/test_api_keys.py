"""API keys: what they open, and that a bad one opens nothing from the next call on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError

from knowledge_base.api_keys import NewApiKey, create_api_key, list_api_keys, revoke_api_key
from knowledge_base.errors import ApiKeyNotFoundError
from knowledge_base.shut_out import let_in, shut_out
from mcp_server.http.refused_tokens import SENTENCE

if TYPE_CHECKING:
    from conftest import RunningServer

READS = {"search_documents", "get_document", "list_documents"}
KEEPS_TASKS = {"add_task", "list_tasks", "complete_task", "update_task", "delete_task"}


async def key_for(
    server: "RunningServer",
    scopes: Sequence[str] = ("kb:read", "tasks"),
    *,
    user: str = "ann",
    collections: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[int, str]:
    """The id and the secret of a new key."""
    async with server.pool.connection() as connection:
        new = NewApiKey("test", user, scopes, collections, expires_at)
        key, secret = await create_api_key(connection, new)
    return key.key_id, secret


async def status(server: "RunningServer", secret: str) -> int:
    return (await server.knock(authorization=f"Bearer {secret}")).status_code


async def test_a_key_acts_for_its_user(server: "RunningServer") -> None:
    _, secret = await key_for(server, user="bob")
    async with server.client(secret) as client:
        await client.call_tool("add_task", {"title": "by key"})
    async with server.client_of("bob") as client:
        listed = await client.call_tool("list_tasks")
    assert [task.title for task in listed.data.tasks] == ["by key"]


@pytest.mark.parametrize(
    ("scopes", "opened", "closed"),
    [
        (["kb:read"], READS, KEEPS_TASKS),
        (["tasks"], KEEPS_TASKS, READS),
        (["kb:read", "tasks"], READS | KEEPS_TASKS, set[str]()),
        (["kb:write"], set[str](), READS | KEEPS_TASKS),
    ],
    ids=["read", "tasks", "read and tasks", "write"],
)
async def test_a_key_lists_and_calls_only_what_its_scopes_open(
    server: "RunningServer", scopes: list[str], opened: set[str], closed: set[str]
) -> None:
    _, secret = await key_for(server, scopes)
    async with server.client(secret) as client:
        listed = {tool.name for tool in await client.list_tools()}
        assert listed >= opened
        assert not listed & closed
        for tool in closed:
            with pytest.raises(ToolError, match="Unknown tool"):
                await client.call_tool(tool, {"title": "x", "task_id": 1, "query": "x", "document_id": 1})
    async with server.pool.connection() as connection:
        assert await (await connection.execute("select from tasks")).fetchall() == []


async def test_a_key_without_scopes_lists_nothing(server: "RunningServer") -> None:
    _, secret = await key_for(server, ())
    async with server.client(secret) as client:
        assert await client.list_tools() == []
        assert await client.list_resources() == []
        assert await client.list_resource_templates() == []
        with pytest.raises(ToolError, match="Unknown tool"):
            await client.call_tool("list_tasks")


async def test_a_revoked_key_gets_401_from_the_next_call_on(server: "RunningServer") -> None:
    key_id, secret = await key_for(server)
    assert await status(server, secret) == 200
    async with server.pool.connection() as connection:
        await revoke_api_key(connection, key_id)
    assert await status(server, secret) == 401


async def test_an_expired_key_gets_401(server: "RunningServer") -> None:
    now = datetime.now(UTC)
    _, good = await key_for(server, expires_at=now + timedelta(hours=1))
    _, expired = await key_for(server, expires_at=now - timedelta(seconds=1))
    assert (await status(server, good), await status(server, expired)) == (200, 401)


async def test_unknown_and_mangled_keys_get_401(server: "RunningServer") -> None:
    _, secret = await key_for(server)
    for wrong in ("owflex_", "owflex_unknown", secret[:-1], secret + "x", secret.upper(), "owflex_' or 1=1"):
        assert await status(server, wrong) == 401


async def test_only_the_hash_of_a_key_is_stored(server: "RunningServer") -> None:
    _, secret = await key_for(server)
    async with server.pool.connection() as connection:
        row = await (await connection.execute("select to_jsonb(api_keys)::text from api_keys")).fetchone()
    assert row is not None
    assert secret not in row[0]
    assert secret.removeprefix("owflex_") not in row[0]


async def test_the_use_of_a_key_is_noted(server: "RunningServer") -> None:
    _, secret = await key_for(server)
    assert await status(server, secret) == 200
    async with server.pool.connection() as connection:
        (key,) = await list_api_keys(connection)
    assert key.last_used_at is not None


async def test_revoking_twice_keeps_the_first_moment_and_an_unknown_id_is_said(
    server: "RunningServer",
) -> None:
    key_id, _ = await key_for(server)
    async with server.pool.connection() as connection:
        await revoke_api_key(connection, key_id)
        (first,) = await list_api_keys(connection)
        await revoke_api_key(connection, key_id)
        (second,) = await list_api_keys(connection)
        with pytest.raises(ApiKeyNotFoundError, match="owflex token list"):
            await revoke_api_key(connection, key_id + 1)
    assert first.revoked_at == second.revoked_at is not None


async def test_a_key_of_somebody_who_is_shut_out_is_refused_until_they_are_let_in(
    server: "RunningServer",
) -> None:
    _, of_ann = await key_for(server)
    _, of_bob = await key_for(server, user="bob")
    async with server.client(of_ann) as running:
        async with server.pool.connection() as connection:
            await shut_out(connection, ["ann", "nobody"])
        with pytest.raises(MCPError, match="error response"):
            await running.call_tool("list_tasks")
    assert [await status(server, secret) for secret in (of_ann, of_bob)] == [401, 200]
    # Nobody learns by the answer whether there is such a person or key.
    answers = [await server.knock(authorization=f"Bearer {token}") for token in (of_ann, "owflex_unknown")]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["www-authenticate"] == answers[1].headers["www-authenticate"]
    assert answers[0].json() == {"error": "invalid_token", "error_description": SENTENCE}
    async with server.pool.connection() as connection:
        assert [key.is_shut_out for key in await list_api_keys(connection)] == [True, False]
        await let_in(connection, ["ann"])
    assert await status(server, of_ann) == 200
