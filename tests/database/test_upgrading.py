"""Data of an older major version of the embedded Postgres are the same after the upgrade, row by row."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from database.embedded import embedded_postgres, server_object
from database.errors import PostgresStartError
from database.home import open_data_folder
from database.migrations import migrate
from database.postgres_versions import newest_version, program_folders, version_of
from database.server_processes import postmaster
from database.upgrading import NEW, WHOLE, upgrade
from owflex.__main__ import app
from owflex.keeping.places import Installation, Place, connected
from owflex.keeping.tables import Content, contents_of
from tests.support.filled import fill
from tests.support.patience import PATIENCE_SECONDS

OLD = min(program_folders(), default=0)


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder; short, because a Unix socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        yield open_data_folder(Path(folder) / "home")


def installation_at(home: Path, url: str) -> Installation:
    chat = Place("chat", url, "CHAT_DATABASE_URL", "agent_service").sibling("chat")
    documents = Place("knowledge_base", url, "KNOWLEDGE_BASE_DATABASE_URL", "knowledge_base")
    return Installation(home, chat, documents.sibling("knowledge_base"))


def contents(installation: Installation) -> list[dict[str, Content]]:
    found: list[dict[str, Content]] = []
    for place in installation.places:
        with connected(place) as connection:
            found.append(contents_of(connection))
    return found


def of_an_old_version(home: Path) -> list[dict[str, Content]]:
    """Fill a server of the oldest version that came with us, kill it, and give what it held."""
    server = server_object(home, OLD)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as configuration:
        configuration.write("# Written by OwFlex when this server was created.\nmax_connections = 33\n")
    server.start()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in ("chat", "knowledge_base"):
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    installation = installation_at(home, server.get_uri())

    async def work() -> None:
        await migrate(installation.knowledge_base.url, files("knowledge_base") / "migrations")
        await fill(installation.chat.url, installation.knowledge_base.url)

    asyncio.run(work())
    held = contents(installation)
    process = postmaster(home / "postgres")
    assert process is not None
    process.send_signal(signal.SIGQUIT)
    process.wait(PATIENCE_SECONDS)
    type(server)._instances.clear()  # pyright: ignore
    return held


@pytest.mark.skipif(newest_version() == OLD, reason="Only one major version came with the package.")
@pytest.mark.slow
def test_data_of_an_older_version_are_kept_row_by_row(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = of_an_old_version(home)
    with (
        pytest.raises(PostgresStartError, match=r"Postgres 16.*brings 18.*owflex upgrade-postgres"),
        embedded_postgres(home, "chat"),
    ):
        pass
    monkeypatch.setenv("OWFLEX_HOME", str(home))
    ended = CliRunner().invoke(app, ["upgrade-postgres"])
    assert ended.exit_code == 0, ended.output
    assert "Postgres 16 became 18" in ended.output
    assert version_of(home / "postgres") == newest_version()
    assert version_of(home / "postgres.16") == OLD
    with embedded_postgres(home, "chat") as url:
        assert contents(installation_at(home, url)) == held
        with psycopg.connect(url) as connection:
            assert connection.execute("show max_connections").fetchone() == ("33",)
    assert "newest version already" in CliRunner().invoke(app, ["upgrade-postgres"]).output


def made_by(pgdata: Path, version: int) -> None:
    pgdata.mkdir()
    (pgdata / "PG_VERSION").write_text(f"{version}\n")


@pytest.mark.parametrize("moved", [False, True])
def test_an_exchange_that_was_interrupted_is_finished(home: Path, moved: bool) -> None:
    made_by(home / ("postgres.16" if moved else "postgres"), 16)
    made_by(home / NEW, newest_version())
    (home / WHOLE).write_text("16")
    assert upgrade(home) is None
    assert version_of(home / "postgres") == newest_version()
    assert version_of(home / "postgres.16") == 16
    assert not (home / WHOLE).exists()


def test_a_version_whose_programs_are_not_here_is_told_with_the_way(home: Path) -> None:
    made_by(home / "postgres", 14)
    with pytest.raises(PostgresStartError, match=r"owflex backup FILE.*owflex restore FILE"):
        upgrade(home)
    assert version_of(home / "postgres") == 14


def test_a_later_version_is_told(home: Path) -> None:
    made_by(home / "postgres", 99)
    with pytest.raises(PostgresStartError, match="are of Postgres 99"), embedded_postgres(home, "chat"):
        pass


HOLD = """
import fcntl, sys
users = open(sys.argv[1], "a")
fcntl.flock(users, fcntl.LOCK_SH)
print("held", flush=True)
input()
"""


def test_a_server_in_use_is_left_alone(home: Path) -> None:
    made_by(home / "postgres", 16)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home / "postgres.users")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(PostgresStartError, match=r"in use\. Stop OwFlex"):
            upgrade(home)
        holder.kill()
