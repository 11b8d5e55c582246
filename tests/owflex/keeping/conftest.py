"""Installations to keep: one in which every table has rows, and empty ones to put it into."""

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from owflex.keeping.backup import BackedUp, back_up
from owflex.keeping.places import Installation, Place
from tests.support.filled import fill


@contextmanager
def installed(postgres_url: str, folder: Path) -> Generator[Installation]:
    """Two empty databases, dropped afterwards, and a folder."""
    name = f"keeping_{uuid4().hex}"
    folder.mkdir(parents=True, exist_ok=True)
    chat = Place("chat", postgres_url, "CHAT_DATABASE_URL", "agent_service")
    documents = Place("knowledge_base", postgres_url, "KNOWLEDGE_BASE_DATABASE_URL", "knowledge_base")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for database in (f"{name}_chat", name):
            connection.execute(
                sql.SQL("create database {} template template0").format(sql.Identifier(database))
            )
        yield Installation(folder, chat.sibling(f"{name}_chat"), documents.sibling(name))
        left = connection.execute("select datname from pg_database where starts_with(datname, %s)", (name,))
        for (database,) in left.fetchall():
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


@pytest.fixture
def empty(postgres_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation in which nothing has run yet."""
    with installed(postgres_url, tmp_path / "empty") as installation:
        yield installation


@pytest.fixture(scope="module")
def filled(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with rows in every table, for tests that only read it."""
    with installed(postgres_url, tmp_path_factory.mktemp("filled")) as installation:
        fill_it(installation)
        yield installation


@pytest.fixture
def changing(postgres_url: str, tmp_path: Path) -> Iterator[Installation]:
    """One with rows in every table for a test that changes it."""
    with installed(postgres_url, tmp_path / "changing") as installation:
        fill_it(installation)
        yield installation


@pytest.fixture(scope="module")
def backup_file(filled: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    return backed_up(filled, tmp_path_factory.mktemp("backups") / "a.backup").path


def backed_up(installation: Installation, path: Path) -> BackedUp:
    """A backup with everything in it."""
    return back_up(installation, path, with_secrets=True)


def fill_it(installation: Installation) -> None:
    """Give it rows in every table, and the files of a data folder."""
    from importlib.resources import files

    from database.migrations import migrate

    async def work() -> None:
        await migrate(installation.knowledge_base.url, files("knowledge_base") / "migrations")
        await fill(installation.chat.url, installation.knowledge_base.url)

    asyncio.run(work())
    for name, text in (
        (
            "settings.env",
            "OPENAI_API_KEY='sk-secret'\nMODEL_NAME='m'\nCHAT_DATABASE_URL='postgresql://old/x'\n",
        ),
        ("mcp-token", "t" * 43),
        ("mcp-signing-key", "k" * 43),
    ):
        (installation.folder / name).write_text(text)
