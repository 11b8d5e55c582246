"""An MCP server that is its own authorization server, and what a client and a person send to it."""

import base64
import hashlib
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.server.auth.cimd import CIMDFetcher
from pydantic import SecretStr

from database.pool import Pool, create_pool
from knowledge_base.access import open_server_pool, prepare_server_role
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.following_embedder import FollowingEmbedder
from mcp_server.app import http_app
from mcp_server.auth.callers import BearerVerifier
from mcp_server.auth.oauth.addresses import OAuthAddresses
from mcp_server.auth.oauth.clients import Clients
from mcp_server.auth.oauth.server import AuthorizationServer
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from serving.client_addresses import address_by
from tests.support.serving import bound_listener, serving, url_of

LOCAL_TOKEN = "a-local-token-for-tests-of-some-length"
SIGNING_KEY = "a-signing-key-for-tests-of-some-length"
CALLBACK = "http://127.0.0.1:7777/callback"
CHAT = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Pkce:
    """A verifier and its challenge."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class OAuthServer:
    """A served MCP server; `pool` sees everything."""

    url: str
    pool: Pool
    health: Health

    @property
    def resource(self) -> str:
        return f"{self.url}/mcp"

    async def get(self, path: str, **params: str) -> httpx2.Response:
        async with httpx2.AsyncClient() as http:
            return await http.get(f"{self.url}{path}", params=params or None)

    async def post(self, path: str, **form: str) -> httpx2.Response:
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{self.url}{path}", data=form)

    async def register(self, **metadata: Any) -> httpx2.Response:
        """The answer to a registration; without more, of a public client with one address."""
        metadata = {
            "client_name": "Test",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
        } | metadata
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{self.url}/register", json=metadata)

    async def client_id(self) -> str:
        """The id of a new client."""
        return (await self.register()).json()["client_id"]

    async def authorize(self, client_id: str, pkce: Pkce, **changed: str | None) -> httpx2.Response:
        """The answer to a request of a client; a parameter of None is left out."""
        params: dict[str, str | None] = {
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
            "state": "of-the-client",
            "scope": "kb:read tasks",
            "resource": self.resource,
        }
        params |= changed
        return await self.get("/authorize", **{k: v for k, v in params.items() if v is not None})

    async def asked(self, client_id: str, pkce: Pkce, **changed: str | None) -> str:
        """The secret of a request that waits for a person."""
        return query_of((await self.authorize(client_id, pkce, **changed)).headers["location"])["request"]

    async def call(self, user_token: str, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool returns to the bearer of this token. Raises `ToolError`."""
        async with Client(StreamableHttpTransport(self.resource, auth=user_token)) as client:
            return (await client.call_tool(tool, arguments)).structured_content or {}

    async def code(self, signed: str, client_id: str, pkce: Pkce, **chosen: Any) -> str:
        """A code that a person, for whom the token is signed, has granted."""
        answer = {"approve": True, "scopes": ["kb:read", "tasks"]} | chosen
        request = await self.asked(client_id, pkce)
        answered = await self.call(signed, "answer_connection_request", request=request, **answer)
        return query_of(answered["redirect_uri"])["code"]

    async def redeem(self, client_id: str, code: str, pkce: Pkce, **changed: str | None) -> httpx2.Response:
        """The answer to a code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": client_id,
            "code": code,
            "code_verifier": pkce.verifier,
            "redirect_uri": CALLBACK,
        }
        form |= changed
        return await self.post("/token", **{k: v for k, v in form.items() if v is not None})

    async def refresh(self, client_id: str, token: str, **more: str) -> httpx2.Response:
        """The answer to a refresh token."""
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token}
        return await self.post("/token", **form, **more)

    async def connected(self, signed: str, **chosen: Any) -> tuple[str, dict[str, Any]]:
        """A client that was let in: its id, and its tokens."""
        client_id, pkce = await self.client_id(), Pkce()
        code = await self.code(signed, client_id, pkce, **chosen)
        return client_id, (await self.redeem(client_id, code, pkce)).json()

    async def status(self, token: str) -> int:
        """How the server answers the bearer of this token."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient() as http:
            return (await http.post(self.resource, json=message, headers=headers)).status_code


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query))


@asynccontextmanager
async def oauth_server(
    url: str,
    embedder: SentenceTransformerEmbedder,
    chat: str = CHAT,
    documents: CIMDFetcher | None = None,
    proxies: Sequence[str] = (),
) -> AsyncGenerator[OAuthServer]:
    """Serve one over a migrated knowledge base; people answer at `chat`."""
    await prepare_server_role(url)
    listener = bound_listener()
    addresses = OAuthAddresses(url_of(listener), chat)
    async with create_pool(url) as everything, open_server_pool(url) as pool:
        key = SecretStr(SIGNING_KEY)
        verifier = BearerVerifier(SecretStr(LOCAL_TOKEN), key, pool)
        following = FollowingEmbedder(embedder, SentenceTransformerEmbedder)
        following.load()
        health = Health(pool, following)
        settings = McpServerSettings(agent_service_proxy_addresses=list(proxies))  # pyright: ignore[reportCallIssue]
        auth = AuthorizationServer(
            addresses,
            pool,
            Clients(pool, key, documents),
            verifier,
            address_of=address_by(settings.proxies),
        )
        mcp = create_server(
            settings, pool=pool, embedder=following, health=health, version="0.0.test", auth=auth
        )
        app = http_app(mcp, settings, health.running, attempts=health.attempts)
        async with serving(app, listener) as served:
            yield OAuthServer(served, everything, health)
