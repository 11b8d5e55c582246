"""A real server over HTTP with a fresh knowledge base."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx2
import jwt
import pytest
from anyio.from_thread import start_blocking_portal
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StreamableHttpTransport
from pydantic import SecretStr

from database.pool import Pool, create_pool
from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.access import open_server_pool, prepare_server_role
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.following_embedder import FollowingEmbedder
from mcp_server.app import http_app
from mcp_server.auth.callers import AGENT_ISSUER, AUDIENCE, BearerVerifier
from mcp_server.auth.scopes import SCOPES
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from tests.support.databases import FreshDatabases
from tests.support.schemas import tools_parsed_once
from tests.support.serving import serving

LOCAL_TOKEN = "a-local-token-for-tests-of-some-length"
SIGNING_KEY = "a-signing-key-for-tests-of-some-length"

PAGE = "https://inspector.example"
ACCEPT = {"accept": "application/json, text/event-stream"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@dataclass(frozen=True)
class RunningServer:
    """A served MCP server, a pool that sees everything (`served`, its own, does not), and its parts."""

    url: str
    pool: Pool
    health: Health
    mcp: FastMCP
    served: Pool
    embedder: FollowingEmbedder

    def client(self, token: str = LOCAL_TOKEN) -> Client[StreamableHttpTransport]:
        """A client with this bearer token."""
        return Client(StreamableHttpTransport(f"{self.url}/mcp", auth=token))

    async def knock(self, **headers: str) -> httpx2.Response:
        """The raw answer to an initialize request with these headers."""
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{self.url}/mcp", json=INITIALIZE, headers=ACCEPT | headers)

    def client_of(self, user: str) -> Client[StreamableHttpTransport]:
        """A client of a user for whom the agent service vouches."""
        return self.client(signed_token(user))


ServedBy = Callable[[str, McpServerSettings], AbstractAsyncContextManager[RunningServer]]


def signed_token(user: str, *, key: str = SIGNING_KEY, algorithm: str = "HS256", **claims: object) -> str:
    """A token as the agent service signs it; a claim of None is left out."""
    now = int(time.time())
    payload = {"iss": AGENT_ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + 60}
    payload |= {"scope": " ".join(SCOPES)} | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key if algorithm != "none" else "", algorithm=algorithm)


@pytest.fixture(scope="session", autouse=True)
def tools() -> Iterator[None]:
    """The tools' schemas are worked out once for all servers of the tests."""
    with tools_parsed_once():
        yield


@pytest.fixture
def sign() -> Callable[..., str]:
    """Signs tokens, good ones and bad ones."""
    return signed_token


@pytest.fixture
def server_settings() -> McpServerSettings:
    """The settings of `server`; a test file may have others."""
    return McpServerSettings(search_token_budget=600)  # pyright: ignore[reportCallIssue]


@pytest.fixture(scope="session")
def served_by(embedder: SentenceTransformerEmbedder) -> ServedBy:
    """Serves the MCP server as it is shipped, over a migrated knowledge base, on a free port."""

    @asynccontextmanager
    async def served(url: str, settings: McpServerSettings) -> AsyncGenerator[RunningServer]:
        await prepare_server_role(url)
        async with create_pool(url) as everything, open_server_pool(url) as pool:
            following = FollowingEmbedder(embedder, SentenceTransformerEmbedder)
            following.load()
            health = Health(pool, following)
            mcp = create_server(
                settings,
                pool=pool,
                embedder=following,
                health=health,
                version="0.0.test",
                auth=BearerVerifier(SecretStr(LOCAL_TOKEN), SecretStr(SIGNING_KEY), pool),
            )
            async with serving(http_app(mcp, settings, health.running, attempts=health.attempts)) as address:
                yield RunningServer(address, everything, health, mcp, pool, following)

    return served


@pytest.fixture
async def server(
    server_settings: McpServerSettings, knowledge_base_url: str, served_by: ServedBy
) -> AsyncGenerator[RunningServer]:
    """A server of the test's own."""
    async with served_by(knowledge_base_url, server_settings) as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(
    served_by: ServedBy,
    knowledge_bases: FreshDatabases,
    embedder: SentenceTransformerEmbedder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningServer]:
    """One server for all tests of a file, with a handbook in it and a page's origin let in.

    It has a loop of its own: what a request leaves running in the tests' loop is ended with each test.
    """
    folder = tmp_path_factory.mktemp("handbook")
    (folder / "handbook.md").write_text("# Handbook\n\nThere are 28 vacation days per year.\n")
    settings = McpServerSettings(mcp_allowed_origins=[PAGE])  # pyright: ignore[reportCallIssue]

    @asynccontextmanager
    async def filled() -> AsyncGenerator[RunningServer]:
        async with knowledge_bases.one() as url, served_by(url, settings) as running:
            async with open_ingestion(IngestSettings(), url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
                task = await ingestion.folder_task(folder, Wanted())
                await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
                await ingestion.finish()
            yield running

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(filled()) as running:
        yield running
