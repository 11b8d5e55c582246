"""`owflex migrate` makes all that servers need in both databases, and changes nothing when run again."""

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from owflex.__main__ import app


@pytest.fixture
def urls(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two empty databases, which the settings name."""
    made: list[str] = []
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for name in ("migrate_knowledge_base", "migrate_chat"):
            for statement in ("drop database if exists {} with (force)", "create database {}"):
                connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
            made.append(postgres_url.replace("/tests?", f"/{name}?"))
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", made[0])
    monkeypatch.setenv("CHAT_DATABASE_URL", made[1])
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return made


def test_both_databases_are_made_once(urls: list[str]) -> None:
    first = CliRunner().invoke(app, ["migrate", "--json"])
    assert first.exit_code == 0, first.output
    applied = json.loads(first.output)
    assert applied["knowledge_base"][0] == "0001_documents.sql"
    assert applied["chat"][0] == "0001_chats.sql"
    second = CliRunner().invoke(app, ["migrate"])
    assert second.output == "knowledge_base: is up to date\nchat: is up to date\n"
    with psycopg.connect(urls[0]) as connection:
        made = connection.execute(
            "select to_regclass('procrastinate_jobs') is not null,"
            " has_table_privilege('owflex_mcp_server', 'documents', 'select')"
        ).fetchone()
    assert made == (True, True)


def test_a_database_that_does_not_answer_is_named(urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_DATABASE_URL", "postgresql://ann:geheim@127.0.0.1:1/chat")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 1
    assert "Check CHAT_DATABASE_URL" in result.output
    assert "geheim" not in result.output
