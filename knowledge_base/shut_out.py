"""People who may not come in: their keys, and the clients that they have let in, open nothing meanwhile."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.groups import MAX_USER_CHARACTERS, check_name

Connection = AsyncConnection[TupleRow]


async def shut_out(connection: Connection, users: Sequence[str]) -> None:
    """Refuse from now on what was made for these people. Raises `NameRefusedError`."""
    for user in users:
        check_name("person", user, MAX_USER_CHARACTERS)
    await connection.execute(
        """
        insert into shut_out_people (user_id) select user_id from unnest(%(users)s::text[]) as user_id
        on conflict do nothing
        """,
        {"users": sorted(set(users))},
    )


async def let_in(connection: Connection, users: Sequence[str]) -> None:
    """Let what was made for these people be good again."""
    await connection.execute(
        "delete from shut_out_people where user_id = any(%(users)s)", {"users": list(users)}
    )
