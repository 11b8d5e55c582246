"""Reading for a caller, from a replica where there is one that has all that the caller has written."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from database.ending import end
from database.pool import Pool
from database.replicas import Replica, Replicas, position_of_writer
from knowledge_base.access import Access, Connection, acting_with, check_isolation, open_server_pool
from knowledge_base.errors import KnowledgeBaseError, ServerRoleError

logger = logging.getLogger("knowledge_base")

Result = TypeVar("Result")

# The primary is asked instead of a replica whose connections are all busy for so long.
SECONDS_FOR_A_CONNECTION = 1.0
# Of a replica, and no reason to leave it out: it had to go on with its primary's changes.
PASSING = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Reads:
    """Runs what reads for a caller; without replicas, or where none will do, on the primary.

    What a replica fails at is done again on the primary: `work` must do nothing but read. Who has written
    is served by the primary until a replica has what was written.
    """

    def __init__(self, primary: Pool, replicas: Replicas | None = None) -> None:
        self.primary = primary
        self._replicas = replicas
        self._written: dict[str, tuple[float, int]] = {}

    async def run(self, access: Access, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """What `work` returns, given a connection that sees only what `access` opens, as of one moment."""

        async def work_alone(connection: Connection, _: Access) -> Result:
            return await work(connection)

        return await self.run_with(access, work_alone)

    async def run_with(
        self, access: Access, work: Callable[[Connection, Access], Awaitable[Result]]
    ) -> Result:
        """As `run`, with the access as the rights of the user leave it at that moment."""
        replica = self._replica_for(access.user)
        if replica is not None:
            try:
                async with acting_with(replica.pool, access, at_once=True) as (connection, held):
                    return await work(connection, held)
            except psycopg.errors.QueryCanceled:
                # It took too long: so it would on the primary.
                raise
            except KnowledgeBaseError as error:
                # What is asked for may have reached another replica and not this one.
                logger.debug("%s: %s; the primary is asked", replica.name, error)
            except (psycopg.Error, PoolTimeout) as error:
                self._note_failure(replica, error)
        async with acting_with(self.primary, access, at_once=True) as (connection, held):
            return await work(connection, held)

    async def wrote(self, user: str) -> None:
        """Remember that this user has written, or seen what was written for them, until now."""
        if self._replicas is not None:
            self._forget_what_all_have()
            self._written[user] = (time.monotonic(), await position_of_writer(self.primary))

    def _replica_for(self, user: str) -> Replica | None:
        if self._replicas is None:
            return None
        _, position = self._written.get(user, (0.0, 0))
        return self._replicas.pick(position)

    def _forget_what_all_have(self) -> None:
        """Those who wrote so long ago that no replica is used which has not got it."""
        assert self._replicas is not None
        long_ago = time.monotonic() - 2 * self._replicas.max_lag_seconds - 10
        self._written = {user: mark for user, mark in self._written.items() if mark[0] > long_ago}

    def _note_failure(self, replica: Replica, error: Exception) -> None:
        assert self._replicas is not None
        if isinstance(error, PASSING):
            logger.info("%s gave up a read; the primary does it", replica.name)
        else:
            self._replicas.leave_out(replica, f"failed a read ({type(error).__name__})")


@asynccontextmanager
async def open_replicas(
    primary: Pool,
    urls: Sequence[str],
    *,
    max_lag_seconds: float,
    max_size: int,
    statement_timeout_ms: int,
) -> AsyncGenerator[Replicas | None]:
    """The replicas at these addresses, watched while in the block; None where there are none.

    One that is away hinders nothing, and is used when it is back.
    """
    if not urls:
        yield None
        return
    async with AsyncExitStack() as stack:
        pools = [
            await stack.enter_async_context(
                open_server_pool(
                    url,
                    min_size=0,
                    max_size=max_size,
                    timeout=SECONDS_FOR_A_CONNECTION,
                    statement_timeout_ms=statement_timeout_ms,
                )
            )
            for url in urls
        ]
        replicas = Replicas(primary, pools, max_lag_seconds, _keeps_users_apart)
        await replicas.look()
        watching = asyncio.create_task(replicas.watch())
        yield replicas
        await end(watching)


async def _keeps_users_apart(connection: Connection) -> str | None:
    try:
        await check_isolation(connection)
    except ServerRoleError as error:
        logger.error("%s", error)
        return "does not keep users apart; the log says why"
    return None
