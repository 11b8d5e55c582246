"""Migrations are applied once and frozen; pools carry their limits."""

import asyncio
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from database.errors import MigrationBlockedError, MigrationChangedError, PostgresUnreachableError
from database.migrations import migrate, pending, read_migrations
from database.pool import check_reachable, create_pool, safe_address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0002_second.sql").write_text("alter table first add column more int")
    (tmp_path / "0001_first.sql").write_text("create table first (id int); create table other (id int)")
    (tmp_path / "notes.txt").write_text("not a migration")
    return tmp_path


async def test_migrations_are_applied_in_order_and_once(chat_url: str, folder: Path) -> None:
    assert await migrate(chat_url, folder) == ["0001_first.sql", "0002_second.sql"]
    assert await migrate(chat_url, folder) == []


async def test_a_new_migration_is_pending_until_it_is_applied(chat_url: str, folder: Path) -> None:
    await migrate(chat_url, folder)
    (folder / "0003_third.sql").write_text("create table third (id int)")
    async with await psycopg.AsyncConnection.connect(chat_url, autocommit=True) as connection:
        assert await pending(connection, folder) == ["0003_third.sql"]
        assert await migrate(chat_url, folder) == ["0003_third.sql"]
        assert await pending(connection, folder) == []


async def test_a_migration_that_was_changed_afterwards_is_refused(chat_url: str, folder: Path) -> None:
    await migrate(chat_url, folder)
    (folder / "0001_first.sql").write_text("create table changed (id int)")
    with pytest.raises(MigrationChangedError, match=r"0001_first\.sql was changed"):
        await migrate(chat_url, folder)


async def test_a_migration_that_fails_leaves_nothing_behind(chat_url: str, folder: Path) -> None:
    (folder / "0003_bad.sql").write_text("create table half (id int); select nonsense")
    with pytest.raises(psycopg.Error):
        await migrate(chat_url, folder)
    with psycopg.connect(chat_url) as connection:
        assert connection.execute("select to_regclass('half'), to_regclass('other')").fetchone() == (
            None,
            "other",
        )
    (folder / "0003_bad.sql").write_text("create table half (id int)")
    assert await migrate(chat_url, folder) == ["0003_bad.sql"]


async def test_a_migration_lets_others_pass_while_it_waits_for_a_table(
    chat_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database.migrations.LOCK_TIMEOUT", "20ms")
    monkeypatch.setattr("database.migrations.PAUSE_SECONDS", 0.02)
    await migrate(chat_url, folder)
    (folder / "0003_third.sql").write_text("alter table first add column third int")
    async with (
        await psycopg.AsyncConnection.connect(chat_url) as busy,
        await psycopg.AsyncConnection.connect(chat_url, autocommit=True) as other,
    ):
        await busy.execute("select from first")
        migrating = asyncio.create_task(migrate(chat_url, folder))
        for _ in range(5):
            # Without the limit it would stand behind the migration, and that behind the first connection.
            await other.execute("select count(*) from first")
            await asyncio.sleep(0.02)
        assert not migrating.done()
        await busy.commit()
        assert await migrating == ["0003_third.sql"]


async def test_a_migration_that_is_never_let_through_says_who_is_in_its_way(
    chat_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database.migrations.LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr("database.migrations.PAUSE_SECONDS", 0)
    monkeypatch.setattr("database.migrations.ATTEMPTS", 2)
    await migrate(chat_url, folder)
    (folder / "0003_third.sql").write_text("alter table first add column third int")
    async with await psycopg.AsyncConnection.connect(chat_url) as busy:
        await busy.execute("select from first")
        with pytest.raises(MigrationBlockedError, match=r"0003_third\.sql could not be applied"):
            await migrate(chat_url, folder)


@pytest.mark.parametrize("package", ["knowledge_base", "agent_service"])
def test_the_shipped_migrations_are_numbered_without_gaps(package: str) -> None:
    names = [migration.name for migration in read_migrations(files(package) / "migrations")]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


async def test_postgres_ends_a_statement_that_takes_too_long(chat_url: str) -> None:
    async with create_pool(chat_url, statement_timeout_ms=50) as pool, pool.connection() as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await connection.execute("select pg_sleep(30)")


async def test_a_connection_that_died_is_replaced_before_it_is_lent(chat_url: str) -> None:
    async with create_pool(chat_url, max_size=1) as pool:
        async with pool.connection() as connection:
            pid = connection.info.backend_pid
        with psycopg.connect(chat_url, autocommit=True) as killer:
            killer.execute("select pg_terminate_backend(%s, 10000)", [pid])
        async with pool.connection() as connection:
            assert connection.info.backend_pid != pid


async def test_a_connection_that_answered_a_moment_ago_is_lent_again_without_a_question(
    chat_url: str,
) -> None:
    async with create_pool(chat_url, max_size=1) as pool:
        async with pool.connection() as connection:
            await connection.execute("select 'the last statement'")
        async with pool.connection() as connection:
            pid = connection.info.backend_pid
            with psycopg.connect(chat_url, autocommit=True) as watcher:
                seen = watcher.execute("select query from pg_stat_activity where pid = %s", [pid]).fetchone()
    assert seen == ("select 'the last statement'",)


async def test_an_unreachable_postgres_names_the_setting_and_hides_the_password() -> None:
    url = "postgresql://ann:secret-word@127.0.0.1:1/kb"
    with pytest.raises(PostgresUnreachableError, match=r"127\.0\.0\.1:1/kb .*Check THE_SETTING") as caught:
        await check_reachable(url, "THE_SETTING")
    assert "secret-word" not in str(caught.value)
    assert "secret-word" not in safe_address(url)
    assert "secret-word" not in safe_address("secret-word but no url")
