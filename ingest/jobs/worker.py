"""A worker of the queue as a process: when it stops, and what it does while Postgres is away."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from database.pool import PERSISTENT, Pool
from ingest.sync_run import OUT_OF_REACH
from knowledge_base.embedding_spaces import model_in_use

logger = logging.getLogger("ingest")

# Between two attempts to reach Postgres, in seconds; and how long an attempt may wait for a connection.
PAUSE, PATIENCE = 2, 10
ATTEMPTS = 3
# The task that gives the jobs of dead workers to others.
RESCUE = "ingest:rescue"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Pace:
    """How fast workers react, in seconds.

    A worker that has not said anything for `death` is taken for dead, and its jobs are done by others;
    `rescue` (a cron expression) says when they look. After Postgres was away a job waits `retry` seconds,
    then the square of it, and so on. `model`: how often it is looked which model the index is searched with.
    """

    heartbeat: float = 5
    death: float = 20
    rescue: str = "* * * * *"
    retry: int = 5
    model: float = 5


PACE = Pace()


class PatientConnector(PsycopgConnector):
    """Says again that a job is done when Postgres went away at that moment: else it would stay in work."""

    def __init__(self, url: str) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            conninfo=url,
            min_size=1,
            max_size=4,
            timeout=PATIENCE,
            **PERSISTENT,
        )

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Execute the statement, trying several times. Raises `ConnectorException`."""
        for _ in range(ATTEMPTS - 1):
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if not isinstance(error.__cause__, OUT_OF_REACH):
                    raise
                await asyncio.sleep(PAUSE)
            else:
                return
        await super().execute_query_async(query, **arguments)


async def work_until_stopped(
    work: Callable[[], Awaitable[None]], *, again: bool, until: Awaitable[None] | None = None
) -> bool:
    """Run the worker until SIGINT or SIGTERM, anew whenever Postgres is back; else only until it ends.

    Ends as well when `until` does; True when it was that.
    """
    with _stop_signals() as stopped, _set_at_the_end_of(until, stopped) as over:
        while not stopped.is_set():
            try:
                if await _ended(work(), stopped) and not again:
                    break
            except ConnectorException as error:
                logger.warning("Postgres is out of reach: %s", error.__cause__ or error)
            await _ended(asyncio.sleep(PAUSE), stopped)
        return over()


@contextmanager
def _set_at_the_end_of(
    until: Awaitable[None] | None, stopped: asyncio.Event
) -> Generator[Callable[[], bool]]:
    """Set the event when `until` ends; gives whether it has. A failure of `until` is raised by that."""
    if until is None:
        yield lambda: False
        return
    waiting = asyncio.ensure_future(until)
    waiting.add_done_callback(lambda _: stopped.set())
    try:
        yield lambda: waiting.done() and waiting.result() is None
    finally:
        waiting.cancel()


async def rescue_soon(app: App, queue: str, pace: Pace) -> None:
    """Let a worker that replaces a killed one go on with its jobs, as soon as it counts as dead."""
    after = {"seconds": int(pace.death) + 1}
    job = app.configure_task(RESCUE, queue=queue, queueing_lock="rescue at start", schedule_in=after)
    with suppress(AlreadyEnqueued):
        await job.defer_async(timestamp=0)


async def until_replaced(pool: Pool, model_name: str, seconds: float) -> None:
    """Return when the index is searched with another model; looks every so many seconds."""
    while True:
        await asyncio.sleep(seconds)
        with suppress(*OUT_OF_REACH):
            async with pool.connection() as connection:
                if await model_in_use(connection) not in (None, model_name):
                    return


@contextmanager
def _stop_signals() -> Generator[asyncio.Event]:
    """Set by the first signal; the second one ends the process as ever."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        _usual_handlers(loop)

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield stopped
    finally:
        _usual_handlers(loop)


def _usual_handlers(loop: asyncio.AbstractEventLoop) -> None:
    for number in SIGNALS:
        loop.remove_signal_handler(number)


async def _ended(work: Awaitable[None], stopped: asyncio.Event) -> bool:
    """Whether the work came to its end; once `stopped` is set, it is told to and waited for."""
    working, stopping = asyncio.ensure_future(work), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        ended = working.done()
        # A worker answers a cancellation by finishing the files in work.
        working.cancel()
        await asyncio.wait([working])
    if not working.cancelled():
        working.result()
    return ended
