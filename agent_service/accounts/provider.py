"""An OpenID Connect provider: what it says of itself, the way there, and who comes back.

OpenID Connect Core 1.0 (authorization code flow) with PKCE (RFC 7636, S256) and the issuer in the answer
(RFC 9207).
"""

import asyncio
import base64
import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import jwt
from pydantic import BaseModel, TypeAdapter, ValidationError

from agent_service.auth.jwks import SigningKeys
from agent_service.auth.login import LEEWAY_SECONDS
from agent_service.errors import LoginRequiredError, LoginSettingsError, LoginUnavailableError
from agent_service.settings.login import LoginSettings
from database.process import is_loopback
from serving.certificates import certificates_for

logger = logging.getLogger("agent_service")

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
SECONDS = 10
MAX_BYTES = 262_144
GOOD_FOR_SECONDS = 600.0
MAX_GROUPS = 1000
OBJECT = TypeAdapter(dict[str, Any])


class Described(BaseModel):
    """What we need of a provider's description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


@dataclass(frozen=True)
class Claimed:
    """Whom the provider names; `groups` is None where OIDC_GROUPS_CLAIM names no claim."""

    subject: str
    name: str
    email: str | None
    groups: list[str] | None


class Returning(Protocol):
    """What was noted before somebody went there."""

    @property
    def nonce(self) -> str: ...
    @property
    def code_verifier(self) -> str: ...
    @property
    def redirect_uri(self) -> str: ...


def provider_of(settings: LoginSettings) -> "Provider | None":
    """The provider that the settings name; None without one. Raises `LoginSettingsError`."""
    issuer, client = settings.oidc_issuer, settings.oidc_client_id
    if issuer is None and client is None:
        return None
    if settings.agent_service_auth != "accounts":
        raise LoginSettingsError("OIDC_ISSUER needs AGENT_SERVICE_AUTH=accounts.")
    if issuer is None or client is None:
        raise LoginSettingsError("Signing in by a provider needs both OIDC_ISSUER and OIDC_CLIENT_ID.")
    if not _is_safe(issuer):
        raise LoginSettingsError(
            f"OIDC_ISSUER={issuer}: a provider must be reached by https:// "
            "(http:// is fine on this machine only)."
        )
    return Provider(settings, issuer, client)


class Provider:
    """The provider of OIDC_ISSUER. What it says of itself is asked for when needed, and kept ten minutes."""

    def __init__(self, settings: LoginSettings, issuer: str, client_id: str) -> None:
        self.issuer = issuer
        self.name = settings.oidc_name or urlsplit(issuer).hostname or issuer
        self._client_id = client_id
        self._secret = settings.oidc_client_secret
        self._scope = settings.oidc_scope
        self._groups_claim = settings.oidc_groups_claim
        self._described: tuple[Described, float] | None = None
        self._keys: SigningKeys | None = None

    async def address(self, state: str, way: Returning) -> str:
        """Where the browser goes. Raises `LoginUnavailableError`."""
        described = await self._description()
        challenge = hashlib.sha256(way.code_verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": way.redirect_uri,
            "scope": self._scope,
            "state": state,
            "nonce": way.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in described.authorization_endpoint else "?"
        return f"{described.authorization_endpoint}{mark}{urlencode(query)}"

    async def who(self, code: str, way: Returning) -> Claimed:
        """Who has signed in there. Raises `LoginRequiredError`, `LoginUnavailableError`."""
        described = await self._description()
        tokens = await self._tokens(described, code, way)
        claims = await self._checked(str(tokens.get("id_token") or ""), way.nonce)
        wanted = self._groups_claim
        if described.userinfo_endpoint and ("name" not in claims or (wanted and wanted not in claims)):
            access_token = str(tokens.get("access_token") or "")
            claims = await self._more(described.userinfo_endpoint, access_token, claims)
        return _claimed(claims, wanted)

    async def _description(self) -> Described:
        now = time.monotonic()
        if self._described is None or now - self._described[1] > GOOD_FOR_SECONDS:
            said = await _asked("GET", self.issuer.rstrip("/") + DISCOVERY)
            try:
                described = Described.model_validate(said)
            except ValidationError as error:
                raise _unavailable(f"its {DISCOVERY} lacks {error.errors()[0]['loc']}") from None
            if described.issuer.rstrip("/") != self.issuer.rstrip("/"):
                raise _unavailable(
                    f"it calls itself {described.issuer[:200]}, and OIDC_ISSUER is {self.issuer}"
                )
            places = (described.authorization_endpoint, described.token_endpoint, described.jwks_uri)
            if not all(map(_is_safe, (*places, described.userinfo_endpoint or self.issuer))):
                raise _unavailable("one of its addresses is not https://")
            self._described = described, now
            self._keys = SigningKeys(described.jwks_uri)
        return self._described[0]

    async def _tokens(self, described: Described, code: str, way: Returning) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": way.redirect_uri,
            "code_verifier": way.code_verifier,
            "client_id": self._client_id,
        }
        headers: dict[str, str] = {}
        if self._secret is not None:
            secret = self._secret.get_secret_value()
            if "client_secret_basic" in described.token_endpoint_auth_methods_supported:
                pair = f"{quote(self._client_id, safe='')}:{quote(secret, safe='')}"
                headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            else:
                form["client_secret"] = secret
        return await _asked("POST", described.token_endpoint, form, headers)

    async def _checked(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is signed, meant for us, current, and of this way there."""
        assert self._keys is not None
        key = await self._keys.key_of(token)
        described = await self._description()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._client_id,
                issuer=described.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise LoginRequiredError(f"The ID token is not good: {type(error).__name__}.") from None
        if claims.get("nonce") != nonce:
            raise LoginRequiredError("The ID token is of another sign-in.")
        if isinstance(claims["aud"], list) and claims.get("azp", self._client_id) != self._client_id:
            raise LoginRequiredError("The ID token is meant for another client.")
        return claims

    async def _more(self, address: str, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
        said = await _asked("GET", address, headers={"Authorization": f"Bearer {access_token}"})
        if said.get("sub") != claims["sub"]:
            raise LoginRequiredError("The provider tells of somebody else.")
        return dict(said) | claims


def _claimed(claims: Mapping[str, Any], groups_claim: str | None) -> Claimed:
    subject = claims["sub"]
    if not isinstance(subject, str):
        raise LoginRequiredError("The provider names nobody.")
    names = (claims.get(one) for one in ("name", "preferred_username", "email"))
    name = next((one for one in names if isinstance(one, str) and one.strip()), subject)
    email = claims.get("email")
    address = email[:320] if isinstance(email, str) else None
    return Claimed(subject, name, address, _groups(claims.get(groups_claim)) if groups_claim else None)


def _groups(claimed: object) -> list[str]:
    """The groups of a claim; who has none of them is in none, so a claim that is left out takes all away."""
    if isinstance(claimed, str):
        return [claimed]
    names = cast(list[object], claimed) if isinstance(claimed, list) else []
    return [name for name in names if isinstance(name, str) and name.isprintable()][:MAX_GROUPS]


async def _asked(
    method: str,
    address: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """The object that the provider answers with, not longer than it may be.

    Raises `LoginRequiredError` when it refuses, `LoginUnavailableError` when it does not answer.
    """
    body = bytearray()
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx2.AsyncClient(verify=certificates_for(address)) as http,
            http.stream(method, address, data=form, headers=dict(headers or {})) as answer,
        ):
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    raise _unavailable(f"its answer at {address} is too long")
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        raise _unavailable(f"{address} does not answer ({type(error).__name__})") from None
    if 400 <= answer.status_code < 500 and form is not None:
        raise LoginRequiredError(f"The provider refuses the code: status {answer.status_code}.")
    if answer.status_code != 200:
        raise _unavailable(f"{address} answers with status {answer.status_code}")
    try:
        return OBJECT.validate_json(bytes(body))
    except ValidationError:
        raise _unavailable(f"{address} does not answer with a JSON object") from None


def _unavailable(reason: str) -> LoginUnavailableError:
    logger.error("The identity provider cannot be used: %s.", reason)
    return LoginUnavailableError(reason)


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
