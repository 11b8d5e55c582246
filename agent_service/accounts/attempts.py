"""How often signing in may be tried: counted in Postgres, for all processes together.

Ten wrong passwords or codes for an account within a quarter of an hour, then it waits; that ends by itself.
A browser in which the person has signed in before has a count of its own, so that strangers cannot keep them
out. An address may fail fifty times.
"""

from dataclasses import dataclass
from datetime import timedelta

from agent_service.accounts.people import Connection
from agent_service.accounts.secrets import hash_of, new_token
from agent_service.accounts.sessions import Visitor
from agent_service.errors import RequestRefusedError

WINDOW = timedelta(minutes=15)
MAX_OF_ACCOUNT = 10
MAX_OF_ADDRESS = 50
# An attempt stands from its beginning, so that many at the same moment count one another.
NOTE = """
insert into sign_in_attempts (user_id, address) values (%(user_id)s, %(address)s) returning id
"""
WAIT = """
select greatest(
    (
        select extract(epoch from happened_at + %(window)s - now())
        from sign_in_attempts
        where user_id = %(user_id)s and happened_at > now() - %(window)s and not %(is_known)s
        order by happened_at desc
        offset %(of_account)s limit 1
    ),
    (
        select extract(epoch from happened_at + %(window)s - now())
        from sign_in_attempts
        where address = %(address)s and happened_at > now() - %(window)s
        order by happened_at desc
        offset %(of_address)s limit 1
    )
)
"""
IS_KNOWN = "select from known_browsers where token_hash = %s and user_id = %s"


@dataclass(frozen=True)
class Attempt:
    """One that counts until it is forgotten; `wait` are the seconds until another is allowed, 0 for now."""

    id: int
    wait: int


async def begin_attempt(connection: Connection, user_id: str, visitor: Visitor) -> Attempt:
    """Count an attempt, before the password is looked at; one that must wait does not count."""
    known = visitor.known_token
    is_known = known is not None and await _is_known(connection, known, user_id)
    address = f"browser {hash_of(known or '').hex()}" if is_known else visitor.address[:100]
    values = {"user_id": user_id, "address": address}
    row = await (await connection.execute(NOTE, values)).fetchone()
    assert row is not None
    limits = {
        "window": WINDOW,
        "is_known": is_known,
        "of_account": MAX_OF_ACCOUNT,
        "of_address": MAX_OF_ACCOUNT if is_known else MAX_OF_ADDRESS,
    }
    waits = await (await connection.execute(WAIT, values | limits)).fetchone()
    wait = 0 if waits is None or waits[0] is None else max(1, round(waits[0]))
    if wait:
        await forget_attempt(connection, row[0])
    return Attempt(row[0], wait)


async def allowed_attempt(connection: Connection, user_id: str, visitor: Visitor) -> Attempt:
    """The same. Raises `RequestRefusedError` for one that must wait."""
    attempt = await begin_attempt(connection, user_id, visitor)
    if attempt.wait:
        raise RequestRefusedError(
            "accounts.too_many",
            status=429,
            code="too_many_attempts",
            retry_after=attempt.wait,
            minutes=-(-attempt.wait // 60),
        )
    return attempt


async def forget_attempt(connection: Connection, number: int) -> None:
    """Count an attempt no more: it was the right password or code."""
    await connection.execute("delete from sign_in_attempts where id = %s", (number,))


async def remember_browser(connection: Connection, user_id: str, before: str | None) -> str:
    """From now on the browser is one in which the person has signed in before; its new token.

    `before` is the token that it came with: somebody else may have put it there, so it is good no more.
    """
    token = new_token()
    if before is not None:
        await connection.execute(
            "update known_browsers set token_hash = %s where token_hash = %s",
            (hash_of(token), hash_of(before)),
        )
    await connection.execute(
        """
        insert into known_browsers (token_hash, user_id) values (%s, %s)
        on conflict (token_hash, user_id) do update set used_at = now()
        """,
        (hash_of(token), user_id),
    )
    return token


async def _is_known(connection: Connection, token: str, user_id: str) -> bool:
    found = await connection.execute(IS_KNOWN, (hash_of(token), user_id))
    return await found.fetchone() is not None
