"""Who has given the right password, and not yet the code: known by a cookie, for five minutes.

And who must set up a second factor before anything else.
"""

from typing import Literal

from agent_service.accounts.people import Connection
from agent_service.accounts.secrets import hash_of, new_token
from agent_service.errors import RequestRefusedError
from database.pool import Pool, fetch

# Of whom a second factor is demanded.
Demand = Literal["off", "administrators", "everyone"]

MINUTES = 5
BEGIN = """
insert into second_steps (token_hash, user_id, expires_at)
values (%s, %s, now() + make_interval(mins => %s))
"""
WHOSE = """
select user_id from second_steps join people using (user_id)
where token_hash = %s and expires_at > now() and disabled_at is null
"""


# Whoever signs in by a provider has the provider's second factor, and none here.
OWES = """
select from people
where user_id = %(user_id)s and name is not null and (%(everyone)s or is_admin)
  and not exists (
      select from second_factors
      where second_factors.user_id = people.user_id and confirmed_at is not null
  )
"""


async def owes_second_factor(pool: Pool, user_id: str, demand: Demand) -> bool:
    """Whether a person must have a second factor and has none. Raises `psycopg.Error`, `PoolTimeout`."""
    if demand == "off":
        return False
    return bool(await fetch(pool, OWES, {"user_id": user_id, "everyone": demand == "everyone"}))


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
