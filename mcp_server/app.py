"""The process: settings in, a listening server out."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import uvicorn
from fastmcp import FastMCP
from starlette.types import ASGIApp

from database.home import open_data_folder, read_or_create_secret
from database.pool import Pool, create_pool
from database.process import is_loopback, listen
from knowledge_base.embedding import create_embedder
from knowledge_base.following import FollowingEmbedder
from knowledge_base.place import embedder_for, embedding_cache, knowledge_base_url, migrate_knowledge_base
from knowledge_base.spaces import check_model, model_in_use
from knowledge_base.vector_index import look_widely
from mcp_server.auth import LOCAL_USER, BearerVerifier
from mcp_server.errors import UnsafeBindError
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings

STATEMENT_TIMEOUT_MS = 10_000
GRACE_SECONDS = 10
TOKEN_FILE = "mcp-token"  # noqa: S105


def serve_http(settings: McpServerSettings) -> None:
    """Serve streamable HTTP until SIGINT or SIGTERM."""
    folder = open_data_folder(settings.owflex_home)
    verifier = _verifier(settings, folder)
    listener = listen(settings.mcp_server_host, settings.mcp_server_port, "MCP_SERVER_PORT")
    with listener, knowledge_base_url(settings, folder) as url:
        asyncio.run(_serve_http(settings, url, verifier, listener))


def serve_stdio(settings: McpServerSettings) -> None:
    """Serve the parent process over stdin and stdout; its tasks belong to the local user."""
    folder = open_data_folder(settings.owflex_home)
    with knowledge_base_url(settings, folder) as url:
        asyncio.run(_serve_stdio(settings, url))


async def _serve_http(
    settings: McpServerSettings, url: str, verifier: BearerVerifier, listener: socket.socket
) -> None:
    async with _running(settings, url, auth=verifier) as (server, health):
        loading = asyncio.create_task(_warm_up(health))
        app = http_app(server, settings)
        # h11: httptools leaves white space around header values, which the protocol forbids to reject.
        config = uvicorn.Config(
            app, http="h11", log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
        )
        await uvicorn.Server(config).serve(sockets=[listener])
        await loading


async def _serve_stdio(settings: McpServerSettings, url: str) -> None:
    async with _running(settings, url, stdio_user=LOCAL_USER) as (server, health):
        loading = asyncio.create_task(_warm_up(health))
        await server.run_stdio_async(show_banner=False)
        await loading


def http_app(server: FastMCP, settings: McpServerSettings) -> ASGIApp:
    """The ASGI app: stateless, and closed to web pages of other origins."""
    return server.http_app(
        path="/mcp",
        stateless_http=True,
        host_origin_protection=True,
        allowed_hosts=settings.mcp_allowed_hosts or None,
    )


@asynccontextmanager
async def _running(
    settings: McpServerSettings,
    url: str,
    *,
    auth: BearerVerifier | None = None,
    stdio_user: str | None = None,
) -> AsyncGenerator[tuple[FastMCP, Health]]:
    await migrate_knowledge_base(url)
    cache = embedding_cache(open_data_folder(settings.owflex_home))
    first = await embedder_for(settings, url)
    embedder = FollowingEmbedder(first, lambda model_name: create_embedder(model_name, cache))
    async with create_pool(
        url,
        max_size=settings.database_pool_size,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
        configure=look_widely,
    ) as pool:
        await _check_model(pool, embedder)
        health = Health(pool, embedder)
        yield (
            create_server(
                settings,
                pool=pool,
                embedder=embedder,
                health=health,
                version=version("owflex"),
                auth=auth,
                stdio_user=stdio_user,
            ),
            health,
        )


async def _check_model(pool: Pool, embedder: FollowingEmbedder) -> None:
    async with pool.connection() as connection:
        stored = await model_in_use(connection)
    if stored is not None:
        check_model(stored, embedder.current.model_name)


async def _warm_up(health: Health) -> None:
    await health.load_model()
    # What is loaded now stays: the collector need not walk it again and again.
    gc.collect()
    gc.freeze()


def _verifier(settings: McpServerSettings, folder: Path) -> BearerVerifier:
    if not is_loopback(settings.mcp_server_host) and not (
        settings.mcp_server_token and settings.mcp_signing_key
    ):
        raise UnsafeBindError(
            f"MCP_SERVER_HOST={settings.mcp_server_host} opens the server to other machines. "
            "Set MCP_SERVER_TOKEN and MCP_SIGNING_KEY (32 characters or more each), or listen on 127.0.0.1."
        )
    return BearerVerifier(
        settings.mcp_server_token or read_or_create_secret(folder, TOKEN_FILE),
        settings.mcp_signing_key or read_or_create_secret(folder, "mcp-signing-key"),
    )


def local_token_file(folder: Path) -> Path:
    """Where the bearer token of standalone clients on this machine is."""
    return folder / TOKEN_FILE
