"""The command as its users meet it, with the real model; in a process of its own where that shows more."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ingest.cli.commands import main
from tests.support.commands import run_here

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(knowledge_base_url: str, data_folder: Path) -> dict[str, str]:
    """A knowledge base of its own, in the session's data folder."""
    return os.environ | {
        "KNOWLEDGE_BASE_DATABASE_URL": knowledge_base_url,
        "OWFLEX_HOME": str(data_folder),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "200",
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder to start it in."""
    place = tmp_path / "place"
    place.mkdir()
    return place


@pytest.fixture
def run(environment: dict[str, str], place: Path) -> Run:
    """What `python -m ingest …` does, in an empty folder."""

    def run(*arguments: str, text: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        return run_here(main, arguments, environment=environment | more, folder=place, text=text)

    return run


@pytest.fixture
def run_process(environment: dict[str, str], place: Path) -> Run:
    """`python -m ingest …` in an empty folder."""

    def run(*arguments: str, text: str | None = None, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "ingest", *arguments]
        return subprocess.run(
            command,
            env=environment | more,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=place,
        )

    return run


def test_the_exit_code_tells_whether_all_some_or_nothing_went_in(
    run_process: Run, knowledge_base_url: str, folder: Path
) -> None:
    run = run_process
    good = run(str(folder))
    assert (good.returncode, good.stderr) == (0, "")
    assert "docs/deep/empty.md: There is no text in the file." in good.stdout
    (folder / "bad.txt").write_bytes(bytes(range(256)) * 50)
    some = run(str(folder))
    assert some.returncode == 2
    assert "docs/bad.txt: This is not a text file." in some.stdout
    missing = run(str(folder / "nothing"))
    assert missing.returncode == 1
    assert "There is no file or folder" in missing.stderr
    unreachable = run(str(folder), KNOWLEDGE_BASE_DATABASE_URL="postgresql://ann:secret-word@127.0.0.1:1/kb")
    assert unreachable.returncode == 1
    assert "KNOWLEDGE_BASE_DATABASE_URL" in unreachable.stderr
    assert "secret-word" not in unreachable.stderr
    with psycopg.connect(knowledge_base_url) as connection:
        assert connection.execute("select count(*) from documents").fetchone() == (3,)


def test_a_program_reads_counts_and_problems_as_json(run: Run, folder: Path) -> None:
    (folder / "bad.txt").write_bytes(bytes(range(256)) * 50)
    (folder / "film.mp4").write_bytes(b"x")
    result = json.loads(run("sync", str(folder), "--json", "--meta", "team=hr", "--meta", "year=2026").stdout)
    assert (result["added"], result["failed"], result["left_out"]) == (3, 1, {".mp4": 1})
    assert [problem["source"] for problem in result["problems"]] == ["docs/bad.txt", "docs/deep/empty.md"]
    assert result["chunks"] == result["chunks_embedded"]
    again = json.loads(run("sync", str(folder), "--json").stdout)
    assert (again["unchanged"], again["updated"]) == (3, 0)
    shown = json.loads(run("show", "docs/a.md", "--json").stdout)
    assert shown["metadata"] == {"team": "hr", "year": "2026"}
    assert shown["passages"][0]["content"].startswith("First text.")


def test_a_dry_run_prints_the_plan_and_does_nothing(run: Run, folder: Path) -> None:
    plan = run("sync", str(folder), "--dry-run")
    assert plan.returncode == 0
    assert "added    docs/a.md" in plan.stdout
    assert "There are no documents here yet." in run("list").stdout


def test_a_text_from_standard_input_is_a_document(run: Run) -> None:
    assert run("-", "--name", "note.md", text="# Note\n\nWombats dig.").returncode == 0
    assert "Wombats dig." in run("show", "stdin/note.md").stdout
    nameless = run("-", text="x")
    assert nameless.returncode == 1
    assert "--name" in nameless.stderr


def test_documents_are_listed_removed_and_verified(run: Run, folder: Path) -> None:
    run("sync", str(folder))
    assert "docs/deep/b.txt" in run("list", "docs/deep").stdout
    assert "Nothing is missing or damaged." in run("verify").stdout
    assert "Documents removed: 1." in run("remove", "docs/a.md", "--yes").stdout
    assert "docs/a.md" not in run("list").stdout
    assert run("remove", "docs/a.md", "--yes").returncode == 1
    refused = run("remove", "docs", text="n\n")
    assert refused.returncode == 1
    assert "docs/deep/b.txt" in run("list").stdout


def test_what_cannot_be_understood_is_said_with_its_cure(run: Run, folder: Path) -> None:
    for arguments, cure in (
        (("sync", str(folder), "--meta", "team"), "--meta team=sales"),
        (("sync", str(folder), str(folder), "--watch"), "exactly one folder"),
        (("worker", "--every", "sometimes"), "0 * * * *"),
    ):
        result = run(*arguments)
        assert result.returncode == 1, arguments
        assert cure in result.stderr, arguments
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_that_it_can_go_on(
    environment: dict[str, str], knowledge_base_url: str, folder: Path, stop: signal.Signals
) -> None:
    for number in range(200):
        (folder / f"{number}.md").write_text(f"# {number}\n\n" + f"Text of {number}. " * 60)
    command = [sys.executable, "-m", "ingest", "sync", str(folder)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    with psycopg.connect(knowledge_base_url, autocommit=True) as connection:
        while connection.execute("select count(*) from documents").fetchone() == (0,):
            assert process.poll() is None
    process.send_signal(stop)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in errors


def test_a_watched_folder_follows_its_changes(
    environment: dict[str, str], knowledge_base_url: str, folder: Path
) -> None:
    command = [sys.executable, "-u", "-m", "ingest", "sync", str(folder), "--watch"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("Watching"):
                break
        with psycopg.connect(knowledge_base_url, autocommit=True) as connection:
            (folder / "late.md").write_text("# Late\n\nLate text.")
            while not connection.execute("select 1 from documents where source = 'docs/late.md'").fetchone():
                assert process.poll() is None
            (folder / "late.md").unlink()
            while connection.execute("select 1 from documents where source = 'docs/late.md'").fetchone():
                assert process.poll() is None
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
