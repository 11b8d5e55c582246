"""`owflex site` lets visitors of sites in, shows them, and shuts them out."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from owflex.__main__ import app
from owflex.doctor.sites import readable_by_sites, site_findings

Run = Callable[..., Result]
SHOP = ("add", "shop", "--origin", "https://Shop.example/", "--collection", "hr")


@pytest.fixture
def run(knowledge_base_url: str, chat_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `owflex site …` over a knowledge base with two collections."""
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute("insert into collections (name) values ('hr'), ('news')")
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", knowledge_base_url)
    monkeypatch.setenv("CHAT_DATABASE_URL", chat_url)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("AGENT_SERVICE_PUBLIC_URL", "https://chat.example")
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["site", *arguments])


def answer(result: Result) -> Any:
    """What was printed for programs."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def rights(url: str) -> list[tuple[Any, ...]]:
    """What sites may do in collections."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select collection, granted, subject from collection_rights where subject ~ '^site:' order by 1"
        ).fetchall()


def events(url: str) -> list[tuple[Any, ...]]:
    """What the audit log tells of sites."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select action, target, through, details ->> 'origins' from audit_events order by id"
        ).fetchall()


def test_a_site_is_added_shown_and_revoked(run: Run, chat_url: str, knowledge_base_url: str) -> None:
    assert "There is no site yet" in run("list").stdout
    added = answer(run(*SHOP, "--collection", "news", "--per-day", "7", "--prompt", "Be kind.", "--json"))
    assert (added["origins"], added["per_visitor"], added["per_day"]) == (["https://shop.example"], 50, 7)
    assert 'src="https://chat.example/static/owflex-chat.js"' in added["html"]
    assert f'site-key="{added["key"]}"' in added["html"]
    assert rights(knowledge_base_url) == [("hr", "read", "site:shop"), ("news", "read", "site:shop")]
    [listed] = answer(run("list", "--json"))
    assert (listed["prompt"], listed["messages_today"], listed["revoked_at"]) == ("Be kind.", 0, None)
    assert added["key"] in run("list").stdout
    revoked = run("revoke", "shop")
    assert "within 5 seconds" in revoked.stdout
    assert rights(knowledge_base_url) == []
    assert "revoked 20" in run("list").stdout
    assert events(chat_url) == [
        ("site.added", "shop", "command line", "https://shop.example"),
        ("site.revoked", "shop", "command line", None),
    ]
    # The name is free again; the key is another.
    again = run(*SHOP)
    assert (again.exit_code, added["key"] in again.stdout) == (0, False)
    assert "AGENT_SERVICE_AUTH=none" in again.stderr
    assert rights(knowledge_base_url) == [("hr", "read", "site:shop")]


async def test_the_doctor_finds_sites_that_cannot_work(
    run: Run, chat_url: str, knowledge_base_url: str
) -> None:
    async def told() -> list[str]:
        async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
            readable = await readable_by_sites(connection)
        async with await psycopg.AsyncConnection.connect(chat_url) as connection:
            return [f"{one.sentence} {one.cure}" for one in await site_findings(connection, readable)]

    assert await told() == []
    await asyncio.to_thread(run, *SHOP, "--origin", "http://shop.example")
    # The user local opens all of a chat without a login.
    plain, without_login = await told()
    assert "http://shop.example" in plain
    assert "AGENT_SERVICE_AUTH" in without_login
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute("delete from collection_rights where collection = 'hr'")
    assert "owflex collection grant hr read --user site:shop" in (await told())[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("add", "shop", "--origin", "shop.example", "--collection", "hr"),
            1,
            "such as https://shop.example",
        ),
        (("add", "Shop", "--origin", "https://a.example", "--collection", "hr"), 1, "small letters"),
        (("add", "shop", "--origin", "https://a.example", "--collection", "gone"), 1, "gone"),
        (("add", "shop", "--origin", "https://a.example"), 2, "--collection"),
        (("revoke", "shop"), 1, "owflex site list"),
    ],
)
def test_what_cannot_be_is_said_with_the_cure(
    run: Run, knowledge_base_url: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    refused = run(*arguments)
    assert (refused.exit_code, said in refused.stderr) == (code, True), refused.stderr
    assert rights(knowledge_base_url) == []


def test_a_name_that_is_taken_changes_nothing(run: Run, knowledge_base_url: str) -> None:
    assert run(*SHOP).exit_code == 0
    refused = run("add", "shop", "--origin", "https://other.example", "--collection", "news")
    assert (refused.exit_code, "owflex site revoke shop" in refused.stderr) == (1, True)
    assert rights(knowledge_base_url) == [("hr", "read", "site:shop")]
