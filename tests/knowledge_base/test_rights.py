"""Postgres finds what a person may do, and holds back all else, also from a server that forgets to ask."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from database.migrations import migrate
from database.pool import Pool
from knowledge_base.access import Access, acting_for, acting_with, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.errors import CollectionNotFoundError, NameTooCloseError
from knowledge_base.groups import Connection, add_members, list_groups, remove_members, sync_groups
from knowledge_base.own_collections import make_own_collection, own_collection_of
from knowledge_base.rights import Subject, grant, list_rights, revoke, set_usual_right, usual_right
from knowledge_base.uploads import NewUpload, add_upload, added_to
from tests.knowledge_base.test_upgrading import OURS, read_migrations

EVERYONE = Subject("everyone")
ANN = Access("ann", by_rights=True)
ROOT = Access("root", frozenset(), administers=True)


@pytest.fixture
async def pool(knowledge_base_url: str) -> AsyncGenerator[Pool]:
    """Two collections that everyone may read, and connections of the server."""
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await connection.execute("insert into collections (name) values ('hr'), ('it')")
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as server_pool:
        yield server_pool


async def opened(pool: Pool, access: Access = ANN) -> frozenset[str] | None:
    """What the rights leave of an access; what Postgres shows is the same."""
    async with acting_with(pool, access) as (connection, held):
        rows = await connection.execute("select name from collections")
        seen = frozenset([name for (name,) in await rows.fetchall()])
    assert held.collections is None or held.collections == seen
    return held.collections


async def test_who_may_read_all_is_not_restricted(pool: Pool) -> None:
    assert await opened(pool) is None
    async with acting_for(pool, ROOT) as connection:
        await revoke(connection, "it", EVERYONE)
    assert await opened(pool) == {"hr"}
    assert await opened(pool, Access("ann", frozenset({"it"}), by_rights=True)) == frozenset()
    assert await opened(pool, Access("ann", frozenset({"hr", "it", "x"}), by_rights=True)) == {"hr"}


async def test_rights_come_from_the_person_their_groups_and_everyone(pool: Pool) -> None:
    async with acting_for(pool, ROOT) as connection:
        await revoke(connection, "it", EVERYONE)
        await add_members(connection, "staff", ["ann"])
        await grant(connection, "it", Subject("group", "staff"), "add")
        await grant(connection, "hr", Subject("user", "ann"), "manage")
    assert await opened(pool) is None
    async with acting_for(pool, ANN) as connection:
        assert await added_to(connection) == {"hr", "it"}
    async with acting_for(pool, ROOT) as connection:
        await sync_groups(connection, "ann", ["staff"])
        await remove_members(connection, "staff", ["ann"])
        assert [group.members_by_claim for group in await list_groups(connection)] == [[]]
    assert await opened(pool) == {"hr"}


async def test_without_a_right_nothing_is_seen(pool: Pool) -> None:
    async with acting_for(pool, ROOT) as connection:
        for name in ("hr", "it"):
            await revoke(connection, name, EVERYONE)
    assert await opened(pool) == frozenset()


@pytest.mark.parametrize("usual", ["nobody", "read", "add"])
async def test_a_new_collection_opens_what_is_usual(pool: Pool, knowledge_base_url: str, usual: str) -> None:
    async with acting_for(pool, ROOT) as connection:
        assert await usual_right(connection) == "read"
        await set_usual_right(connection, usual)  # pyright: ignore[reportArgumentType]
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await connection.execute("insert into collections (name) values ('new')")
        [found] = await list_rights(connection, collection="new")
    assert [one.right for one in found.grants] == ([] if usual == "nobody" else [usual])


@pytest.mark.parametrize("table", ["groups", "group_members", "collection_rights", "new_collections"])
async def test_rights_are_seen_and_changed_by_administrators_alone(pool: Pool, table: str) -> None:
    async with acting_for(pool, ROOT) as connection:
        await add_members(connection, "staff", ["ann"])
        await set_usual_right(connection, "nobody")
    for access in (ANN, Access("local")):
        async with acting_for(pool, access) as connection:
            rows = await connection.execute(f"select count(*) from {table}".encode())  # noqa: S608
            assert await rows.fetchone() == (0,)
            gone = await connection.execute(f"delete from {table}".encode())  # noqa: S608
            assert gone.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting_for(pool, ANN) as connection:
            await connection.execute("insert into collection_rights values ('hr', 'user', 'ann', 'manage')")


async def test_administrators_see_no_document_and_no_upload_of_others(pool: Pool) -> None:
    async with acting_for(pool, ROOT) as connection:
        for table in ("collections", "documents", "uploads"):
            rows = await connection.execute(f"select count(*) from {table}".encode())  # noqa: S608
            assert await rows.fetchone() == (0,)
        assert [one.name for one in await list_rights(connection)] == ["hr", "it"]
    async with acting_for(pool, ANN) as connection:
        assert await list_rights(connection) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting_for(pool, ANN) as connection:
            await connection.execute("select make_closed_collection('mine')")


@pytest.mark.parametrize("collection", ["hr", "unknown"])
async def test_postgres_takes_no_upload_without_the_right_to_add(pool: Pool, collection: str) -> None:
    new = NewUpload(collection, "text", "a.md", content=b"a")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting_for(pool, ANN) as connection:
            await add_upload(connection, "ann", new)


async def test_postgres_takes_an_upload_with_the_right_to_add(pool: Pool) -> None:
    async with acting_for(pool, ROOT) as connection:
        await grant(connection, "hr", Subject("user", "ann"), "add")
        with pytest.raises(CollectionNotFoundError):
            await grant(connection, "unknown", Subject("user", "ann"), "add")
    async with acting_for(pool, ANN) as connection:
        upload = await add_upload(connection, "ann", NewUpload("hr", "text", "a.md", content=b"a"))
    assert upload.status == "waiting"


async def test_nobody_makes_the_collection_of_another_their_own(pool: Pool, knowledge_base_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await connection.execute("insert into collections (name) values (%s)", [own_collection_of("ann")])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting_for(pool, ANN) as connection:
            await make_own_collection(connection, "ann")


async def test_an_installation_of_before_sees_and_adds_as_before(chat_url: str, tmp_path: Path) -> None:
    for migration in read_migrations(OURS):
        if migration.name < "0015":
            (tmp_path / migration.name).write_bytes(migration.text)
    await migrate(chat_url, tmp_path)
    async with await psycopg.AsyncConnection.connect(chat_url) as connection:
        await connection.execute("insert into collections (name) values ('hr'), ('it')")
    await migrate_knowledge_base(chat_url)
    await prepare_server_role(chat_url)
    async with open_server_pool(chat_url) as pool:
        assert await opened(pool) is None
        async with acting_for(pool, ANN) as connection:
            assert await added_to(connection) == {"hr", "it"}


async def test_names_that_differ_only_in_case_or_form_are_not_made_twice(pool: Pool) -> None:
    async with acting_for(pool, ROOT) as connection:
        await add_members(connection, "Straße", ["jwt:Ann", "account:bob"])
    # Capitals, sharp s, a letter and its accent apart, wide letters.
    for taken, new in (("Straße", "STRASSE"), ("Café", "Cafe\u0301"), ("it", "\uff49\uff54")):
        async with acting_for(pool, ROOT) as connection:
            await add_members(connection, taken)
        with pytest.raises(NameTooCloseError, match=f'Write "{taken}" if you mean it'):
            async with acting_for(pool, ROOT) as connection:
                await add_members(connection, new)
    attempts: tuple[Callable[[Connection], Awaitable[None]], ...] = (
        lambda connection: add_members(connection, "it", ["jwt:ann"]),
        lambda connection: grant(connection, "hr", Subject("user", "jwt:ANN"), "read"),
        # Nobody is called so: accounts are kept in small letters.
        lambda connection: grant(connection, "hr", Subject("user", "account:Cleo"), "read"),
        lambda connection: grant(connection, "HR", EVERYONE, "read", make=True),
    )
    for attempt in attempts:
        with pytest.raises(NameTooCloseError):
            async with acting_for(pool, ROOT) as connection:
                await attempt(connection)


async def test_a_login_is_not_kept_out_by_such_a_group_and_gets_no_rights_of_the_other(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    async with acting_for(pool, ROOT) as connection:
        await add_members(connection, "staff", ["bob"])
        assert await sync_groups(connection, "ann", ["Staff", "new", "NEW"]) == ["new"]
        assert [(group.name, list(group.members_by_claim)) for group in await list_groups(connection)] == [
            ("new", ["ann"]),
            ("staff", []),
        ]
    assert sum("is left out" in record.getMessage() for record in caplog.records) == 2


async def test_such_names_of_before_go_on(pool: Pool, knowledge_base_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await connection.execute("insert into groups (name) values ('g1'), ('G1')")
        await connection.execute("insert into collections (name) values ('HR')")
        await connection.execute("insert into group_members (group_name, user_id) values ('g1', 'Ann')")
    async with acting_for(pool, ROOT) as connection:
        await add_members(connection, "g1", ["Ann"])
        await add_members(connection, "G1", ["bob"])
        await grant(connection, "HR", EVERYONE, "add", make=True)
        assert await sync_groups(connection, "cleo", ["g1", "G1"]) == ["g1", "G1"]
