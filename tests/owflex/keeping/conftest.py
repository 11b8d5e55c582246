"""Installations to keep: one in which every table has rows, and empty ones to put it into."""

import asyncio
import shutil
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
def installed(postgres_url: str, folder: Path, like: Installation | None = None) -> Generator[Installation]:
    """Two databases, empty or copies, dropped afterwards, and a folder."""
    name = f"keeping_{uuid4().hex}"
    shutil.copytree(like.folder, folder) if like else folder.mkdir(parents=True, exist_ok=True)
    chat = Place("chat", postgres_url, "CHAT_DATABASE_URL", "agent_service")
    documents = Place("knowledge_base", postgres_url, "KNOWLEDGE_BASE_DATABASE_URL", "knowledge_base")
    copied = [place.database for place in like.places] if like else ["template0", "template0"]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for database, template in zip((f"{name}_chat", name), copied, strict=True):
            statement = sql.SQL("create database {} template {}")
            connection.execute(statement.format(sql.Identifier(database), sql.Identifier(template)))
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
def changing(postgres_url: str, tmp_path: Path, filled: Installation) -> Iterator[Installation]:
    """A copy of it for a test that changes it."""
    with installed(postgres_url, tmp_path / "changing", filled) as installation:
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
