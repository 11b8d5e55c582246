"""One program that is kept running: started, watched, started again when it dies, stopped."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Literal

from database.errors import PortTakenError
from owflex.supervision.program_log import ProgramLog
from owflex.supervision.programs import Program

State = Literal["starting", "running", "down", "done", "stopped"]
SECONDS_TO_STOP = 35
MAX_SECONDS_BETWEEN_STARTS = 15.0
# One that has run so long was well: what it dies of then is news.
SECONDS_TO_BE_WELL = 10.0
MAX_LINE_BYTES = 100_000


@dataclass
class Supervised:
    """A program and its process; `say` hears in one line what happened to it."""

    program: Program
    log: ProgramLog
    say: Callable[[str], None]
    state: State = "stopped"
    since: float = field(default_factory=time.time)
    restarts: int = 0
    reason: str = ""
    _process: "subprocess.Popen[bytes] | None" = None
    _is_told_to_stop: bool = False
    _reader: threading.Thread | None = None
    _started: float = 0.0
    _down_since: float | None = None
    _failures: int = 0
    _next_start: float = 0.0

    @property
    def pid(self) -> int | None:
        """The number of its process, while there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it; when its port is taken, that is said, and tried again later."""
        try:
            if self.program.listens is not None:
                self.program.listens.check_free()
            process = _popen(self.program)
        except (PortTakenError, OSError) as error:
            self._goes_down(str(error), f"cannot start: {error} It is tried again.")
            return
        os.setpriority(os.PRIO_PROCESS, process.pid, self.program.niceness)
        self.log.begin(f"process {process.pid}")
        self._reader = threading.Thread(target=_read, args=(process.stdout, self.log), daemon=True)
        self._reader.start()
        self._process, self._started = process, time.monotonic()
        self._becomes("running" if self.program.listens is None else "starting")

    def look(self) -> None:
        """See whether it is still there, start it when it is to be started again, and say when it is back."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self._ended(code)
        elif self.state == "down" and time.monotonic() >= self._next_start:
            self.restarts += 1
            self.start()
        elif self.state in ("starting", "running"):
            self._see_whether_it_is_up()

    def tell_to_stop(self) -> None:
        """Let it begin to end."""
        self._is_told_to_stop = True
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """End it, in good order if it can within half a minute."""
        if not self._is_told_to_stop:
            self.tell_to_stop()
        if self._process is not None:
            try:
                self._process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._let_go(self._process)
        self._becomes("stopped")

    def _ended(self, code: int) -> None:
        assert self._process is not None
        self._let_go(self._process)
        # One that ends by itself has said why.
        last_words = self.log.last_words if code > 0 else ""
        if code in self.program.good_codes:
            self._becomes("done")
        elif last_words:
            self._goes_down(last_words, f"has ended: {last_words} It is started again.")
        else:
            self._goes_down(_how(code), f"{_how(code)}. It is started again.", is_news=code < 0)

    def _goes_down(self, reason: str, what: str, *, is_news: bool = False) -> None:
        """What fails in the same way again and again is said once."""
        if self.state != "down" and time.monotonic() - self._started > SECONDS_TO_BE_WELL:
            self._failures, is_news = 0, True
        if is_news or reason != self.reason:
            self.say(f"{self.program.title} {what}")
        self._down_since = self._down_since or time.monotonic()
        self._next_start = time.monotonic() + pause_after(self._failures)
        self._failures += 1
        self.reason = reason
        self._becomes("down")

    def _see_whether_it_is_up(self) -> None:
        listens = self.program.listens
        if self.state == "starting" and listens is not None and listens.is_answering():
            self._becomes("running")
            if self._down_since is not None:
                seconds = time.monotonic() - self._down_since
                self.say(f"{self.program.title} answers again after {seconds:.1f} s.")
            self._down_since = None
        if self.state == "running" and time.monotonic() - self._started > SECONDS_TO_BE_WELL:
            self._down_since, self.reason = None, ""

    def _becomes(self, state: State) -> None:
        if state != self.state:
            self.state, self.since = state, time.time()

    def _let_go(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if self._reader is not None:
            # Its children may still hold the other end.
            self._reader.join(1)
        self._process = None


def pause_after(failures: int) -> float:
    """Seconds until the next start after so many that failed: none, 1, 2, 4 … and never more than 15."""
    return min(2.0 ** (failures - 1), MAX_SECONDS_BETWEEN_STARTS) if failures else 0.0


def _popen(program: Program) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl+C in the terminal reaches the supervisor only, which stops all in order.
    return subprocess.Popen(  # noqa: S603
        [
            sys.executable,
            "-P",
            "-m",
            "owflex.supervision.supervised_program",
            program.module,
            *program.arguments,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _read(output: IO[bytes], log: ProgramLog) -> None:
    while line := output.readline(MAX_LINE_BYTES):
        log.line(line.decode("utf-8", "replace"))


def _how(code: int) -> str:
    if code >= 0:
        return f"has ended (exit code {code})"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
