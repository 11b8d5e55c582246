"""Requests of clients that a person has still to answer: each is good for ten minutes, and once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from psycopg.rows import class_row

from database.pool import Pool
from knowledge_base.errors import OAuthRequestGoneError
from knowledge_base.oauth.transactions import Connection, authorizing, hash_of, new_secret

GOOD_FOR = timedelta(minutes=10)
MAX_REQUESTS = 1000


def _end() -> datetime:
    return datetime.now(UTC) + GOOD_FOR


@dataclass(frozen=True)
class PendingRequest:
    """What a client asks for, as it was checked; `resource` is the address of the MCP server."""

    client_id: str
    client_name: str
    redirect_uri: str
    redirect_uri_given: bool
    state: str | None
    scopes: Sequence[str]
    code_challenge: str
    resource: str
    expires_at: datetime = field(default_factory=_end)


async def keep_request(pool: Pool, request: PendingRequest) -> str:
    """Keep a request until it is answered; returns the secret by which it is found.

    Where there are too many, the oldest goes. Raises what Postgres raises.
    """
    secret = new_secret("")
    async with authorizing(pool) as connection:
        await connection.execute("delete from oauth_requests where expires_at < now()")
        await connection.execute(
            """
            delete from oauth_requests
            where request_hash in (
                select request_hash from oauth_requests order by expires_at desc offset %(others)s
            )
            """,
            {"others": MAX_REQUESTS - 1},
        )
        await connection.execute(
            """
            insert into oauth_requests (
                request_hash, client_id, client_name, redirect_uri, redirect_uri_given, state, scopes,
                code_challenge, resource, expires_at
            )
            values (
                %(request_hash)s, %(client_id)s, %(client_name)s, %(redirect_uri)s, %(redirect_uri_given)s,
                %(state)s, %(scopes)s, %(code_challenge)s, %(resource)s, %(expires_at)s
            )
            """,
            asdict(request) | {"request_hash": hash_of(secret), "scopes": list(request.scopes)},
        )
    return secret


async def find_request(connection: Connection, secret: str) -> PendingRequest:
    """The request with this secret, in a transaction that sees OAuth. Raises `OAuthRequestGoneError`."""
    async with connection.cursor(row_factory=class_row(PendingRequest)) as cursor:
        await cursor.execute(
            """
            select client_id, client_name, redirect_uri, redirect_uri_given, state, scopes, code_challenge,
                   resource, expires_at
            from oauth_requests
            where request_hash = %(request_hash)s and expires_at > now()
            """,
            {"request_hash": hash_of(secret)},
        )
        request = await cursor.fetchone()
    if request is None:
        raise OAuthRequestGoneError
    return request


async def take_request(connection: Connection, secret: str) -> PendingRequest:
    """The same, and nobody else gets it any more. Raises `OAuthRequestGoneError`."""
    async with connection.cursor(row_factory=class_row(PendingRequest)) as cursor:
        await cursor.execute(
            """
            delete from oauth_requests
            where request_hash = %(request_hash)s and expires_at > now()
            returning client_id, client_name, redirect_uri, redirect_uri_given, state, scopes, code_challenge,
                      resource, expires_at
            """,
            {"request_hash": hash_of(secret)},
        )
        request = await cursor.fetchone()
    if request is None:
        raise OAuthRequestGoneError
    return request
