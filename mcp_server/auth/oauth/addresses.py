"""Under which addresses the authorization server and the page for consent are reached."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from database.process import is_loopback
from mcp_server.auth.issuer_settings import PATH, check_address
from mcp_server.errors import IssuerSettingsError
from mcp_server.settings import McpServerSettings

CONSENT_PATH = "/connect"


@dataclass(frozen=True)
class OAuthAddresses:
    """`issuer`: the server's address without `/mcp` and without a slash at the end; `chat`: the chat's."""

    issuer: str
    chat: str

    @property
    def resource(self) -> str:
        """What tokens are good for (RFC 8707): the address that clients are given."""
        return f"{self.issuer}{PATH}"

    def consent(self, **parameters: str) -> str:
        """The page on which a person answers a request, or reads why it cannot be answered."""
        return f"{self.chat}{CONSENT_PATH}?{urlencode(parameters)}"


def oauth_addresses(settings: McpServerSettings) -> OAuthAddresses | None:
    """The addresses where MCP_OAUTH is on, else None. Raises `IssuerSettingsError` naming what to mend."""
    if not settings.mcp_oauth:
        return None
    values = {
        "MCP_PUBLIC_URL": settings.mcp_public_url or _here(settings, settings.mcp_server_port),
        "AGENT_SERVICE_PUBLIC_URL": settings.agent_service_public_url
        or _here(settings, settings.agent_service_port),
    }
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise IssuerSettingsError(
            f"MCP_OAUTH=true on {settings.mcp_server_host} needs {' and '.join(missing)}: "
            "the https:// addresses under which clients reach the MCP server, and people the chat."
        )
    for name, value in values.items():
        check_address(name, value)
    if urlsplit(values["MCP_PUBLIC_URL"]).path.strip("/"):
        raise IssuerSettingsError(
            "MCP_OAUTH=true needs an MCP_PUBLIC_URL without a path, such as https://kb.example.com: "
            "clients look for the addresses of OAuth at the root of a host."
        )
    issuer, chat = (value.rstrip("/") for value in values.values())
    return OAuthAddresses(issuer, chat)


def _here(settings: McpServerSettings, port: int) -> str:
    return f"http://127.0.0.1:{port}" if is_loopback(settings.mcp_server_host) else ""
