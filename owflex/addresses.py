"""Where this machine reaches the servers, and whether they answer there."""

import httpx2

from agent_service.settings.settings import AgentServiceSettings
from mcp_server.settings import McpServerSettings

# Of a server on this machine; one that is busy is waited for once it has accepted the connection.
SECONDS_TO_CONNECT = 1.0
SECONDS_TO_ANSWER = 60.0


def mcp_url(settings: McpServerSettings) -> str:
    """The MCP server's address without a path."""
    return f"http://{_reachable(settings.mcp_server_host)}:{settings.mcp_server_port}"


def chat_url(settings: AgentServiceSettings) -> str:
    """The chat's address without a path."""
    return f"http://{_reachable(settings.agent_service_host)}:{settings.agent_service_port}"


def client(seconds: float = SECONDS_TO_ANSWER) -> httpx2.Client:
    """A client for servers on this machine: no proxy of the environment is asked."""
    return httpx2.Client(timeout=httpx2.Timeout(seconds, connect=SECONDS_TO_CONNECT), trust_env=False)


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
