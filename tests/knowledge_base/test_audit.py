"""The audit log is written by Postgres with each change, can only be added to, and is bounded."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.acting import Acting, act_as
from database.audit import Attempt, AuditEvent, write_attempts, write_event
from database.pool import Pool
from knowledge_base.access import open_server_pool, prepare_server_role

Connection = AsyncConnection[TupleRow]

ANN = Acting("ann", "chat", "req-1", "a" * 32)
ADD = """
insert into documents (collection, origin, source, title, media_type, content_hash, recipe, language)
values ('default', 'o', %(source)s, 'A title', 'text/plain', '', '1', 'en')
on conflict (collection, source) do update set content_hash = '\\x01'
"""


@pytest.fixture
async def owner(knowledge_base_url: str) -> AsyncGenerator[Connection]:
    """A connection of those who own the tables, with an origin to put documents in."""
    async with await AsyncConnection.connect(knowledge_base_url, autocommit=True) as connection:
        await connection.execute("insert into origins (collection, name, path) values ('default', 'o', '/o')")
        yield connection


@pytest.fixture
async def server(knowledge_base_url: str) -> AsyncGenerator[Pool]:
    """Connections of the MCP server's role."""
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as pool:
        yield pool


async def events(connection: Connection) -> list[Any]:
    rows = await connection.execute("select actor, through, action, target from audit_events order by id")
    return await rows.fetchall()


async def test_a_document_that_comes_changes_moves_and_goes_leaves_its_events(owner: Connection) -> None:
    await act_as(owner, ANN)
    for _ in range(2):
        await owner.execute(ADD.encode(), {"source": "o/a"})
    await owner.execute("update documents set recipe = '2', updated_at = now()")
    await owner.execute("update documents set source = 'o/b'")
    await owner.execute("delete from origins")
    who = ("ann", "chat")
    assert await events(owner) == [
        (*who, "document.added", "o/a"),
        (*who, "document.replaced", "o/a"),
        (*who, "document.moved", "o/b"),
        (*who, "document.removed", "o/b"),
    ]
    rows = await owner.execute("select distinct request_id, trace_id, outcome from audit_events")
    assert await rows.fetchall() == [("req-1", "a" * 32, "done")]


async def test_what_nobody_has_said_a_name_for_is_the_accounts_of_the_database(owner: Connection) -> None:
    await owner.execute(ADD.encode(), {"source": "o/a"})
    assert await events(owner) == [(owner.info.user, "database", "document.added", "o/a")]


async def test_a_key_is_told_with_what_it_opens_and_never_with_itself(owner: Connection) -> None:
    await owner.execute(
        "insert into api_keys (name, key_hash, user_id, scopes) values ('k', '\\xabcdef', 'ann', '{tasks}')"
    )
    await owner.execute("update api_keys set last_used_at = now()")
    await owner.execute("update api_keys set collections = '{hr}'")
    await owner.execute("update api_keys set revoked_at = now()")
    rows = await owner.execute(
        "select action, about, details ->> 'scopes', details ->> 'collections' from audit_events order by id"
    )
    assert await rows.fetchall() == [
        ("api_key.made", "ann", "tasks", "all"),
        ("api_key.changed", "ann", "tasks", "hr"),
        ("api_key.revoked", "ann", "tasks", "hr"),
    ]
    told = await owner.execute("select string_agg(events::text, '') from audit_events as events")
    assert "abcdef" not in str(await told.fetchone())


@pytest.mark.parametrize(
    "statement",
    ["update audit_events set actor = 'me'", "delete from audit_events", "truncate audit_events"],
)
async def test_nobody_changes_what_is_in_the_log(owner: Connection, server: Pool, statement: str) -> None:
    await owner.execute(ADD.encode(), {"source": "o/a"})
    before = await events(owner)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="can only be added to"):
        await owner.execute(statement.encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        async with server.connection() as connection:
            await connection.execute(statement.encode())
    assert await events(owner) == before != []


async def test_the_servers_role_adds_refused_attempts_and_sees_none(owner: Connection, server: Pool) -> None:
    await write_attempts(server, [Attempt("login.refused", "unknown", "mcp", "POST /mcp")])
    assert await events(owner) == [("unknown", "mcp", "login.refused", "POST /mcp")]
    for forbidden in (
        "select * from audit_events",
        "insert into audit_events (action) values ('backup.made')",
        "insert into audit_events (action, outcome, happened_at) values ('x', 'refused', '1999-01-01')",
        "select forget_audit_events(1)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with server.connection() as connection:
                await connection.execute(forbidden.encode())


async def test_a_change_whose_event_cannot_be_written_does_not_happen(
    owner: Connection, knowledge_base_url: str
) -> None:
    await owner.execute("set lock_timeout = '50ms'")
    async with await AsyncConnection.connect(knowledge_base_url) as other:
        await other.execute("lock table audit_events in access exclusive mode")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await owner.execute(ADD.encode(), {"source": "o/a"})
    # As a full disk would.
    await owner.execute("alter table audit_events add check (action <> 'document.added')")
    with pytest.raises(psycopg.errors.CheckViolation):
        await owner.execute(ADD.encode(), {"source": "o/a"})
    rows = await owner.execute("select count(*) from documents")
    assert (await rows.fetchone(), await events(owner)) == ((0,), [])


async def test_a_change_that_is_taken_back_is_not_told(owner: Connection) -> None:
    async with owner.transaction(force_rollback=True):
        await owner.execute(ADD.encode(), {"source": "o/a"})
    assert await events(owner) == []


async def test_a_table_put_in_the_place_of_the_log_catches_nothing(owner: Connection) -> None:
    await owner.execute("create temporary table audit_events (like public.audit_events)")
    await owner.execute(ADD.encode(), {"source": "o/a"})
    rows = await owner.execute(
        "select (select count(*) from pg_temp.audit_events), (select count(*) from public.audit_events)"
    )
    assert await rows.fetchone() == (0, 1)


async def test_names_are_bounded_whatever_they_hold(owner: Connection, knowledge_base_url: str) -> None:
    long = "\x1b[2J\n\u202e" + "x" * 10_000_000
    await act_as(owner, Acting(long, "mcp", long, long))
    await owner.execute(
        "insert into api_keys (name, key_hash, user_id, scopes, collections)"
        " values (%(name)s, '', %(name)s, array[%(name)s], array[%(name)s])",
        {"name": long},
    )
    with psycopg.connect(knowledge_base_url) as connection:
        write_event(connection, AuditEvent("export.made", f"{long}\x00", long, long, {"more": long}))
    rows = await owner.execute("select max(length(events::text)), count(*) from audit_events as events")
    size, count = await rows.fetchone() or (0, 0)
    assert (size < 10_000, count) == (True, 2)


async def test_old_events_go_by_a_function_and_that_is_an_event(owner: Connection) -> None:
    await owner.execute(
        "insert into audit_events (action, happened_at)"
        " select 'x', now() - interval '40 days' * i from generate_series(0, 2) as i"
    )
    gone = await owner.execute("select forget_audit_events(50)")
    assert await gone.fetchone() == (1,)
    assert [action for _, _, action, _ in await events(owner)] == ["x", "x", "audit.forgotten"]
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        await owner.execute("select forget_audit_events(0)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await owner.execute("delete from audit_events")


async def test_writers_at_the_same_time_leave_an_event_each(
    owner: Connection, knowledge_base_url: str
) -> None:
    async def write(number: int) -> None:
        async with await AsyncConnection.connect(knowledge_base_url) as connection:
            await act_as(connection, Acting(f"user {number}", "mcp"))
            for name in ("o/shared", f"o/{number}"):
                await connection.execute(ADD.encode(), {"source": name})

    await asyncio.gather(*map(write, range(8)))
    found = await events(owner)
    assert sorted(actor for actor, _, _, target in found if target != "o/shared") == [
        f"user {number}" for number in range(8)
    ]
    # One has added it, one has changed it: to write the same once more is no change.
    shared = [action for _, _, action, target in found if target == "o/shared"]
    assert shared == ["document.added", "document.replaced"]
