"""A store that waits for Postgres while an answer is being written."""

import asyncio
import time

import psycopg
from chatkit.types import ThreadItem, UserMessageItem
from psycopg_pool import PoolClosed

from agent_service.context import RequestContext
from agent_service.storage import PostgresStore
from database.pool import Pool

# A pool that lost its connections tries again after 1, 3, 7 and 15 seconds.
PATIENCE_IN_TIMEOUTS = 1.7
PAUSE_SECONDS = 0.5


class PatientStore(PostgresStore):
    """Like `PostgresStore`, but what was already answered is not lost with a short outage.

    A question is not waited with: it was not answered yet, and whoever asked can send it again.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._patience_seconds = pool.timeout * PATIENCE_IN_TIMEOUTS

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Store the item, trying again while Postgres is away; the second time does no harm."""
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                await super().add_thread_item(thread_id, item, context)
                return
            except psycopg.OperationalError as error:
                is_final = isinstance(error, PoolClosed) or isinstance(item, UserMessageItem)
                if is_final or time.monotonic() > until:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
