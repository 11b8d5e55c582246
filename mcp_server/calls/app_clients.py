"""Which clients show apps: pages beside the answers of tools (the extension MCP Apps)."""

from typing import Any

from mcp.server.session import ServerSession
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

UI_EXTENSION = "io.modelcontextprotocol/ui"
UI_MIME_TYPE = "text/html;profile=mcp-app"


def is_of_2026(session: ServerSession) -> bool:
    """Whether the client says with every request what it can do."""
    return session.protocol_version in MODERN_PROTOCOL_VERSIONS


def shows_apps(session: ServerSession) -> bool:
    """Whether the client is to be offered apps.

    Since 2026-07-28 it announces them with each request. Before, it did so once, and over HTTP this server
    keeps nothing of that; some also show apps without a word. So all older clients are offered some.
    """
    if not is_of_2026(session):
        return True
    capabilities = session.client_capabilities
    announced: Any = (capabilities.extensions or {}).get(UI_EXTENSION) if capabilities else None
    if not isinstance(announced, dict):
        return False
    kinds: Any = announced.get("mimeTypes", [UI_MIME_TYPE])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return isinstance(kinds, list) and UI_MIME_TYPE in kinds
