"""Several statements that see the knowledge base as it was at one moment."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, IsolationLevel
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

Connection = AsyncConnection[TupleRow]


@asynccontextmanager
async def one_moment(connection: Connection) -> AsyncGenerator[None]:
    """A transaction in which all statements see the same moment; in a transaction that of its own kind."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
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
