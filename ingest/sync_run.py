"""One run over an origin: look, plan, apply. Whatever ends it, the next run goes on from what is stored."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from database.acting import act_as, now_acting
from database.pool import Pool, first_line
from ingest.errors import DatabaseGoneError, EmptyFolderError
from ingest.origins import Origin, mark_synced
from ingest.pipeline import Done, FileToIngest
from ingest.planning import ScannedFile, Scope, Step, forget_problems, make_plan, record_scan, steps
from ingest.report import FileReport, Outcome, Watcher
from ingest.storing.documents import move_document, remove_documents

logger = logging.getLogger("ingest")

Connection = AsyncConnection[TupleRow]
Scan = Callable[[], AsyncIterable[Sequence[ScannedFile]]]
Process = Callable[[FileToIngest], Awaitable[Done]]

# Files on their way through the pipeline at once: enough to fill all its windows with small ones.
AT_ONCE = 1_024
REMOVED_AT_ONCE = 200
# How long Postgres may be away before the run ends, in seconds; and the longest pause between two attempts.
PATIENCE = 90
FIRST_PAUSE, MAX_PAUSE = 0.5, 8
OUT_OF_REACH = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)


@dataclass(frozen=True)
class SyncTask:
    """What to make equal: a part of an origin, looked at by `scan` (once more after an interruption).

    `force` lets a run that finds no file at all remove every document; `whole`: the part is all of it.
    """

    scope: Scope
    scan: Scan
    force: bool = False
    whole: bool = True


@dataclass(frozen=True)
class Database:
    """The knowledge base: its URL, for the run's own connection, and a pool for everything short."""

    url: str
    pool: Pool


async def run_sync(database: Database, task: SyncTask, process: Process, watcher: Watcher) -> None:
    """Make the knowledge base equal to what `task` finds; the watcher is told about every file.

    When Postgres goes away the run waits for it and starts over; what was stored by then is unchanged in the
    new plan. Raises `DatabaseGoneError` when that lasts too long, `EmptyFolderError`, errors of the model.
    """

    async def once() -> None:
        async with planned(database, task, watcher) as connection:
            await _apply(connection, database.pool, task, process, watcher)

    await patiently(once, watcher)


async def patiently(work: Callable[[], Awaitable[None]], watcher: Watcher) -> None:
    """Do the work, from its beginning again whenever Postgres went away and came back.

    Raises `DatabaseGoneError` when it stays away too long.
    """
    pause, deadline = FIRST_PAUSE, time.monotonic() + PATIENCE
    while True:
        started = time.monotonic()
        try:
            return await work()
        except OUT_OF_REACH as error:
            reason = first_line(error)
            logger.warning("Postgres is out of reach: %s", reason)
        now = time.monotonic()
        if now - started > MAX_PAUSE * 2:  # it worked for a while: this is a new interruption
            pause, deadline = FIRST_PAUSE, now + PATIENCE
        if now > deadline:
            raise DatabaseGoneError(reason)
        watcher.retrying(reason)
        await asyncio.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE)


@asynccontextmanager
async def planned(database: Database, task: SyncTask, watcher: Watcher) -> AsyncGenerator[Connection]:
    """A connection that holds the plan, and the lock on the origin, while in the block.

    Raises `EmptyFolderError`.
    """
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
        await act_as(connection, now_acting())
        await _lock(connection, task.scope.origin, watcher)
        await record_scan(connection, _counted(task.scan(), watcher))
        counts = await make_plan(connection, task.scope)
        _check_not_empty(task, counts)
        watcher.planned(counts)
        yield connection


async def _lock(connection: Connection, origin: Origin, watcher: Watcher) -> None:
    """Hold the origin for this connection; waits while another run has it."""
    key = {"name": f"owflex ingest {origin.collection}/{origin.name}"}
    rows = await connection.execute("select pg_try_advisory_lock(hashtextextended(%(name)s, 0))", key)
    row = await rows.fetchone()
    if row is None or not row[0]:
        watcher.waiting(origin.name)
        await connection.execute("select pg_advisory_lock(hashtextextended(%(name)s, 0))", key)


async def _counted(
    batches: AsyncIterable[Sequence[ScannedFile]], watcher: Watcher
) -> AsyncGenerator[Sequence[ScannedFile]]:
    async for batch in batches:
        watcher.scanned(len(batch))
        yield batch


def _check_not_empty(task: SyncTask, counts: Counter[Outcome]) -> None:
    if counts["removed"] and counts.total() == counts["removed"] and not task.force:
        raise EmptyFolderError(task.scope.origin.place, counts["removed"])


async def _apply(
    connection: Connection, pool: Pool, task: SyncTask, process: Process, watcher: Watcher
) -> None:
    await forget_problems(connection, task.scope)
    async for step in steps(connection, ["failed"]):
        watcher.file(FileReport(step.source, "failed", reason=step.reason))
    async for step in steps(connection, ["moved"]):
        async with pool.connection() as writing:
            await move_document(writing, step)
        if not step.renamed:
            watcher.file(FileReport(step.source, "moved"))
    await _remove_all(connection, pool, watcher)
    await _process_all(connection, task, process, watcher)
    if task.whole:
        await mark_synced(connection, task.scope.origin)


async def _remove_all(connection: Connection, pool: Pool, watcher: Watcher) -> None:
    batch: list[Step] = []

    async def remove() -> None:
        async with pool.connection() as writing:
            await remove_documents(writing, [step.document_id for step in batch if step.document_id])
        for step in batch:
            watcher.file(FileReport(step.source, "removed"))
        batch.clear()

    async for step in steps(connection, ["removed"]):
        batch.append(step)
        if len(batch) == REMOVED_AT_ONCE:
            await remove()
    if batch:
        await remove()


async def _process_all(connection: Connection, task: SyncTask, process: Process, watcher: Watcher) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(step: Step) -> None:
        try:
            watcher.file(_report(step, await process(_file(step, task.scope))))
        finally:
            places.release()

    try:
        async with asyncio.TaskGroup() as group:
            async for step in steps(connection, ["added", "updated", "moved"]):
                if step.outcome == "moved" and not step.renamed:
                    continue
                await places.acquire()
                group.create_task(one(step))
    except ExceptionGroup as errors:
        raise _first(errors) from None


def _file(step: Step, scope: Scope) -> FileToIngest:
    assert step.path is not None
    return FileToIngest(
        collection=scope.origin.collection,
        origin=scope.origin.name,
        source=step.source,
        path=step.path,
        media_type=step.media_type,
        recipe=scope.recipe,
        given=scope.origin.options.metadata,
    )


def _report(step: Step, done: Done) -> FileReport:
    if done.problem is not None:
        kept = " The earlier version is kept." if step.document_id is not None else ""
        return FileReport(step.source, "failed", reason=done.problem + kept)
    if done.queued:
        return FileReport(step.source, "queued")
    return FileReport(step.source, step.outcome, done.chunks, " ".join(done.notes) or None)


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    inner = errors.exceptions[0]
    return _first(cast("ExceptionGroup[Exception]", inner)) if isinstance(inner, ExceptionGroup) else inner
