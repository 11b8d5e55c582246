"""The server listens to this machine only, unless its secrets are set."""

from mcp_server.settings import McpServerSettings
from serving.binding import check_bind


def check_host(settings: McpServerSettings) -> None:
    """Raise `UnsafeBindError` when other machines could reach the server, whose secrets only this one has."""
    check_bind(
        settings.mcp_server_host,
        is_guarded=bool(settings.mcp_server_token and settings.mcp_signing_key),
        refusal=f"MCP_SERVER_HOST={settings.mcp_server_host} opens the server to other machines. "
        "Set MCP_SERVER_TOKEN and MCP_SIGNING_KEY (32 characters or more each), or listen on 127.0.0.1.",
    )
