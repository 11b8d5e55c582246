"""`owflex up`: Postgres, the MCP server, the chat and a worker together, as processes of their own."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

from database.process import listen
from owflex.errors import ProgramFailedError

SECONDS_TO_STOP = 35
SECONDS_TO_START = 300
SECONDS_BETWEEN_LOOKS = 0.25
LAST_LOG_LINES = 5
# The programs are on this machine: no proxy of the environment is asked.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Program:
    """One of the programs that run: its module, the arguments, and where it listens, if it does."""

    module: str
    arguments: Sequence[str] = ()
    listens: "Listener | None" = None


@dataclass(frozen=True)
class Listener:
    """Where a program listens, and the setting that moves its port."""

    host: str
    port: int
    port_setting: str

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"


@dataclass(frozen=True)
class Running:
    """A started program and the file its output goes to."""

    program: Program
    process: "subprocess.Popen[bytes]"
    log: Path


def check_port(program: Program) -> None:
    """Raise `PortTakenError` when the program could not listen."""
    if (at := program.listens) is not None:
        listen(at.host, at.port, at.port_setting).close()


@contextmanager
def running(programs: list[Program], log_folder: Path) -> Generator[list[Running]]:
    """The programs, started in this order and stopped in the reverse one."""
    log_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        yield [stack.enter_context(_started(program, log_folder)) for program in programs]


def wait_until_ready(started: list[Running], on_wait: Callable[[str], None]) -> None:
    """Return when every program says that it can serve; tells `on_wait` what is missing.

    Raises `ProgramFailedError` when one ends or does not get ready.
    """
    give_up = time.monotonic() + SECONDS_TO_START
    for one in started:
        while (missing := _missing(one)) is not None:
            _check_alive(one)
            if time.monotonic() > give_up:
                raise ProgramFailedError(
                    f"{one.program.module} is not getting ready: {missing}. Its log: {one.log}"
                )
            on_wait(f"{one.program.module}: {missing}")
            time.sleep(SECONDS_BETWEEN_LOOKS)


def watch(started: list[Running]) -> NoReturn:
    """Wait until a program ends by itself, which raises `ProgramFailedError`."""
    while True:
        for one in started:
            _check_alive(one)
        time.sleep(1)


@contextmanager
def stop_on_signals() -> Generator[None]:
    """Ctrl+C, SIGTERM and SIGHUP leave the block, so that everything that was started is stopped.

    SIGINT is named too: a shell starts background programs with it switched off.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _started(program: Program, log_folder: Path) -> Generator[Running]:
    log = log_folder / f"{program.module}.log"
    with log.open("wb") as output:
        process = _popen(program, output)
    try:
        yield Running(program, process, log)
    finally:
        _stop(process)


def _popen(program: Program, output: IO[bytes]) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl+C in the terminal reaches the supervisor only, which stops all in order.
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "owflex.supervised_program", program.module, *program.arguments],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _check_alive(one: Running) -> None:
    code = one.process.poll()
    if code is not None:
        raise ProgramFailedError(f"{one.program.module} ended (exit code {code}). {_last_words(one.log)}")


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return "\n".join([*lines[-LAST_LOG_LINES:], f"Its log: {log}"])


def _missing(one: Running) -> str | None:
    """What the program says is missing; None when it is ready, or listens nowhere."""
    if one.program.listens is None:
        return None
    try:
        with DIRECT.open(f"{one.program.listens.url}/ready", timeout=5):
            return None
    except urllib.error.HTTPError as error:
        return _reasons(error.read())
    except (OSError, TimeoutError):
        return "starting"


def _reasons(body: bytes) -> str:
    try:
        state: dict[str, Any] = json.loads(body)
    except ValueError:
        return "starting"
    return ", ".join(f"{part} {said}" for part, said in state.items() if part != "ready" and said != "ok")


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
