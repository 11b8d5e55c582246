"""`owflex user` as administrators use it: accounts, links, and what the user local had."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from owflex.__main__ import app
from owflex.keeping.places import Installation, connected
from tests.owflex.keeping.conftest import fill_it, installed
from tests.support.patience import PATIENCE_SECONDS

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def home(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation without a person."""
    with installed(postgres_url, tmp_path_factory.mktemp("people")) as installation:
        yield installation


def using(installation: Installation, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Run:
    """Runs commands with an installation."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("OWFLEX_HOME", str(installation.folder))
    monkeypatch.setenv("CHAT_DATABASE_URL", installation.chat.url)
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", installation.knowledge_base.url)
    return lambda *arguments, **more: CliRunner().invoke(app, [*map(str, arguments)], **more)


@pytest.fixture
def run(home: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs commands with it; nobody is there."""
    found = using(home, monkeypatch, tmp_path)
    with connected(home.chat) as connection:
        if connection.execute("select to_regclass('people')").fetchone() != (None,):
            connection.execute("delete from people")
    with connected(home.knowledge_base) as connection:
        if connection.execute("select to_regclass('shut_out_people')").fetchone() != (None,):
            connection.execute("delete from shut_out_people")
    return found


def value(installation: Installation, statement: Any) -> Any:
    """The one value that a statement finds in the chat's database."""
    with connected(installation.chat) as connection:
        row = connection.execute(statement).fetchone()
        return None if row is None else row[0]


def test_a_person_is_added_with_a_link_that_is_shown_once(run: Run, home: Installation) -> None:
    added = run("user", "add", "Ann", "--admin", "--shown", "Ann\x1b[31m Lee", "--email", "ann@example.org")
    assert added.exit_code == 0, added.output
    link = added.stdout.strip()
    assert link.startswith("http://127.0.0.1:8000/invitation#")
    assert "good for 7 days" in added.stderr
    assert "AGENT_SERVICE_AUTH accounts" in added.stderr
    listed = json.loads(run("user", "list", "--json").stdout)
    assert [
        (one["user_id"], one["display_name"], one["is_admin"], one["has_password"]) for one in listed
    ] == [("account:ann", "Ann [31m Lee", True, False)]
    table = run("user", "list").output
    assert "has no password yet" in table
    assert link.partition("#")[2] not in table
    assert value(home, "select count(*) from audit_events where through = 'command line'") >= 3
    again = run("user", "add", "ANN")
    assert (again.exit_code, "There is already an account ann." in again.output) == (1, True)
    assert run("user", "add", "a b").exit_code == 1


def test_a_password_can_be_typed_here(run: Run, home: Installation) -> None:
    weak = run("user", "add", "bob", "--password", input="short\nshort\n")
    assert (weak.exit_code, "at least 12 characters" in weak.output) == (1, True)
    assert value(home, "select count(*) from people") == 0
    good = run("user", "add", "bob", "--password", input="four words in a row\n" * 2)
    assert (good.exit_code, "may sign in now" in good.output) == (0, True)
    assert "four words" not in good.output
    assert str(value(home, "select password_hash from people")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    invited = run("user", "invite", "bob")
    assert (invited.exit_code, "owflex user reset bob" in invited.output) == (1, True)


def test_a_reset_ends_the_password_the_sessions_and_links_of_before(
    run: Run, home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_SERVICE_PUBLIC_URL", "https://chat.example/owflex")
    run("user", "add", "ann")
    with connected(home.chat) as connection:
        connection.execute("update people set password_hash = 'x'")
        connection.execute(
            "insert into browser_sessions (token_hash, user_id, browser, expires_at)"
            " values ('a', 'account:ann', 'Firefox', now() + interval '1 day')"
        )
    assert "Firefox" in run("user", "sessions", "ann").output
    made = json.loads(run("user", "reset", "account:ann", "--json").stdout)
    assert made["link"].startswith("https://chat.example/owflex/invitation#")
    assert value(home, "select password_hash from people") is None
    assert value(home, "select count(*) from browser_sessions") == 0
    assert value(home, "select array_agg(purpose) from one_time_links") == ["reset"]


@pytest.mark.parametrize("command", ["reset", "no-second-factor"])
def test_a_second_factor_is_shown_and_taken_away_for_whoever_lost_it(
    run: Run, home: Installation, command: str
) -> None:
    run("user", "add", "ann")
    run("user", "add", "bob")
    none = run("user", "no-second-factor", "ann")
    assert (none.exit_code, "has no second factor" in none.output) == (1, True)
    with connected(home.chat) as connection:
        connection.execute(
            "insert into second_factors (user_id, secret, confirmed_at) values ('account:ann', 'x', now())"
        )
        connection.execute("insert into second_factors (user_id, secret) values ('account:bob', 'x')")
        connection.execute("insert into recovery_codes (user_id, code_hash) values ('account:ann', 'x')")
    listed = json.loads(run("user", "list", "--json").stdout)
    assert {one["name"]: one["has_second_factor"] for one in listed} == {"ann": True, "bob": False}
    assert "Second factor" in run("user", "list").output
    done = run("user", command, "ann")
    assert done.exit_code == 0, done.output
    assert value(home, "select array_agg(user_id) from second_factors") == ["account:bob"]
    assert value(home, "select count(*) from recovery_codes") == 0
    off = "select count(*) from audit_events where action = 'second_factor.off' and about = 'account:ann'"
    assert value(home, off) >= 1


def test_a_person_is_shut_out_let_in_again_and_made_administrator(run: Run, home: Installation) -> None:
    run("user", "add", "ann")
    with connected(home.chat) as connection:
        connection.execute(
            "insert into browser_sessions (token_hash, user_id, expires_at)"
            " values ('a', 'account:ann', now() + interval '1 day')"
        )
    assert "cannot sign in any more" in run("user", "disable", "ann").output
    assert value(home, "select count(*) from browser_sessions") == 0
    assert "owflex user enable ann" in run("user", "invite", "ann").output
    assert run("user", "enable", "ann").exit_code == 0
    assert value(home, "select disabled_at from people") is None
    assert "is an administrator now" in run("user", "admin", "ann").output
    assert value(home, "select is_admin from people") is True
    run("user", "admin", "ann", "--off")
    assert value(home, "select is_admin from people") is False
    unknown = run("user", "disable", "nobody")
    assert (unknown.exit_code, "owflex user list" in unknown.output) == (1, True)


@pytest.mark.parametrize("command", [("disable", "ann"), ("admin", "ann", "--off")])
def test_whoever_takes_the_last_administrator_away_is_told(
    run: Run, home: Installation, command: tuple[str, ...]
) -> None:
    for name in ("ann", "bob"):
        run("user", "add", name, "--admin")
    told = "Nobody is an administrator any more"
    assert told not in run("user", "disable", "bob").output
    assert told in run("user", *command).output


def test_who_is_shut_out_is_shut_out_by_their_clients_too(run: Run, home: Installation) -> None:
    run("user", "add", "ann")
    assert "refused" not in run("user", "disable", "ann").output
    with connected(home.knowledge_base) as connection:
        for user in ("account:ann", "account:bob"):
            connection.execute(
                "insert into oauth_grants (user_id, client_id, client_name, redirect_host, scopes, resource)"
                " values (%s, 'c', 'Editor', 'editor.example', '{tasks}', 'https://kb.example/mcp')",
                (user,),
            )
        connection.execute(
            "insert into api_keys (name, key_hash, user_id, scopes)"
            " values ('k', 'h', 'account:ann', '{tasks}')"
        )
    said = run("user", "disable", "ann").stderr
    assert "account:ann (1) and clients that they have let in (1) are refused from now on" in said
    (key,) = json.loads(run("token", "list", "--json").stdout)
    assert key["is_shut_out"]
    assert "refused: its user is disabled (owflex user enable account:ann)" in run("token", "list").stdout
    clients = json.loads(run("token", "clients", "--json").stdout)
    assert {one["user"]: one["is_shut_out"] for one in clients} == {"account:ann": True, "account:bob": False}
    assert "refused: owflex user enable account:ann" in run("token", "clients").stdout
    assert "are good again" in run("user", "enable", "ann").stderr
    assert "good, without an end" in run("token", "list").stdout
    with connected(home.knowledge_base) as connection:
        rows = connection.execute("select user_id, revoked_for from oauth_grants order by id").fetchall()
        out = connection.execute("select from shut_out_people").fetchall()
        connection.execute("delete from oauth_grants")
        connection.execute("delete from api_keys")
    assert rows == [("account:ann", None), ("account:bob", None)]
    assert out == []


def test_sessions_are_shown_and_ended(run: Run, home: Installation) -> None:
    run("user", "add", "ann")
    with connected(home.chat) as connection:
        connection.execute(
            "insert into browser_sessions (token_hash, user_id, browser, expires_at)"
            " values ('secret', 'account:ann', 'Firefox', now() + interval '1 day')"
        )
    shown = run("user", "sessions", "ann", "--json").stdout
    assert [one["browser"] for one in json.loads(shown)] == ["Firefox"]
    assert "secret" not in shown
    assert "have ended" in run("user", "sessions", "ann", "--end").output
    assert value(home, "select count(*) from browser_sessions") == 0


def test_what_is_stored_of_a_person_goes_out_without_hashes_and_away_by_name(
    run: Run, home: Installation, tmp_path: Path
) -> None:
    run("user", "add", "ann", "--password", input="four words in a row\n" * 2)
    assert "people" in run("user", "show", "ann").output
    exported = run("user", "export", "ann", tmp_path / "out")
    assert exported.exit_code == 0, exported.output
    files = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.jsonl")]
    assert any('"display_name":"ann"' in text for text in files)
    assert not any("argon2" in text or "_hash" in text for text in files)
    assert run("user", "delete", "ann", "--yes").exit_code == 0
    assert value(home, "select count(*) from people") == 0


def test_the_first_account_takes_over_what_the_user_local_had(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with installed(postgres_url, tmp_path / "before") as before:
        fill_it(before)
        for place in before.places:
            with connected(place) as connection:
                _call_anna_local(connection)
        run = using(before, monkeypatch, tmp_path)
        added = run("user", "add", "root", "--admin", "--take-over-local", "--json")
        assert added.exit_code == 0, added.output
        taken = json.loads(added.stdout)["taken_over"]
        assert {"threads", "usage", "feedback", "approvals"} <= taken["chat"].keys()
        assert taken["knowledge_base"] == {"tasks": 1, "task_changes": 1, "api_keys": 1, "oauth_grants": 1}
        with connected(before.knowledge_base) as connection:
            tasks = "select title, user_id from tasks order by title"
            assert connection.execute(tasks).fetchall() == [
                ("Call anna", "account:root"),
                ("Call bob", "bob"),
            ]
            whose = "select distinct after ->> 'user_id' from task_changes where user_id = 'account:root'"
            assert connection.execute(whose).fetchall() == [("account:root",)]
            uploads = "select user_id from uploads order by 1"
            assert connection.execute(uploads).fetchall() == [("bob",), ("local",)]
        with connected(before.chat) as connection:
            threads = "select id, user_id from threads order by id"
            assert connection.execute(threads).fetchall() == [
                ("thr_anna", "account:root"),
                ("thr_bob", "bob"),
            ]
        nothing = run("user", "take-over-local", "root")
        assert (nothing.exit_code, "has nothing" in nothing.output) == (0, True)


def _call_anna_local(connection: psycopg.Connection) -> None:
    """What anna has is the user's of an installation without a login."""
    owned = """
        select attrelid::regclass::text from pg_attribute join pg_class on pg_class.oid = attrelid
        where attname = 'user_id' and relkind = 'r' and relnamespace = 'public'::regnamespace
    """
    accounts = ("people", "browser_sessions", "known_browsers", "one_time_links", "sign_in_attempts")
    for (table,) in connection.execute(owned).fetchall():
        moved = "update {} set user_id = 'local' where user_id = 'anna'"
        change = "delete from {}" if table in accounts else moved
        connection.execute(sql.SQL(change).format(sql.Identifier(table)))


def test_the_first_link_of_the_chat_is_seen_where_everything_is_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from agent_service.accounts.links import FIRST_ADMINISTRATOR
    from owflex.up.display import UpDisplay

    display = UpDisplay(opens_browser=False)
    display.chat("2026-11-30 10:00 INFO agent_service: The chat answers at http://127.0.0.1:8000")
    display.chat(f"2026-11-30 10:00 WARNING agent_service: {FIRST_ADMINISTRATOR}http://x/invitation#abc")
    display.chat(f'{{"message": "{FIRST_ADMINISTRATOR}http://x/invitation#def"}}')
    told = ""
    for _ in range(PATIENCE_SECONDS * 50):
        told += capsys.readouterr().out
        if "#def" in told:
            break
        time.sleep(0.02)
    assert "answers at" not in told
    assert "http://x/invitation#def\n" in told
