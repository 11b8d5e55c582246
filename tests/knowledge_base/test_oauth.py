"""What is stored of clients and requests that nobody has let in is bounded, and goes by itself."""

from collections.abc import AsyncGenerator

import pytest
from psycopg import sql

from database.pool import Pool, create_pool
from knowledge_base.access import open_server_pool, prepare_server_role
from knowledge_base.errors import OAuthRequestGoneError
from knowledge_base.oauth import clients, grants, requests
from knowledge_base.oauth.clients import find_client, store_client
from knowledge_base.oauth.grants import Permission, let_in, list_grants
from knowledge_base.oauth.requests import PendingRequest, find_request, keep_request
from knowledge_base.oauth.tokens import find_access_token, redeem_code
from knowledge_base.oauth.transactions import authorizing


@pytest.fixture
async def everything(knowledge_base_url: str) -> AsyncGenerator[Pool]:
    """Sees all rows."""
    await prepare_server_role(knowledge_base_url)
    async with create_pool(knowledge_base_url) as pool:
        yield pool


@pytest.fixture
async def pool(knowledge_base_url: str, everything: Pool) -> AsyncGenerator[Pool]:
    """The server's."""
    async with open_server_pool(knowledge_base_url) as pool:
        yield pool


def asked(client_id: str = "editor") -> PendingRequest:
    return PendingRequest(
        client_id, "Editor", "https://editor.example/cb", True, None, ["tasks"], "c" * 43, "https://kb/mcp"
    )


async def granted(pool: Pool, user: str = "ann", client_id: str = "editor") -> str:
    """A code for a client that the user has let in."""
    async with authorizing(pool) as connection:
        return await let_in(connection, asked(client_id), Permission(user, "editor.example", ["tasks"], None))


async def count(pool: Pool, table: str) -> int:
    async with pool.connection() as connection:
        rows = await connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table)))
        row = await rows.fetchone()
    assert row is not None
    return row[0]


async def test_the_oldest_client_that_nobody_let_in_makes_room(
    pool: Pool, everything: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MAX_CLIENTS", 3)
    for name in ("editor", "b", "c"):
        assert await store_client(pool, name, {"client_name": name})
    await granted(pool)
    assert await store_client(pool, "d", {})
    known = [name for name in ("editor", "b", "c", "d") if await find_client(pool, name) is not None]
    assert known == ["editor", "c", "d"]
    for name in ("c", "d"):
        await granted(pool, client_id=name)
    assert not await store_client(pool, "e", {})
    assert await count(everything, "oauth_clients") == 3


async def test_clients_are_forgotten_when_nobody_uses_them(pool: Pool, everything: Pool) -> None:
    for name in ("editor", "old"):
        await store_client(pool, name, {})
    await granted(pool)
    async with everything.connection() as connection:
        await connection.execute("update oauth_clients set keep_until = now()")
    await store_client(pool, "new", {})
    known = [name for name in ("editor", "old", "new") if await find_client(pool, name) is not None]
    assert known == ["editor", "new"]


async def test_requests_are_bounded_and_the_oldest_goes(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_REQUESTS", 2)
    secrets = [await keep_request(pool, asked()) for _ in range(3)]
    async with authorizing(pool) as connection:
        with pytest.raises(OAuthRequestGoneError):
            await find_request(connection, secrets[0])
        for secret in secrets[1:]:
            assert (await find_request(connection, secret)).client_name == "Editor"


async def test_of_too_many_clients_of_a_person_the_one_not_used_for_longest_goes(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "MAX_GRANTS", 2)
    tokens = [await redeem_code(pool, "editor", await granted(pool)) for _ in range(2)]
    await granted(pool, "bob")
    assert tokens[0] is not None
    assert tokens[1] is not None
    assert await find_access_token(pool, tokens[0].access) is not None
    await granted(pool)
    assert await find_access_token(pool, tokens[0].access) is not None
    assert await find_access_token(pool, tokens[1].access) is None
    async with authorizing(pool) as connection:
        assert len(await list_grants(connection, "ann")) == 2
        assert len(await list_grants(connection, "bob")) == 1


async def test_what_can_open_nothing_any_more_goes(pool: Pool, everything: Pool) -> None:
    await redeem_code(pool, "editor", await granted(pool))
    async with everything.connection() as connection:
        await connection.execute("update oauth_tokens set expires_at = now() - interval '1 minute'")
        await connection.execute("update oauth_grants set created_at = now() - interval '2 days'")
    await granted(pool, "bob")
    assert await count(everything, "oauth_grants") == 1
    assert await count(everything, "oauth_tokens") == 0
    assert await count(everything, "oauth_codes") == 1


async def test_whoever_is_not_the_authorization_server_sees_nothing(pool: Pool) -> None:
    await redeem_code(pool, "editor", await granted(pool))
    await store_client(pool, "editor", {})
    await keep_request(pool, asked())
    for table in ("clients", "requests", "grants", "codes", "tokens"):
        assert await count(pool, f"oauth_{table}") == 0
