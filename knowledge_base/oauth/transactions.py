"""Transactions of the authorization server: the only ones that see clients, requests, codes and tokens."""

import hashlib
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.acting import Acting, act_as, trace_id
from database.pool import Pool

Connection = AsyncConnection[TupleRow]

SECRET_BYTES = 32
# In whose name a client's own requests change something.
ACTOR = "OAuth client"


@asynccontextmanager
async def authorizing(pool: Pool) -> AsyncGenerator[Connection]:
    """A connection in a transaction of the authorization server. Raises what Postgres raises."""
    async with pool.connection() as connection, connection.transaction():
        await act_as(connection, Acting(ACTOR, "mcp", trace_id=trace_id()), once=True)
        await see_oauth(connection)
        yield connection


async def see_oauth(connection: Connection) -> None:
    """Let the running transaction see all that is stored of OAuth."""
    await connection.execute("select set_config('owflex.oauth', 'yes', true)")


def new_secret(prefix: str) -> str:
    """256 random bits as text, with what it is recognised by before them."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()
