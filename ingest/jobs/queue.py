"""Ingestion on more than one machine: jobs on procrastinate, whose tables are in the same Postgres.

A run puts one job a file on the queue; workers anywhere take them. Workers must see the files under the same
paths (a shared disk), and share nothing else but the database.
"""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued

from database.migrations import ADVISORY_LOCK
from ingest.errors import IngestError
from ingest.ingestion import Ingestion, Wanted, spool_folder
from ingest.jobs.problems import Problems, remember_problems
from ingest.jobs.uploads import TRY_AGAIN, do_uploads, queue_forgotten, remove_old_uploads
from ingest.jobs.worker import (
    PACE,
    RESCUE,
    Pace,
    PatientConnector,
    rescue_soon,
    until_replaced,
    work_until_stopped,
)
from ingest.origins import Origin, all_origins, find_origin
from ingest.pipeline import Done, FileToIngest
from ingest.report import FileReport
from ingest.sync_run import run_sync
from knowledge_base.embedding_spaces import count_awaiting
from parsing.errors import FileProblemError

logger = logging.getLogger("ingest")

QUEUE = "ingest"
KEEP_FINISHED_HOURS = 24
# How often a job is begun again after Postgres was away.
MAX_ATTEMPTS = 6


@dataclass(frozen=True)
class QueueStatus:
    """Jobs by status, workers that are alive, and what could not be brought in.

    A job is a file, or an origin that a worker looks through. `awaiting` passages have no vector yet.
    """

    todo: int
    doing: int
    succeeded: int
    failed: int
    workers: int
    awaiting: int
    problems: Mapping[str, str]


class Queue:
    """Puts work on the queue."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def add(self, file: FileToIngest) -> Done:
        """One file; nothing happens when it waits there already."""
        key = f"{file.collection}/{file.source}"
        job = self._app.configure_task("ingest:file", queue=QUEUE, lock=key, queueing_lock=key)
        try:
            await job.defer_async(**{**asdict(file), "given": dict(file.given)})
        except AlreadyEnqueued:
            logger.info("%s waits already.", key)
        return Done(queued=True)

    async def add_origin(self, origin: Origin, *, removals: bool) -> None:
        """A sync of a whole origin, done by whichever worker comes first."""
        key = f"sync {origin.collection}/{origin.name}"
        job = self._app.configure_task("ingest:origin", queue=QUEUE, lock=key, queueing_lock=key)
        try:
            await job.defer_async(collection=origin.collection, name=origin.name, removals=removals)
        except AlreadyEnqueued:
            logger.info("%s waits already.", key)


@asynccontextmanager
async def open_queue(url: str) -> AsyncGenerator[Queue]:
    """The queue in the database, made at its first use."""
    async with _open_app(url) as app:
        yield Queue(app)


async def run_worker(
    ingestion: Ingestion, *, concurrency: int, every: str | None, wait: bool = True, pace: Pace = PACE
) -> bool:
    """Do what is on the queue until SIGINT or SIGTERM; without `wait`, until the queue is empty.

    Ends as well when the index is searched with another model than the ingestion's; True then only.
    `every` is a cron expression: then all origins are synced at these times, once however many workers there
    are. While Postgres is away the worker waits for it.
    """
    async with _open_app(ingestion.database.url, pace) as app:
        if every is not None:
            app.periodic(cron=every)(
                app.task(name="ingest:all", queue=QUEUE, queueing_lock="resync", pass_context=True)(sync_all)
            )
        work = partial(
            app.run_worker_async,
            queues=[QUEUE],
            concurrency=concurrency,
            wait=wait,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.death,
            fetch_job_polling_interval=min(5, pace.death),
            install_signal_handlers=False,
            additional_context={"ingestion": ingestion, "queue": Queue(app), "pace": pace},
        )
        await queue_forgotten(ingestion.pool)
        await ingestion.vectors.wake_if_left_alone()
        if wait:
            await rescue_soon(app, QUEUE, pace)
        replaced = until_replaced(ingestion.pool, ingestion.embedder.model_name, pace.model) if wait else None
        is_replaced = await work_until_stopped(work, again=wait, until=replaced)
        if not wait:
            await ingestion.finish()
        return is_replaced


async def queue_status(url: str) -> QueueStatus:
    """How the work on the queue stands, seen from anywhere."""
    async with _open_app(url), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        rows = await connection.execute(
            """
            select status::text, count(*)
            from procrastinate_jobs
            where task_name in ('ingest:file', 'ingest:origin')
            group by status
            """
        )
        counts = {status: count async for status, count in rows}
        rows = await connection.execute(
            """
            select count(*)
            from procrastinate_workers
            where last_heartbeat > now() - make_interval(secs => %(seconds)s)
            """,
            {"seconds": PACE.death},
        )
        workers = await rows.fetchone()
        awaiting = await count_awaiting(connection)
        rows = await connection.execute("select source, reason from file_problems order by source limit 1000")
        problems = {source: reason async for source, reason in rows}
    return QueueStatus(
        todo=counts.get("todo", 0),
        doing=counts.get("doing", 0),
        succeeded=counts.get("succeeded", 0),
        failed=counts.get("failed", 0),
        workers=workers[0] if workers else 0,
        awaiting=awaiting,
        problems=problems,
    )


@asynccontextmanager
async def _open_app(url: str, pace: Pace = PACE) -> AsyncGenerator[App]:
    await ensure_tables(url)
    retry = RetryStrategy(
        max_attempts=MAX_ATTEMPTS,
        exponential_wait=pace.retry,
        retry_exceptions=TRY_AGAIN,
    )
    app = App(connector=PatientConnector(url))
    app.task(name="ingest:file", retry=retry, pass_context=True)(bring_in_file)
    app.task(name="ingest:origin", retry=retry, pass_context=True)(sync_origin)
    app.task(name="ingest:uploads", retry=retry, pass_context=True)(bring_in_uploads)
    app.periodic(cron=pace.rescue)(
        app.task(name=RESCUE, queue=QUEUE, queueing_lock="rescue", pass_context=True)(rescue)
    )
    async with app.open_async():
        yield app


async def ensure_tables(url: str) -> None:
    """Make the tables of the queue where they are missing."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        # Two programs that begin together must not both make the tables.
        await connection.execute("select pg_advisory_lock(%(key)s)", {"key": ADVISORY_LOCK})
        rows = await connection.execute("select to_regclass('procrastinate_jobs') is not null")
        if await rows.fetchone() == (False,):
            app = App(connector=PsycopgConnector())
            await connection.execute(app.schema_manager.get_schema())


async def bring_in_file(context: JobContext, **file: Any) -> None:
    """Bring one file in; what is wrong with the file itself is remembered, not tried again."""
    ingestion = _ingestion(context)
    await _free_place_in_queue(context, context.job.id)
    wanted = FileToIngest(**file)
    done = await ingestion.pipeline.process(wanted)
    if done.problem is not None:
        report = FileReport(wanted.source, "failed", reason=done.problem)
        await remember_problems(ingestion.pool, wanted.collection, wanted.origin, [report])


async def sync_origin(context: JobContext, collection: str, name: str, removals: bool) -> None:
    """Sync an origin: the files of a folder become jobs of their own, pages are brought in at once."""
    ingestion = _ingestion(context)
    await _free_place_in_queue(context, context.job.id)
    async with ingestion.pool.connection() as connection:
        origin = await find_origin(connection, collection, name)
    if origin is None:
        return
    process = _queue(context).add if origin.kind == "folder" else ingestion.pipeline.process
    problems = Problems()
    with spool_folder() as spool:
        try:
            task = await ingestion.task_of(origin, Wanted(collection, removals=removals), spool=spool)
            await run_sync(ingestion.database, task, process, problems)
        except (IngestError, FileProblemError) as error:
            logger.error("%s: %s", name, error)
            problems.file(FileReport(name, "failed", reason=str(error)))
    await remember_problems(ingestion.pool, collection, name, problems.files)


async def bring_in_uploads(context: JobContext, collection: str, user_id: str) -> None:
    """Do what a user asked for through a client, who can ask how it ended."""
    await _free_place_in_queue(context, context.job.id)
    await do_uploads(_ingestion(context), collection, user_id)


async def sync_all(context: JobContext, timestamp: int) -> None:
    """Put a sync of every folder, page and sitemap on the queue."""
    async with _ingestion(context).pool.connection() as connection:
        origins = await all_origins(connection)
    for origin in origins:
        await _queue(context).add_origin(origin, removals=True)


async def rescue(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that died to others, and look after what grew."""
    manager = context.app.job_manager
    death = _pace(context).death
    for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=death):
        logger.warning("The worker of job %s died; the job is done again.", job.id)
        await _free_place_in_queue(context, job.id)
        await manager.retry_job(job, retry_at=datetime.now(UTC))
    await manager.delete_old_jobs(nb_hours=KEEP_FINISHED_HOURS, queue=QUEUE, include_failed=True)
    await queue_forgotten(_ingestion(context).pool)
    await remove_old_uploads(_ingestion(context).pool)
    await _ingestion(context).look_after()


async def _free_place_in_queue(context: JobContext, job_id: int | None) -> None:
    """Let the same file wait once more while this job is in work.

    A job that goes back to the queue later would else be refused there when the file was queued meanwhile.
    """
    await context.app.connector.execute_query_async(
        "update procrastinate_jobs set queueing_lock = null where id = %(job_id)s", job_id=job_id
    )


def _ingestion(context: JobContext) -> Ingestion:
    return context.additional_context["ingestion"]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _queue(context: JobContext) -> Queue:
    return context.additional_context["queue"]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _pace(context: JobContext) -> Pace:
    return context.additional_context["pace"]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
