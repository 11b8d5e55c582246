"""What `owflex doctor` finds out about the identity provider: its keys, its name and its clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import jwt
from pydantic import TypeAdapter

from agent_service.settings.settings import AgentServiceSettings
from database.surroundings import MAX_SECONDS_APART
from mcp_server.settings import McpServerSettings
from owflex.doctor.findings import Finding, bad, fine, warning

NAME = "identity provider"
SECONDS = 5
MAX_BYTES = 262_144
DISCOVERY = "/.well-known/openid-configuration"
OBJECT = TypeAdapter(dict[str, Any])


async def identity_findings(mcp: McpServerSettings, chat: AgentServiceSettings) -> AsyncIterator[Finding]:
    """Whether the keys of each provider can be fetched, and clients find it."""
    named = {
        "AGENT_SERVICE_JWT_JWKS_URL": chat.agent_service_jwt_jwks_url,
        "MCP_AUTH_JWKS_URL": mcp.mcp_auth_jwks_url,
    }
    looked_at: set[str] = set()
    for setting, url in named.items():
        if url and url not in looked_at:
            looked_at.add(url)
            async for finding in _of_keys(setting, url):
                yield finding
    if mcp.mcp_auth_issuer:
        yield await _of_issuer("MCP_AUTH_ISSUER", mcp.mcp_auth_issuer)
    if chat.oidc_issuer:
        yield await _of_issuer("OIDC_ISSUER", chat.oidc_issuer)


async def _of_keys(setting: str, url: str) -> AsyncIterator[Finding]:
    try:
        said, seconds_apart = await _read(url)
        keys = jwt.PyJWKSet.from_dict(said).keys
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError, jwt.PyJWTError) as error:
        yield bad(
            NAME,
            f"No keys come from {url} ({_reason(error)}).",
            f"Start the provider, or correct {setting}: its {DISCOVERY} names it as jwks_uri.",
        )
        return
    yield fine(NAME, f"{url} has {len(keys)} keys.")
    if seconds_apart > MAX_SECONDS_APART:
        yield bad(
            "clock",
            f"This clock and that of {httpx2.URL(url).host} are {seconds_apart:.0f} seconds apart.",
            "Set the one that is wrong (timedatectl set-ntp true).",
        )


async def _of_issuer(setting: str, issuer: str) -> Finding:
    url = issuer.rstrip("/") + DISCOVERY
    is_ours = setting == "OIDC_ISSUER"
    try:
        said, _ = await _read(url)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError) as error:
        lost = "nobody signs in by it" if is_ours else "clients do not find the login by themselves"
        return warning(
            NAME,
            f"{url} does not answer ({_reason(error)}): {lost}.",
            f"Correct {setting}, or let the provider serve that document.",
        )
    named = str(said.get("issuer"))
    # For the chat a slash at the end makes no difference.
    if named != issuer and not (is_ours and named.rstrip("/") == issuer.rstrip("/")):
        return bad(
            NAME,
            f"The provider calls itself {named[:200]}, {setting} is {issuer}.",
            f"Set {setting} to its name, letter by letter; tokens of another name are refused.",
        )
    return fine(NAME, f"{issuer} says where {'people sign' if is_ours else 'clients log'} in.")


async def _read(url: str) -> tuple[dict[str, Any], float]:
    """The object at an address, and how many seconds the clock there is from ours."""
    body = bytearray()
    async with (
        asyncio.timeout(SECONDS),
        httpx2.AsyncClient(verify=httpx2.create_ssl_context()) as http,
        http.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise ValueError("too large")
    return OBJECT.validate_json(bytes(body)), _apart(answer.headers.get("date"))


def _apart(date: str | None) -> float:
    try:
        return 0.0 if date is None else abs(time.time() - parsedate_to_datetime(date).timestamp())
    except ValueError:
        return 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        return f"status {error.response.status_code}"
    return "no key set" if isinstance(error, ValueError | jwt.PyJWTError) else type(error).__name__
