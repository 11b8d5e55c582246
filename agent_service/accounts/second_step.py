"""Who has given the right password, and not yet the code: known by a cookie, for five minutes."""

from agent_service.accounts.people import Connection
from agent_service.accounts.secrets import hash_of, new_token
from agent_service.errors import RequestRefusedError

MINUTES = 5
BEGIN = """
insert into second_steps (token_hash, user_id, expires_at)
values (%s, %s, now() + make_interval(mins => %s))
"""
WHOSE = """
select user_id from second_steps join people using (user_id)
where token_hash = %s and expires_at > now() and disabled_at is null
"""


async def begin_step(connection: Connection, user_id: str) -> str:
    """The token that the browser keeps until the code is there."""
    token = new_token()
    await connection.execute(BEGIN, (hash_of(token), user_id, MINUTES))
    return token


async def whose_step(connection: Connection, token: str | None) -> str:
    """Who is asked for a code in this browser. Raises `RequestRefusedError` when nobody is (any more)."""
    row = None
    if token is not None:
        row = await (await connection.execute(WHOSE, (hash_of(token),))).fetchone()
    if row is None:
        raise RequestRefusedError("accounts.step_over", status=401, code="step_over", minutes=MINUTES)
    return row[0]


async def end_step(connection: Connection, token: str) -> bool:
    """Nobody is asked in this browser any more; whether somebody was."""
    done = await connection.execute("delete from second_steps where token_hash = %s", (hash_of(token),))
    return done.rowcount > 0
