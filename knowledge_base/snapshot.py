"""Several statements that see the knowledge base as it was at one moment."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from psycopg import AsyncConnection, IsolationLevel
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import TupleRow

Connection = AsyncConnection[TupleRow]


@asynccontextmanager
async def one_moment(connection: Connection) -> AsyncGenerator[None]:
    """A transaction in which all statements see the same moment; in a transaction that of its own kind.

    Who has opened a pipeline has begun a transaction in it.
    """
    if _in_pipeline(connection) or connection.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    try:
        async with connection.transaction():
            yield
    finally:
        # One that is broken is not used again.
        if connection.info.transaction_status == TransactionStatus.IDLE:
            await connection.set_isolation_level(None)


def without_waiting(connection: Connection) -> AbstractAsyncContextManager[object]:
    """Statements in the block are sent at once, and waited for when their rows are fetched, or at its end."""
    return nullcontext() if _in_pipeline(connection) else connection.pipeline()


@asynccontextmanager
async def savepoint(connection: Connection) -> AsyncGenerator[None]:
    """A part of the transaction that may fail for itself."""
    if _in_pipeline(connection):
        # The client learns only by waiting for all that it is in a transaction: else it would begin one.
        async with connection.pipeline():
            pass
    async with connection.transaction():
        yield


def _in_pipeline(connection: Connection) -> bool:
    return connection.info.pipeline_status != PipelineStatus.OFF
