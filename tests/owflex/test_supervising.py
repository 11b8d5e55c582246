"""Programs are kept running, each for itself, and say what happened; their logs are kept."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import psutil
import pytest
from typer.testing import CliRunner

from database.errors import DataFolderError
from owflex.__main__ import app
from owflex.doctor.running import look_at_running
from owflex.logs_command import Tail
from owflex.status_command import print_status
from owflex.supervision.names import UpProgram
from owflex.supervision.program_log import KEPT_FILES, MAX_BYTES, MAX_LINE_CHARACTERS, ProgramLog
from owflex.supervision.programs import Listener, Program
from owflex.supervision.running import UpState, asked, only_one, telling
from owflex.supervision.supervised import MAX_SECONDS_BETWEEN_STARTS, Supervised, pause_after
from owflex.supervision.supervisor import ProgramState, Supervisor, stop_on_signals
from serving.terminal import Console, PatientOutput
from tests.support.patience import PATIENCE_SECONDS

STATE = UpState(
    os.getpid(),
    1_800_000_000.0,
    "http://127.0.0.1:8000",
    "http://127.0.0.1:8001",
    (
        ProgramState(UpProgram.CHAT, "running", 1_800_000_000.0, 0, 123_000_000, 12, "all is well"),
        ProgramState(UpProgram.MCP, "down", 1_800_000_000.0, 3, 0, None, "its port is taken [bold]"),
    ),
)


@contextmanager
def supervised(program: Program, folder: Path) -> Generator[tuple[Supervised, list[str]]]:
    """A started program and what was said of it."""
    said: list[str] = []
    one = Supervised(program, ProgramLog(folder, program.name), said.append)
    one.start()
    try:
        yield one, said
    finally:
        one.stop()
        one.log.close()


def look_until(one: Supervised, is_enough: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not is_enough():
        one.look()
        assert time.monotonic() < give_up, (one.state, one.reason, one.log.last_words)
        time.sleep(0.02)


def test_a_program_whose_work_is_done_is_not_started_again(tmp_path: Path) -> None:
    program = Program(UpProgram.DOCUMENTS, "Ingestion", "platform", good_codes=(0, 2))
    with supervised(program, tmp_path) as (one, said):
        look_until(one, lambda: one.state == "done")
    assert (one.restarts, said) == (0, [])
    assert "Linux" in one.log.path.read_text() or "macOS" in one.log.path.read_text()


def test_one_that_cannot_start_is_tried_again_and_its_reason_is_said_once(tmp_path: Path) -> None:
    program = Program(UpProgram.WORKER, "The worker", "json.tool", (str(tmp_path / "missing"),))
    with supervised(program, tmp_path) as (one, said):
        look_until(one, lambda: one.restarts == 2 and one.state == "down")
    assert len(said) == 1
    assert said[0].startswith("The worker has ended: ")
    assert "missing" in said[0]
    assert one.log.path.read_text().count("=== ") == 3


def test_one_that_is_killed_is_started_again_at_once(tmp_path: Path) -> None:
    # It waits for a request until it is killed.
    program = Program(UpProgram.WORKER, "The worker", "http.server", ("--bind", "127.0.0.1", "0"))
    with supervised(program, tmp_path) as (one, said):
        first = one.pid
        assert first is not None
        os.kill(first, 9)
        look_until(one, lambda: one.state == "running" and one.pid not in (None, first))
        assert one.restarts == 1
    assert said == ["The worker was ended by SIGKILL. It is started again."]
    assert one.state == "stopped"


def test_one_whose_port_is_taken_starts_when_the_port_is_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        at = Listener("127.0.0.1", port, "MCP_SERVER_PORT")
        program = Program(UpProgram.MCP, "The MCP server", "http.server", (str(port),), listens=at)
        with supervised(program, tmp_path) as (one, said):
            look_until(one, lambda: one.restarts == 1)
            assert one.state == "down"
            taken.close()
            look_until(one, lambda: one.state == "starting")
    assert len(said) == 1
    assert "MCP_SERVER_PORT" in said[0]


def test_pauses_grow_and_end_growing() -> None:
    assert [pause_after(failures) for failures in (0, 1, 2, 3)] == [0, 1, 2, 4]
    assert pause_after(1000) == MAX_SECONDS_BETWEEN_STARTS


def test_a_log_is_kept_over_starts_and_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(2):
        log = ProgramLog(tmp_path, "chat")
        log.begin(f"process {number}")
        log.line(f"line of {number}\n")
        log.close()
    assert "line of 0" in (text := (tmp_path / "chat.log").read_text())
    assert text.index("process 1") > text.index("line of 0")
    log = ProgramLog(tmp_path, "chat")
    for _ in range((KEPT_FILES + 2) * MAX_BYTES // MAX_LINE_CHARACTERS):
        log.line("x" * 2 * MAX_LINE_CHARACTERS)
    log.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 1 + KEPT_FILES
    assert max(sizes) <= MAX_BYTES


def test_what_one_complains_of_that_is_hurried_is_only_in_its_log(tmp_path: Path) -> None:
    heard: list[str] = []
    log = ProgramLog(tmp_path, "chat", heard.append)
    log.line("working")
    log.hush()
    log.line("cut off")
    log.close()
    assert heard == ["working"]
    assert (tmp_path / "chat.log").read_text() == "working\ncut off\n"


def test_a_log_on_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "chat.log").symlink_to("/dev/full")
    log = ProgramLog(tmp_path, "chat")
    log.line("it could not be written")
    assert log.last_words == "it could not be written"
    (tmp_path / "chat.log").unlink()
    log.line("there is room again")
    log.close()
    assert (tmp_path / "chat.log").read_text() == "there is room again\n"


def test_what_is_new_in_a_log_is_found_also_when_the_file_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "chat.log"
    tail = Tail(path)
    assert list(tail.new_lines()) == []
    path.write_text("one\ntwo\nthr")
    assert list(tail.new_lines()) == ["one", "two"]
    path.write_text("one\ntwo\nthree\n")
    assert list(tail.new_lines()) == ["three"]
    path.rename(tmp_path / "chat.log.1")
    path.write_text("four\n")
    assert list(tail.new_lines()) == ["four"]


def test_only_one_runs_for_a_data_folder_and_it_answers_others(tmp_path: Path) -> None:
    assert asked(tmp_path) is None
    with only_one(tmp_path) as first, telling(tmp_path, lambda: STATE):
        assert first
        with only_one(tmp_path) as second:
            assert not second
        assert asked(tmp_path) == STATE
        assert asked(tmp_path) == STATE
    assert asked(tmp_path) is None


def test_a_folder_with_too_long_a_path_is_refused_with_the_cure(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    with pytest.raises(DataFolderError, match="OWFLEX_HOME"), telling(folder, lambda: STATE):
        pass


def test_status_says_how_each_program_is_and_fails_when_one_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    nothing = CliRunner().invoke(app, ["status"])
    assert (nothing.exit_code, "owflex up" in nothing.output) == (1, True)
    with telling(tmp_path, lambda: STATE):
        shown = CliRunner().invoke(app, ["status"], env={"COLUMNS": "80", "NO_COLOR": "1"})
        as_json = CliRunner().invoke(app, ["status", "--json"])
    assert shown.exit_code == as_json.exit_code == 1
    assert "http://127.0.0.1:8000" in shown.output
    assert "123 MB" in shown.output
    assert "its port is taken [bold]" in shown.output
    assert 3 in [program["restarts"] for program in json.loads(as_json.output)["programs"]]


def test_a_narrow_terminal_shows_whole_words() -> None:
    console = Console(width=70, force_terminal=False)
    with console.capture() as capture:
        print_status(console, STATE)
    assert "running" in capture.get()


def test_logs_of_one_program_or_of_all_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    assert "no logs" in CliRunner().invoke(app, ["logs"]).output
    for name in ("chat", "mcp"):
        log = ProgramLog(tmp_path / "logs", name)
        for number in range(3):
            log.line(f"{name} {number}")
        log.line("\x1b[2Jpainted")
        log.close()
    assert CliRunner().invoke(app, ["logs", "chat", "-n", "2"]).output == "chat 2\n\\x1b[2Jpainted\n"
    everything = CliRunner().invoke(app, ["logs"]).output.splitlines()
    assert everything[-2].split() == ["chat", "chat", "2"]
    assert "mcp       mcp 0" in everything


def test_the_check_up_names_what_is_down_and_whose_port_is_taken(tmp_path: Path) -> None:
    with telling(tmp_path, lambda: STATE):
        found = list(look_at_running(tmp_path, ()))
    assert [(one.name, one.state) for one in found] == [("mcp", "bad")]
    assert "its port is taken" in found[0].sentence
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        at = Listener("127.0.0.1", port, "MCP_SERVER_PORT")
        assert [one.state for one in look_at_running(tmp_path, (at,))] == ["unknown", "bad"]
    assert [one.state for one in look_at_running(tmp_path, (at,))] == ["unknown", "ok"]


def test_the_first_signal_stops_and_those_that_follow_only_hurry() -> None:
    hurried: list[int] = []

    def work_until_signals() -> None:
        with stop_on_signals() as again:
            again.append(lambda: hurried.append(1))
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work_until_signals()
    assert hurried == [1, 1]


def test_all_are_stopped_and_what_was_started_last_is_stopped_first(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, lambda _: None)
    waits = ("--bind", "127.0.0.1", "0")
    names = (UpProgram.MCP, UpProgram.CHAT, UpProgram.WORKER)
    started = [supervisor.start(Program(name, name, "http.server", waits)) for name in names]
    pids = [one.pid for one in started if one.pid is not None]
    supervisor.close()
    assert len(pids) == len(names)
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert [one.state for one in started] == ["stopped"] * len(names)
    since = [one.since for one in started]
    assert since == sorted(since, reverse=True)


def test_an_output_that_nobody_takes_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, gone = os.pipe()
    os.close(reader)
    # Closing them would fail if they held what could not be written.
    with (
        (tmp_path / "out").open("w") as file,
        Path("/dev/full").open("w") as full,
        os.fdopen(gone, "w") as pipe,
    ):
        for output in (full, pipe, file):
            monkeypatch.setattr("sys.stdout", output)
            Console(file=cast(IO[str], PatientOutput())).print("said")
    assert (tmp_path / "out").read_text() == "said\n"


@pytest.mark.parametrize("name", ["up.lock", "up.socket", "logs"])
def test_what_stands_where_a_file_of_ours_belongs_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch() if name == "logs" else (tmp_path / name).mkdir()

    def begin() -> None:
        with only_one(tmp_path), telling(tmp_path, lambda: STATE):
            ProgramLog(tmp_path / "logs", "chat")

    with pytest.raises(DataFolderError, match=name.replace("up.socket", "OWFLEX_HOME")):
        begin()
    assert list(Tail(tmp_path / name / "chat.log").new_lines()) == []
