"""A search by the running MCP server, which has its model loaded."""

import json
from typing import Any

import httpx2

from database.home import open_data_folder, read_or_create_secret
from mcp_server.offered_tools import NOT_OFFERED
from mcp_server.results import SearchResult
from mcp_server.settings import TOKEN_FILE, McpServerSettings
from owflex.asking.addresses import client, is_server, mcp_url
from owflex.errors import OwflexError

TOOL = "search_documents"


class ServerSearchError(OwflexError):
    """The running server refused the search; the text says why."""


def search_by_server(settings: McpServerSettings, arguments: dict[str, Any]) -> SearchResult | None:
    """What the server finds; None where none of ours is running. Raises `ServerSearchError`."""
    token = settings.mcp_server_token or read_or_create_secret(
        open_data_folder(settings.owflex_home), TOKEN_FILE
    )
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": TOOL, "arguments": arguments},
    }
    headers = {
        "authorization": f"Bearer {token.get_secret_value()}",
        "accept": "application/json, text/event-stream",
    }
    url = mcp_url(settings)
    if not is_server(url):
        return None
    try:
        with client() as http:
            answer = http.post(f"{url}/mcp", json=request, headers=headers)
    except httpx2.HTTPError:
        return None
    # Another program's port, or the server of another data folder.
    return _result(answer.text) if answer.is_success else None


def _result(body: str) -> SearchResult | None:
    # A stream of one event, or plain JSON.
    lines = [line.removeprefix("data:") for line in body.splitlines() if line.startswith("data:")]
    try:
        result = json.loads("".join(lines) or body)["result"]
        if result.get("isError"):
            said = str(result["content"][0]["text"])
            if said.startswith(NOT_OFFERED):
                # A server for other clients (MCP_TOOL_SET): the command searches by itself.
                return None
            raise ServerSearchError(said)
        return SearchResult.model_validate(result["structuredContent"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return None
