"""What Postgres tells of documents and uploads that changed, whichever process changed them.

Triggers send it with the transaction (`migrations/0020_changes.sql`); each process hears it over one
connection of its own, which is there as long as somebody wants to know. That connection reads nothing: who
may be told of a change is for the listeners to ask.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection, Notify
from psycopg.rows import TupleRow

from database.pool import Pool

logger = logging.getLogger("knowledge_base")

DOCUMENTS, UPLOADS = "owflex_documents", "owflex_uploads"
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.2, 10.0
# So long nothing is heard until the connection is tested, and so long an answer may take.
QUIET_SECONDS, ANSWER_SECONDS = 30.0, 10.0


@dataclass(frozen=True)
class Changes:
    """What changed. `documents`: ids by collection, None where they are too many to be named.

    `missed`: something may have changed that nobody was told of; then all may have.
    """

    documents: Mapping[str, frozenset[int] | None] = field(default_factory=dict[str, frozenset[int] | None])
    uploads: frozenset[int] = frozenset()
    missed: bool = False


MISSED = Changes(missed=True)
Listener = Callable[[Changes], None]


class ChangeFeed:
    """Tells listeners of changes; listeners are called on the event loop, and must not raise."""

    def __init__(self, pool: Pool) -> None:
        # It is what `create_pool` was given.
        self._url = str(pool.conninfo)
        self._listeners: dict[object, Listener] = {}
        self._listening = asyncio.Event()
        self._hearing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def heard_by(self, listener: Listener, *, within_seconds: float = 10) -> AsyncGenerator[None]:
        """In the block the listener is told of all that changes.

        Raises `TimeoutError` when Postgres cannot be reached in time.
        """
        key = object()
        self._listeners[key] = listener
        try:
            if self._hearing is None or self._hearing.done():
                self._hearing = asyncio.create_task(self._keep_listening())
            async with asyncio.timeout(within_seconds):
                await self._listening.wait()
            yield
        finally:
            del self._listeners[key]
            if not self._listeners:
                await self._stop()

    async def _stop(self) -> None:
        hearing, self._hearing = self._hearing, None
        self._listening.clear()
        if hearing is not None:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    async def _keep_listening(self) -> None:
        pause, was_away = FIRST_PAUSE_SECONDS, False
        while True:
            try:
                connect = AsyncConnection[TupleRow].connect(
                    self._url, autocommit=True, connect_timeout=int(ANSWER_SECONDS)
                )
                async with await connect as connection:
                    await connection.execute(f"listen {DOCUMENTS}")
                    await connection.execute(f"listen {UPLOADS}")
                    self._listening.set()
                    if was_away:
                        self._tell(MISSED)
                    pause = FIRST_PAUSE_SECONDS
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                logger.warning("Changes are not heard for now, and listeners will be told: %s", error)
            self._listening.clear()
            was_away = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    async def _hear(self, connection: AsyncConnection[TupleRow]) -> None:
        """Until the connection is lost. Raises `OperationalError`, `TimeoutError`."""
        while True:
            async for notice in connection.notifies(timeout=QUIET_SECONDS):
                self._tell(changes_in(notice))
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.execute("select")

    def _tell(self, changes: Changes) -> None:
        for listener in list(self._listeners.values()):
            listener(changes)


def changes_in(notice: Notify) -> Changes:
    """What a message of the triggers says; one that says nothing that can be read may mean anything."""
    try:
        if notice.channel == UPLOADS:
            return Changes(uploads=frozenset({int(notice.payload)}))
        told: dict[str, list[int] | None] = json.loads(notice.payload)
        documents = {name: None if ids is None else frozenset(ids) for name, ids in told.items()}
    except (ValueError, AttributeError, TypeError):
        return MISSED
    return Changes(documents) if documents else MISSED
