"""Where this machine reaches the servers, and whether they answer there."""

import json
import time
from typing import Any, cast

import httpx2

from agent_service.settings.settings import AgentServiceSettings
from mcp_server.settings import McpServerSettings

# Of a server on this machine; one that is busy is waited for once it has accepted the connection.
SECONDS_TO_CONNECT = 1.0
SECONDS_TO_ANSWER = 60.0
# Both servers say this at once, however busy they are.
SECONDS_TO_SAY_WHO = 5.0
MAX_BYTES_TO_SAY_WHO = 1_000_000


def mcp_url(settings: McpServerSettings) -> str:
    """The MCP server's address without a path."""
    return f"http://{_reachable(settings.mcp_server_host)}:{settings.mcp_server_port}"


def chat_url(settings: AgentServiceSettings) -> str:
    """The chat's address without a path."""
    return f"http://{_reachable(settings.agent_service_host)}:{settings.agent_service_port}"


def client(seconds: float = SECONDS_TO_ANSWER) -> httpx2.Client:
    """A client for servers on this machine: no proxy of the environment is asked."""
    return httpx2.Client(timeout=httpx2.Timeout(seconds, connect=SECONDS_TO_CONNECT), trust_env=False)


def is_chat(url: str) -> bool:
    """Whether the chat of OwFlex answers there, and not another program that was given its port."""
    about = _about(f"{url}/config.json")
    return (
        isinstance(about, dict) and {"greeting", "login", "attachments"} <= cast(dict[str, Any], about).keys()
    )


def is_server(url: str) -> bool:
    """Whether a program answers there that says of its health what our servers say."""
    return _about(f"{url}/health") == {"status": "ok"}


def _about(url: str) -> object:
    """The JSON at the address; None where there is none, or not soon."""
    try:
        with client(SECONDS_TO_SAY_WHO) as http, http.stream("GET", url) as response:
            if not response.is_success:
                return None
            return json.loads(_beginning(response))
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError):
        return None


def _beginning(response: httpx2.Response) -> bytes:
    """The answer, as far as it is as long and as fast as one of ours. Raises `ValueError`."""
    body, until = b"", time.monotonic() + SECONDS_TO_SAY_WHO
    for part in response.iter_bytes():
        body += part
        if len(body) > MAX_BYTES_TO_SAY_WHO or time.monotonic() > until:
            raise ValueError("No program of ours says so much.")
    return body


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
