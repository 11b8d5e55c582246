"""Who is signed in, in which browser: a random token in a cookie, its hash in Postgres."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from agent_service.accounts.people import Connection
from agent_service.accounts.secrets import hash_of, new_token
from agent_service.settings.login import LoginSettings
from database.pool import Pool, fetch

MAX_BROWSER_CHARACTERS = 200
MAX_ADDRESS_CHARACTERS = 100
BEGIN = """
insert into browser_sessions (token_hash, user_id, browser, address, expires_at)
values (%(token_hash)s, %(user_id)s, %(browser)s, %(address)s, now() + %(lasts)s)
"""
# Written at most once a minute: a page asks often.
WHO = """
with found as (
    select token_hash, user_id, seen_at < now() - interval '1 minute' as is_stale
    from browser_sessions
    join people using (user_id)
    where token_hash = %(token_hash)s and disabled_at is null
      and expires_at > now() and seen_at > now() - %(idle)s
), seen as (
    update browser_sessions set seen_at = now()
    from found
    where browser_sessions.token_hash = found.token_hash and is_stale
)
select user_id from found
"""
STILL_GOOD = """
select token_hash
from browser_sessions
join people using (user_id)
where token_hash = any(%(hashes)s) and disabled_at is null and expires_at > now()
"""
OF_PERSON = """
select id, browser, address, created_at, seen_at, expires_at, token_hash = %(current)s as is_current
from browser_sessions
where user_id = %(user_id)s and expires_at > now() and seen_at > now() - %(idle)s
order by seen_at desc, id
limit 100
"""
LAST_SEEN = """
select user_id, greatest(signed_in_at, max(seen_at))
from people
left join browser_sessions using (user_id)
where user_id = any(%(users)s)
group by user_id
"""


@dataclass(frozen=True)
class Visitor:
    """A browser: what it calls itself, from where it comes, and the tokens that it has already."""

    browser: str = ""
    address: str = ""
    session_token: str | None = None
    known_token: str | None = None


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lasts: without a request, and in all."""

    idle: timedelta
    whole: timedelta

    @classmethod
    def of(cls, settings: LoginSettings) -> "Lifetimes":
        """What the settings say."""
        return cls(
            timedelta(hours=settings.agent_service_session_idle_hours),
            timedelta(days=settings.agent_service_session_days),
        )


@dataclass(frozen=True)
class BrowserSession:
    """One browser in which a person is signed in."""

    id: int
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_current: bool


async def begin_session(connection: Connection, user_id: str, visitor: Visitor, lasts: timedelta) -> str:
    """Sign a person in: a new token, and the end of the session that this browser had before."""
    token = new_token()
    if visitor.session_token is not None:
        await end_session(connection, visitor.session_token)
    values = {
        "token_hash": hash_of(token),
        "user_id": user_id,
        "browser": visitor.browser.replace("\x00", "")[:MAX_BROWSER_CHARACTERS],
        "address": visitor.address[:MAX_ADDRESS_CHARACTERS],
        "lasts": lasts,
    }
    await connection.execute(BEGIN, values)
    await connection.execute("update people set signed_in_at = now() where user_id = %s", (user_id,))
    return token


async def signed_in_user(pool: Pool, token: str, idle: timedelta) -> str | None:
    """The user id whose session the token opens. Raises `psycopg.Error`, `PoolTimeout`."""
    rows = await fetch(pool, WHO, {"token_hash": hash_of(token), "idle": idle})
    return rows[0][0] if rows else None


async def still_good(pool: Pool, hashes: Collection[bytes]) -> set[bytes]:
    """Those of the sessions that have not been ended. Raises `psycopg.Error`, `PoolTimeout`."""
    return {bytes(row[0]) for row in await fetch(pool, STILL_GOOD, {"hashes": list(hashes)})}


async def list_sessions(
    connection: Connection, user_id: str, idle: timedelta, current: bytes = b""
) -> Sequence[BrowserSession]:
    """Where a person is signed in, the last used first; at most 100."""
    async with connection.cursor(row_factory=class_row(BrowserSession)) as cursor:
        await cursor.execute(OF_PERSON, {"user_id": user_id, "idle": idle, "current": current})
        return await cursor.fetchall()


async def last_seen(connection: Connection, users: Sequence[str]) -> dict[str, datetime | None]:
    """When each of the people last signed in or, in a session that has not ended, asked for something."""
    rows = await connection.execute(LAST_SEEN, {"users": list(users)})
    return {user_id: at async for user_id, at in rows}


async def end_session(connection: Connection, token: str) -> None:
    """Sign this browser out."""
    await connection.execute("delete from browser_sessions where token_hash = %s", (hash_of(token),))


async def end_one(connection: Connection, user_id: str, number: int) -> bool:
    """Sign a person's browser out by the number of its session; whether there was such a one."""
    done = await connection.execute(
        "delete from browser_sessions where user_id = %s and id = %s", (user_id, number)
    )
    return done.rowcount > 0


async def end_all(connection: Connection, user_id: str, but: bytes = b"") -> int:
    """Sign a person out in every browser but the one whose session has this hash; how many there were."""
    done = await connection.execute(
        "delete from browser_sessions where user_id = %s and token_hash <> %s", (user_id, but)
    )
    return done.rowcount
