"""Who is calling, and what they may do: a local token, an API key, a signed token, or an external issuer."""

import asyncio
import hmac
import time
from dataclasses import dataclass
from typing import Any, cast

import jwt
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import SecretStr

from database.pool import Pool
from knowledge_base.access import Access
from knowledge_base.api_keys import PREFIX, find_api_key
from mcp_server.auth.scopes import SCOPES
from mcp_server.errors import NoCallerError

LOCAL_USER = "local"
AGENT_ISSUER = "owflex-agent-service"
AUDIENCE = "owflex-mcp-server"
# The chat's tokens are good for ten minutes; whoever got hold of the key for a moment gets no longer ones.
MAX_SIGNED_SECONDS = 900

# Keys are looked up by so many callers at once: wrong ones take no more of the database than that.
MAX_LOOK_UPS = 2

# The claim with the collections that a token opens; without it all are open.
COLLECTIONS_CLAIM = "collections"


@dataclass(frozen=True)
class Caller:
    """Whom a call serves: their name, what they may do, and the collections open to them (None: all)."""

    user: str
    scopes: frozenset[str]
    collections: frozenset[str] | None = None

    @property
    def access(self) -> Access:
        """What Postgres lets through for this caller."""
        return Access(self.user, self.collections)


STDIO_CALLER = Caller(LOCAL_USER, frozenset(SCOPES))


class BearerVerifier(TokenVerifier):
    """Accepts the local token (user `local`), API keys (looked up through `keys`, where it is given),
    short-lived HS256 JWTs signed with the shared key, and what `external` accepts.
    """

    def __init__(
        self,
        local_token: SecretStr,
        signing_key: SecretStr,
        keys: Pool | None = None,
        external: TokenVerifier | None = None,
    ) -> None:
        super().__init__()
        self._local_token = local_token.get_secret_value().encode()
        self._signing_key = signing_key.get_secret_value()
        self._keys = keys
        self._looking_up = asyncio.Semaphore(MAX_LOOK_UPS)
        self._external = external

    async def verify_token(self, token: str) -> AccessToken | None:
        """The caller's identity, or None when the token is not good."""
        if hmac.compare_digest(token.encode(), self._local_token):
            return AccessToken(token=token, client_id="local-token", scopes=list(SCOPES), subject=LOCAL_USER)
        if token.startswith(PREFIX):
            return await self._verify_key(token)
        signed = self._verify_signed(token)
        if signed is None and self._external is not None:
            return await self._external.verify_token(token)
        return signed

    async def _verify_key(self, token: str) -> AccessToken | None:
        if self._keys is None:
            return None
        async with self._looking_up:
            key = await find_api_key(self._keys, token)
        if key is None:
            return None
        return AccessToken(
            token=token,
            client_id=f"api-key-{key.key_id}",
            scopes=key.scopes,
            subject=key.user_id,
            expires_at=None if key.expires_at is None else int(key.expires_at.timestamp()),
            claims={} if key.collections is None else {COLLECTIONS_CLAIM: key.collections},
        )

    def _verify_signed(self, token: str) -> AccessToken | None:
        try:
            claims = jwt.decode(
                token,
                self._signing_key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=AGENT_ISSUER,
                leeway=10,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.InvalidTokenError:
            return None
        if not claims["sub"] or int(claims["exp"]) - time.time() > MAX_SIGNED_SECONDS:
            return None
        return AccessToken(
            token=token,
            client_id=AGENT_ISSUER,
            scopes=str(claims.get("scope", "")).split(),
            subject=str(claims["sub"]),
            expires_at=int(claims["exp"]),
            claims=claims,
        )


def current_caller(stdio_caller: Caller | None) -> Caller:
    """Whom this call serves: from the bearer token, or `stdio_caller` where the client is our parent process.

    Raises `NoCallerError`: no tool runs for nobody.
    """
    token = get_access_token()
    if token is None and stdio_caller is not None:
        return stdio_caller
    if token is None or not token.subject:
        raise NoCallerError("No user: the call carries no token.")
    return Caller(token.subject, frozenset(token.scopes), _collections(token.claims))


def _collections(claims: dict[str, Any]) -> frozenset[str] | None:
    """The collections a token opens; a claim that is no list of names opens none."""
    if COLLECTIONS_CLAIM not in claims:
        return None
    named: Any = claims[COLLECTIONS_CLAIM]
    if not isinstance(named, list):
        return frozenset()
    return frozenset(str(name) for name in cast("list[object]", named))
