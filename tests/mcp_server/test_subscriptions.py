"""`subscriptions/listen`: two servers on one Postgres tell their clients what the other changed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastmcp import Client
from mcp import MCPError
from mcp.client.subscriptions import Subscription, listen
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from knowledge_base.changes import DOCUMENTS, MISSED, Changes, changes_in
from mcp_server.extensions.pending_changes import MAX_IDS, PendingChanges
from mcp_server.settings import McpServerSettings
from tests.support.rights import open_to_everyone

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

SECONDS = 20.0


@pytest.fixture
def server_settings() -> McpServerSettings:
    """Two subscriptions for each user."""
    return McpServerSettings(mcp_subscriptions_each=2)  # pyright: ignore[reportCallIssue]


async def store(server: "RunningServer", *names: str, collection: str = "default") -> list[int]:
    """Write documents as ingestion does: in one statement."""
    async with server.pool.connection() as connection, connection.transaction():
        place = {"collection": collection, "names": list(names)}
        await connection.execute(
            "insert into collections (name) values (%(collection)s) on conflict do nothing", place
        )
        await connection.execute(
            "insert into origins (collection, name, path, kind) values (%(collection)s, 'x', '/x', 'folder') "
            "on conflict do nothing",
            place,
        )
        rows = await connection.execute(
            """
            insert into documents
                (collection, origin, source, title, media_type, content_hash, recipe, language)
            select %(collection)s, 'x', name, name, 'text/plain', '', '', 'en'
            from unnest(%(names)s::text[]) as name
            on conflict (collection, source) do update set updated_at = now()
            returning id
            """,
            place,
        )
        return [number async for (number,) in rows]


async def remove(server: "RunningServer", *ids: int) -> None:
    async with server.pool.connection() as connection:
        await connection.execute("delete from documents where id = any(%s)", [list(ids)])


@asynccontextmanager
async def listening(client: Client[Any], *uris: str, to_list: bool = True) -> AsyncGenerator[Subscription]:
    """A subscription of this client."""
    async with (
        asyncio.timeout(SECONDS),
        listen(
            client.session, resources_list_changed=to_list, resource_subscriptions=list(uris)
        ) as subscription,
    ):
        yield subscription


async def heard(subscription: Subscription, *last: ServerEvent) -> Sequence[ServerEvent]:
    """What is heard until all of these were."""
    events: list[ServerEvent] = []
    async for event in subscription:
        events.append(event)
        if set(last) <= set(events):
            break
    return events


@pytest.fixture
async def other(
    server: "RunningServer",  # the first to migrate and to make the role
    server_settings: McpServerSettings,
    knowledge_base_url: str,
    served_by: "ServedBy",
) -> AsyncGenerator["RunningServer"]:
    """A second server on the same database."""
    async with served_by(knowledge_base_url, server_settings) as running:
        yield running


async def test_what_is_written_anywhere_is_told_by_every_process(
    server: "RunningServer", other: "RunningServer"
) -> None:
    [known] = await store(server, "a.md")
    uri = f"kb://documents/{known}"
    wanted = {ResourcesListChanged(), ResourceUpdated(uri)}
    its_collection = ResourceUpdated("kb://collections/default")
    async with (
        server.client() as here,
        other.client() as there,
        listening(here, uri, its_collection.uri) as first,
        listening(there, uri) as second,
    ):
        await store(server, "a.md", "b.md")
        assert set(await heard(first, *wanted, its_collection)) == {*wanted, its_collection}
        assert set(await heard(second, *wanted)) == wanted
        await remove(server, known)
        assert set(await heard(second, *wanted)) == wanted


async def test_only_what_the_caller_may_read_is_acknowledged_and_told(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    await open_to_everyone(server.pool.conninfo, "open", "closed")  # pyright: ignore[reportArgumentType]
    [open_one] = await store(server, "a.md", collection="open")
    [closed_one] = await store(server, "b.md", collection="closed")
    uris = [f"kb://documents/{number}" for number in (open_one, closed_one, 999_999)]
    uris += ["kb://collections/closed", "kb://collections/open"]
    restricted = sign("ann", collections=["open"])
    async with server.client(restricted) as client, listening(client, *uris) as subscription:
        assert subscription.honored.resource_subscriptions == [uris[0], uris[-1]]
        await store(server, "b.md", "c.md", collection="closed")
        await store(server, "a.md", collection="open")
        wanted = {ResourcesListChanged(), ResourceUpdated(uris[0]), ResourceUpdated(uris[-1])}
        assert set(await heard(subscription, *wanted)) == wanted
    async with server.client(sign("ann", scope="tasks")) as client, listening(client, *uris) as subscription:
        assert subscription.honored.resource_subscriptions is None
        assert subscription.honored.resources_list_changed is None


async def test_nothing_is_told_of_a_collection_that_was_closed_meanwhile(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with server.pool.connection() as connection:
        await connection.execute("insert into collections (name) values ('hr'), ('all')")
        await connection.execute("delete from collection_rights")
        await connection.execute(
            "insert into collection_rights select name, 'user', 'ann', 'read' from collections"
        )
    [number] = await store(server, "a.md", collection="hr")
    uri = f"kb://documents/{number}"
    async with server.client(sign("ann")) as client, listening(client, uri, to_list=True) as subscription:
        assert subscription.honored.resource_subscriptions == [uri]
        async with server.pool.connection() as connection:
            await connection.execute("delete from collection_rights where collection = 'hr'")
        await store(server, "a.md", collection="hr")
        await store(server, "a.md", collection="all")
        assert set(await heard(subscription, ResourcesListChanged())) == {ResourcesListChanged()}


async def test_a_lost_connection_is_made_again_and_what_was_missed_is_told(server: "RunningServer") -> None:
    [number] = await store(server, "a.md")
    uri = f"kb://documents/{number}"
    async with server.client() as client, listening(client, uri) as subscription:
        async with server.pool.connection() as connection:
            ended = await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and query ilike 'listen %'"
            )
            assert ended.rowcount == 1
        wanted = {ResourcesListChanged(), ResourceUpdated(uri)}
        assert set(await heard(subscription, *wanted)) == wanted
        await store(server, "a.md")
        assert set(await heard(subscription, *wanted)) == wanted


async def test_a_user_has_so_many_subscriptions_and_each_so_many_addresses(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with server.client() as client, listening(client), listening(client):
        with pytest.raises(MCPError, match="Too many subscriptions: 2 at once"):
            async with listening(client):
                pass
        async with server.client(sign("ann")) as ann, listening(ann):
            pass
    async with server.client() as client:
        async with listening(client):
            pass
        with pytest.raises(MCPError, match="at most 200 addresses"):
            async with listening(client, *(f"kb://documents/{number}" for number in range(201))):
                pass


async def test_without_subscriptions_nothing_listens(server: "RunningServer") -> None:
    async def listeners() -> int:
        async with server.pool.connection() as connection:
            rows = await connection.execute(
                "select from pg_stat_activity where datname = current_database() and query ilike 'listen %'"
            )
            return rows.rowcount

    assert await listeners() == 0
    async with server.client() as client:
        async with listening(client):
            assert await listeners() == 1
        async with asyncio.timeout(SECONDS):
            while await listeners():
                pass


async def test_subscriptions_end_in_peace_when_the_server_stops(server: "RunningServer") -> None:
    async with server.client() as client, listening(client) as subscription:
        draining = asyncio.create_task(server.health.running.drain(SECONDS))
        assert [event async for event in subscription] == []
        assert await draining


async def test_a_subscription_ends_with_its_key(
    server: "RunningServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_server.extensions.subscriptions.CHECKED_EVERY_SECONDS", 0.05)
    from tests.mcp_server.test_api_keys import key_for

    key_id, secret = await key_for(server, ("kb:read",))
    async with server.client(secret) as client, listening(client) as subscription:
        async with server.pool.connection() as connection:
            await connection.execute("update api_keys set revoked_at = now() where id = %s", [key_id])
        assert [event async for event in subscription] == []


def test_many_changes_become_few() -> None:
    pending = PendingChanges()
    for number in range(MAX_IDS + 1):
        pending.add(Changes({"a": frozenset({number})}))
    assert pending.take() == Changes({"a": None})
    assert pending.is_empty
    for number in range(MAX_IDS + 1):
        pending.add(Changes({str(number): None}))
    assert pending.take() == MISSED


@pytest.mark.parametrize("payload", ["", "{}", "[]", "7", '{"a": 3}'])
def test_a_message_that_cannot_be_read_may_mean_anything(payload: str) -> None:
    assert changes_in(psycopg.Notify(DOCUMENTS, payload, 1)) == MISSED


async def test_a_statement_sends_one_message_however_many_documents_it_writes(
    server: "RunningServer",
) -> None:
    async with server.pool.connection() as hearing:
        await hearing.execute(f"listen {DOCUMENTS}")
        ids = await store(server, *(f"{number}.md" for number in range(300)))
        few = [changes_in(notice) async for notice in hearing.notifies(timeout=SECONDS, stop_after=1)]
        await store(server, *(f"{number}.md" for number in range(3000)))
        many = [changes_in(notice) async for notice in hearing.notifies(timeout=SECONDS, stop_after=2)]
        await hearing.execute("unlisten *")
    assert few == [Changes({"default": frozenset(ids)})]
    # Of 2,700 new and 300 known ones: too many to be named, and few enough.
    assert Changes({"default": None}) in many
    assert Changes({"default": frozenset(ids)}) in many
