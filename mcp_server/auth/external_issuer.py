"""Tokens of an identity provider of the operator's own, such as Keycloak, Entra ID, Okta or Auth0."""

import asyncio
import logging
import time
from collections.abc import AsyncIterable
from http import HTTPStatus
from typing import cast

import httpx2
import jwt
from fastmcp.server.auth import AccessToken, JWTVerifier, RemoteAuthProvider, TokenVerifier
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter

from mcp_server.auth.issuer_settings import ExternalIssuer
from mcp_server.auth.scopes import SCOPES

logger = logging.getLogger("mcp_server")

ALGORITHMS = ("RS256", "ES256")
# A set of keys is a few kilobytes.
MAX_KEY_SET_BYTES = 256 * 1024
KEY_SET_SECONDS = 10
# How far the issuer's clock may be ahead of ours.
LEEWAY_SECONDS = 10

# Pydantic would else add a slash, and clients compare an issuer letter by letter.
_AS_WRITTEN = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))


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
        return found.expires_at is not None and begun and named and self._ends_soon(found.expires_at)

    def _ends_soon(self, expires_at: int) -> bool:
        soon = expires_at - time.time() <= self._issuer.max_hours * 3600 + LEEWAY_SECONDS
        if not soon:
            logger.info("A token was refused: it is good for longer than MCP_AUTH_MAX_HOURS.")
        return soon


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
        if len(body) > MAX_KEY_SET_BYTES:
            raise httpx2.ReadError(f"more than {MAX_KEY_SET_BYTES} bytes")
    return body


def _algorithm(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("alg"))
    except jwt.InvalidTokenError:
        return ""
