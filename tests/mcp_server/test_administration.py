"""The tools of administrators: for whom they are, what they do, and what stays closed to them."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from fastmcp.exceptions import ToolError
from fastmcp.server.context import reset_transport, set_transport

from knowledge_base.api_keys import NewApiKey, create_api_key
from knowledge_base.own_collections import own_collection_of
from mcp_server.auth.callers import STDIO_CALLER
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from tests.support.rights import open_to_everyone

if TYPE_CHECKING:
    from conftest import RunningServer

TOOLS = {
    "list_groups",
    "set_group",
    "delete_group",
    "sync_groups",
    "list_rights",
    "grant_right",
    "revoke_right",
    "set_default_right",
    "list_api_keys",
    "revoke_api_key",
    "list_ingestion",
    "list_clients_of_all",
    "disconnect_client_of_person",
    "set_shut_out",
    "sync_shut_out",
}


@pytest.fixture
def admin(sign: Callable[..., str]) -> str:
    """The token of an administrator's own request."""
    return sign("root", scope="admin")


async def test_the_tools_are_there_for_tokens_of_the_chat_with_the_scope_and_no_others(
    server: "RunningServer", sign: Callable[..., str], admin: str
) -> None:
    async with server.client(admin) as client:
        assert {tool.name for tool in await client.list_tools()} == TOOLS
    async with server.pool.connection() as connection:
        new = NewApiKey("made by hand", "root", ["admin", "kb:read"])
        _, key = await create_api_key(connection, new)
    for token in (sign("root", scope="kb:read tasks"), sign("root"), key):
        async with server.client(token) as client:
            assert not TOOLS & {tool.name for tool in await client.list_tools()}
            with pytest.raises(ToolError, match="Unknown tool"):
                await client.call_tool("list_groups", {})
    async with server.client() as local:
        assert not TOOLS & {tool.name for tool in await local.list_tools()}


async def test_a_client_over_stdio_has_none_of_them(server: "RunningServer") -> None:
    mcp = create_server(
        McpServerSettings(),  # pyright: ignore[reportCallIssue]
        pool=server.served,
        embedder=server.embedder,
        health=server.health,
        version="0.0.test",
        stdio_caller=STDIO_CALLER,
    )
    token = set_transport("stdio")
    try:
        listed = {tool.name for tool in await mcp.list_tools()}
    finally:
        reset_transport(token)
    assert "list_tasks" in listed
    assert not TOOLS & listed


async def test_groups_are_made_filled_and_removed_with_their_rights(
    server: "RunningServer", admin: str, knowledge_base_url: str
) -> None:
    await open_to_everyone(knowledge_base_url, "hr")
    async with server.client(admin) as client:
        made = (await client.call_tool("set_group", {"name": "staff", "members": ["ann", "bob"]})).data
        assert (made.members, made.members_by_claim) == (["ann", "bob"], [])
        synced = (
            await client.call_tool("sync_groups", {"user_id": "carl", "names": ["staff", "it", " ", "it"]})
        ).data
        assert synced.groups == ["staff", "it"]
        await client.call_tool("set_group", {"name": "staff", "members": ["bob"]})
        await client.call_tool("sync_groups", {"user_id": "carl", "names": ["staff"]})
        groups = (await client.call_tool("list_groups", {})).structured_content
        assert groups == {
            "groups": [
                {"name": "it", "members": [], "members_by_claim": []},
                {"name": "staff", "members": ["bob"], "members_by_claim": ["carl"]},
            ]
        }
        granted: dict[str, Any] = {"collection": "hr", "kind": "group", "name": "staff"}
        await client.call_tool("grant_right", granted | {"right": "manage"})
        await client.call_tool("delete_group", {"name": "staff"})
        left = (await client.call_tool("list_rights", {})).data.collections
        assert [(one.kind, one.right) for one in left[0].grants] == [("everyone", "add")]
        with pytest.raises(ToolError, match='no group "staff"'):
            await client.call_tool("grant_right", granted | {"right": "read"})
        with pytest.raises(ToolError, match="1 to 100 characters"):
            await client.call_tool("set_group", {"name": "two\nlines", "members": []})


async def test_rights_are_granted_and_taken_and_written_into_the_audit_log(
    server: "RunningServer", admin: str
) -> None:
    async with server.client(admin) as client:
        wanted: dict[str, Any] = {"collection": "hr", "kind": "user", "name": "ann"}
        with pytest.raises(ToolError, match='no collection "hr"'):
            await client.call_tool("grant_right", wanted | {"right": "read"})
        made = (
            await client.call_tool("grant_right", wanted | {"right": "read", "make": True})
        ).structured_content
        assert made is not None
        assert made["grants"] == [{"kind": "user", "name": "ann", "right": "read"}]
        await client.call_tool("grant_right", wanted | {"right": "manage", "make": True})
        await client.call_tool("set_default_right", {"everyone": "nobody"})
        taken = (await client.call_tool("revoke_right", wanted)).structured_content
        assert taken is not None
        assert taken["grants"] == []
        with pytest.raises(ToolError, match='Nothing in "hr" was granted to ann'):
            await client.call_tool("revoke_right", wanted)
        assert (await client.call_tool("list_rights", {})).data.default == "nobody"
    async with server.pool.connection() as connection:
        rows = await connection.execute(
            "select actor, through, action, target, about, details from audit_events "
            "where action like 'right.%' order by id"
        )
        events = await rows.fetchall()
    usual = ("root", "chat", "right.granted", "hr")
    # What the new collection opened by default was taken again in the same moment.
    assert events[2:] == [
        (*usual, "ann", {"right": "read", "to": "user"}),
        (*usual, "ann", {"right": "manage", "to": "user", "before": "read"}),
        ("root", "chat", "right.default_changed", "new collections", None, {"everyone": "nobody"}),
        ("root", "chat", "right.taken", "hr", "ann", {"right": "manage", "to": "user"}),
    ]


async def test_administrators_see_that_a_persons_collection_is_there_and_nothing_of_it(
    server: "RunningServer", sign: Callable[..., str], admin: str
) -> None:
    async with server.client(sign("ann")) as ann:
        await ann.call_tool(
            "add_document", {"text": "secret words", "name": "secret name", "wait_seconds": 0}
        )
    async with server.client(admin) as client:
        rights = (await client.call_tool("list_rights", {})).structured_content
        state = (await client.call_tool("list_ingestion", {})).structured_content
    assert rights is not None
    assert state is not None
    assert [(one["collection"], one["owner"]) for one in rights["collections"]] == [
        (own_collection_of("ann"), "ann")
    ]
    assert [(one["user_id"], one["name"], one["status"]) for one in state["uploads"]] == [
        ("ann", None, "waiting")
    ]
    assert "secret" not in json.dumps([rights, state])


async def test_keys_are_shown_without_their_secrets_and_revoked(server: "RunningServer", admin: str) -> None:
    async with server.pool.connection() as connection:
        key, secret = await create_api_key(connection, NewApiKey("laptop", "ann", ["kb:read"]))
    async with server.client(admin) as client:
        listed = (await client.call_tool("list_api_keys", {})).structured_content
        assert listed is not None
        assert [(one["name"], one["user_id"], one["revoked_at"]) for one in listed["keys"]] == [
            ("laptop", "ann", None)
        ]
        assert secret not in json.dumps(listed)
        await client.call_tool("revoke_api_key", {"key_id": key.key_id})
        with pytest.raises(ToolError, match="There is no key 99"):
            await client.call_tool("revoke_api_key", {"key_id": 99})
    assert (await server.knock(authorization=f"Bearer {secret}")).status_code == 401
