"""What a person, or a program, sees of a run."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from ingest.cli.progress_lines import progress_lines
from ingest.report import OUTCOMES, FileReport, Outcome, Report
from ingest.sources.loading import LOCK_FILES
from serving.terminal import Console, escape, escape_line, json_line

MAX_PROBLEMS_SHOWN = 50
SECONDS_BETWEEN_LINES = 10.0


class Display:
    """Counts a run and shows its progress: on a terminal a bar, elsewhere a line every so many seconds."""

    def __init__(
        self,
        console: Console,
        report: Report,
        *,
        quiet: bool,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
    ) -> None:
        self._console = console
        self.report = report
        self._started = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
            # Drawing takes time from the model.
            refresh_per_second=4,
        )
        self._quiet = quiet
        self._lines = ExitStack()
        self._seconds_between_lines = seconds_between_lines
        self._task: TaskID | None = None
        self._scanned = 0
        self._following = False
        self._working_since = time.monotonic()

    def __enter__(self) -> Self:
        self._progress.start()
        if not (self._quiet or self._console.is_terminal):
            self._lines.enter_context(progress_lines(self._seconds_between_lines, self._line, self._say))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lines.close()
        self._progress.stop()

    def _line(self) -> str | None:
        if self._task is None:
            return None
        task = self._progress.tasks[self._task]
        unit = "passages" if self._following else "files"
        total = "" if task.total is None else f" of {task.total:.0f}"
        done = f"{task.description}: {task.completed:.0f}{total} {unit}"
        return ", ".join(filter(None, (done, task.fields["rate"])))

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return time.monotonic() - self._started

    def begin(self, name: str) -> None:
        """A new path of the command line."""
        self._scanned, self._following = 0, False
        self.report.begin()
        self._task = self._progress.add_task(f"Looking at {escape_line(name)}", total=None, rate="")

    def waiting(self, name: str) -> None:
        """Another run is working on the same folder; this one waits."""
        self._say(f"Another run is working on {escape_line(name)}; this one waits for it.")

    def scanned(self, files: int) -> None:
        """So many files were looked at."""
        self._scanned += files
        self._update(completed=self._scanned)

    def planned(self, counts: Mapping[Outcome, int]) -> None:
        """This is to be done; what is unchanged is done."""
        todo = sum(count for outcome, count in counts.items() if outcome != "unchanged")
        self.report.planned(counts.get("unchanged", 0))
        self._working_since = time.monotonic()
        self._update(description="Ingesting", total=todo, completed=0)

    def embedded(self, chunks: int, reused: int) -> None:
        """So many more chunks have their vectors."""
        self.report.embedded += chunks - reused
        self.report.reused += reused
        rate = self.report.embedded / max(time.monotonic() - self._working_since, 0.1)
        self._update(rate=f"{self.report.embedded} chunks embedded, {rate:.0f}/s")
        if self._following and self._task is not None:
            self._progress.advance(self._task, chunks)

    def following(self, passages: int) -> None:
        """All files are found by their words; these passages are found by meaning next."""
        self._following = True
        self._update(description="Meaning follows", total=passages, completed=0)

    def file(self, report: FileReport) -> None:
        """A file is done."""
        self.report.add(report)
        if self._task is not None:
            self._progress.advance(self._task)

    def retrying(self, reason: str) -> None:
        """Postgres is away; the run goes on when it is back."""
        self.report.restart()
        self._say(f"[yellow]Postgres is out of reach ({escape(reason)}); trying again.[/yellow]")

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._progress.console.print(text, soft_wrap=not self._console.is_terminal)

    def _update(self, **fields: Any) -> None:
        if self._task is not None:
            self._progress.update(self._task, **fields)


def print_report(console: Console, report: Report, seconds: float) -> None:
    """The final table and the files with problems."""
    outcomes: list[Outcome] = [
        outcome for outcome in OUTCOMES if outcome != "queued" or report.counts["queued"]
    ]
    table = Table(*outcomes, "chunks", "seconds")
    counts = (str(report.counts[outcome]) for outcome in outcomes)
    table.add_row(*counts, str(report.chunks), f"{seconds:.1f}")
    console.print(table)
    if report.awaiting:
        console.print(
            f"Passages found by their words so far: {report.awaiting}; they are found by meaning later."
        )
    if report.reused:
        console.print(f"Chunks that kept the vector of an equal text: {report.reused}.")
    unknown = Counter(report.left_out)
    locks = unknown.pop(LOCK_FILES, 0)
    if unknown:
        console.print(f"Left out because their type is not known: {_kinds(unknown)}.")
    if locks:
        console.print(f"Lock files of documents that were open in an office program, left out: {locks}.")
    if not report.counts.total():
        console.print("No file of a known type was found there.")
    # What could not be read at all goes before what only lacks a part.
    problems = sorted(report.problems, key=lambda problem: problem.outcome != "failed")
    for problem in problems[:MAX_PROBLEMS_SHOWN]:
        color = "red" if problem.outcome == "failed" else "yellow"
        console.print(f"[{color}]{escape_line(problem.source)}[/{color}]: {escape(problem.reason or '')}")
    if len(report.problems) > MAX_PROBLEMS_SHOWN:
        console.print(f"… and {len(report.problems) - MAX_PROBLEMS_SHOWN} more; --json shows them.")


def report_as_json(report: Report, seconds: float) -> str:
    """The same for programs: counts, problems, what was left out."""
    return json_line(
        {
            **{str(outcome): report.counts[outcome] for outcome in OUTCOMES},
            "chunks": report.chunks,
            "chunks_embedded": report.embedded,
            "chunks_reused": report.reused,
            "chunks_awaiting_vectors": report.awaiting,
            "left_out": dict(report.left_out),
            "problems": [
                {"source": problem.source, "outcome": problem.outcome, "reason": problem.reason}
                for problem in report.problems
            ],
            "seconds": round(seconds, 1),
        }
    )


def _kinds(left_out: Counter[str]) -> str:
    return ", ".join(f"{ending} {count}" for ending, count in left_out.most_common())
