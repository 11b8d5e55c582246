"""The collection of one person, in which they keep what they hand in for themselves."""

import hashlib

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

Connection = AsyncConnection[TupleRow]

# What its owner knows it by; nobody else sees it.
OWN_TITLE = "My documents"
PREFIX = "personal-"


def own_collection_of(user_id: str) -> str:
    """The name under which a person's own collection is stored; no two people have the same."""
    return PREFIX + hashlib.sha256(user_id.encode()).hexdigest()[:32]


async def make_own_collection(connection: Connection, user_id: str) -> str:
    """The name of the own collection of the user who is served; it is made where it is not there yet.

    Raises `psycopg.errors.InsufficientPrivilege` where the name is another's.
    """
    name = own_collection_of(user_id)
    await connection.execute("select make_own_collection(%(name)s)", {"name": name})
    return name
