"""Postgres itself keeps users and collections apart."""

from collections.abc import AsyncGenerator

import psycopg
import pytest
from psycopg import sql

from database.pool import Pool, create_pool
from knowledge_base.access import (
    SERVER_ROLE,
    Access,
    acting_for,
    check_isolation,
    open_server_pool,
    prepare_server_role,
)
from knowledge_base.errors import ServerRoleError
from knowledge_base.snapshot import savepoint
from tests.support.round_trips import count_round_trips

COUNTS = """
select (select count(*) from documents), (select count(*) from chunks),
       (select count(*) from chunk_embeddings), (select count(*) from postings),
       (select count(*) from pending_postings), (select count(*) from vocabularies),
       (select count(*) from collections), (select count(*) from tasks)
"""
TWO_OF_EVERYTHING = """
insert into collections (name) values ('hr'), ('it');
insert into origins (collection, name, path, kind)
values ('hr', 'h', '/h', 'folder'), ('it', 'i', '/i', 'folder');
insert into documents (collection, origin, source, title, media_type, content_hash, recipe, chunk_count)
values ('hr', 'h', 'h/a', 'A', 'text/plain', '', '', 1), ('it', 'i', 'i/b', 'B', 'text/plain', '', '', 1);
insert into vocabularies (collection, language) values ('hr', 'english'), ('it', 'english');
insert into chunks (document_id, position, heading_path, content, token_count, vocabulary_id)
select documents.id, 0, '{}', title, 1, vocabularies.id from documents join vocabularies using (collection);
insert into embedding_spaces (model_name, dimensions, in_use) values ('m', 2, true);
insert into chunk_embeddings (space_id, chunk_id, vocabulary_id, embedding)
select embedding_spaces.id, chunks.id, vocabulary_id, '[1,0]' from embedding_spaces, chunks;
insert into postings (lexeme, vocabulary_id, id_range, passages, max_impact, list)
select 7, vocabulary_id, 0, 1, 1, '\\x010001' from chunks;
insert into pending_postings (chunk_id, vocabulary_id, added, lexemes)
select id, vocabulary_id, true, '' from chunks;
insert into tasks (user_id, title) values ('ann', 'hers'), ('bob', 'his');
"""


@pytest.fixture
async def pool(knowledge_base_url: str) -> AsyncGenerator[Pool]:
    """Two users, two collections, and connections of the server."""
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await connection.execute(TWO_OF_EVERYTHING.encode())
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as server_pool:
        yield server_pool


async def _counts(pool: Pool, access: Access) -> tuple[int, ...]:
    async with acting_for(pool, access) as connection:
        row = await (await connection.execute(COUNTS.encode())).fetchone()
    assert row is not None
    return row


async def test_a_query_that_says_nobody_sees_nothing(pool: Pool) -> None:
    async with pool.connection() as connection:
        row = await (await connection.execute(COUNTS.encode())).fetchone()
    assert row == (0, 0, 0, 0, 0, 0, 0, 0)


async def test_a_caller_sees_all_collections_and_only_their_own_tasks(pool: Pool) -> None:
    assert await _counts(pool, Access("ann")) == (2, 2, 2, 2, 2, 2, 2, 1)


async def test_a_caller_with_one_collection_sees_nothing_of_the_other(pool: Pool) -> None:
    assert await _counts(pool, Access("ann", frozenset({"hr"}))) == (1, 1, 1, 1, 1, 1, 1, 1)


async def test_a_caller_without_collections_sees_no_document(pool: Pool) -> None:
    assert await _counts(pool, Access("ann", frozenset())) == (0, 0, 0, 0, 0, 0, 0, 1)


async def test_what_one_transaction_may_see_is_forgotten_in_the_next(pool: Pool) -> None:
    await _counts(pool, Access("ann"))
    async with pool.connection() as connection:
        row = await (await connection.execute(COUNTS.encode())).fetchone()
    assert row == (0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("collection", ["{hr,it}", "hr'; drop table tasks; --", '"', "hr,it", "\\"])
async def test_a_collection_with_a_strange_name_opens_only_itself(pool: Pool, collection: str) -> None:
    assert (await _counts(pool, Access("ann", frozenset({collection}))))[0] == 0


@pytest.mark.parametrize("user", ["o'neil", "ann'; drop table tasks; --", "back\\slash'", "%s{}", "é", ""])
async def test_a_user_with_a_strange_name_is_only_themselves(pool: Pool, user: str) -> None:
    async with acting_for(pool, Access(user)) as connection:
        rows = await connection.execute("select current_setting('owflex.user'), count(*) from tasks")
        assert await rows.fetchall() == [(user, 0)]


async def test_a_name_that_postgres_cannot_hold_is_nobodys_beginning(pool: Pool) -> None:
    with pytest.raises(psycopg.DataError):
        await _counts(pool, Access("ann\0bob"))
    assert await _counts(pool, Access("ann")) == (2, 2, 2, 2, 2, 2, 2, 1)


async def test_what_failed_is_rolled_back_and_the_rest_is_stored(pool: Pool) -> None:
    add = "insert into tasks (user_id, title) values ('ann', 'new')"
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with acting_for(pool, Access("ann")) as connection:
            await connection.execute(f"{add} returning 1 / (id - id)".encode())
    assert (await _counts(pool, Access("ann")))[-1] == 1
    async with acting_for(pool, Access("ann")) as connection:
        await connection.execute(add)
    assert (await _counts(pool, Access("ann")))[-1] == 2


async def test_a_connection_that_is_gone_stores_nothing_silently(pool: Pool) -> None:
    with pytest.raises(psycopg.OperationalError):
        async with acting_for(pool, Access("ann")) as connection:
            await connection.close()


@pytest.mark.parametrize(("at_once", "trips"), [(True, 1), (False, 3)])
async def test_what_only_reads_begins_asks_and_ends_in_one_round_trip(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, at_once: bool, trips: int
) -> None:
    for _ in range(pool.max_size + 1):
        await _counts(pool, Access("ann"))
    counted = count_round_trips(monkeypatch)
    async with acting_for(pool, Access("ann"), at_once=at_once) as connection:
        rows = await connection.execute("select current_setting('transaction_isolation')")
    assert await rows.fetchall() == [("repeatable read" if at_once else "read committed",)]
    assert len(counted) == trips


async def test_what_goes_wrong_in_a_read_is_raised_and_leaves_a_connection_to_go_on_with(pool: Pool) -> None:
    for _ in range(pool.max_size + 1):
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with acting_for(pool, Access("ann"), at_once=True) as connection:
                await connection.execute("select 1 / 0")
        with pytest.raises(psycopg.errors.UndefinedTable):
            async with acting_for(pool, Access("ann"), at_once=True) as connection:
                await (await connection.execute("select from nowhere")).fetchall()
        with pytest.raises(ZeroDivisionError):
            async with acting_for(pool, Access("ann"), at_once=True) as connection:
                await connection.execute("select %s", [1 // len(Access("").user)])
    assert (await _counts(pool, Access("ann")))[-1] == 1
    async with acting_for(pool, Access("bob"), at_once=True) as connection:
        rows = await connection.execute("select current_setting('owflex.user')")
        assert await rows.fetchall() == [("bob",)]


async def test_a_part_of_a_read_may_fail_for_itself(pool: Pool) -> None:
    async with acting_for(pool, Access("ann"), at_once=True) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with savepoint(connection):
                await (await connection.execute("select 1 / 0")).fetchall()
        # The transaction goes on, or the caller would be forgotten.
        rows = await connection.execute("select current_setting('owflex.user')")
        assert await rows.fetchall() == [("ann",)]


async def test_nobody_writes_a_task_for_another_user(pool: Pool) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting_for(pool, Access("ann")) as connection:
            await connection.execute("insert into tasks (user_id, title) values ('bob', 'from ann')")


async def test_nobody_changes_or_removes_the_task_of_another_user(pool: Pool) -> None:
    async with acting_for(pool, Access("ann")) as connection:
        changed = await connection.execute("update tasks set title = 'mine' where user_id = 'bob'")
        removed = await connection.execute("delete from tasks where title = 'his'")
    assert (changed.rowcount, removed.rowcount) == (0, 0)


@pytest.mark.parametrize(
    "table",
    ["documents", "chunks", "chunk_embeddings", "vocabularies", "postings", "pending_postings", "origins"],
)
async def test_the_server_can_not_change_documents(pool: Pool, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with acting_for(pool, Access("ann")) as connection:
            await connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))


async def test_the_role_of_the_server_is_held_to_row_level_security(pool: Pool) -> None:
    async with pool.connection() as connection:
        await check_isolation(connection)


async def test_a_role_that_sees_everything_is_refused_with_the_cure(knowledge_base_url: str) -> None:
    async with create_pool(knowledge_base_url) as owner, owner.connection() as connection:
        with pytest.raises(ServerRoleError, match=r"superuser.*alter role"):
            await check_isolation(connection)


async def test_a_table_whose_protection_was_switched_off_is_named(
    knowledge_base_url: str, pool: Pool
) -> None:
    async with await psycopg.AsyncConnection.connect(knowledge_base_url, autocommit=True) as owner:
        await owner.execute("alter table tasks disable row level security")
    async with pool.connection() as connection:
        with pytest.raises(ServerRoleError, match="does not hold for tasks"):
            await check_isolation(connection)


async def test_a_login_that_may_not_make_roles_is_told_what_an_administrator_has_to_do(
    knowledge_base_url: str, pool: Pool
) -> None:
    async with await psycopg.AsyncConnection.connect(knowledge_base_url, autocommit=True) as owner:
        await owner.execute("drop role if exists plain_login")
        await owner.execute("create role plain_login login")
    url = knowledge_base_url.replace("postgres:", "plain_login:")
    with pytest.raises(ServerRoleError, match=f"grant {SERVER_ROLE} to"):
        await prepare_server_role(url)
