"""What all tests share: one embedded Postgres, fresh databases from migrated templates, the real model."""

import gc
import os
import shutil
import tempfile
from asyncio import all_tasks, current_task, gather
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import httpcore2
import psycopg
import pytest
from playwright.async_api import async_playwright
from psycopg import sql

# Before anything imports a model library: no test may download one.
os.environ["HF_HUB_OFFLINE"] = "1"
# Workers are as many as there is to compute with: threads of a model's would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from database.embedded import embedded_postgres
from database.home import open_data_folder
from knowledge_base.embedding import SentenceTransformerEmbedder
from tests.support.browsing import CHROMIUM_FLAGS, LentBrowser
from tests.support.databases import FreshDatabases
from tests.support.durations import Durations
from tests.support.parsers import WarmParsers
from tests.support.patience import be_patient
from tests.support.serving import Serve, serving

# What is imported while tests are collected stays: looking through it for garbage, again and again, takes
# longer than many a test.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Let tests wait, and the process that hears of all of them remember how long they took."""
    be_patient()
    if not hasattr(config, "workerinput") and config.pluginmanager.hasplugin("cacheprovider"):
        config.pluginmanager.register(Durations(config))


def pytest_collection_finish() -> None:
    """Count what was loaded for collecting the tests as there for good."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
async def nothing_runs_on() -> AsyncGenerator[None]:
    """Ends what a test left running: the loop, and with it the browser, is that of all tests of a worker."""
    before = all_tasks()
    yield
    left = all_tasks() - before - {current_task()}
    for task in left:
        task.cancel()
    await gather(*left, return_exceptions=True)


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """Every HTTP client reads those of all authorities, which takes 50 ms; no test needs them read anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpcore2.default_ssl_context", cache(httpcore2.default_ssl_context))
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


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
    """No test outlives the machine, so nothing need be on its disk: databases come and go faster.

    Nobody tidies up in them: statistics of a table would make a database differ from a fresh one.
    """
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
        connection.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The real embedding model, loaded once."""
    return SentenceTransformerEmbedder("all-MiniLM-L6-v2")


@pytest.fixture(scope="session", autouse=True)
async def warm_parsers(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[None]:
    """Ingestion takes its parser processes from those that the tests before it had."""
    parsers = WarmParsers(tmp_path_factory.mktemp("tokenizers"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.reading.process.ParserProcess", parsers.lend)
        yield
    await parsers.close()


@pytest.fixture
def serve() -> Serve:
    """Serves an ASGI app on a free port of loopback; yields its URL."""
    return serving


@pytest.fixture(scope="session")
async def chromium() -> AsyncGenerator[LentBrowser]:
    """One headless Chromium for all tests of a worker; starting it costs more than most of them.

    Without one the tests are skipped, or fail where OWFLEX_REQUIRE_BROWSER is set.
    """
    program = os.environ.get("OWFLEX_CHROMIUM") or shutil.which("chromium")
    if program is None:
        if os.environ.get("OWFLEX_REQUIRE_BROWSER"):
            pytest.fail("There is no Chromium. Install it or set OWFLEX_CHROMIUM.")
        pytest.skip("There is no Chromium. Install it or set OWFLEX_CHROMIUM.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield LentBrowser(browser)
        await browser.close()


@pytest.fixture
async def browser(chromium: LentBrowser) -> AsyncGenerator[LentBrowser]:
    """Headless Chromium; a test's pages hold nothing of the tests before it, and are closed at its end."""
    yield chromium
    await chromium.clean()


@pytest.fixture(scope="session")
def knowledge_bases(postgres_url: str) -> Iterator[FreshDatabases]:
    """The knowledge bases of this worker."""
    with closing(FreshDatabases(postgres_url, "knowledge_base")) as databases:
        yield databases


@pytest.fixture(scope="session")
def chat_databases(postgres_url: str) -> Iterator[FreshDatabases]:
    """The chat databases of this worker."""
    with closing(FreshDatabases(postgres_url, "agent_service")) as databases:
        yield databases


@pytest.fixture
async def knowledge_base_url(knowledge_bases: FreshDatabases) -> AsyncGenerator[str]:
    """A fresh, migrated knowledge base."""
    async with knowledge_bases.one() as url:
        yield url


@pytest.fixture
async def chat_url(chat_databases: FreshDatabases) -> AsyncGenerator[str]:
    """A fresh, migrated chat database."""
    async with chat_databases.one() as url:
        yield url
