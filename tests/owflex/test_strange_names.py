"""Names that would move the cursor, forge a line or turn the direction are shown, and do nothing."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from owflex.__main__ import app
from serving.terminal import json_line, json_text, printable_line

# What no output may hold as such, besides line feeds and tabs.
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
NAMES = (
    b"esc\x1b[31mred\x1b]0;title\x07.md",
    b"line\nfalse line.md",
    "turned\u202egpj.md".encode(),
    "arabic mark\u061cx.md".encode(),
    "isolate\u2067x\u2069.md".encode(),
    "c1\u009b31m.md".encode(),
    b"no utf-8 \xff\xfe.md",
    ("marks" + "\u0301" * 100 + ".md").encode(),
    "tags\U000e0041.md".encode(),
    b"[bold]markup.md",
    b"-rf.md",
    b"{x}%s.md",
)
STRANGE = "x\x1b[31m\u202e\u061c"
Run = Callable[..., Result]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A file under each name, as far as the file system takes it."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in NAMES:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH123, PTH118
            file.write(b"# Owls\n\nThe owl sleeps in the day and hunts mice at night.\n")
    return folder


@pytest.fixture
def run(knowledge_base_url: str, chat_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command, whose output holds nothing that a terminal would obey."""
    for name, value in {
        "KNOWLEDGE_BASE_DATABASE_URL": knowledge_base_url,
        "CHAT_DATABASE_URL": chat_url,
        "OWFLEX_HOME": str(tmp_path / "home"),
        "COLUMNS": "300",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        assert OBEYED.findall(result.stdout + result.stderr) == [], arguments
        assert result.exception is None or isinstance(result.exception, SystemExit), arguments
        return result

    return ran


@pytest.mark.slow
def test_every_command_shows_strange_names_and_obeys_none(run: Run, documents: Path, tmp_path: Path) -> None:
    assert run("ingest", str(documents)).exit_code == 2, "the name that is no text is a failure"
    json.loads(run("ingest", str(documents), "--json").stdout)
    run("ingest", "list")
    listed = [json.loads(line) for line in run("ingest", "list", "--json").stdout.splitlines()]
    assert len(listed) == len(NAMES) - 1
    for document in listed:
        assert run("ingest", "show", document["source"]).exit_code == 0
    run("search", "owl", "--explain")
    run("search", f"owl {STRANGE}")
    assert len(json.loads(run("search", "owl", "--json").stdout)) > 0
    json.loads(run("ingest", "status", "--json").stdout)
    assert run("export", str(tmp_path / "out")).exit_code == 0
    written = [str(path) for path in (tmp_path / "out").rglob("*")]
    assert OBEYED.findall("".join(written)) == []


@pytest.mark.slow
def test_every_command_repeats_strange_arguments_and_obeys_none(run: Run, tmp_path: Path) -> None:
    for command in (
        ("ingest", str(tmp_path), "--collection", STRANGE),
        ("ingest", str(tmp_path), "--name", STRANGE),
        ("ingest", STRANGE),
        ("ingest", "show", STRANGE),
        ("ingest", "remove", STRANGE, "--yes"),
        ("search", "owl", "--collection", STRANGE),
        ("token", "create", STRANGE),
        ("token", "create", "ok", "--user", STRANGE),
        ("token", "create", "ok", "--collection", STRANGE),
        ("token", "revoke", STRANGE),
        ("group", "add", STRANGE),
        ("group", "add", "ok", STRANGE),
        ("group", "members", STRANGE),
        ("group", "delete", STRANGE),
        ("collection", "rights", STRANGE),
        ("collection", "grant", STRANGE, "read", "--everyone"),
        ("collection", "grant", STRANGE, "read", "--everyone", "--make"),
        ("collection", "revoke", STRANGE, "--user", STRANGE),
        ("user", "show", STRANGE),
        ("user", "export", STRANGE, str(tmp_path / "x.zip")),
        ("import", STRANGE),
        ("restore", STRANGE),
        ("config", "set", STRANGE, "x"),
        ("config", "set", "CHAT_TITLE", STRANGE),
        ("model", "use", STRANGE),
        ("evaluate", STRANGE),
        ("mcp", "install", STRANGE),
        ("up", "--docs", STRANGE),
    ):
        assert run(*command).exit_code != 0, command
    for command in (
        ("backup", STRANGE),
        ("export", f"{STRANGE}2"),
        ("doctor", "--offline"),
    ):
        assert run(*command).exit_code == 0, command


def test_json_for_programs_is_json_whatever_is_in_it() -> None:
    value = {name.decode("utf-8", "surrogateescape"): STRANGE for name in NAMES}
    for text in (json_line(value), json_text(value)):
        assert OBEYED.findall(text) == []
        assert json.loads(text) == value
    assert printable_line(STRANGE) == "x\\x1b[31m\\u202e\\u061c"
