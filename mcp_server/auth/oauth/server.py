"""The authorization server: what the SDK's handlers of OAuth ask for, answered from the knowledge base."""

import asyncio
import re

from fastmcp.server.auth import AccessToken, OAuthProvider, TokenVerifier
from fastmcp.server.auth.redirect_validation import build_client_redirect
from mcp.server.auth.provider import (
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    RefreshToken,
    TokenError,
)
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl
from starlette.routing import Route

from database.pool import Pool
from knowledge_base.oauth import tokens as stored
from knowledge_base.oauth.requests import PendingRequest, keep_request
from mcp_server.auth.callers import COLLECTIONS_CLAIM, MAX_LOOK_UPS
from mcp_server.auth.oauth.addresses import OAuthAddresses
from mcp_server.auth.oauth.clients import Clients, shown_name
from mcp_server.auth.oauth.routes import oauth_routes
from mcp_server.auth.scopes import SCOPES
from serving.client_addresses import AddressOf
from serving.refused_attempts import peer_of

MAX_STATE_CHARACTERS = 2000
# The base64url form of a SHA-256.
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
CODE_GONE = "The code is not good: it was used, has expired or never was. Connect again."
REFRESH_GONE = "The refresh token is not good: it was used, has expired or was taken back. Connect again."


class AuthorizationServer(OAuthProvider):
    """Gives out tokens to clients that people let in, and accepts what `others` accept besides.

    `also` are further authorization servers that clients may use instead. `address_of` finds the address for
    which requests count.
    """

    def __init__(
        self,
        addresses: OAuthAddresses,
        pool: Pool,
        clients: Clients,
        others: TokenVerifier,
        also: list[str] | None = None,
        address_of: AddressOf = peer_of,
    ) -> None:
        super().__init__(base_url=addresses.issuer)
        self.addresses = addresses
        self.also = also or []
        self.address_of = address_of
        self._pool = pool
        self._clients = clients
        self._others = others
        self._looking_up = asyncio.Semaphore(MAX_LOOK_UPS)

    @property
    def scopes_supported(self) -> list[str]:
        """What clients may ask for."""
        return list(SCOPES)

    def get_routes(self, mcp_path: str | None = None) -> list[Route]:
        """The addresses of OAuth (RFC 6749, 7009, 7591, 8414, 9728)."""
        self.set_mcp_path(mcp_path)
        return oauth_routes(self)

    async def verify_token(self, token: str) -> AccessToken | None:
        """The caller's identity, or None when the token is not good. Raises `psycopg.Error`."""
        if not token.startswith(stored.ACCESS_PREFIX):
            return await self._others.verify_token(token)
        return await self.load_access_token(token)

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        """The client with this id. Raises `psycopg.Error`."""
        return await self._clients.find(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        """Keep a client. Raises `RegistrationError`, `psycopg.Error`."""
        await self._clients.register(client_info)

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        """The page on which a person answers this request. Raises `AuthorizeError`, `psycopg.Error`."""
        if not CHALLENGE.fullmatch(params.code_challenge):
            raise AuthorizeError("invalid_request", "The code_challenge is none of S256 (RFC 7636).")
        if params.state is not None and (len(params.state) > MAX_STATE_CHARACTERS or "\x00" in params.state):
            raise AuthorizeError("invalid_request", f"The state is longer than {MAX_STATE_CHARACTERS}.")
        if params.resource is not None and not self.is_ours(params.resource):
            raise AuthorizeError("invalid_target", f"Tokens are good for {self.addresses.resource} only.")
        request = PendingRequest(
            client_id=client.client_id,
            client_name=shown_name(client.client_name),
            redirect_uri=str(params.redirect_uri),
            redirect_uri_given=params.redirect_uri_provided_explicitly,
            state=params.state,
            scopes=params.scopes or list(SCOPES),
            code_challenge=params.code_challenge,
            resource=self.addresses.resource,
        )
        return self.addresses.consent(request=await keep_request(self._pool, request))

    def is_ours(self, resource: str) -> bool:
        """Whether a resource indicator (RFC 8707) names this server."""
        return resource.rstrip("/") == self.addresses.resource

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        """The client's code while it is good. Raises `psycopg.Error`."""
        code = await stored.find_code(self._pool, client.client_id, authorization_code)
        if code is None or not self.is_ours(code.resource):
            return None
        return AuthorizationCode(
            code=authorization_code,
            scopes=code.scopes,
            expires_at=code.expires_at.timestamp(),
            client_id=code.client_id,
            code_challenge=code.code_challenge,
            redirect_uri=AnyUrl(code.redirect_uri),
            redirect_uri_provided_explicitly=code.redirect_uri_given,
            resource=code.resource,
            subject=code.user_id,
        )

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        """Tokens for a code. Raises `TokenError`, `psycopg.Error`."""
        tokens = await stored.redeem_code(self._pool, client.client_id, authorization_code.code)
        if tokens is None:
            raise TokenError("invalid_grant", CODE_GONE)
        return _answer(tokens)

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        """The client's refresh token while it is good. Raises `psycopg.Error`."""
        token = await stored.find_refresh_token(self._pool, client.client_id, refresh_token)
        if token is None or not self.is_ours(token.resource):
            return None
        return RefreshToken(
            token=refresh_token,
            client_id=token.client_id,
            scopes=token.scopes,
            expires_at=int(token.expires_at.timestamp()),
            resource=token.resource,
            subject=token.user_id,
        )

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        """New tokens for a refresh token. Raises `TokenError`, `psycopg.Error`."""
        tokens = await stored.rotate(self._pool, client.client_id, refresh_token.token, scopes)
        if tokens is None:
            raise TokenError("invalid_grant", REFRESH_GONE)
        return _answer(tokens)

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Whom an access token serves, while it is good. Raises `psycopg.Error`."""
        async with self._looking_up:
            found = await stored.find_access_token(self._pool, token)
        if found is None or not self.is_ours(found.resource):
            return None
        return AccessToken(
            token=token,
            client_id=found.client_id,
            scopes=[scope for scope in found.scopes if scope in SCOPES],
            subject=found.user_id,
            expires_at=int(found.expires_at.timestamp()),
            resource=found.resource,
            claims={} if found.collections is None else {COLLECTIONS_CLAIM: found.collections},
        )

    async def revoke(self, client_id: str, token: str) -> None:
        """Take back all that belongs to the client's token. Raises `psycopg.Error`."""
        await stored.revoke_token(self._pool, client_id, token)


def client_redirect(addresses: OAuthAddresses, request: PendingRequest, **answer: str) -> str:
    """Where a client learns what became of its request, with our name in it (RFC 9207)."""
    state = {} if request.state is None else {"state": request.state}
    return build_client_redirect(request.redirect_uri, answer | state, iss=addresses.issuer)


def _answer(tokens: stored.NewTokens) -> OAuthToken:
    return OAuthToken(
        access_token=tokens.access,
        expires_in=int(stored.ACCESS_GOOD_FOR.total_seconds()),
        scope=" ".join(tokens.scopes),
        refresh_token=tokens.refresh,
    )
