"""`owflex token` makes, shows and revokes keys."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from owflex.__main__ import app

Run = Callable[..., Result]


@pytest.fixture
def run(knowledge_base_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Run:
    """Runs `owflex token …` over a fresh knowledge base."""
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", knowledge_base_url)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["token", *arguments])


def test_a_new_key_is_shown_once_alone_on_standard_output(run: Run) -> None:
    made = run("create", "laptop")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert secret.startswith("owflex_")
    assert "shown only now" in made.stderr
    assert "Authorization: Bearer" in made.stderr
    assert secret not in made.stderr
    listed = run("list")
    assert "laptop" in listed.stdout
    assert secret not in listed.stdout


def test_a_key_has_the_scopes_user_collections_and_end_that_were_asked_for(
    run: Run, knowledge_base_url: str
) -> None:
    arguments = ["--user", "ann", "--scope", "kb:read", "--collection", "hr", "--expires", "90d", "--json"]
    made = json.loads(run("create", "laptop", *arguments).stdout)
    assert made["secret"].startswith("owflex_")
    (listed,) = json.loads(run("list", "--json").stdout)
    assert (listed["user"], listed["scopes"], listed["collections"]) == ("ann", ["kb:read"], ["hr"])
    assert "secret" not in listed
    with psycopg.connect(knowledge_base_url) as connection:
        row = connection.execute("select (expires_at - created_at) < '90 days 1 minute' from api_keys")
        assert row.fetchone() == (True,)


def test_without_options_a_key_reads_and_keeps_tasks_of_the_local_user(run: Run) -> None:
    made = json.loads(run("create", "laptop", "--json").stdout)
    assert (made["user"], made["scopes"], made["collections"]) == ("local", ["kb:read", "tasks"], None)


def test_a_key_ends_after_ninety_days_unless_told_otherwise_and_never_after_the_longest(
    run: Run, knowledge_base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in ((), ("--expires", "52w")):
        made = run("create", "laptop", *arguments)
        assert "good until 20" in made.stderr
    refused = run("create", "laptop", "--expires", "366d")
    assert (refused.exit_code, "at most 365 days. API_KEY_MAX_DAYS" in refused.stderr) == (2, True)
    monkeypatch.setenv("API_KEY_MAX_DAYS", "30")
    assert run("create", "laptop").exit_code == 0
    with psycopg.connect(knowledge_base_url) as connection:
        rows = connection.execute(
            "select round(extract(epoch from expires_at - created_at) / 86400)::int from api_keys order by id"
        )
        assert rows.fetchall() == [(90,), (364,), (30,)]


def test_a_key_of_before_that_never_ends_is_shown_as_such(run: Run, knowledge_base_url: str) -> None:
    assert run("create", "laptop").exit_code == 0
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute("update api_keys set expires_at = null")
    assert "good, without an end" in run("list").stdout


def test_a_collection_that_is_not_there_yet_is_said(run: Run) -> None:
    assert 'no collection "hr" yet' in run("create", "laptop", "--collection", "hr").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scope", "admin"], 'no scope "admin". Scopes are: kb:read, kb:write, tasks'),
        (["--scope", ""], 'no scope ""'),
        (["--expires", "soon"], "not a duration"),
        (["--expires", "0d"], "not a duration"),
        (["--expires", "-1d"], "not a duration"),
        (["--expires", "999999w"], "at most 365 days"),
        (["--user", " "], "--user must be a name"),
        (["--user", "a\nb"], "--user must be a name"),
        (["--collection", ""], "--collection must be a name"),
    ],
    ids=str,
)
def test_a_bad_option_is_said_in_a_sentence_and_makes_no_key(
    run: Run, arguments: list[str], said: str
) -> None:
    made = run("create", "laptop", *arguments)
    assert made.exit_code == 2
    assert said in made.stderr
    assert made.stdout == ""
    assert run("list").stdout.startswith("There is no key yet")


def test_a_name_may_look_like_markup(run: Run) -> None:
    assert run("create", "[red]x[/red] [/]").exit_code == 0
    assert "[red]x[/red] [/]" in run("list").stdout


def test_a_revoked_key_is_shown_as_such(run: Run) -> None:
    made = json.loads(run("create", "laptop", "--json").stdout)
    assert run("revoke", str(made["id"])).exit_code == 0
    assert "revoked" in run("list").stdout


def test_an_unknown_key_is_said(run: Run) -> None:
    for key_id in ("7", "9" * 5000, "\udcff"):
        revoked = run("revoke", key_id)
        assert revoked.exit_code == 1
        assert "There is no key" in revoked.stderr


def test_a_name_of_digits_is_found_like_any_other_and_an_id_comes_first(run: Run) -> None:
    for name in ("2026", "1"):
        assert run("create", name).exit_code == 0
    assert "The key 1 no longer" in run("revoke", "2026").stdout
    assert "The key 1 no longer" in run("revoke", "1").stdout


def test_connected_clients_are_shown_and_disconnected(run: Run, knowledge_base_url: str) -> None:
    assert "No client is connected." in run("clients").stdout
    with psycopg.connect(knowledge_base_url) as connection:
        for user in ("ann", "bob"):
            connection.execute(
                """
                insert into oauth_grants (user_id, client_id, client_name, redirect_host, scopes, resource)
                values (%s, 'c', 'Edi[b]tor', 'editor.example', '{tasks}', 'https://kb.example/mcp')
                """,
                (user,),
            )
    assert "Edi[b]tor" in run("clients").stdout
    (listed,) = json.loads(run("clients", "--user", "ann", "--json").stdout)
    assert (listed["client"], listed["leads_to"], listed["user"]) == ("Edi[b]tor", "editor.example", "ann")
    gone = run("disconnect", str(listed["id"]))
    assert (gone.exit_code, "Edi[b]tor of the user ann is disconnected" in gone.stdout) == (0, True)
    again = run("disconnect", str(listed["id"]))
    assert again.exit_code == 1
    assert f"There is no connected client {listed['id']}" in again.stderr
    assert [one["user"] for one in json.loads(run("clients", "--json").stdout)] == ["bob"]
