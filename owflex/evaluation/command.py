"""What the commands of `owflex evaluate` do: figures on standard output, progress and warnings beside."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from knowledge_base.search import Mode
from owflex.evaluation.batch_search import Report
from owflex.evaluation.comparison import Comparison, compare
from owflex.evaluation.corpus import read_test_set
from owflex.evaluation.errors import BadFileError, EvaluationError
from owflex.evaluation.measurement import (
    Measurement,
    Summary,
    as_json,
    print_json,
    read_saved,
    save,
    summarize,
)
from owflex.evaluation.plotting import write_plot
from owflex.evaluation.question_file import read_questions
from owflex.evaluation.report_tables import show_comparison, show_measurement
from owflex.evaluation.reports import keep_report
from owflex.evaluation.search_measurement import measure_questions, measure_test_set, result_of_test_set
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape

BAD_FILE = 2
WORSE = 3
MAX_WARNINGS = 10
# A line of progress on a file of logs, not one for every batch.
SECONDS_BETWEEN_LINES = 2.0

output = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Wanted:
    """What becomes of a measurement."""

    as_json: bool = False
    plot: Path | None = None
    baseline: Path | None = None
    save: Path | None = None


def run_questions(path: Path, *, collection: str | None, mode: Mode, wanted: Wanted) -> int:
    """Measure with labelled questions, print the figures; the exit code (2: a wrong file, 3: worse)."""

    def run() -> int:
        before = read_saved(wanted.baseline) if wanted.baseline else None
        questions = read_questions(path)
        measurement, warnings = measure_questions(questions, collection, mode, progress())
        _warn(warnings)
        return _finish(measurement, before, wanted, collection=collection)

    return exit_code_of_files(run)


def run_test_set(corpus: Path, queries: Path, qrels: Path, *, mode: Mode, wanted: Wanted) -> int:
    """Measure with a test set in a database of its own; exit codes as of `run_questions`."""

    def run() -> int:
        before = read_saved(wanted.baseline) if wanted.baseline else None
        result = measure_test_set(read_test_set(corpus, queries, qrels), mode, progress())
        return _finish(result.measurement, before, wanted, result_of_test_set(result))

    return exit_code_of_files(run)


def exit_code_of_files(run: Callable[[], int]) -> int:
    """The exit code of `run`, after one sentence about what went wrong; 2 when it is a file."""

    def checked() -> int:
        try:
            return run()
        except BadFileError as error:
            notes.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
            return BAD_FILE

    return exit_code(checked)


def progress() -> Report:
    """Reports on standard error: at most a line every two seconds, and the last one."""
    reported = 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal reported
        if done == total or time.monotonic() - reported >= SECONDS_BETWEEN_LINES:
            reported = time.monotonic()
            notes.print(f"{what}: {done} of {total}")

    return report


def _finish(
    measurement: Measurement,
    before: Measurement | None,
    wanted: Wanted,
    figures: dict[str, Any] | None = None,
    collection: str | None = None,
) -> int:
    if wanted.save:
        save(measurement, wanted.save)
    summary = summarize(measurement)
    _keep(measurement, summary, collection, test_set=figures is not None)
    comparison = compare(before, measurement) if before else None
    if wanted.as_json:
        print_json({**(figures or as_json(measurement, summary)), **_compared(comparison)})
    else:
        if figures:
            output.print(_table(figures))
        show_measurement(output, measurement, summary)
        if comparison:
            show_comparison(output, comparison)
    if wanted.plot:
        write_plot(summary, wanted.plot)
    return WORSE if comparison and comparison.worse else 0


def _keep(measurement: Measurement, summary: Summary, collection: str | None, *, test_set: bool) -> None:
    try:
        keep_report(measurement, summary, collection=collection, test_set=test_set)
    except EvaluationError as error:
        # The figures are what was asked for; they come without it.
        notes.print(f"[yellow]{escape(str(error))}[/yellow]", soft_wrap=True)


def _compared(comparison: Comparison | None) -> dict[str, Any]:
    return {} if comparison is None else {"comparison": comparison.as_json()}


def _table(figures: dict[str, Any]) -> Table:
    table = Table("test set", Column(justify="right"))
    for name in ("documents", "chunks", "queries", "seconds"):
        table.add_row(name, str(figures[name]))
    for name, value in figures.get("unanswerable", {}).items():
        if isinstance(value, float):
            table.add_row(f"unanswerable: {name.replace('_', ' ')}", f"{value:.3f}")
    return table


def _warn(warnings: list[str]) -> None:
    for warning in warnings[:MAX_WARNINGS]:
        notes.print(f"[yellow]{escape(warning)}[/yellow]")
    if len(warnings) > MAX_WARNINGS:
        notes.print(f"[yellow]… and {len(warnings) - MAX_WARNINGS} more labels that fit nothing.[/yellow]")
