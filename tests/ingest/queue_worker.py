"""Workers of the queue for tests: quick to see a death, with vectors that cost nothing."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ingest.ingestion import Wanted
from ingest.jobs.queue import open_queue, run_worker
from ingest.jobs.worker import Pace
from ingest.sync_run import run_sync
from tests.ingest.conftest import Recorder
from tests.ingest.quick_ingest import quick_ingestion

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-m", "tests.ingest.queue_worker"]
# A cron expression with a sixth field: every second.
QUICK = Pace(heartbeat=0.5, death=2, rescue="* * * * * *", retry=1)


async def work(url: str, *, every: str | None = None, concurrency: int = 4) -> None:
    """Be a worker until told to stop."""
    async with quick_ingestion(url) as ingestion:
        await run_worker(ingestion, concurrency=concurrency, every=every, pace=QUICK)


@asynccontextmanager
async def working(url: str, **how: Any) -> AsyncGenerator[None]:
    """A worker in this process, while in the block."""
    worker = asyncio.create_task(work(url, **how))
    try:
        yield
    finally:
        worker.cancel()
        await asyncio.wait([worker])


@contextmanager
def worker_process(url: str, *, within: Sequence[str] = ()) -> Generator[subprocess.Popen[str]]:
    """A worker in a process of its own, begun `within` another command; gone after the block."""
    process = subprocess.Popen([*within, *COMMAND, url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def leave_to_workers(url: str, folder: Path, **wanted: Any) -> Recorder:
    """Sync the folder with `--queue`."""
    recorder = Recorder()
    async with quick_ingestion(url, recorder) as ingestion, open_queue(url) as queue:
        task = await ingestion.folder_task(folder, Wanted(removals=True, **wanted))
        await run_sync(ingestion.database, task, queue.add, recorder)
    return recorder


async def rows(url: str, statement: Any) -> list[Any]:
    """The rows of a statement, by a connection of its own."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await (await connection.execute(statement)).fetchall()


async def value(url: str, statement: Any) -> Any:
    """The first column of its first row."""
    return (await rows(url, statement))[0][0]


async def until(url: str, statement: Any, expected: Callable[[Any], bool] = bool) -> Any:
    """Ask until the value is as expected. Raises `TimeoutError` after two minutes."""
    async with asyncio.timeout(120):
        while not expected(found := await value(url, statement)):  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def nothing_is_stored(url: str) -> AsyncGenerator[None]:
    """Whoever wants to store a document waits as long as the block lasts: in the middle of its work."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("lock table documents in exclusive mode")
        yield
        await connection.rollback()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
