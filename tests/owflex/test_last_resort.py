"""Whatever is typed and wherever it is shown, the command ends with a sentence."""

import io
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from owflex import __main__ as command
from owflex import entry
from owflex.asking.search_command import SearchOptions, why_nothing
from owflex.last_resort import undecodable


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def ended(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command as its script runs it."""
    monkeypatch.setattr(sys, "argv", ["owflex", *arguments])
    with pytest.raises(SystemExit) as end:
        command.main()
    return int(end.value.code or 0)


def test_an_argument_that_is_not_utf_8_is_shown_and_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["search", "caf\udce9"], ["ask", "\udcff"], ["ingest", "list", "\udcff"]):
        assert ended(*arguments, monkeypatch=monkeypatch) == 2
    said = capfd.readouterr().err
    assert '"caf\\xe9" is not UTF-8' in said
    assert "Traceback" not in said


def test_text_of_every_script_is_an_argument() -> None:
    assert undecodable(["café", "日本語", "🦉", "\x1b[31m", ""]) is None


def test_an_error_that_nobody_foresaw_is_a_sentence_and_a_report_for_the_owner_only(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    def fails() -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(command, "app", fails)
    assert ended(monkeypatch=monkeypatch) == 1
    report = home / "logs" / "owflex-error.log"
    said = capfd.readouterr().err
    assert f"OwFlex made a mistake (ZeroDivisionError). What happened is in {report}" in said
    assert "Traceback" not in said
    assert "deep inside" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600


def test_where_no_report_can_be_kept_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    home.write_text("no folder")
    monkeypatch.setattr(command, "app", lambda: 1 / 0)
    assert ended(monkeypatch=monkeypatch) == 1
    assert "cannot be kept" in capfd.readouterr().err


def test_a_terminal_that_knows_only_ascii_is_written_to_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    assert ended("-h", monkeypatch=monkeypatch) == 0
    sys.stdout.flush()
    assert b"\\u2026" in shown.getvalue()


def test_ctrl_c_is_the_exit_code_of_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "app", stopped)
    assert ended(monkeypatch=monkeypatch) == 130


class StoppedWhileLoading:
    """Finds no module: Ctrl+C comes while it looks for the command."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "owflex.__main__":
            raise KeyboardInterrupt


def test_ctrl_c_while_the_command_is_loaded_shows_nothing_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "owflex.__main__")
    monkeypatch.setattr(sys, "meta_path", [StoppedWhileLoading(), *sys.meta_path])
    with pytest.raises(SystemExit) as end:
        entry.main()
    assert end.value.code == 130


@pytest.mark.parametrize("path", ["", "  "])
@pytest.mark.parametrize("way", [[], ["sync"]])
def test_an_empty_path_is_not_the_folder_one_is_in(way: list[str], path: str) -> None:
    refused = CliRunner().invoke(command.app, ["ingest", *way, path])
    assert refused.exit_code == 1
    assert "A path is empty" in refused.stderr


# The first day depends on where one is; what has an offset does not.
@pytest.mark.parametrize(
    "since", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "soon", "99999-01-01", ""]
)
def test_a_date_out_of_the_calendar_is_said(since: str) -> None:
    refused = CliRunner().invoke(command.app, ["feedback", "export", "--since", since])
    assert refused.exit_code == 1
    assert "is not a date" in refused.stderr


def test_a_filter_that_leaves_nothing_is_named() -> None:
    filtered = SearchOptions(collection="hr", metadata={"team": "sales"})
    assert "--collection, --meta" in why_nothing(0, 0.3, None, filtered)
    assert "owflex ingest PATH" in why_nothing(0, 0.3, None, SearchOptions())
