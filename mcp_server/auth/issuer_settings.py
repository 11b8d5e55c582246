"""Which external issuer the settings name, checked before anything starts."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from database.process import is_loopback
from mcp_server.errors import IssuerSettingsError
from mcp_server.settings import McpServerSettings

# Stands between issuer and subject; no local user's name begins with an address.
SEPARATOR = "|"
PATH = "/mcp"


@dataclass(frozen=True)
class ExternalIssuer:
    """Whose tokens are accepted, and under which address clients reach this server (without `/mcp`)."""

    issuer: str
    jwks_url: str
    audience: str
    public_url: str
    max_hours: int = 24

    def user(self, subject: str) -> str:
        """The user's name here: two issuers may use the same subject for different people."""
        return f"{self.issuer}{SEPARATOR}{subject}"


def external_issuer(settings: McpServerSettings) -> ExternalIssuer | None:
    """The issuer that is set up, or None. Raises `IssuerSettingsError` naming the setting to mend."""
    values = {
        "MCP_AUTH_ISSUER": settings.mcp_auth_issuer,
        "MCP_AUTH_JWKS_URL": settings.mcp_auth_jwks_url,
        "MCP_AUTH_AUDIENCE": settings.mcp_auth_audience,
        "MCP_PUBLIC_URL": settings.mcp_public_url,
    }
    given = {name: value for name, value in values.items() if value}
    # The address alone is enough for our own authorization server.
    if not given or (settings.mcp_oauth and list(given) == ["MCP_PUBLIC_URL"]):
        return None
    missing = [name for name in values if name not in given]
    if missing:
        raise IssuerSettingsError(
            f"Tokens of an external issuer need four settings; {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set. "
            f"Set all of them, or unset {' and '.join(given)}."
        )
    for name in ("MCP_AUTH_ISSUER", "MCP_AUTH_JWKS_URL", "MCP_PUBLIC_URL"):
        check_address(name, given[name])
    public_url = given["MCP_PUBLIC_URL"].rstrip("/")
    if public_url.endswith(PATH):
        raise IssuerSettingsError(f"MCP_PUBLIC_URL: leave {PATH} out; it is added.")
    return ExternalIssuer(
        given["MCP_AUTH_ISSUER"],
        given["MCP_AUTH_JWKS_URL"],
        given["MCP_AUTH_AUDIENCE"],
        public_url,
        settings.mcp_auth_max_hours,
    )


def public_host(settings: McpServerSettings) -> list[str]:
    """The host name of the public address, as the only item; nothing where no address is set."""
    host = urlsplit(settings.mcp_public_url or "").hostname
    return [host] if host else []


def check_address(name: str, value: str) -> None:
    """Return when tokens may be sent to the address. Raises `IssuerSettingsError` naming the setting."""
    try:
        address = urlsplit(value)
        good = _is_safe(address)
    except ValueError:
        good = False
    if not good:
        raise IssuerSettingsError(
            f"{name} must be an https:// address without user name, query and fragment "
            "(http:// only for this machine)."
        )


def _is_safe(address: SplitResult) -> bool:
    # Reading the port raises ValueError when it is none.
    host, _ = address.hostname or "", address.port
    secure = address.scheme == "https" or (address.scheme == "http" and is_loopback(host))
    return secure and bool(host) and not (address.username or address.query or address.fragment)
