"""The list of tools is made once for all who may use the same ones."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.server.middleware import dereference

if TYPE_CHECKING:
    from conftest import RunningServer


async def names(client: Client[StreamableHttpTransport]) -> set[str]:
    async with client:
        return {tool.name for tool in await client.list_tools()}


async def test_who_may_do_less_is_shown_less_whoever_came_before(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    reader = sign("ann", scope="kb:read")
    everything = await names(server.client())
    assert {"search_documents", "add_task", "add_document"} <= everything
    for _ in range(2):
        assert await names(server.client(reader)) == {
            "search_documents",
            "read_chunks",
            "get_document",
            "list_documents",
            "list_collections",
            "grep",
            "ls",
            "outline",
        }
        assert await names(server.client()) == everything


async def test_the_list_from_memory_is_the_one_that_was_made(
    server: "RunningServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await listed(server)

    def refuse(tool: object) -> object:
        raise AssertionError(f"{tool} was worked out again")

    monkeypatch.setattr(dereference, "_dereference_tool", refuse)
    assert await listed(server) == first


async def test_a_request_of_a_wrong_form_is_still_refused(server: "RunningServer") -> None:
    await listed(server)
    assert "error" in await post(server, {"cursor": 7})


async def listed(server: "RunningServer") -> object:
    async with server.client() as client:
        return [tool.model_dump() for tool in await client.list_tools()]


async def post(server: "RunningServer", params: dict[str, object]) -> dict[str, object]:
    """The raw answer to a client of the protocol before 2026."""
    headers = {
        "authorization": "Bearer a-local-token-for-tests-of-some-length",
        "accept": "application/json",
        "mcp-protocol-version": "2025-06-18",
    }
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
    async with httpx2.AsyncClient() as http:
        return (await http.post(f"{server.url}/mcp", json=asked, headers=headers)).json()
