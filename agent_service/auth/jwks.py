"""The public keys of an identity provider, fetched when they are needed and not more often."""

import asyncio
import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import jwt

from agent_service.errors import LoginRequiredError, LoginSettingsError, LoginUnavailableError
from database.process import is_loopback
from serving.certificates import certificates_for

logger = logging.getLogger("agent_service")

FETCH_SECONDS = 5
MAX_BYTES = 262_144
GOOD_FOR_SECONDS = 600.0
# Anybody can send a token with the name of a new key: it must not cost the provider a request each time.
PAUSE_SECONDS = 30.0


def checked_address(address: str) -> str:
    """The address, if keys may be fetched from it. Raises `LoginSettingsError`."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return address
    raise LoginSettingsError(
        f"AGENT_SERVICE_JWT_JWKS_URL={address}: the keys must come over https:// "
        "(http:// is fine on this machine only)."
    )


class SigningKeys:
    """The keys at an address (JWKS). Raises `LoginSettingsError` when it is no good address."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = checked_address(address)
        self._clock = clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()

    async def key_of(self, token: str) -> jwt.PyJWK:
        """The key that should have signed the token.

        Raises `LoginRequiredError` when the token names none of the keys, `LoginUnavailableError` when they
        cannot be fetched.
        """
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise LoginRequiredError("The token is no JWT.") from None
        name = header.get("kid")
        async with self._lock:
            if self._is_old() or name not in self._keys:
                await self._refresh()
        if not self._keys:
            raise LoginUnavailableError("The provider's keys cannot be fetched.")
        key = self._keys.get(name)
        if key is None:
            raise LoginRequiredError("The token names a key that the provider does not have.")
        return key

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at > GOOD_FOR_SECONDS

    async def _refresh(self) -> None:
        """Fetch the keys; those we have stay when that fails."""
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < PAUSE_SECONDS:
            return
        self._asked_at = now
        try:
            self._keys = _named(await self._fetch())
            self._fetched_at = now
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, jwt.PyJWTError, ValueError) as error:
            logger.error("The keys at %s cannot be used: %s", self._address, type(error).__name__)

    async def _fetch(self) -> jwt.PyJWKSet:
        body = bytearray()
        async with (
            asyncio.timeout(FETCH_SECONDS),
            httpx2.AsyncClient(verify=certificates_for(self._address)) as http,
            http.stream("GET", self._address) as answer,
        ):
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    raise ValueError("too large")
        return jwt.PyJWKSet.from_json(body.decode())


def _named(keys: jwt.PyJWKSet) -> dict[str | None, jwt.PyJWK]:
    """The keys for signatures by name; a single one also serves tokens that name none."""
    found: dict[str | None, jwt.PyJWK] = {
        key.key_id: key for key in keys.keys if key.public_key_use in (None, "sig")
    }
    if len(found) == 1:
        found[None] = next(iter(found.values()))
    return found
