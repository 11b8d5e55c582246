"""Programs as processes of their own, and the embedded Postgres: kept running and looked at together."""

import logging
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from database.embedded import postgres_log, ready_postgres
from owflex.supervision.names import UpProgram
from owflex.supervision.program_log import ProgramLog, last_line
from owflex.supervision.programs import Program
from owflex.supervision.supervised import State, Supervised


@dataclass(frozen=True)
class ProgramState:
    """How a program is: since when it is so, how often it was started again, and the last it has logged."""

    name: UpProgram
    state: State
    since: float
    restarts: int
    memory_bytes: int
    pid: int | None
    last_line: str


class Supervisor:
    """Keeps programs running, each for itself: what one dies of does not concern the others."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._programs: list[Supervised] = []
        self._postgres: PostgresWatch | None = None

    def start(self, program: Program, on_line: Callable[[str], None] | None = None) -> Supervised:
        """Start a program and keep it running; `on_line` hears all that it writes."""
        one = Supervised(program, ProgramLog(self._logs, program.name, on_line), self._say)
        self._programs.append(one)
        one.start()
        return one

    def watch_postgres(self, folder: Path) -> None:
        """Look after the embedded Postgres of a data folder too; its users start it again themselves."""
        self._postgres = PostgresWatch(folder, self._say)

    def look(self) -> None:
        """See what has changed, and start again what has died."""
        if self._postgres is not None:
            self._postgres.look()
        for one in self._programs:
            one.look()

    def close(self) -> None:
        """Stop everything, what was started last first; what answers nobody is told at once."""
        for one in self._programs:
            if one.program.listens is None:
                one.tell_to_stop()
        while self._programs:
            one = self._programs[-1]
            one.stop()
            one.log.close()
            self._programs.pop()

    def hurry(self) -> None:
        """Tell all that still run to stop once more: they do not wait for what is in work then."""
        for one in self._programs:
            # Cut off in the middle of something, it complains.
            one.log.hush()
            one.tell_to_stop()

    def states(self) -> Sequence[ProgramState]:
        """How all of them are right now."""
        states = [_state_of(one) for one in self._programs]
        return states if self._postgres is None else [self._postgres.state(), *states]


class PostgresWatch:
    """Notices when the embedded Postgres dies and when it is back."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._process = ready_postgres(folder)
        self._since = time.time()
        self._down_since: float | None = None
        self._restarts = 0

    def look(self) -> None:
        """Say what has changed."""
        found = ready_postgres(self._folder)
        if found == self._process:
            return
        self._since = time.time()
        if found is None:
            self._down_since = time.monotonic()
            self._say("Postgres has ended. It is started again.")
        else:
            self._restarts += 1
            self._say(f"Postgres runs again{self._after()}.")
        self._process = found

    def state(self) -> ProgramState:
        """How it is."""
        process = self._process
        return ProgramState(
            name=UpProgram.POSTGRES,
            state="down" if process is None else "running",
            since=self._since,
            restarts=self._restarts,
            memory_bytes=_memory_of(None if process is None else process.pid),
            pid=None if process is None else process.pid,
            last_line=last_line(postgres_log(self._folder)),
        )

    def _after(self) -> str:
        if self._down_since is None:
            return " after its end"
        seconds = time.monotonic() - self._down_since
        self._down_since = None
        return f" after {seconds:.1f} s"


class SayingHandler(logging.Handler):
    """Hands what is logged on as a line for the user."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        self._say(record.getMessage())


@contextmanager
def stop_on_signals() -> Generator[list[Callable[[], None]]]:
    """Ctrl+C, SIGTERM and SIGHUP leave the block, so that everything that was started is stopped.

    Those that follow do not interrupt the stopping; they call what is in the list. SIGINT is named too: a
    shell starts background programs with it switched off.
    """
    again: list[Callable[[], None]] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    has_come = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal has_come
        if has_come:
            for act in again:
                act()
            return
        has_come = True
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield again
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _state_of(one: Supervised) -> ProgramState:
    return ProgramState(
        name=one.program.name,
        state=one.state,
        since=one.since,
        restarts=one.restarts,
        memory_bytes=_memory_of(one.pid),
        pid=one.pid,
        last_line=one.reason if one.state == "down" else (one.log.last_words.splitlines() or [""])[-1],
    )


def _memory_of(pid: int | None) -> int:
    """Resident memory of a process and those it has started; what they share counts for each."""
    if pid is None:
        return 0
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += one.memory_info().rss
    return total
