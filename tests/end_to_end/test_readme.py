"""The commands of the README work as they are printed there, while `owflex up` runs and without it."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from owflex.__main__ import app

if TYPE_CHECKING:
    from conftest import Installation


ROOT = Path(__file__).parents[2]
DOCUMENTS = Path(__file__).parent / "documents"
QUESTION = "How many days of paid holiday do I have?"
# What the README leaves to its reader.
FILLED_IN = {
    "path/to/folder": str(DOCUMENTS),
    "PATH…": str(DOCUMENTS),
    '"question"': f'"{QUESTION}"',
    "How do I add documents?": QUESTION,
    "token create NAME": "token create reader",
    "config set NAME": "config set MODEL_NAME small",
    "evaluate FILE": "evaluate questions.jsonl",
    "import SOURCE": "import TARGET",
    "user show NAME": "user show local",
}
# These run until they are stopped, reach another host, write to a client's configuration, ask this one, need
# a second model, or want nothing to run.
NOT_RUN = re.compile(r"owflex (?:(?:up|mcp|chat|restore|upgrade-postgres)\b|ingest https:|model try)")
# "Some questions were not found", "nothing is bad", "nothing runs" and "everything is kept" are answers, too.
MAY_END_WITH_ONE = re.compile(r"owflex (doctor|feedback|evaluate|status|prune)\b")


def commands() -> Iterator[str]:
    """Each command of the README's blocks, without what is said beside it."""
    for block in re.findall(r"^```\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S):
        for line in block.splitlines():
            if line.startswith("owflex "):
                yield re.split(r"\s{2,}", line)[0]


def test_every_command_of_the_readme_is_understood() -> None:
    understood = [shlex.split(re.split("[|>]", filled(command))[0])[1:] for command in commands()]
    assert len(understood) >= 20
    for arguments in understood:
        # Options that it does not know are refused before help is given.
        done = CliRunner().invoke(app, [*arguments, "--help"])
        assert done.exit_code == 0, (arguments, done.output)


# What each command does is held by tests of its own, and that it exists by the test above.
@pytest.mark.slow
def test_every_command_of_the_readme_works_as_printed(installation: "Installation", tmp_path: Path) -> None:
    installation.up()
    question = {"id": "leave", "query": QUESTION, "source": "documents/holidays.md"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(question) + "\n")
    ran = [command for command in commands() if not NOT_RUN.match(command)]
    assert len(ran) >= 8
    for command in ran:
        command = filled(command)
        done = run(command, installation, tmp_path)
        assert done.returncode in ((0, 1) if MAY_END_WITH_ONE.match(command) else (0,)), (command, done)
        assert "Traceback" not in done.stderr, command
        if command.startswith(("owflex ask", "owflex search")):
            assert "28 days of paid holiday" in " ".join(done.stdout.split()), command


def test_a_question_is_answered_while_nothing_runs(installation: "Installation", tmp_path: Path) -> None:
    assert run(f"owflex ingest {DOCUMENTS}", installation, tmp_path).returncode == 0
    # A folder of somebody's may hold programs; those that are started here are ours.
    (tmp_path / "logging.py").write_text("raise SystemExit('not ours')")
    done = run(f'owflex ask --json "{QUESTION}"', installation, tmp_path)
    answer = json.loads(done.stdout)
    assert "28 days of paid holiday" in answer["answer"]
    assert answer["sources"][0]["source"] == "documents/holidays.md"
    assert "OwFlex is not running" in done.stderr
    assert installation.leftovers() == []


def filled(command: str) -> str:
    """The command with what its reader fills in."""
    for written, meant in FILLED_IN.items():
        command = command.replace(written, meant)
    return command


def run(command: str, installation: "Installation", folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a line as the shell does after `. .venv/bin/activate`."""
    environment = installation.environment
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment | {"PATH": path, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
