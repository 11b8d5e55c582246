"""`owflex audit` shows who did what, and obeys nothing that stands in the log."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from owflex.__main__ import app
from owflex.keeping.places import Installation, connected
from owflex.keeping.retention import remove_old
from tests.owflex.keeping.test_keeper import keeping

Run = Callable[..., Result]


@pytest.fixture
def run(changing: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `owflex …` over a filled installation."""
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("CHAT_DATABASE_URL", changing.chat.url)
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", changing.knowledge_base.url)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **more: CliRunner().invoke(app, [*map(str, arguments)], **more)


def told(run: Run, *options: str) -> list[dict[str, Any]]:
    """The events as programs read them."""
    shown = run("audit", "--json", *options)
    assert shown.exit_code == 0, shown.output
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_every_command_that_gives_out_or_removes_data_is_told(run: Run, tmp_path: Path) -> None:
    for arguments in (
        ("backup", tmp_path / "a.backup"),
        ("export", tmp_path / "all.zip"),
        ("user", "export", "anna", tmp_path / "anna.zip"),
        ("feedback", "export"),
        ("token", "create", "kiosk", "--user", "bob"),
        ("token", "revoke", "kiosk"),
        ("user", "delete", "anna", "--yes"),
        ("import", tmp_path / "all.zip"),
    ):
        done = run(*arguments)
        assert done.exit_code == 0, (arguments, done.output)
    events = [event for event in told(run) if event["through"] == "command line"]
    assert {
        "backup.made",
        "export.made",
        "user.exported",
        "feedback.exported",
        "api_key.made",
        "api_key.revoked",
        "user.deleted",
        "thread.deleted",
        "import.begun",
        "document.added",
    } <= {event["what"] for event in events}
    assert len({event["who"] for event in events}) == 1
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert {event["database"] for event in events} == {"chat", "knowledge_base"}
    secret = run("token", "create", "other").stdout.strip()
    assert secret.startswith("owflex_")
    assert secret not in run("audit", "--json").stdout


def test_events_are_chosen_by_person_kind_and_time(run: Run) -> None:
    assert {event["what"] for event in told(run, "--who", "anna")} == {
        "api_key.made",
        "clients.shut_out",
        "collection.made",
        "group.member_added",
        "link.made",
        "oauth_client.connected",
        "person.added",
        "right.granted",
        "right.refused",
        "second_factor.on",
        "signed.in",
    }
    assert {event["what"] for event in told(run, "--what", "document")} == {"document.added"}
    assert {event["outcome"] for event in told(run, "--what", "refused")} == {"refused"}
    assert len(told(run, "--limit", "3")) == 3
    assert told(run, "--limit", "3") == told(run)[-3:]
    assert told(run, "--since", "12h") == told(run) != []
    assert told(run, "--until", "2001-01-01") == []
    table = run("audit", "--limit", "2")
    assert (table.exit_code, "newest 2" in table.stderr) == (0, True)


@pytest.mark.parametrize(
    "text", ["' or 1=1 --", "%", "_nna", "anna' union select 1 --", "doc%", "x" * 100_000, "\x1b]0;a\x07", ""]
)
def test_a_filter_is_a_value_and_nothing_else(run: Run, text: str) -> None:
    for option in ("--who", "--what"):
        assert told(run, option, text) == []
    for option in ("--since", "--until"):
        refused = run("audit", option, text)
        assert (refused.exit_code, "how long ago" in " ".join(refused.stderr.split())) == (2, True)


def test_nothing_in_the_log_reaches_the_terminal_as_it_is(run: Run, changing: Installation) -> None:
    odd = "a\x1b[2J\nroot  command line  backup.made\u202e[bold]x[/bold]\x9b"
    with connected(changing.knowledge_base) as connection:
        connection.execute(
            "insert into audit_events (actor, action, target, about, request_id, details) "
            "values (%(odd)s, 'x', %(odd)s, %(odd)s, left(%(odd)s, 60), "
            "jsonb_build_object(%(odd)s, %(odd)s))",
            {"odd": odd},
        )
    for shown in (run("audit", "--what", "x"), run("audit", "--what", "x", "--json")):
        assert shown.exit_code == 0
        assert not {"\x1b", "\u202e", "\x9b"} & set(shown.stdout)
        assert not any(line.startswith("root") for line in shown.stdout.splitlines())
    assert "[bold]x[/bold]" in run("audit", "--what", "x").stdout
    assert told(run, "--what", "x")[0]["target"] == odd


def test_a_role_that_does_not_own_the_log_reads_nothing(run: Run, changing: Installation) -> None:
    with connected(changing.knowledge_base) as connection:
        connection.execute("drop role if exists audit_reader")
        connection.execute("create role audit_reader")
        connection.execute("grant select on audit_events to audit_reader")
        connection.execute("set row_security = on")
        connection.execute("set role audit_reader")
        assert connection.execute("select count(*) from audit_events").fetchone() == (0,)
        connection.execute("set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from audit_events")
        connection.execute("reset role")
        connection.execute("drop owned by audit_reader")
        connection.execute("drop role audit_reader")


def test_old_events_go_as_the_setting_says(changing: Installation) -> None:
    with connected(changing.chat) as connection:
        connection.execute(
            "insert into audit_events (action, happened_at) values ('x', now() - interval '400 days')"
        )
    assert list(remove_old(keeping(keep_audit_days=0), changing)) == []
    assert list(remove_old(keeping(), changing)) == ["Removed 1 events of the audit log older than 365 days."]
    assert list(remove_old(keeping(), changing)) == []


def test_what_is_pruned_is_told_with_how_much_it_was(changing: Installation) -> None:
    with connected(changing.chat) as connection:
        connection.execute("update attachment_contents set uploaded_at = '1999-01-01'")
        list(remove_old(keeping(keep_attachments_days=7), changing))
        rows = connection.execute(
            "select target, details ->> 'removed' from audit_events where action = 'prune.done'"
        )
        assert rows.fetchall() == [("attached files", "2")]
