"""A backup is one moment of everything; what is restored is the same, row by row."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from owflex.keeping import archive
from owflex.keeping.archive import MANIFEST, read, written
from owflex.keeping.drafts import remove_drafts
from owflex.keeping.errors import ArchiveError, KeepingError
from owflex.keeping.places import Installation, Place, connected
from owflex.keeping.postgres_programs import copy_output, feed, program
from owflex.keeping.restore import Restored, check_backup, restore
from owflex.keeping.tables import Table, contents_of, tables_of
from tests.owflex.keeping.conftest import backed_up

# What every column of a table holds is compared, and where its ids go on; the audit log, which goes on, is
# compared by itself.
LOG = "audit_events"
SEQUENCES = """
select schemaname, sequencename, last_value from pg_sequences where sequencename <> 'audit_events_id_seq'
order by 1, 2
"""
EVENTS = """
select to_jsonb(events) - 'id' from audit_events as events order by happened_at, id
"""
DEFINITIONS = """
select 'index', schemaname || '.' || indexname, indexdef from pg_indexes where schemaname = 'public'
union all
select 'policy', tablename || '.' || policyname, coalesce(qual, '') from pg_policies
union all
select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
from pg_trigger where not tgisinternal
union all
select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace
union all
select 'function', oid::regprocedure::text, md5(prosrc) || prosecdef || coalesce(proconfig::text, '')
from pg_proc where pronamespace = 'public'::regnamespace
order by 1, 2
"""


def ordered_rows(place: Place) -> dict[str, str]:
    """For each table a SHA-256 of all its rows, in order; made otherwise than the product does it."""
    with connected(place) as connection:
        return {
            str(table): _digest(connection, table) for table in tables_of(connection) if table.name != LOG
        }


def _digest(connection: psycopg.Connection, table: Table) -> str:
    statement = sql.SQL("select row_to_json(kept)::text from {} as kept order by 1").format(table.sql)
    digest = hashlib.sha256()
    for (row,) in connection.execute(statement):
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()


def definitions(place: Place) -> list[Any]:
    with connected(place) as connection:
        return [*connection.execute(DEFINITIONS), *connection.execute(SEQUENCES)]


def everything(installation: Installation) -> list[Any]:
    return [(ordered_rows(place), definitions(place)) for place in installation.places]


def events_in(place: Place) -> list[dict[str, Any]]:
    with connected(place) as connection:
        return [event for (event,) in connection.execute(EVENTS)]


def restored(path: Path, installation: Installation, *, replace: bool = False) -> Restored:
    with read(path) as backup:
        check_backup(backup)
        return restore(backup, installation, replace=replace)


def test_every_table_has_rows_so_that_comparing_them_says_something(filled: Installation) -> None:
    # A new table: give it rows in tests/support/filled.py.
    for place in filled.places:
        with connected(place) as connection:
            assert {name: held.rows for name, held in contents_of(connection).items() if not held.rows} == {}


def test_what_is_restored_is_the_same_row_by_row(
    filled: Installation, backup_file: Path, empty: Installation
) -> None:
    done = restored(backup_file, empty)
    assert everything(empty) == everything(filled)
    for now, before in zip(empty.places, filled.places, strict=True):
        *events, last = events_in(now)
        # What the backup itself left in the log came after its moment.
        assert events == [event for event in events_in(before) if event["action"] != "backup.made"]
        assert (last["action"], last["details"]["events_kept"]) == ("backup.restored", 0)
    made = sum(event["action"] == "backup.made" for event in events_in(filled.knowledge_base))
    assert done.rows == sum(held.rows for p in filled.places for held in _contents(p).values()) - made
    assert (empty.folder / "mcp-token").read_text() == "t" * 43
    assert stat.S_IMODE((empty.folder / "mcp-signing-key").stat().st_mode) == 0o600


def test_nobody_gets_rid_of_the_log_by_restoring_an_old_backup(
    changing: Installation, tmp_path: Path
) -> None:
    path = backed_up(changing, tmp_path / "old.backup").path
    with connected(changing.knowledge_base) as connection:
        connection.execute("delete from documents where source like 'manual/%%'")
    with connected(changing.chat) as connection:
        connection.execute("delete from threads where id = 'thr_bob'")
    before = [events_in(place) for place in changing.places]
    restored(path, changing, replace=True)
    after = [events_in(place) for place in changing.places]
    assert [events[:-1] for events in after] == before
    assert [events[-1]["action"] for events in after] == ["backup.restored"] * 2
    assert {"document.removed", "backup.made"} <= {event["action"] for event in after[1]}


def test_without_its_event_there_is_no_backup(changing: Installation, tmp_path: Path) -> None:
    with connected(changing.knowledge_base) as connection:
        connection.execute("alter table audit_events add check (action <> 'backup.made') not valid")
    with pytest.raises(KeepingError, match="The audit log cannot be written, so there is no backup"):
        backed_up(changing, tmp_path / "a.backup")
    assert list(tmp_path.glob("*backup*")) == []


def _contents(place: Place) -> dict[str, Any]:
    with connected(place) as connection:
        return dict(contents_of(connection))


def test_a_digest_tells_one_changed_letter_and_one_row_that_is_there_twice(changing: Installation) -> None:
    before = _contents(changing.knowledge_base)
    with connected(changing.knowledge_base) as connection:
        connection.execute("update tasks set notes = notes || '.' where user_id = 'anna'")
        connection.execute("insert into word_engine (name) values ('none')")
    after = _contents(changing.knowledge_base)
    assert {name for name in before if before[name] != after[name]} == {"tasks", "word_engine"}


def test_a_backup_holds_the_moment_it_began_in_whatever_is_written_meanwhile(
    changing: Installation, empty: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(changing)
    dump = archive.ArchiveWriter.add

    def add(writer: archive.ArchiveWriter, name: str, write_to: Any) -> None:
        for place, statement in zip(
            changing.places, ("delete from threads", "delete from documents"), strict=True
        ):
            with connected(place) as connection:
                connection.execute(statement.encode())
        dump(writer, name, write_to)

    monkeypatch.setattr(archive.ArchiveWriter, "add", add)
    path = backed_up(changing, tmp_path / "a.backup").path
    restored(path, empty)
    assert everything(empty) == before != everything(changing)


def test_the_file_is_its_owners_and_says_what_is_in_it(backup_file: Path) -> None:
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    with read(backup_file) as backup:
        check_backup(backup)
        assert backup.manifest.embedding_model == "all-MiniLM-L6-v2"
        assert backup.manifest.counts == {
            "documents": 3,
            "passages": 6,
            "conversations": 2,
            "tasks": 2,
        }
    settings = zipfile.ZipFile(backup_file).read("settings.env").decode()
    assert "sk-secret" in settings
    # The restored installation must not go on in the old database.
    assert "postgresql" not in settings


def test_without_secrets_none_are_in_the_file(filled: Installation, tmp_path: Path) -> None:
    from owflex.keeping.backup import back_up

    path = back_up(filled, tmp_path / "plain.backup", with_secrets=False).path
    names = zipfile.ZipFile(path).namelist()
    assert "mcp-token" not in names
    assert "mcp-signing-key" not in names
    content = zipfile.ZipFile(path).read("settings.env").decode()
    assert "MODEL_NAME" in content
    assert "sk-secret" not in content


def test_what_is_there_is_replaced_only_when_asked_for(
    backup_file: Path, changing: Installation, filled: Installation
) -> None:
    with connected(changing.chat) as connection:
        connection.execute("delete from thread_items where id = 'msg_2'")
    before = everything(changing)
    with pytest.raises(KeepingError, match=r"is not empty.*--replace"):
        restored(backup_file, changing)
    assert everything(changing) == before
    restored(backup_file, changing, replace=True)
    assert everything(changing) == everything(filled)


def test_a_database_in_use_is_left_alone(backup_file: Path, empty: Installation) -> None:
    with (
        psycopg.connect(empty.chat.url, application_name="another"),
        pytest.raises(KeepingError, match=r"in use: another \(1\). Stop"),
    ):
        restored(backup_file, empty)
    assert everything(empty) == [({}, []), ({}, [])]


def test_a_restore_that_was_killed_is_simply_repeated(
    backup_file: Path, empty: Installation, filled: Installation
) -> None:
    for place in empty.places:
        with connected(place.sibling("postgres")) as connection:
            for suffix in ("_restoring", "_replaced"):
                name = sql.Identifier(place.database + suffix)
                connection.execute(sql.SQL("create database {}").format(name))
    restored(backup_file, empty)
    assert everything(empty) == everything(filled)
    with connected(empty.chat) as connection:
        left = connection.execute("select count(*) from pg_database where datname like 'keeping%%\\_re%%'")
        assert left.fetchone() == (0,)


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    changing: Installation, empty: Installation, tmp_path: Path
) -> None:
    """The chat's last migration is undone, as if an older version had made the database."""
    with connected(changing.chat) as connection:
        connection.execute("delete from schema_migrations where name = '0005_attachments.sql'")
        connection.execute("drop table attachment_contents, attachment_uploads")
        connection.execute("drop index attachments_never_sent, attachments_of_user, feedback_by_time")
        connection.execute("alter table feedback drop column reason")
    path = backed_up(changing, tmp_path / "old.backup").path
    restored(path, empty)
    with connected(empty.chat) as connection:
        assert connection.execute("select count(*), count(reason) from feedback").fetchone() == (2, 0)
        assert connection.execute("select count(*) from attachment_contents").fetchone() == (0,)


Change = Callable[[dict[str, Any]], object]


def _later_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 99


def _later_tables(manifest: dict[str, Any]) -> None:
    manifest["databases"]["chat"]["migrations"]["9999_future.sql"] = "00"


def _other_tables(manifest: dict[str, Any]) -> None:
    manifest["databases"]["chat"]["migrations"]["0001_chats.sql"] = "00"


def _missing_database(manifest: dict[str, Any]) -> None:
    del manifest["databases"]["chat"]


def _other_checksum(manifest: dict[str, Any]) -> None:
    manifest["parts"]["chat.dump"]["sha256"] = "00"


def _nonsense(manifest: dict[str, Any]) -> None:
    manifest.clear()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_later_format, "Install OwFlex .* or newer"),
        (_later_tables, "Install that version or a newer one"),
        (_other_tables, "another form of 0001_chats.sql"),
        (_missing_database, "does not hold both databases"),
        (_other_checksum, "chat.dump is not what was backed up"),
        (_nonsense, "does not say what is in it"),
    ],
)
def test_what_this_version_cannot_use_is_refused_before_anything_is_changed(
    backup_file: Path, tmp_path: Path, change: Change, said: str
) -> None:
    path = changed(backup_file, tmp_path, change)
    with pytest.raises(ArchiveError, match=said), read(path) as backup:
        check_backup(backup)


def changed(backup: Path, folder: Path, change: Change, **more: bytes) -> Path:
    """A copy of a backup with another manifest and further members."""
    path = folder / "changed.backup"
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == MANIFEST:
                manifest = json.loads(content)
                change(manifest)
                content = json.dumps(manifest).encode()
            target.writestr(name, content)
        for name, content in more.items():
            target.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "postgres/pg_hba.conf", "a\nb"])
def test_an_archive_that_names_other_paths_is_refused(backup_file: Path, tmp_path: Path, name: str) -> None:
    path = changed(backup_file, tmp_path, lambda manifest: None, **{name: b"x"})
    with pytest.raises(ArchiveError, match="which no backup of this version holds"), read(path):
        pass


def test_a_file_that_was_cut_short_anywhere_is_told(backup_file: Path, tmp_path: Path) -> None:
    whole = backup_file.read_bytes()
    for length in (0, 10, len(whole) // 3, len(whole) - 30):
        path = tmp_path / f"{length}.backup"
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveError, match="is no backup of OwFlex, or was cut short"), read(path):
            pass


def test_a_byte_that_changed_on_the_disk_is_told(backup_file: Path, tmp_path: Path) -> None:
    whole = bytearray(backup_file.read_bytes())
    with zipfile.ZipFile(backup_file) as source:
        place = source.getinfo("knowledge_base.dump").header_offset + 5000
    whole[place] ^= 1
    path = tmp_path / "flipped.backup"
    path.write_bytes(whole)
    with pytest.raises(ArchiveError, match=r"knowledge_base\.dump is"), read(path) as backup:
        check_backup(backup)


def test_another_file_or_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.backup").write_text("hello")
    with zipfile.ZipFile(tmp_path / "other.backup", "w") as other:
        other.writestr("readme.txt", "hello")
    for name in ("text.backup", "other.backup"):
        with pytest.raises(ArchiveError, match="is no backup of OwFlex"), read(tmp_path / name):
            pass
    with pytest.raises(ArchiveError, match="There is no file"), read(tmp_path / "missing.backup"):
        pass


def test_a_full_disk_leaves_nothing_and_is_said(
    filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile._ZipWriteFile, "write", full)  # pyright: ignore
    with pytest.raises(KeepingError, match=r"No space left.*Make room"):
        backed_up(filled, tmp_path / "a.backup")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_overwritten(filled: Installation, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    path.write_text("mine")
    with pytest.raises(KeepingError, match="is there already"):
        backed_up(filled, path)
    assert path.read_text() == "mine"


KILLED = """
import os, sys
from pathlib import Path
from owflex.keeping.archive import written
with written(Path(sys.argv[1])) as archive:
    archive.add_bytes("chat.dump", b"x")
    os.kill(os.getpid(), 9)
"""


def test_one_that_was_killed_leaves_no_backup_and_its_draft_goes_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    (draft,) = tmp_path.iterdir()
    assert draft.name.endswith(".partial")
    mine = tmp_path / f".b.backup.{os.getpid()}-ab.partial"
    mine.touch()
    # An export that was killed leaves a folder.
    folder = tmp_path / draft.name.replace("backup", "export")
    folder.mkdir()
    (folder / "tasks.jsonl").touch()
    remove_drafts(tmp_path)
    # Another one that is being written just now stays.
    assert list(tmp_path.iterdir()) == [mine]


def test_parts_are_written_as_streams(tmp_path: Path) -> None:
    with written(tmp_path / "a.backup") as target:
        target.add("chat.dump", lambda write: [write(b"ab"), write(b"cd")])
        assert target.parts["chat.dump"].size == 4
        assert target.parts["chat.dump"].sha256 == hashlib.sha256(b"abcd").hexdigest()


def test_a_server_that_is_newer_than_all_programs_is_told() -> None:
    with pytest.raises(KeepingError, match=r"The server is Postgres 99.*install the client programs"):
        program("pg_dump", 99)


def test_what_a_program_of_postgres_complains_of_is_said(filled: Installation, tmp_path: Path) -> None:
    gone = filled.chat.sibling("not_there")
    with pytest.raises(KeepingError, match=r'pg_dump has failed: .*"not_there" does not exist'):
        copy_output([program("pg_dump", 15)], gone, lambda block: None)
    with pytest.raises(KeepingError, match="pg_restore has failed"), (tmp_path / "empty").open("w+b") as file:
        feed([program("pg_restore", 15)], filled.chat, file)
