"""The process: settings in, a listening server out."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fastmcp import FastMCP
from fastmcp.server.auth import AuthProvider
from starlette.types import ASGIApp

from database.ending import end
from database.home import open_data_folder, read_or_create_secret
from database.pool import Pool
from database.process import listen
from database.replicas import Replicas
from knowledge_base.access import check_isolation, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import embedder_for, knowledge_base_url, migrate_knowledge_base
from knowledge_base.embedding import create_embedder
from knowledge_base.embedding_spaces import check_model, model_in_use
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.reads import open_replicas
from knowledge_base.word_engine_watch import EngineWatch
from mcp_server.auth.callers import STDIO_CALLER, BearerVerifier, Caller
from mcp_server.auth.external_issuer import ExternalVerifier, discoverable
from mcp_server.auth.issuer_settings import external_issuer, public_host
from mcp_server.auth.oauth.addresses import oauth_addresses
from mcp_server.auth.oauth.clients import Clients
from mcp_server.auth.oauth.server import AuthorizationServer
from mcp_server.first_use import import_what_comes_later
from mcp_server.health import Health
from mcp_server.http.batches import BatchedMessages
from mcp_server.http.foreign_pages import ForeignPages
from mcp_server.http.forms import ClientForms
from mcp_server.http.numeric_hosts import NumericHosts
from mcp_server.http.refused_tokens import RefusedTokens
from mcp_server.http.server import counting, listen_and_serve, protected
from mcp_server.server import create_server
from mcp_server.settings import SIGNING_KEY_FILE, TOKEN_FILE, McpServerSettings
from serving.client_addresses import address_by
from serving.draining import Running
from serving.refusals import Refuse, plain_refusal
from serving.refused_attempts import RefusedAttempts
from serving.telemetry import telemetry

SERVICE = "owflex-mcp-server"
STATEMENT_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Opened:
    """A knowledge base that is up to date, served under a role that is held to row-level security."""

    pool: Pool
    embedder: FollowingEmbedder
    health: Health
    replicas: Replicas | None


def serve_http(settings: McpServerSettings) -> None:
    """Serve streamable HTTP until SIGINT or SIGTERM."""
    folder = open_data_folder(settings.owflex_home)
    listener = listen(settings.mcp_server_host, settings.mcp_server_port, "MCP_SERVER_PORT")
    with telemetry(SERVICE, with_sql=True), listener, knowledge_base_url(settings, folder) as url:
        asyncio.run(_serve_http(settings, folder, url, listener))


def serve_stdio(settings: McpServerSettings) -> None:
    """Serve the parent process over stdin and stdout; its tasks belong to the local user."""
    folder = open_data_folder(settings.owflex_home)
    with telemetry(SERVICE, with_sql=True), knowledge_base_url(settings, folder) as url:
        asyncio.run(_serve_stdio(settings, url))


async def _serve_http(settings: McpServerSettings, folder: Path, url: str, listener: socket.socket) -> None:
    async with _open(settings, url) as opened:
        server = _server(settings, opened, auth=_auth(settings, folder, opened.pool))
        loading = asyncio.create_task(_warm_up(opened.health))
        watching = asyncio.create_task(opened.health.metrics.stalls.watch())
        running, refuse = opened.health.running, counting(opened.health.metrics)
        attempts = opened.health.attempts
        noting = asyncio.create_task(attempts.keep_writing())
        app = http_app(server, settings, running, refuse, attempts)
        await listen_and_serve(app, listener, settings, running, refuse)
        await end(noting, watching, loading)


async def _serve_stdio(settings: McpServerSettings, url: str) -> None:
    async with _open(settings, url) as opened:
        server = _server(settings, opened, stdio_caller=STDIO_CALLER)
        loading = asyncio.create_task(_warm_up(opened.health))
        await server.run_stdio_async(show_banner=False)
        await end(loading)


def http_app(
    server: FastMCP,
    settings: McpServerSettings,
    running: Running | None = None,
    refuse: Refuse = plain_refusal,
    attempts: RefusedAttempts | None = None,
) -> ASGIApp:
    """The ASGI app: stateless, patient with no client for ever, and closed to pages of origins not let in."""
    app = server.http_app(
        path="/mcp",
        stateless_http=True,
        host_origin_protection=True,
        allowed_hosts=[*settings.mcp_allowed_hosts, *public_host(settings)] or None,
    )
    served = protected(
        RefusedTokens(ClientForms(BatchedMessages(NumericHosts(app)))),
        running or Running(),
        settings,
        refuse,
        attempts,
    )
    return ForeignPages(served, settings.mcp_allowed_origins, settings.mcp_public_url)


@asynccontextmanager
async def _open(settings: McpServerSettings, url: str) -> AsyncGenerator[Opened]:
    """Everything the server needs. Raises `ServerRoleError` where Postgres would not keep users apart."""
    await migrate_knowledge_base(url)
    await prepare_server_role(url)
    folder = open_data_folder(settings.owflex_home)
    first = await embedder_for(settings, url)
    embedder = FollowingEmbedder(first, create_embedder)
    async with open_server_pool(
        url, max_size=settings.database_pool_size, statement_timeout_ms=STATEMENT_TIMEOUT_MS
    ) as pool:
        async with pool.connection() as connection:
            await check_isolation(connection)
            stored = await model_in_use(connection)
        if stored is not None:
            check_model(stored, first.model_name)
        is_embedded = settings.knowledge_base_database_url is None
        async with open_replicas(
            pool,
            settings.read_urls,
            max_lag_seconds=settings.knowledge_base_read_max_lag_seconds,
            max_size=settings.database_pool_size,
            statement_timeout_ms=STATEMENT_TIMEOUT_MS,
        ) as replicas:
            word_engines = EngineWatch(settings.knowledge_base_word_engine)
            health = Health(pool, embedder, folder if is_embedded else None, replicas, word_engines)
            yield Opened(pool, embedder, health, replicas)


def _server(
    settings: McpServerSettings,
    opened: Opened,
    *,
    auth: AuthProvider | None = None,
    stdio_caller: Caller | None = None,
) -> FastMCP:
    return create_server(
        settings,
        pool=opened.pool,
        embedder=opened.embedder,
        health=opened.health,
        replicas=opened.replicas,
        version=version("owflex"),
        auth=auth,
        stdio_caller=stdio_caller,
    )


async def _warm_up(health: Health) -> None:
    await asyncio.to_thread(import_what_comes_later)
    await health.keep_loading()
    # What is loaded now stays: the collector need not walk it again and again.
    gc.collect()
    gc.freeze()


def _auth(settings: McpServerSettings, folder: Path, keys: Pool) -> AuthProvider:
    issuer = external_issuer(settings)
    addresses = oauth_addresses(settings)
    signing_key = settings.mcp_signing_key or read_or_create_secret(folder, SIGNING_KEY_FILE)
    verifier = BearerVerifier(
        settings.mcp_server_token or read_or_create_secret(folder, TOKEN_FILE),
        signing_key,
        keys,
        None if issuer is None else ExternalVerifier(issuer),
    )
    if addresses is not None:
        also = [] if issuer is None else [issuer.issuer]
        return AuthorizationServer(
            addresses, keys, Clients(keys, signing_key), verifier, also, address_by(settings.proxies)
        )
    return verifier if issuer is None else discoverable(verifier, issuer)
