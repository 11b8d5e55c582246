"""Keys with which standalone clients come; only their hashes are stored."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from database.pool import Pool
from knowledge_base.errors import ApiKeyNotFoundError

Connection = AsyncConnection[TupleRow]

# By it a key is recognised in a log or a repository, and no other kind of token is looked up in Postgres.
PREFIX = "owflex_"
KEY_BYTES = 32
# How exactly it is known when a key was last used; each search would else write a row.
USED_EVERY = "1 minute"


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret; `collections` None opens all."""

    key_id: int
    name: str
    user_id: str
    scopes: list[str]
    collections: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    # Its user may not come in: it is refused, until they may.
    is_shut_out: bool


@dataclass(frozen=True)
class NewApiKey:
    """What a key is to open; `expires_at` None never expires."""

    name: str
    user_id: str
    scopes: Sequence[str]
    collections: Sequence[str] | None = None
    expires_at: datetime | None = None


async def create_api_key(connection: Connection, new: NewApiKey) -> tuple[ApiKey, str]:
    """The stored key, and its secret, which cannot be learnt again."""
    secret = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        await cursor.execute(
            """
            insert into api_keys (name, key_hash, user_id, scopes, collections, expires_at)
            values (%(name)s, %(key_hash)s, %(user_id)s, %(scopes)s, %(collections)s, %(expires_at)s)
            returning id as key_id, name, user_id, scopes, collections, created_at, expires_at, revoked_at,
                      last_used_at, is_shut_out(user_id) as is_shut_out
            """,
            {
                "name": new.name,
                "key_hash": _hash(secret),
                "user_id": new.user_id,
                "scopes": list(new.scopes),
                "collections": None if new.collections is None else list(new.collections),
                "expires_at": new.expires_at,
            },
        )
        key = await cursor.fetchone()
    assert key is not None
    return key, secret


async def list_api_keys(connection: Connection) -> list[ApiKey]:
    """All keys, also those that expired or were revoked, the oldest first."""
    async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        await cursor.execute(
            """
            select id as key_id, name, user_id, scopes, collections, created_at, expires_at, revoked_at,
                   last_used_at, is_shut_out(user_id) as is_shut_out
            from api_keys
            order by id
            """
        )
        return await cursor.fetchall()


async def list_good_keys(connection: Connection, user_id: str) -> list[ApiKey]:
    """The keys of a user that have not ended and were not revoked, the oldest first."""
    async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        await cursor.execute(
            """
            select id as key_id, name, user_id, scopes, collections, created_at, expires_at, revoked_at,
                   last_used_at, is_shut_out(user_id) as is_shut_out
            from api_keys
            where user_id = %(user_id)s
              and revoked_at is null
              and (expires_at is null or expires_at > now())
            order by id
            """,
            {"user_id": user_id},
        )
        return await cursor.fetchall()


async def missing_collections(connection: Connection, names: Sequence[str]) -> list[str]:
    """Those of the names that no collection has."""
    rows = await connection.execute(
        "select name from unnest(%(names)s::text[]) as name where name not in (select name from collections)",
        {"names": list(names)},
    )
    return [name async for (name,) in rows]


async def revoke_api_key(connection: Connection, key_id: int) -> None:
    """Revoke a key: it opens nothing from the next call on. Raises `ApiKeyNotFoundError`."""
    revoked = await connection.execute(
        "update api_keys set revoked_at = coalesce(revoked_at, now()) where id = %(key_id)s",
        {"key_id": key_id},
    )
    if revoked.rowcount == 0:
        raise ApiKeyNotFoundError(str(key_id))


async def find_api_key(pool: Pool, secret: str) -> ApiKey | None:
    """The key with this secret while it is good; None when there is none, it expired or was revoked, or its
    user is shut out.
    """
    key_hash = _hash(secret)
    async with (
        pool.connection() as connection,
        connection.transaction(),
        connection.cursor(row_factory=class_row(ApiKey)) as cursor,
    ):
        # The only key that row-level security shows is the one presented.
        await connection.execute(
            "select set_config('owflex.key_hash', %(key_hash)s, true)", {"key_hash": key_hash.hex()}
        )
        await cursor.execute(
            """
            select id as key_id, name, user_id, scopes, collections, created_at, expires_at, revoked_at,
                   last_used_at, is_shut_out(user_id) as is_shut_out
            from api_keys
            where key_hash = %(key_hash)s
              and revoked_at is null
              and (expires_at is null or expires_at > now())
              and not is_shut_out(user_id)
            """,
            {"key_hash": key_hash},
        )
        key = await cursor.fetchone()
        if key is not None:
            await connection.execute(
                """
                update api_keys
                set last_used_at = now()
                where key_hash = %(key_hash)s
                  and (last_used_at is null or last_used_at < now() - %(used_every)s::interval)
                """,
                {"key_hash": key_hash, "used_every": USED_EVERY},
            )
    return key


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
