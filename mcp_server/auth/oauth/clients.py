"""Clients: those that registered themselves, and those that are described at an address of their own."""

import asyncio
import hashlib
import hmac
import logging
from typing import Any

from fastmcp.server.auth.cimd import CIMDDocument, CIMDFetcher, CIMDFetchError, CIMDValidationError
from mcp.server.auth.provider import RegistrationError
from mcp.shared.auth import InvalidRedirectUriError, InvalidScopeError, OAuthClientInformationFull
from pydantic import AnyUrl, SecretStr, ValidationError

from database.pool import Pool
from knowledge_base.oauth.clients import find_client, store_client
from mcp_server.auth.oauth.redirects import is_same, may_be_redirected_to
from mcp_server.auth.scopes import SCOPES

logger = logging.getLogger("mcp_server")

MAX_NAME_CHARACTERS = 100
MAX_REDIRECT_URIS = 10
UNNAMED = "?"
# Descriptions are fetched so many at a time, each within the fetcher's limits of size and time.
MAX_FETCHES = 4
KEPT = ("client_id", "client_name", "grant_types", "token_endpoint_auth_method", "client_id_issued_at")
# How a client shows who it is: not at all, or by its secret in the body.
PUBLIC, IN_BODY = "none", "client_secret_post"
GRANT_TYPES = ("authorization_code", "refresh_token")


class Client(OAuthClientInformationFull):
    """A client as the handlers of the SDK know it, with our rules for scopes and where it is sent."""

    def validate_scope(self, requested_scope: str | None) -> list[str] | None:
        """Those of the scopes that there are; what else is asked for is left out, as RFC 6749 (3.3) allows.

        Raises `InvalidScopeError` when none is left.
        """
        if requested_scope is None or not requested_scope.strip():
            return None
        known = [scope for scope in SCOPES if scope in requested_scope.split()]
        if not known:
            raise InvalidScopeError(f"None of the scopes is known. Scopes are: {' '.join(SCOPES)}.")
        return known

    def validate_redirect_uri(self, redirect_uri: AnyUrl | None) -> AnyUrl:
        """Where this client is sent back to. Raises `InvalidRedirectUriError`."""
        registered = self.redirect_uris or []
        if redirect_uri is None and len(registered) == 1:
            return registered[0]
        if redirect_uri is None or not any(is_same(known, redirect_uri) for known in registered):
            raise InvalidRedirectUriError("The redirect_uri is none of those that the client registered.")
        return redirect_uri


class Clients:
    """Registers and finds clients. Their secrets are derived from `key`: none is stored."""

    def __init__(self, pool: Pool, key: SecretStr, documents: CIMDFetcher | None = None) -> None:
        self._pool = pool
        self._key = key.get_secret_value().encode()
        self._documents = documents or CIMDFetcher()
        self._fetching = asyncio.Semaphore(MAX_FETCHES)

    async def find(self, client_id: str) -> Client | None:
        """The client, or None when it is unknown or its description cannot be had. Raises `psycopg.Error`."""
        if self._documents.is_cimd_client_id(client_id):
            return await self._described(client_id)
        if "\x00" in client_id or len(client_id) > MAX_NAME_CHARACTERS:
            return None
        metadata = await find_client(self._pool, client_id)
        if metadata is None:
            return None
        client = Client.model_validate(metadata)
        if client.token_endpoint_auth_method != PUBLIC:
            client.client_secret = self._secret_of(client_id)
        return client

    async def register(self, client: OAuthClientInformationFull) -> None:
        """Keep the client, changed to what it is registered as.

        Raises `RegistrationError`, `psycopg.Error`.
        """
        uris = client.redirect_uris or []
        refused = [uri for uri in uris if not may_be_redirected_to(str(uri))]
        if refused or not 1 <= len(uris) <= MAX_REDIRECT_URIS:
            raise RegistrationError(
                "invalid_redirect_uri",
                f"There must be 1 to {MAX_REDIRECT_URIS} redirect_uris: https, http on this machine, or a "
                "scheme of an app of its own; without user, fragment and wildcards.",
            )
        client.client_name = shown_name(client.client_name)
        client.grant_types = [kind for kind in GRANT_TYPES if kind in client.grant_types]
        client.scope = " ".join(SCOPES)
        if client.token_endpoint_auth_method == PUBLIC:
            client.client_secret = client.client_secret_expires_at = None
        else:
            client.token_endpoint_auth_method = IN_BODY
            client.client_secret = self._secret_of(client.client_id)
        stored: dict[str, Any] = {name: getattr(client, name) for name in KEPT}
        stored["redirect_uris"] = [str(uri) for uri in uris]
        if not await store_client(self._pool, client.client_id, stored):
            raise RegistrationError("invalid_client_metadata", "Too many clients are registered here.")

    async def _described(self, client_id: str) -> Client | None:
        if len(client_id) > 500 or not client_id.isprintable():
            return None
        try:
            async with self._fetching:
                return _client_of(client_id, await self._documents.fetch(client_id))
        except (CIMDValidationError, CIMDFetchError, ValidationError, ValueError) as error:
            logger.info("The description of a client was not taken: %s", str(error)[:300])
            return None

    def _secret_of(self, client_id: str) -> str:
        return hmac.new(self._key, f"oauth client {client_id}".encode(), hashlib.sha256).hexdigest()


def shown_name(name: str | None) -> str:
    """What a client calls itself, as people are shown it: in one line, without what turns a line round."""
    text = "".join(letter if letter.isprintable() else " " for letter in name or "")
    return " ".join(text.split())[:MAX_NAME_CHARACTERS] or UNNAMED


def _client_of(client_id: str, document: CIMDDocument) -> Client:
    """Raises `ValueError` when the client cannot be served."""
    if document.token_endpoint_auth_method != PUBLIC:
        raise ValueError("only token_endpoint_auth_method none is served for described clients")
    uris = [uri for uri in document.redirect_uris[:MAX_REDIRECT_URIS] if may_be_redirected_to(uri)]
    return Client(
        client_id=client_id,
        client_name=shown_name(document.client_name),
        redirect_uris=[AnyUrl(uri) for uri in uris],
        # Who describes itself for codes only comes back without a refresh token, as it pleases.
        grant_types=list(GRANT_TYPES),
        token_endpoint_auth_method=PUBLIC,
    )
