"""The embedded Postgres: shared, counted and stopped."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.rows import TupleRow

from database.embedded import embedded_postgres, ready_postgres
from database.errors import PostgresStartError
from database.home import open_data_folder
from owflex.supervision.supervisor import stop_on_signals
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="owflex-") as parent:
        yield open_data_folder(Path(parent) / "home")


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_two_users_share_one_server_and_it_stops_with_the_last(folder: Path) -> None:
    with embedded_postgres(folder, "one") as one:
        pid = postmaster(folder)
        with embedded_postgres(folder, "two") as two:
            assert postmaster(folder) == pid
            assert one != two
        assert psycopg.connect(one).execute("select current_database()").fetchone() == ("one",)
    assert not runs(pid)


def test_what_was_written_is_there_at_the_next_start(folder: Path) -> None:
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        connection.execute("create table kept (id int)")
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_nobody_but_the_owner_reaches_it(folder: Path) -> None:
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show unix_socket_permissions").fetchone() == ("0700",)


def test_a_vector_index_is_built_by_all_cores(folder: Path) -> None:
    with embedded_postgres(folder, "knowledge_base") as url, psycopg.connect(url) as connection:
        helpers = int(_value(connection, "max_parallel_maintenance_workers"))
        assert helpers == max((os.cpu_count() or 1) - 1, 1)
        assert int(_value(connection, "max_parallel_workers")) > helpers
        assert int(_value(connection, "max_worker_processes")) > helpers


def _value(connection: psycopg.Connection, setting: str) -> str:
    row = connection.execute("select current_setting(%(setting)s)", {"setting": setting}).fetchone()
    assert row is not None
    return row[0]


def test_a_crash_of_the_server_is_repaired_at_the_next_start(folder: Path) -> None:
    with embedded_postgres(folder, "one") as url:
        with psycopg.connect(url) as connection:
            connection.execute("create table kept (id int)")
        server = psutil.Process(postmaster(folder))
        workers = server.children(recursive=True)
        server.kill()
        psutil.wait_procs([server, *workers], timeout=PATIENCE_SECONDS)
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_a_pid_file_that_names_another_program_does_not_mislead(folder: Path) -> None:
    with embedded_postgres(folder, "one"):
        lines = (folder / "postgres" / "postmaster.pid").read_text().split("\n")
    stale = "\n".join([str(psutil.Process().pid), *lines[1:]])
    (folder / "postgres" / "postmaster.pid").write_text(stale)
    with embedded_postgres(folder, "one") as url:
        assert psycopg.connect(url).execute("select 1").fetchone() == (1,)


def test_a_damaged_folder_is_refused_with_the_cure(folder: Path) -> None:
    (folder / "postgres").mkdir(mode=0o700)
    (folder / "postgres" / "PG_VERSION").write_text("18\n")
    with (
        pytest.raises(PostgresStartError, match="restore it from a backup"),
        embedded_postgres(folder, "one"),
    ):
        pass


def test_a_folder_of_another_postgres_version_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir(mode=0o700)
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgresStartError), embedded_postgres(folder, "one"):
        pass


def test_a_killed_server_is_started_again_while_it_is_used(folder: Path) -> None:
    with embedded_postgres(folder, "one") as url:
        with closing(psycopg.connect(url)) as busy, psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table kept (id int)")
            first = ready_postgres(folder)
            assert first is not None
            _compute_for_long(busy)
            first.kill()
            second = _another_than(first, folder)
        with psycopg.connect(url) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (0,)
    assert not runs(second.pid)


def _compute_for_long(connection: "psycopg.Connection[TupleRow]") -> None:
    """Let a process of the server be so busy that it does not notice the server's end."""
    connection.pgconn.send_query(b"select count(*) from generate_series(1, 10000000000)")


def _another_than(first: psutil.Process, folder: Path) -> psutil.Process:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        found = ready_postgres(folder)
        if found is not None and found != first:
            return found
        time.sleep(0.1)
    pytest.fail("The server is not started again.")


def interrupt_when(is_time: Callable[[], bool]) -> threading.Thread:
    """A thread that asks this process to stop as soon as `is_time`."""

    def watch() -> None:
        while not is_time():
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_first_start_that_is_interrupted_while_files_are_made_is_begun_anew(folder: Path) -> None:
    watching = interrupt_when((folder / "postgres" / "PG_VERSION").exists)
    with pytest.raises(KeyboardInterrupt), stop_on_signals(), embedded_postgres(folder, "one"):
        pass
    watching.join()
    assert (folder / "postgres" / "PG_VERSION").exists()
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        assert connection.execute("show unix_socket_permissions").fetchone() == ("0700",)
    # What was in use is never made anew, whatever says that it is not finished.
    (folder / "postgres.unfinished").touch()
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        connection.execute("create table kept (id int)")
    with embedded_postgres(folder, "one") as url, psycopg.connect(url) as connection:
        assert connection.execute("select to_regclass('kept')::text").fetchone() == ("kept",)


def test_a_start_that_is_interrupted_leaves_no_server_behind(folder: Path) -> None:
    with embedded_postgres(folder, "one"):
        pass
    watching = interrupt_when((folder / "postgres" / "postmaster.pid").exists)
    with pytest.raises(KeyboardInterrupt), stop_on_signals(), embedded_postgres(folder, "one"):
        pass
    watching.join()
    assert ready_postgres(folder) is None
    assert not [one for one in psutil.process_iter() if str(folder) in " ".join(arguments(one))]


def test_the_last_user_stops_also_a_server_that_another_one_has_started_again(folder: Path) -> None:
    with embedded_postgres(folder, "one"), embedded_postgres(folder, "two"):
        killed = postmaster(folder)
        psutil.Process(killed).kill()
        give_up = time.monotonic() + 60
        while (found := ready_postgres(folder)) is None or found.pid == killed:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    assert not runs(found.pid)


def arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
