"""Ways to stop the MCP server, each of one token or of nobody."""

import json
from typing import Any

import httpx2
from attack_kinds import ATTACKS, attack, flood, hold, send_all
from attack_tools import Target, mcp_head, mcp_headers


@attack("tool calls of one key, 100 at once")
async def tool_calls(target: Target, seconds: float) -> None:
    call = {"name": "search_documents", "arguments": {"query": "What does the setting change?"}}

    async def one(http: httpx2.AsyncClient) -> int:
        return _status(
            await http.post("/mcp", json=_message("tools/call", call), headers=mcp_headers(target))
        )

    await flood(target, target.mcp, seconds, 100, one)


@attack("resources and lists of one key, 100 at once")
async def resources(target: Target, seconds: float) -> None:
    async def one(http: httpx2.AsyncClient) -> int:
        read = _message("resources/read", {"uri": "kb://collections"})
        listed = _message("resources/list", {})
        first = _status(await http.post("/mcp", json=read, headers=mcp_headers(target)))
        second = _status(await http.post("/mcp", json=listed, headers=mcp_headers(target)))
        return max(first, second)

    await flood(target, target.mcp, seconds, 100, one)


@attack("keys that do not exist, 100 at once")
async def wrong_keys(target: Target, seconds: float) -> None:
    async def one(http: httpx2.AsyncClient) -> int:
        headers = mcp_headers(target) | {"authorization": "Bearer owflex_" + "a" * 43}
        return (await http.post("/mcp", json=_message("tools/list", {}), headers=headers)).status_code

    await flood(target, target.mcp, seconds, 100, one)


@attack("300 streams of changes that are left open")
async def subscriptions(target: Target, seconds: float) -> None:
    body = json.dumps(
        _message("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    ).encode()
    more = b"mcp-protocol-version: 2026-07-28\r\nmcp-method: subscriptions/listen\r\n\r\n"
    sent = mcp_head(target, len(body))[:-2] + more + body
    await hold(target, target.mcp_port, 300, seconds, sent, b"")


@attack("batches of 50 and bodies of 4 MB, 20 at once")
async def batches(target: Target, seconds: float) -> None:
    batch = json.dumps([_message("resources/list", {})] * 50).encode()
    large = json.dumps(_message("tools/call", {"name": "x" * 4_000_000, "arguments": {}})).encode()
    sent = [mcp_head(target, len(body)) + body for body in (batch, large)]
    await send_all(target, ((target.mcp_port, one) for one in sent for _ in range(20)))


@attack("bytes that are no HTTP, 200 times on either server")
async def no_http(target: Target, seconds: float) -> None:
    kinds = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )
    ports = (target.chat_port, target.mcp_port)
    await send_all(target, ((port, sent) for sent in kinds for port in ports for _ in range(66)))


def _message(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def _status(answer: httpx2.Response) -> int:
    """The status, 429 also where JSON-RPC says in its own way that there were too many."""
    return 429 if "Too many calls" in answer.text else answer.status_code


# Those of the chat, and the ones above.
ALL_ATTACKS = ATTACKS
