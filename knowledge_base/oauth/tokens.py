"""Codes and tokens of clients that were let in: access tokens are short, refresh tokens good once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from database.pool import Pool
from knowledge_base.oauth.clients import KEPT_DAYS
from knowledge_base.oauth.transactions import Connection, authorizing, hash_of, new_secret

ACCESS_PREFIX, REFRESH_PREFIX = "owflexaccess_", "owflexrefresh_"
ACCESS_GOOD_FOR = timedelta(hours=1)
REFRESH_GOOD_FOR = timedelta(days=30)
# How exactly it is known when a client last came; each call would else write a row.
USED_EVERY = timedelta(minutes=1)
CODE_REPEATED, TOKEN_REPEATED = "code used twice", "refresh token used twice"
REVOKED = "revoked by the client"


@dataclass(frozen=True)
class StoredCode:
    """A code that can be redeemed."""

    client_id: str
    user_id: str
    scopes: list[str]
    resource: str
    code_challenge: str
    redirect_uri: str
    redirect_uri_given: bool
    expires_at: datetime


@dataclass(frozen=True)
class StoredToken:
    """A token that is good; `collections` None opens all that are open to the user."""

    grant_id: int
    client_id: str
    user_id: str
    scopes: list[str]
    collections: list[str] | None
    resource: str
    expires_at: datetime


@dataclass(frozen=True)
class NewTokens:
    """The secrets of an access token and of the refresh token for the next one."""

    access: str
    refresh: str
    scopes: Sequence[str]


async def find_code(pool: Pool, client_id: str, code: str) -> StoredCode | None:
    """The client's code while it is good and unused; None when there is no such.

    Used again, it was stolen: then what it was good for is taken back. Raises what Postgres raises.
    """
    async with (
        authorizing(pool) as connection,
        connection.cursor(row_factory=class_row(StoredCode)) as cursor,
    ):
        await cursor.execute(
            """
            select client_id, user_id, scopes, resource, code_challenge, redirect_uri, redirect_uri_given,
                   expires_at
            from oauth_codes
            join oauth_grants on oauth_grants.id = grant_id
            where code_hash = %(code_hash)s
              and client_id = %(client_id)s
              and used_at is null
              and expires_at > now()
              and revoked_at is null
              and not is_shut_out(user_id)
            """,
            {"code_hash": hash_of(code), "client_id": client_id},
        )
        found = await cursor.fetchone()
        if found is None:
            await _revoke_repeated_code(connection, client_id, code)
    return found


async def redeem_code(pool: Pool, client_id: str, code: str) -> NewTokens | None:
    """Tokens for a code, once; None when another request was first. Raises what Postgres raises."""
    async with authorizing(pool) as connection:
        rows = await connection.execute(
            """
            update oauth_codes
            set used_at = now()
            from oauth_grants
            where oauth_grants.id = grant_id
              and code_hash = %(code_hash)s
              and client_id = %(client_id)s
              and used_at is null
              and expires_at > now()
              and revoked_at is null
              and not is_shut_out(user_id)
            returning grant_id, scopes
            """,
            {"code_hash": hash_of(code), "client_id": client_id},
        )
        row = await rows.fetchone()
        if row is None:
            await _revoke_repeated_code(connection, client_id, code)
            return None
        return await _new_tokens(connection, row[0], row[1], row[1])


async def _revoke_repeated_code(connection: Connection, client_id: str, code: str) -> None:
    await connection.execute(
        """
        update oauth_grants
        set revoked_at = now(), revoked_for = %(reason)s
        from oauth_codes
        where grant_id = oauth_grants.id
          and code_hash = %(code_hash)s
          and client_id = %(client_id)s
          and used_at is not null
          and revoked_at is null
        """,
        {"code_hash": hash_of(code), "client_id": client_id, "reason": CODE_REPEATED},
    )


async def find_refresh_token(pool: Pool, client_id: str, token: str) -> StoredToken | None:
    """The client's refresh token while it is good and unused; None when there is no such.

    Used again, it was stolen: then what it was good for is taken back. Raises what Postgres raises.
    """
    async with authorizing(pool) as connection:
        found = await _find(connection, "refresh", token)
        if found is None:
            await _revoke_repeated_token(connection, client_id, token)
    return found if found is not None and found.client_id == client_id else None


async def rotate(pool: Pool, client_id: str, token: str, scopes: Sequence[str]) -> NewTokens | None:
    """New tokens for a refresh token, once; None when another request was first.

    The new access token is good for `scopes`, the new refresh token for all of the old one's. Raises what
    Postgres raises.
    """
    async with authorizing(pool) as connection:
        rows = await connection.execute(
            """
            update oauth_tokens
            set used_at = now()
            from oauth_grants
            where oauth_grants.id = grant_id
              and token_hash = %(token_hash)s
              and kind = 'refresh'
              and client_id = %(client_id)s
              and used_at is null
              and expires_at > now()
              and revoked_at is null
              and not is_shut_out(user_id)
            returning grant_id, oauth_tokens.scopes
            """,
            {"token_hash": hash_of(token), "client_id": client_id},
        )
        row = await rows.fetchone()
        if row is None:
            await _revoke_repeated_token(connection, client_id, token)
            return None
        await connection.execute(
            """
            update oauth_clients
            set keep_until = now() + make_interval(days => %(days)s)
            where client_id = %(client_id)s
            """,
            {"client_id": client_id, "days": KEPT_DAYS},
        )
        return await _new_tokens(connection, row[0], scopes, row[1])


async def _revoke_repeated_token(connection: Connection, client_id: str, token: str) -> None:
    await connection.execute(
        """
        update oauth_grants
        set revoked_at = now(), revoked_for = %(reason)s
        from oauth_tokens
        where grant_id = oauth_grants.id
          and token_hash = %(token_hash)s
          and client_id = %(client_id)s
          and kind = 'refresh'
          and used_at is not null
          and revoked_at is null
        """,
        {"token_hash": hash_of(token), "client_id": client_id, "reason": TOKEN_REPEATED},
    )


async def find_access_token(pool: Pool, token: str) -> StoredToken | None:
    """The access token while it is good; None when there is none, it expired or was taken back, or the
    person who gave it is shut out.

    Raises what Postgres raises.
    """
    async with authorizing(pool) as connection:
        found = await _find(connection, "access", token)
        if found is not None:
            await connection.execute(
                """
                update oauth_grants
                set last_used_at = now()
                where id = %(grant_id)s and (last_used_at is null or last_used_at < now() - %(used_every)s)
                """,
                {"grant_id": found.grant_id, "used_every": USED_EVERY},
            )
    return found


async def revoke_token(pool: Pool, client_id: str, token: str) -> None:
    """Take back what the client's token, of either kind, belongs to; others are left as they are.

    Raises what Postgres raises.
    """
    async with authorizing(pool) as connection:
        await connection.execute(
            """
            update oauth_grants
            set revoked_at = now(), revoked_for = %(reason)s
            from oauth_tokens
            where grant_id = oauth_grants.id
              and token_hash = %(token_hash)s
              and client_id = %(client_id)s
              and revoked_at is null
            """,
            {"token_hash": hash_of(token), "client_id": client_id, "reason": REVOKED},
        )


async def _find(connection: Connection, kind: str, token: str) -> StoredToken | None:
    async with connection.cursor(row_factory=class_row(StoredToken)) as cursor:
        await cursor.execute(
            """
            select grant_id, client_id, user_id, oauth_tokens.scopes, collections, resource, expires_at
            from oauth_tokens
            join oauth_grants on oauth_grants.id = grant_id
            where token_hash = %(token_hash)s
              and kind = %(kind)s
              and used_at is null
              and expires_at > now()
              and revoked_at is null
              and not is_shut_out(user_id)
            """,
            {"token_hash": hash_of(token), "kind": kind},
        )
        return await cursor.fetchone()


async def _new_tokens(
    connection: Connection, grant_id: int, scopes: Sequence[str], all_scopes: Sequence[str]
) -> NewTokens:
    tokens = NewTokens(new_secret(ACCESS_PREFIX), new_secret(REFRESH_PREFIX), scopes)
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            insert into oauth_tokens (token_hash, grant_id, kind, scopes, expires_at)
            values (%(token_hash)s, %(grant_id)s, %(kind)s, %(scopes)s, now() + %(good_for)s)
            """,
            [
                {
                    "token_hash": hash_of(secret),
                    "grant_id": grant_id,
                    "kind": kind,
                    "scopes": list(opened),
                    "good_for": good_for,
                }
                for secret, kind, opened, good_for in (
                    (tokens.access, "access", scopes, ACCESS_GOOD_FOR),
                    (tokens.refresh, "refresh", all_scopes, REFRESH_GOOD_FOR),
                )
            ],
        )
    return tokens
