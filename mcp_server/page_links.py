"""Where the chat's page shows documents: addresses for citations."""

import logging
from dataclasses import dataclass

from database.process import is_loopback
from mcp_server.auth.issuer_settings import check_address
from mcp_server.settings import McpServerSettings

logger = logging.getLogger("mcp_server")


@dataclass(frozen=True)
class PageLinks:
    """Links into the chat's page at this address; without one there are none.

    Whoever opens a link signs in as always, and sees what they have a right to.
    """

    chat: str | None

    def document(self, document_id: int, chunk_id: int | None = None) -> str:
        """The address of a document, at one of its passages; empty where the page has no address."""
        if self.chat is None:
            return ""
        at = "" if chunk_id is None else f"?at={chunk_id}"
        return f"{self.chat}/#/knowledge/document/{document_id}{at}"


def page_links(settings: McpServerSettings) -> PageLinks:
    """Links by AGENT_SERVICE_PUBLIC_URL, or on this machine by the port of the chat.

    Raises `IssuerSettingsError` for an address that is none.
    """
    if settings.agent_service_public_url:
        check_address("AGENT_SERVICE_PUBLIC_URL", settings.agent_service_public_url)
        return PageLinks(settings.agent_service_public_url.rstrip("/"))
    if is_loopback(settings.mcp_server_host):
        return PageLinks(f"http://127.0.0.1:{settings.agent_service_port}")
    if settings.mcp_tool_set in ("openai", "all"):
        logger.warning(
            "AGENT_SERVICE_PUBLIC_URL is not set: results of search and fetch have an empty url, and "
            "ChatGPT cites nothing without one. Set it to the https:// address of the chat."
        )
    return PageLinks(None)
