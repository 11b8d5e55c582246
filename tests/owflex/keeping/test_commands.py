"""`owflex backup` and `owflex restore` as people use them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from owflex.__main__ import app
from owflex.keeping.places import Installation, connected
from owflex.keeping.tables import contents_of
from owflex.supervision.running import UpState, telling

Run = Callable[..., Result]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Installation], Run]:
    """Runs commands with an installation's databases and data folder."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)

    def using(installation: Installation) -> Run:
        monkeypatch.setenv("OWFLEX_HOME", str(installation.folder))
        monkeypatch.setenv("CHAT_DATABASE_URL", installation.chat.url)
        monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", installation.knowledge_base.url)
        return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])

    return using


def test_from_one_installation_to_another(
    use: Callable[[Installation], Run], filled: Installation, empty: Installation, tmp_path: Path
) -> None:
    made = use(filled)("backup", "a.backup")
    assert made.exit_code == 0, made.output
    assert "3 documents, 6 passages, 2 conversations, 2 tasks" in made.output
    assert "holds keys and all texts in clear" in made.output
    run = use(empty)
    checked = run("restore", "a.backup", "--check")
    assert (checked.exit_code, "Whole, and fit for this version" in checked.output) == (0, True)
    restored = run("restore", "a.backup", "--json")
    assert restored.exit_code == 0, restored.output
    done = json.loads(restored.stdout)
    with connected(empty.chat) as chat, connected(empty.knowledge_base) as documents:
        tables = {**contents_of(chat), **contents_of(documents)}
    # Both have a table of migrations and an audit log.
    assert done["tables"] == len(tables) + 2
    again = run("restore", "a.backup")
    assert (again.exit_code, "is not empty" in again.output) == (1, True)


def test_a_folder_gets_a_file_with_the_time_as_its_name(
    use: Callable[[Installation], Run], filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = use(filled)
    nowhere = run("backup")
    assert (nowhere.exit_code, "set BACKUP_FOLDER" in nowhere.output) == (1, True)
    missing = run("backup", tmp_path / "missing" / "a.backup")
    assert (missing.exit_code, "There is no folder" in missing.output) == (1, True)
    folder = tmp_path / "backups"
    folder.mkdir()
    monkeypatch.setenv("BACKUP_FOLDER", str(folder))
    assert run("backup").exit_code == 0
    (file,) = folder.iterdir()
    assert file.match("owflex-*.backup")
    status = run("status")
    assert f"Last backup a moment ago: {file}" in status.output


def test_nothing_is_restored_while_owflex_up_runs(
    use: Callable[[Installation], Run], empty: Installation, backup_file: Path, tmp_path: Path
) -> None:
    run = use(empty)
    with telling(empty.folder, lambda: UpState(os.getpid(), 0.0, "http://a", "http://b", ())):
        ended = run("restore", backup_file)
    assert ended.exit_code == 1
    assert "owflex up runs with this data folder" in ended.output
    with connected(empty.chat) as connection:
        assert contents_of(connection) == {}
