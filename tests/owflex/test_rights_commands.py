"""`owflex group` and `owflex collection` show and change groups and rights."""

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
    """Runs `owflex …` over a knowledge base with one collection."""
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute("insert into collections (name) values ('hr')")
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", knowledge_base_url)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def answer(result: Result) -> Any:
    """What was printed for programs."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_groups_are_made_shown_changed_and_removed(run: Run) -> None:
    assert "There is no group yet" in run("group", "list").stdout
    made = answer(run("group", "add", "staff", "jwt:ann", "jwt:bob", "--json"))
    assert made == {"name": "staff", "members": ["jwt:ann", "jwt:bob"], "members_by_claim": []}
    changed = run("group", "members", "staff", "--add", "jwt:carl", "--remove", "jwt:ann")
    assert changed.stdout == "In the group staff: jwt:bob, jwt:carl.\n"
    assert "jwt:bob, jwt:carl" in run("group", "list").stdout
    assert answer(run("group", "list", "--json"))[0]["members"] == ["jwt:bob", "jwt:carl"]
    run("collection", "grant", "hr", "add", "--group", "staff")
    assert "removed" in run("group", "delete", "staff").stdout
    assert len(answer(run("collection", "rights", "hr", "--json"))["collections"][0]["grants"]) == 1
    gone = run("group", "members", "staff")
    assert (gone.exit_code, "owflex group add NAME" in gone.stderr) == (1, True)


def test_rights_are_shown_granted_and_taken(run: Run) -> None:
    shown = run("collection", "rights").stdout
    assert "everyone: read" in shown
    assert "In a new collection everyone may: read." in shown
    [granted] = answer(run("collection", "grant", "hr", "manage", "--user", "jwt:ann", "--json"))
    assert granted["grants"][1] == {"kind": "user", "name": "jwt:ann", "right": "manage"}
    assert "jwt:ann: manage" in run("collection", "revoke", "hr", "--everyone").stdout
    assert "nobody" in run("collection", "revoke", "hr", "--user", "jwt:ann").stdout
    [made] = answer(run("collection", "grant", "team", "read", "--everyone", "--make", "--json"))
    assert (made["collection"], made["documents"], len(made["grants"])) == ("team", 0, 1)


def test_the_default_of_new_collections_is_shown_and_changed(run: Run) -> None:
    assert answer(run("collection", "default", "--json")) == {"everyone": "read"}
    assert run("collection", "default", "nobody").stdout == "In a new collection everyone may: nothing.\n"
    assert answer(run("collection", "rights", "--json"))["default"] == "nobody"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("grant", "hr", "read"), 2, "exactly one of --group"),
        (("grant", "hr", "read", "--everyone", "--group", "staff"), 2, "exactly one of --group"),
        (("grant", "hr", "read", "--group", "staff"), 1, 'There is no group "staff"'),
        (("grant", "unknown", "read", "--everyone"), 1, "--make"),
        (("grant", "hr", "own", "--everyone"), 2, "read"),
        (("grant", "hr", "read", "--user", " "), 1, "1 to 500 characters"),
        (("revoke", "hr", "--user", "jwt:ann"), 1, "owflex collection rights"),
        (("rights", "unknown"), 1, 'There is no collection "unknown"'),
        (("default", "manage"), 2, "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_cure(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = run("collection", *arguments)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
