"""Backups are made when it is time, the oldest go, and a failure is seen everywhere; what is old goes."""

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import LiteralString

import pytest
from typer.testing import CliRunner

from owflex.__main__ import app
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.doctor.backups import backup_finding
from owflex.keeping.archive import backups_in, read
from owflex.keeping.keeper import FAILURE, SECONDS_BETWEEN_ATTEMPTS, Keeper, is_wanted, last_time
from owflex.keeping.places import Installation, connected
from owflex.keeping.restore import check_backup
from owflex.keeping.retention import remove_old
from owflex.keeping.state import read_state, remember_backup
from owflex.up.display import UpDisplay

NIGHT = datetime(2026, 11, 30, 2, 30).astimezone().timestamp()
DAY = 86_400


def keeping(**values: object) -> KeepingSettings:
    """Settings that nothing but these says."""
    return KeepingSettings.model_validate(values)


@pytest.fixture
def settings(filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeepingSettings:
    """Of a keeper of the filled databases."""
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("CHAT_DATABASE_URL", filled.chat.url)
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", filled.knowledge_base.url)
    monkeypatch.setenv("BACKUP_FOLDER", str(tmp_path / "backups"))
    monkeypatch.chdir(tmp_path)
    return keeping(backup_folder=tmp_path / "backups", backup_keep=2)


def test_it_is_time_when_the_schedule_says_so_in_local_time() -> None:
    assert last_time("30 2 * * *", NIGHT + 1) == NIGHT
    assert last_time("30 2 * * *", NIGHT - 1) == NIGHT - DAY


def test_a_backup_is_made_when_it_is_due_and_the_oldest_go(settings: KeepingSettings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"owflex-2026-0{month}-01T000000Z.backup" for month in (1, 2)]
    mine = folder / "mine.backup"
    for file in (*old, mine):
        file.touch()
    keeper = Keeper(tmp_path, settings)
    keeper.look(NIGHT)
    made = list(backups_in(folder))
    assert len(made) == 2
    assert made[0] == old[1]
    assert mine.exists()
    with read(made[1]) as backup:
        check_backup(backup)
    made_at = read_state(tmp_path).made_at
    assert made_at is not None
    keeper.look(made_at + 1)
    assert list(backups_in(folder)) == made


def test_a_backup_that_was_missed_is_made_at_the_next_look(settings: KeepingSettings, tmp_path: Path) -> None:
    remember_backup(tmp_path, tmp_path / "old.backup", 1)
    made_at = read_state(tmp_path).made_at
    assert made_at is not None
    keeper = Keeper(tmp_path, settings)
    keeper.look(made_at)
    assert list(backups_in(tmp_path / "backups")) == []
    keeper.look(made_at + 2 * DAY)
    assert len(list(backups_in(tmp_path / "backups"))) == 1


def test_a_failure_is_loud_and_is_tried_again_after_a_while(
    settings: KeepingSettings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "backups").write_text("in the way")
    keeper = Keeper(tmp_path, settings)
    with caplog.at_level(logging.INFO, "owflex.keeping"):
        keeper.look(NIGHT)
    assert caplog.records[-1].levelname == "ERROR"
    assert caplog.records[-1].getMessage().startswith(FAILURE)
    state = read_state(tmp_path)
    assert state.failed_at is not None
    assert backup_finding(tmp_path).state == "bad"
    shown = CliRunner().invoke(app, ["status"])
    assert (shown.exit_code, "The last backup has failed" in shown.output) == (1, True)
    with UpDisplay(opens_browser=False) as display:
        display.keeping("2026-11-30 ERROR " + FAILURE + "no room")
        display.keeping("2026-11-30 INFO Backed up.")
    said = capsys.readouterr().out
    assert "The backup has failed: no room" in said
    assert "Backed up" not in said
    (tmp_path / "backups").unlink()
    keeper.look(state.failed_at + 1)
    assert not (tmp_path / "backups").exists()
    keeper.look(state.failed_at + SECONDS_BETWEEN_ATTEMPTS + 1)
    assert not read_state(tmp_path).has_failed
    assert backup_finding(tmp_path).state == "ok"


def test_the_doctor_says_when_no_backup_came_in_time(settings: KeepingSettings, tmp_path: Path) -> None:
    assert backup_finding(tmp_path).state == "unknown"
    file = tmp_path / "a.backup"
    file.write_bytes(b"1")
    remember_backup(tmp_path, file, 1)
    assert backup_finding(tmp_path).state == "ok"
    state = (tmp_path / "backup.json").read_text()
    made_at = read_state(tmp_path).made_at
    assert made_at is not None
    (tmp_path / "backup.json").write_text(state.replace(str(made_at), str(made_at - 3 * DAY)))
    finding = backup_finding(tmp_path)
    assert (finding.state, "3 days ago" in finding.sentence) == ("bad", True)


def test_nothing_is_done_unless_a_setting_says_so() -> None:
    assert not is_wanted(keeping())
    assert is_wanted(keeping(keep_logs_days=30))


def test_a_schedule_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("BACKUP_EVERY", "every night")
    ended = CliRunner().invoke(app, ["backup", str(tmp_path / "a.backup")])
    assert ended.exit_code == 1
    assert "BACKUP_EVERY: 'every night' is not a schedule such as" in ended.output


AGE: LiteralString = """
update threads set updated_at = now() - interval '40 days';
update thread_items set updated_at = now() - interval '40 days';
update turns set heartbeat_at = now() - interval '40 days';
"""


def remaining(installation: Installation, statement: LiteralString) -> list[str]:
    with connected(installation.chat) as connection:
        return [name for (name,) in connection.execute(statement)]


def test_conversations_in_which_nothing_happened_go_with_all_that_hangs_on_them(
    changing: Installation,
) -> None:
    with connected(changing.chat) as connection:
        connection.execute(AGE)
        connection.execute(
            "update thread_items set updated_at = now() where thread_id = 'thr_bob' and id = 'msg_1'"
        )
    removed = list(remove_old(keeping(keep_threads_days=30), changing))
    assert removed == ["Removed 1 conversations older than 30 days."]
    assert remaining(changing, "select id from threads") == ["thr_bob"]
    assert remaining(changing, "select distinct thread_id from thread_items") == ["thr_bob"]
    assert remaining(changing, "select id from attachments where thread_id is not null") == ["atc_bob"]
    assert remaining(changing, "select distinct user_id from feedback") == ["bob"]


def test_a_conversation_that_is_answered_in_just_now_stays(changing: Installation) -> None:
    with connected(changing.chat) as connection:
        connection.execute(AGE)
        connection.execute("update turns set heartbeat_at = now()")
    assert list(remove_old(keeping(keep_threads_days=30), changing)) == []


def test_old_files_go_and_their_messages_stay(changing: Installation) -> None:
    with connected(changing.chat) as connection:
        connection.execute(
            "update attachment_contents set uploaded_at = now() - interval '8 days' "
            "where attachment_id = 'atc_anna'"
        )
    removed = list(remove_old(keeping(keep_attachments_days=7), changing))
    assert removed == ["Removed 1 attached files older than 7 days."]
    assert remaining(changing, "select attachment_id from attachment_contents") == ["atc_bob"]
    assert len(remaining(changing, "select id from attachments")) == 4
    assert len(remaining(changing, "select id from thread_items")) == 6


def test_only_logs_that_were_put_aside_go(changing: Installation) -> None:
    logs = changing.folder / "logs"
    logs.mkdir()
    for name, age in (("chat.log", 90), ("chat.log.1", 90), ("chat.log.2", 1)):
        (logs / name).touch()
        long_ago = NIGHT - age * DAY
        os.utime(logs / name, (long_ago, long_ago) if age > 1 else None)
    removed = list(remove_old(keeping(keep_logs_days=30), changing))
    assert removed == ["Removed 1 logs older than 30 days."]
    assert {path.name for path in logs.iterdir()} == {"chat.log", "chat.log.2"}


def test_by_default_everything_is_kept(changing: Installation) -> None:
    with connected(changing.chat) as connection:
        connection.execute("update threads set updated_at = '1999-01-01'")
    assert list(remove_old(keeping(), changing)) == []
    assert len(remaining(changing, "select id from threads")) == 2


def test_a_folder_on_a_disk_that_is_not_mounted_is_not_made_elsewhere(
    settings: KeepingSettings, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "not-mounted" / "backups"
    Keeper(tmp_path, settings.model_copy(update={"backup_folder": elsewhere})).look(NIGHT)
    assert read_state(tmp_path).has_failed
    assert not elsewhere.parent.exists()
