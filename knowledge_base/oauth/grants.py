"""What people have let clients do, until it is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from knowledge_base.errors import OAuthGrantNotFoundError
from knowledge_base.oauth.clients import KEPT_DAYS
from knowledge_base.oauth.requests import PendingRequest
from knowledge_base.oauth.transactions import Connection, hash_of, new_secret

CODE_PREFIX = "owflexcode_"
CODE_GOOD_FOR = timedelta(minutes=1)
MAX_GRANTS = 50
DISCONNECTED, TOO_MANY = "disconnected", "too many clients"


@dataclass(frozen=True)
class OAuthGrant:
    """A client that somebody has let in; `collections` None opens all that are open to the person."""

    grant_id: int
    user_id: str
    client_id: str
    client_name: str
    redirect_host: str
    scopes: list[str]
    collections: list[str] | None
    created_at: datetime
    last_used_at: datetime | None
    # The person may not come in: its tokens are refused, until they may.
    is_shut_out: bool


@dataclass(frozen=True)
class Permission:
    """What somebody lets a client do, of what it asked for."""

    user_id: str
    redirect_host: str
    scopes: Sequence[str]
    collections: Sequence[str] | None


async def let_in(connection: Connection, request: PendingRequest, permission: Permission) -> str:
    """Keep what was granted, in a transaction that sees OAuth; returns the code for the client.

    A person has at most `MAX_GRANTS` clients: the one that was not used for longest goes.
    """
    rows = await connection.execute(
        """
        insert into oauth_grants (
            user_id, client_id, client_name, redirect_host, scopes, collections, resource
        )
        values (
            %(user_id)s, %(client_id)s, %(client_name)s, %(redirect_host)s, %(scopes)s, %(collections)s,
            %(resource)s
        )
        returning id
        """,
        {
            "user_id": permission.user_id,
            "client_id": request.client_id,
            "client_name": request.client_name,
            "redirect_host": permission.redirect_host,
            "scopes": list(permission.scopes),
            "collections": None if permission.collections is None else list(permission.collections),
            "resource": request.resource,
        },
    )
    row = await rows.fetchone()
    assert row is not None
    code = await _new_code(connection, row[0], request)
    await _forget(connection, permission.user_id)
    await connection.execute(
        """
        update oauth_clients
        set was_let_in = true, keep_until = now() + make_interval(days => %(days)s)
        where client_id = %(client_id)s
        """,
        {"client_id": request.client_id, "days": KEPT_DAYS},
    )
    return code


async def _new_code(connection: Connection, grant_id: int, request: PendingRequest) -> str:
    code = new_secret(CODE_PREFIX)
    await connection.execute(
        """
        insert into oauth_codes (
            code_hash, grant_id, code_challenge, redirect_uri, redirect_uri_given, expires_at
        )
        values (
            %(code_hash)s, %(grant_id)s, %(code_challenge)s, %(redirect_uri)s, %(redirect_uri_given)s,
            now() + %(good_for)s
        )
        """,
        {
            "code_hash": hash_of(code),
            "grant_id": grant_id,
            "code_challenge": request.code_challenge,
            "redirect_uri": request.redirect_uri,
            "redirect_uri_given": request.redirect_uri_given,
            "good_for": CODE_GOOD_FOR,
        },
    )
    return code


async def _forget(connection: Connection, user_id: str) -> None:
    """Revoke what is too much of the user's; remove what can open nothing any more, whosever it is."""
    await connection.execute(
        """
        update oauth_grants
        set revoked_at = now(), revoked_for = %(reason)s
        where id in (
            select id
            from oauth_grants
            where user_id = %(user_id)s and revoked_at is null
            order by coalesce(last_used_at, created_at) desc, id desc
            offset %(most)s
        )
        """,
        {"user_id": user_id, "reason": TOO_MANY, "most": MAX_GRANTS},
    )
    await connection.execute("delete from oauth_tokens where expires_at < now()")
    await connection.execute(
        """
        delete from oauth_grants as given
        where created_at < now() - interval '1 day'
          and (
              revoked_at is not null
              or not exists (select from oauth_tokens where grant_id = given.id and kind = 'refresh')
          )
        """
    )


async def list_grants(connection: Connection, user_id: str | None = None) -> list[OAuthGrant]:
    """The clients that can still come in, of the user or (None) of all that the transaction sees."""
    async with connection.cursor(row_factory=class_row(OAuthGrant)) as cursor:
        await cursor.execute(
            """
            select id as grant_id, user_id, client_id, client_name, redirect_host, scopes, collections,
                   created_at, last_used_at, is_shut_out(user_id) as is_shut_out
            from oauth_grants
            where revoked_at is null and (%(user_id)s::text is null or user_id = %(user_id)s)
            order by id
            """,
            {"user_id": user_id},
        )
        return await cursor.fetchall()


async def disconnect(connection: Connection, grant_id: int, user_id: str | None = None) -> OAuthGrant:
    """Take back what was granted to a client: its tokens open nothing from the next call on.

    With `user_id` only the user's own. Raises `OAuthGrantNotFoundError`.
    """
    async with connection.cursor(row_factory=class_row(OAuthGrant)) as cursor:
        await cursor.execute(
            """
            update oauth_grants
            set revoked_at = now(), revoked_for = %(reason)s
            where id = %(grant_id)s
              and revoked_at is null
              and (%(user_id)s::text is null or user_id = %(user_id)s)
            returning id as grant_id, user_id, client_id, client_name, redirect_host, scopes, collections,
                      created_at, last_used_at, is_shut_out(user_id) as is_shut_out
            """,
            {"grant_id": grant_id, "user_id": user_id, "reason": DISCONNECTED},
        )
        grant = await cursor.fetchone()
    if grant is None:
        raise OAuthGrantNotFoundError(grant_id)
    return grant
