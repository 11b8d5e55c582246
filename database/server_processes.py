"""The processes of an embedded Postgres: which are its own and run, and what a crash leaves of them."""

import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

SECONDS_FOR_ORPHANS = 5


def clean_up_after_a_crash(pgdata: Path) -> None:
    """Remove what a killed server leaves and a new one would stumble over: its lock files and its children.

    A new server believes a lock while any process has the number in it, even one that has ended and was not
    waited for. A child in the middle of a long statement has not noticed yet that its server is gone.
    """
    for lock in (*_socket_folder(pgdata).glob(".s.PGSQL.*.lock"), pgdata / "postmaster.pid"):
        lock.unlink(missing_ok=True)
    end_all(process for process in psutil.process_iter() if _is_server_in(process, pgdata))


def end_all(processes: Iterable[psutil.Process]) -> None:
    """End processes of a server that is gone; those that do not listen are killed."""
    orphans = list(processes)
    for process in orphans:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    _, stubborn = psutil.wait_procs(orphans, timeout=SECONDS_FOR_ORPHANS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _socket_folder(pgdata: Path) -> Path:
    """Where the server that wrote the pid file had its socket."""
    lines = pid_file(pgdata)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else pgdata


def pid_file(pgdata: Path) -> list[str]:
    """What the pid file says: process, folder, start, port, socket folder, address, memory, state."""
    try:
        lines = (pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return []
    return [line.strip() for line in lines]


def postmaster(pgdata: Path) -> psutil.Process | None:
    """The process that the pid file names, unless it is another program's by now."""
    try:
        process = psutil.Process(int(pid_file(pgdata)[0]))
    except (IndexError, ValueError, psutil.NoSuchProcess):
        return None
    return process if _is_server_in(process, pgdata) else None


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended; who is to take note of its end may be slow."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_server_in(process: psutil.Process, pgdata: Path) -> bool:
    """Whether it is a Postgres that works in this folder, where all its processes are at home."""
    try:
        is_postgres = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
        return is_postgres and Path(process.cwd()) == pgdata.resolve()
    except psutil.Error:
        return False


def makes_server_in(process: psutil.Process, pgdata: Path) -> bool:
    """Whether it is an `initdb` of this folder, or what that runs."""
    try:
        return process.name() in ("initdb", "postgres") and str(pgdata.resolve()) in process.cmdline()
    except psutil.Error:
        return False
