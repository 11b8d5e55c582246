"""Tokens of an identity provider of the operator's own, such as Keycloak, Entra ID, Okta or Auth0."""

import asyncio
import logging
import time
from collections.abc import AsyncIterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast
from urllib.parse import SplitResult, urlsplit

import httpx2
import jwt
from fastmcp.server.auth import AccessToken, JWTVerifier, RemoteAuthProvider, TokenVerifier
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter

from database.process import is_loopback
from mcp_server.auth import SCOPES
from mcp_server.errors import McpServerError
from mcp_server.settings import McpServerSettings

logger = logging.getLogger("mcp_server")

ALGORITHMS = ("RS256", "ES256")
# A set of keys is a few kilobytes.
MOST_KEY_SET_BYTES = 256 * 1024
KEY_SET_SECONDS = 10
# How far the issuer's clock may be ahead of ours.
LEEWAY_SECONDS = 10
# Stands between issuer and subject; no local user's name begins with an address.
SEPARATOR = "|"
PATH = "/mcp"

# Pydantic would else add a slash, and clients compare an issuer letter by letter.
_AS_WRITTEN = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))


class IssuerSettingsError(McpServerError):
    """The settings of the external issuer are incomplete or wrong."""


@dataclass(frozen=True)
class ExternalIssuer:
    """Whose tokens are accepted, and under which address clients reach this server (without `/mcp`)."""

    issuer: str
    jwks_url: str
    audience: str
    public_url: str

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
    if not given:
        return None
    missing = [name for name in values if name not in given]
    if missing:
        raise IssuerSettingsError(
            f"Tokens of an external issuer need four settings; {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set. "
            f"Set all of them, or unset {' and '.join(given)}."
        )
    for name in ("MCP_AUTH_ISSUER", "MCP_AUTH_JWKS_URL", "MCP_PUBLIC_URL"):
        _check_address(name, given[name])
    public_url = given["MCP_PUBLIC_URL"].rstrip("/")
    if public_url.endswith(PATH):
        raise IssuerSettingsError(f"MCP_PUBLIC_URL: leave {PATH} out, it is added.")
    return ExternalIssuer(
        given["MCP_AUTH_ISSUER"], given["MCP_AUTH_JWKS_URL"], given["MCP_AUTH_AUDIENCE"], public_url
    )


def public_host(settings: McpServerSettings) -> list[str]:
    """The host name of the public address, as the only item; nothing where no address is set."""
    host = urlsplit(settings.mcp_public_url or "").hostname
    return [host] if host else []


def discoverable(verifier: TokenVerifier, issuer: ExternalIssuer) -> RemoteAuthProvider:
    """The verifier, and the documents from which a client learns where to get a token (RFC 9728)."""
    return RemoteAuthProvider(
        verifier,
        [_AS_WRITTEN.validate_python(issuer.issuer)],
        base_url=issuer.public_url,
        scopes_supported=list(SCOPES),
        resource_name="OwFlex",
    )


class ExternalVerifier(TokenVerifier):
    """Accepts JWTs that the issuer signed for our audience; its users never share a name with local ones."""

    def __init__(self, issuer: ExternalIssuer) -> None:
        super().__init__()
        self._issuer = issuer
        client = httpx2.AsyncClient(transport=KeySetTransport(), timeout=KEY_SET_SECONDS)
        self._verifiers = {
            algorithm: JWTVerifier(
                jwks_uri=issuer.jwks_url,
                issuer=issuer.issuer,
                audience=issuer.audience,
                algorithm=algorithm,
                http_client=client,
            )
            for algorithm in ALGORITHMS
        }

    async def verify_token(self, token: str) -> AccessToken | None:
        """The caller's identity, or None when the token is not good."""
        verifier = self._verifiers.get(_algorithm(token))
        found = None if verifier is None else await verifier.verify_token(token)
        if found is None or not self._is_complete(found):
            return None
        return found.model_copy(
            update={
                "subject": self._issuer.user(str(found.subject)),
                "scopes": [scope for scope in found.scopes if scope in SCOPES],
            }
        )

    def _is_complete(self, found: AccessToken) -> bool:
        # The library lets a token without an end pass, and does not look at its beginning.
        begin = found.claims.get("nbf", 0)
        begun = isinstance(begin, int | float) and begin <= time.time() + LEEWAY_SECONDS
        named = bool(found.subject) and "\x00" not in str(found.subject)
        return found.expires_at is not None and begun and named


class KeySetTransport(httpx2.AsyncHTTPTransport):
    """Fetches a key set within bounds of time and size, keeps no connection, and logs what failed."""

    def __init__(self) -> None:
        super().__init__(limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The whole answer. Raises `httpx2.TransportError`, also for one that holds no plain key set."""
        request.headers["accept-encoding"] = "identity"
        try:
            async with asyncio.timeout(KEY_SET_SECONDS):
                return await self._fetch(request)
        except TimeoutError:
            error = httpx2.ReadTimeout(f"no answer within {KEY_SET_SECONDS} seconds")
            _log_failure(request, error)
            raise error from None
        except httpx2.TransportError as error:
            _log_failure(request, error)
            raise

    async def _fetch(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        try:
            if response.status_code != HTTPStatus.OK:
                raise httpx2.RemoteProtocolError(f"the answer was {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise httpx2.RemoteProtocolError("the answer is compressed")
            body = await _read(cast("AsyncIterable[bytes]", response.stream))
        finally:
            await response.aclose()
        return httpx2.Response(response.status_code, content=body, request=request)


def _log_failure(request: httpx2.Request, error: httpx2.TransportError) -> None:
    logger.warning(
        "The keys of the issuer cannot be fetched from %s (%s); its tokens are refused meanwhile.",
        request.url,
        error or type(error).__name__,
    )


async def _read(stream: AsyncIterable[bytes]) -> bytes:
    body = b""
    async for part in stream:
        body += part
        if len(body) > MOST_KEY_SET_BYTES:
            raise httpx2.ReadError(f"more than {MOST_KEY_SET_BYTES} bytes")
    return body


def _algorithm(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("alg"))
    except jwt.InvalidTokenError:
        return ""


def _check_address(name: str, value: str) -> None:
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
