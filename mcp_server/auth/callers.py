"""Who is calling, and what they may do: a local token, an API key, a signed token, or an external issuer."""

import asyncio
import hmac
import re
import time
from dataclasses import dataclass, replace
from typing import Any, cast

import jwt
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import SecretStr

from database.acting import Through
from database.pool import Pool
from knowledge_base.access import Access
from knowledge_base.api_keys import PREFIX, find_api_key
from knowledge_base.own_collections import OWN_TITLE, own_collection_of
from mcp_server.auth.scopes import READ_SCOPE, SCOPES
from mcp_server.errors import NoCallerError
from serving.requests import acting_now

LOCAL_USER = "local"
AGENT_ISSUER = "owflex-agent-service"
AUDIENCE = "owflex-mcp-server"
# The chat's tokens are good for ten minutes; whoever got hold of the key for a moment gets no longer ones.
MAX_SIGNED_SECONDS = 900

# Keys are looked up by so many callers at once: wrong ones take no more of the database than that.
MAX_LOOK_UPS = 2

# The claim with the collections that a token opens; without it all are open.
COLLECTIONS_CLAIM = "collections"
# Whose rights hold for an anonymous visitor of a site: the site's. Only the agent service says so.
RIGHTS_CLAIM = "rights_of"
VISITOR = re.compile(r"visitor:([a-z0-9][a-z0-9-]{0,39}):[0-9a-f]{32}")


@dataclass(frozen=True)
class Caller:
    """Whom a call serves: their name, what they may do, and the collections open to them (None: all).

    `rights_of`: the subject by whose rights a visitor reads.
    """

    user: str
    scopes: frozenset[str]
    collections: frozenset[str] | None = None
    through: Through = "mcp"
    rights_of: str | None = None

    @property
    def by_rights(self) -> bool:
        """Whether what is granted in the knowledge base decides; whoever runs OwFlex here opens all of it."""
        return self.user != LOCAL_USER

    @property
    def access(self) -> Access:
        """What Postgres lets through for this caller, and what it writes down about them."""
        acting = acting_now(self.user, self.through)
        return Access(
            self.user,
            self.collections,
            self.through,
            acting.request_id,
            acting.trace_id,
            by_rights=self.by_rights,
            rights_of=self.rights_of,
        )

    @property
    def administering(self) -> Access:
        """Groups, rights and keys of all, and nothing of what is in the documents."""
        return replace(self.access, collections=frozenset(), by_rights=False, administers=True)

    @property
    def own_collection(self) -> str | None:
        """The name under which the collection is stored that is theirs alone; None where there is none."""
        return own_collection_of(self.user) if self.by_rights else None

    def stored_name(self, collection: str | None) -> str | None:
        """The name under which a collection is stored that the caller names."""
        return self.own_collection if collection == OWN_TITLE and self.by_rights else collection

    def shown_name(self, collection: str) -> str:
        """What the caller is told that a collection is called."""
        return OWN_TITLE if collection == self.own_collection else collection


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
            scopes=[scope for scope in key.scopes if scope in SCOPES],
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
        if not _is_whole(claims):
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
    through: Through = "chat" if token.claims.get("iss") == AGENT_ISSUER else "mcp"
    rights_of = token.claims.get(RIGHTS_CLAIM) if through == "chat" else None
    caller = Caller(token.subject, frozenset(token.scopes), _collections(token.claims), through, rights_of)
    if caller.collections is None:
        return caller
    # A token names the own collection as its owner was shown it.
    stored = (caller.stored_name(name) or name for name in caller.collections)
    return replace(caller, collections=frozenset(stored))


def is_chat() -> bool:
    """Whether the call comes from the agent service."""
    token = get_access_token()
    return token is not None and token.claims.get("iss") == AGENT_ISSUER


def _is_whole(claims: dict[str, Any]) -> bool:
    """Whether a token for a visitor says all that holds a visitor back, and one for others nothing of it."""
    subject = str(claims["sub"])
    if RIGHTS_CLAIM not in claims and not subject.startswith("visitor:"):
        return True
    visitor = VISITOR.fullmatch(subject)
    return (
        visitor is not None
        and claims.get(RIGHTS_CLAIM) == f"site:{visitor[1]}"
        and claims.get("scope") == READ_SCOPE
        and isinstance(claims.get(COLLECTIONS_CLAIM), list)
    )


def _collections(claims: dict[str, Any]) -> frozenset[str] | None:
    """The collections a token opens; a claim that is no list of names opens none."""
    if COLLECTIONS_CLAIM not in claims:
        return None
    named: Any = claims[COLLECTIONS_CLAIM]
    if not isinstance(named, list):
        return frozenset()
    return frozenset(str(name) for name in cast("list[object]", named))
