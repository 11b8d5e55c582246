"""`owflex ingest PATH…` and `owflex ingest sync PATH…`: runs with a progress bar and a table at the end."""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from database.errors import DatabaseError
from database.home import open_data_folder
from database.settings import read_settings
from ingest.cli.display import SECONDS_BETWEEN_LINES, Display, print_report, report_as_json
from ingest.cli.metadata_option import parse_metadata
from ingest.errors import IngestError, OptionError, PathMissingError
from ingest.ingestion import Ingestion, Wanted, is_url, open_ingestion, spool_folder
from ingest.jobs.queue import open_queue
from ingest.origins import Options
from ingest.planning import Step, steps
from ingest.report import FileReport, Report
from ingest.settings import IngestSettings
from ingest.sync_run import SyncTask, planned, run_sync
from knowledge_base.bootstrap import embedder_for, knowledge_base_url, migrate_knowledge_base
from knowledge_base.errors import KnowledgeBaseError
from parsing.errors import FileProblemError
from parsing.formats import MODULES
from serving.exit_codes import exit_code_of
from serving.terminal import LINE_CONTROLS, Console, escape, escape_line

ALL_GOOD, NOT_DONE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 130
STDIN = "-"
WATCH_TICK_MS = 500

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class RunOptions:
    """How a run is shown, and what it does besides."""

    as_json: bool = False
    dry_run: bool = False
    watch: bool = False
    queue: bool = False
    media_type: str | None = None
    language: str | None = None
    seconds_between_lines: float = SECONDS_BETWEEN_LINES


def in_plain_words(run: Callable[[IngestSettings], int]) -> int:
    """The exit code of `run`; 1 after an error whose text is for the user, 130 after Ctrl+C or SIGTERM."""
    _hear_signals()
    try:
        return exit_code_of(
            lambda: run(read_settings(IngestSettings)),
            DatabaseError,
            KnowledgeBaseError,
            IngestError,
            FileProblemError,
        )
    except KeyboardInterrupt:
        errors.print("Stopped. What was stored is kept; the same command goes on from there.")
        return INTERRUPTED


def _hear_signals() -> None:
    # A shell in the background has its programs ignore Ctrl+C; and being ended is as good a reason to stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    # As Ctrl+C, which asyncio hears between two steps. An error raised at any place can be lost there.
    signal.raise_signal(signal.SIGINT)


def run_ingest(paths: Sequence[str], wanted: Callable[[], Wanted], options: RunOptions) -> int:
    """Ingest or sync the paths and print what happened; `wanted` may raise `OptionError`.

    0 all good, 1 could not start or go on, 2 some files failed, 130 stopped by Ctrl+C.
    """
    return in_plain_words(lambda settings: _run(settings, paths, wanted(), options))


def _run(settings: IngestSettings, paths: Sequence[str], wanted: Wanted, options: RunOptions) -> int:
    _check(paths, wanted, options)
    report = Report()
    quiet = options.as_json or options.dry_run
    display = Display(console, report, quiet=quiet, seconds_between_lines=options.seconds_between_lines)
    folder = open_data_folder(settings.owflex_home)
    try:
        with knowledge_base_url(settings, folder) as url, display:
            asyncio.run(_ingest(settings, url, display, paths, wanted, options))
    except KeyboardInterrupt:
        if not options.watch:
            _show(report, display.seconds, options)
        raise
    _show(report, display.seconds, options)
    return SOME_FAILED if report.counts["failed"] else ALL_GOOD


def _check(paths: Sequence[str], wanted: Wanted, options: RunOptions) -> None:
    # Else it would be the folder one is in: what a variable without a value gives in a script.
    if not all(path.strip() for path in paths):
        raise OptionError("A path is empty. Name a folder, a file or an address; this folder is called .")
    for option, name in (("--collection", wanted.collection), ("--name", wanted.name)):
        if name is not None and (not name.strip() or LINE_CONTROLS.search(name)):
            raise OptionError(f"{option} must be a name, without line breaks and control characters.")
    if options.watch and (len(paths) != 1 or is_url(paths[0])):
        raise OptionError("--watch needs exactly one folder or file.")
    if options.media_type is not None and options.media_type not in MODULES:
        raise OptionError(
            f"--type is not a media type that can be read. Known are: {', '.join(sorted(MODULES))}."
        )
    if STDIN in paths and options.queue:
        raise OptionError("A text from standard input cannot be left to workers; leave --queue out.")
    if STDIN in paths and (wanted.removals or wanted.name is None):
        raise OptionError(
            "A text from standard input needs a name, for example: owflex ingest - --name notes.md"
        )


async def _ingest(
    settings: IngestSettings,
    url: str,
    display: Display,
    paths: Sequence[str],
    wanted: Wanted,
    options: RunOptions,
) -> None:
    await migrate_knowledge_base(url)
    embedder = await embedder_for(settings, url)
    async with open_ingestion(settings, url, embedder, display, display.report) as ingestion:
        if not options.dry_run:
            await ingestion.prepare(wanted.collection, options.language)
        if options.watch:
            await _watch(ingestion, display, Path(paths[0]), wanted)
            return
        for path in paths:
            with spool_folder() as spool:
                await _one_path(ingestion, display, path, wanted, options, spool)
        if not (options.dry_run or options.queue):
            display.report.begin()
            await ingestion.finish()
            display.report.is_complete = True


async def _one_path(
    ingestion: Ingestion, display: Display, path: str, wanted: Wanted, options: RunOptions, spool: Path
) -> None:
    display.begin("standard input" if path == STDIN else path)
    try:
        task = await _task(ingestion, path, wanted, options, spool)
    except FileProblemError as error:
        display.file(FileReport(path, "failed", reason=str(error)))
        return
    if options.dry_run:
        await _print_plan(ingestion, task, display, as_json=options.as_json)
    elif options.queue:
        async with open_queue(ingestion.database.url) as queue:
            if is_url(path):
                await queue.add_origin(task.scope.origin, removals=wanted.removals)
            else:
                await run_sync(ingestion.database, task, queue.add, display)
    else:
        await run_sync(ingestion.database, task, ingestion.pipeline.process, display)


async def _task(
    ingestion: Ingestion, path: str, wanted: Wanted, options: RunOptions, spool: Path
) -> SyncTask:
    if path == STDIN:
        limit = ingestion.settings.ingest_max_file_bytes
        data = await asyncio.to_thread(sys.stdin.buffer.read, limit + 1)
        return await ingestion.text_task(data, wanted, spool, media_type=options.media_type)
    if is_url(path):
        return await ingestion.web_task(path, wanted, spool)
    return await ingestion.folder_task(Path(path), wanted)


async def _print_plan(ingestion: Ingestion, task: SyncTask, display: Display, *, as_json: bool) -> None:
    """What would be done; nothing is changed."""
    async with planned(ingestion.database, task, display) as connection:
        async for step in steps(connection, ["added", "updated", "moved", "removed", "failed"]):
            display.file(FileReport(step.source, step.outcome, reason=step.reason))
            if not as_json:
                console.print(_plan_line(step), soft_wrap=True)


def _plan_line(step: Step) -> str:
    before = f" (from {escape_line(step.old_source or '')})" if step.outcome == "moved" else ""
    return f"{step.outcome:8} {escape_line(step.source)}{before}"


async def _watch(ingestion: Ingestion, display: Display, path: Path, wanted: Wanted) -> None:
    """Sync now and after every change, until Ctrl+C."""
    from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType]

    if not await asyncio.to_thread(path.exists):
        raise PathMissingError(path)
    # It gives an empty set as soon as it watches: what changes during the first sync is not missed.
    first = True
    await ingestion.vectors.wake_if_left_alone()
    async for changes in awatch(path, rust_timeout=WATCH_TICK_MS, yield_on_timeout=True):
        if not (changes or first):
            continue
        report = display.report = Report()
        # The watcher of the pipeline counts into the display, the walk into the ingestion's report.
        current = replace(ingestion, report=report)
        display.begin(str(path))
        try:
            task = await current.folder_task(path, wanted if first else replace(wanted, moved=False))
            await run_sync(current.database, task, current.pipeline.process, display)
        except IngestError as error:
            errors.print(f"[red]{escape(str(error))}[/red]")
        print_report(console, report, display.seconds)
        if first:
            console.print(f"Watching {escape_line(str(path))}. Ctrl+C stops.")
        first = False


def _show(report: Report, seconds: float, options: RunOptions) -> None:
    if options.as_json:
        console.print(report_as_json(report, seconds), markup=False, soft_wrap=True)
    else:
        print_report(console, report, seconds)


def options_of(
    include: Sequence[str], exclude: Sequence[str], meta: Sequence[str], *, forget: bool
) -> Options | None:
    """What the command line says about the origin; None when it says nothing: then the last run counts."""
    if not (include or exclude or meta or forget):
        return None
    return Options(list(include), list(exclude), parse_metadata(meta))
