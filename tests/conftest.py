"""What all tests share: one embedded Postgres, fresh databases from migrated templates, the real model."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright
from psycopg import sql
from starlette.types import ASGIApp

# Before anything imports a model library: no test may download one.
os.environ["HF_HUB_OFFLINE"] = "1"

from database.embedded import embedded_postgres
from database.home import open_data_folder
from database.migrations import migrate
from knowledge_base.embedding import SentenceTransformerEmbedder


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """A data folder of its own; short, because a Unix socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        yield open_data_folder(Path(folder) / "home")


@pytest.fixture(scope="session")
def postgres_url(data_folder: Path) -> Iterator[str]:
    """The embedded Postgres, for this test session."""
    with embedded_postgres(data_folder, "tests") as url:
        _forgo_power_cuts(url)
        yield url


def _forgo_power_cuts(postgres_url: str) -> None:
    """No test outlives the machine, so nothing need be on its disk: databases come and go faster."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
        connection.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The real embedding model, loaded once."""
    return SentenceTransformerEmbedder("all-MiniLM-L6-v2")


Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


@pytest.fixture
def serve() -> Serve:
    """Serves an ASGI app on a free port of loopback; yields its URL."""
    return _serve


@asynccontextmanager
async def _serve(app: ASGIApp) -> AsyncGenerator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http="h11", log_level="warning", access_log=False))
        # Signals belong to the test runner.
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            if running.done():
                running.result()
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@contextmanager
def _no_signals() -> Generator[None]:
    yield


CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium_address() -> Iterator[str]:
    """One headless Chromium for all tests of a worker; starting it costs more than most of them.

    Without one the tests are skipped, or fail where OWFLEX_REQUIRE_BROWSER is set.
    """
    chromium = os.environ.get("OWFLEX_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        if os.environ.get("OWFLEX_REQUIRE_BROWSER"):
            pytest.fail("There is no Chromium. Install it or set OWFLEX_CHROMIUM.")
        pytest.skip("There is no Chromium. Install it or set OWFLEX_CHROMIUM.")
    with tempfile.TemporaryDirectory(prefix="owflex-", ignore_cleanup_errors=True) as profile:
        command = [chromium, "--headless", *CHROMIUM_FLAGS, "--remote-debugging-port=0"]
        process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        address = next(line.rsplit(" ", 1)[-1].strip() for line in lines if "DevTools listening" in line)
        # Nobody reads on: what it has to say must not fill the pipe.
        threading.Thread(target=lambda: deque(lines, maxlen=0), daemon=True).start()
        yield address
        process.terminate()
        process.wait(20)


@pytest.fixture
async def browser(chromium_address: str) -> AsyncGenerator[Browser]:
    """Headless Chromium; each page has a profile of its own, and is closed at the end of the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium_address)
        yield browser
        await browser.close()


@pytest.fixture
async def knowledge_base_url(postgres_url: str) -> AsyncGenerator[str]:
    """A fresh, migrated knowledge base."""
    async with _database_like(postgres_url, "knowledge_base") as url:
        yield url


@pytest.fixture
async def chat_url(postgres_url: str) -> AsyncGenerator[str]:
    """A fresh, migrated chat database."""
    async with _database_like(postgres_url, "agent_service") as url:
        yield url


@asynccontextmanager
async def _database_like(postgres_url: str, package: str) -> AsyncGenerator[str]:
    """While in the block: a copy of the template with the migrations, which is made at first use."""
    template = f"template_of_{package}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        exists = connection.execute("select 1 from pg_database where datname = %s", [template]).fetchone()
        if not exists:
            _create(connection, template)
            await migrate(_url_of(postgres_url, template), files(package) / "migrations")
        name = f"test_{uuid4().hex}"
        _create(connection, name, template)
    yield _url_of(postgres_url, name)
    with suppress(psycopg.OperationalError), psycopg.connect(postgres_url, autocommit=True) as connection:
        # A test may have stopped the server for good.
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _create(connection: psycopg.Connection, name: str, template: str = "template1") -> None:
    statement = sql.SQL("create database {} template {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _url_of(postgres_url: str, database: str) -> str:
    return postgres_url.replace("/tests?", f"/{database}?")
