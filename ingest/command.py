"""`owflex ingest` and `python -m ingest`: the pipeline with a progress bar and a table at the end."""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from database.errors import DatabaseError
from database.home import open_data_folder
from database.process import setting_problems
from ingest.errors import IngestError
from ingest.pipeline import Job, Report, ingest_path, open_ingest_pool
from ingest.settings import IngestSettings
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.place import knowledge_base_url, migrate_knowledge_base

ALL_GOOD, NOT_STARTED, SOME_FAILED = 0, 1, 2
MOST_PROBLEMS = 50

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def run_ingest(paths: Sequence[Path], *, collection: str, name: str | None) -> int:
    """Ingest the paths and print what happened; 0 all good, 1 could not start, 2 some files failed."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        settings = IngestSettings(_env_file=".env")  # pyright: ignore[reportCallIssue]
        started = time.monotonic()
        with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
            report = asyncio.run(_ingest(settings, url, paths, collection, name))
    except (DatabaseError, KnowledgeBaseError, IngestError) as error:
        errors.print(f"[red]{escape(str(error))}[/red]")
        return NOT_STARTED
    except ValidationError as error:
        errors.print(f"[red]{escape(chr(10).join(setting_problems(error)))}[/red]")
        return NOT_STARTED
    _show(report, time.monotonic() - started)
    return SOME_FAILED if report.failed else ALL_GOOD


async def _ingest(
    settings: IngestSettings, url: str, paths: Sequence[Path], collection: str, name: str | None
) -> Report:
    await migrate_knowledge_base(url)
    job = Job(
        collection, settings.ingest_max_file_bytes, SentenceTransformerEmbedder(settings.embedding_model)
    )
    report = Report()
    async with open_ingest_pool(url) as pool:
        with _progress() as progress:
            for path in paths:
                task = progress.add_task(escape(path.name or str(path)), total=None)
                report.files += await ingest_path(
                    pool,
                    job,
                    path,
                    name,
                    on_plan=lambda total, task=task: progress.update(task, total=total),
                    on_file=lambda file, task=task: progress.advance(task),
                )
    return report


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _show(report: Report, seconds: float) -> None:
    table = Table("added", "updated", "unchanged", "failed", "chunks", "seconds")
    table.add_row(
        str(report.count("added")),
        str(report.count("updated")),
        str(report.count("unchanged")),
        str(report.count("failed")),
        str(report.chunks),
        f"{seconds:.1f}",
    )
    console.print(table)
    if not report.files:
        console.print("No file of a known type was found there (Markdown, text, HTML).")
    problems = [file for file in report.files if file.reason]
    for file in problems[:MOST_PROBLEMS]:
        color = "red" if file.outcome == "failed" else "yellow"
        console.print(f"[{color}]{escape(file.source)}[/{color}]: {escape(file.reason or '')}")
    if len(problems) > MOST_PROBLEMS:
        console.print(f"… and {len(problems) - MOST_PROBLEMS} more.")
