"""What `owflex backup` and `owflex restore` do and print."""

from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter

from database.home import data_folder
from database.settings import ProgramSettings, read_settings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.exit_codes import exit_code
from owflex.keeping import archive
from owflex.keeping.backup import BackedUp, back_up, default_file
from owflex.keeping.errors import KeepingError
from owflex.keeping.manifest import Manifest
from owflex.keeping.places import opened_installation
from owflex.keeping.restore import Restored, check_backup, restore
from owflex.keeping.state import remember_backup
from owflex.supervision.running import asked
from serving.terminal import Console, escape, escape_line

console = Console(highlight=False, soft_wrap=True)


def run_backup(file: Path | None, *, with_secrets: bool, as_json: bool) -> int:
    """Make a backup and say what is in it; the exit code."""
    return exit_code(lambda: _backup(file, with_secrets=with_secrets, as_json=as_json))


def run_restore(file: Path, *, replace: bool, only_check: bool, as_json: bool) -> int:
    """Check and restore a backup and say what was done; the exit code."""
    return exit_code(lambda: _restore(file, replace=replace, only_check=only_check, as_json=as_json))


def _backup(file: Path | None, *, with_secrets: bool, as_json: bool) -> int:
    given = file or read_settings(KeepingSettings).backup_folder
    if given is None:
        raise KeepingError("Name the file to write, or set BACKUP_FOLDER.")
    path = default_file(given.expanduser().absolute())
    if not path.parent.is_dir():
        raise KeepingError(f"There is no folder {path.parent}. Make it, or name another file.")
    with opened_installation() as installation:
        done = back_up(installation, path, with_secrets=with_secrets)
        # The backup is there whether or not it can be remembered.
        with suppress(OSError):
            remember_backup(installation.folder, done.path, done.size)
    print_as_json(BackedUp, done) if as_json else _show_backup(done)
    return 0


def _restore(file: Path, *, replace: bool, only_check: bool, as_json: bool) -> int:
    with archive.read(file.expanduser().absolute()) as backup:
        check_backup(backup)
        if only_check:
            print_as_json(Manifest, backup.manifest) if as_json else _show_checked(backup.manifest)
            return 0
        _refuse_while_up()
        with opened_installation() as installation:
            done = restore(backup, installation, replace=replace)
    print_as_json(Restored, done) if as_json else _show_restored(done)
    return 0


def _refuse_while_up() -> None:
    if (state := asked(data_folder(read_settings(ProgramSettings).owflex_home))) is not None:
        raise KeepingError(
            f"owflex up runs with this data folder (process {state.pid}). Stop it, then restore again. "
            "Nothing was changed."
        )


def print_as_json(kind: type[object], value: object) -> None:
    """A dataclass as JSON."""
    print(TypeAdapter(kind).dump_json(value, indent=2).decode())  # noqa: T201


def _show_backup(done: BackedUp) -> None:
    console.print(
        f"{escape_line(str(done.path))}: {_held(done.manifest)}; {_megabytes(done.size)} "
        f"in {done.seconds:.1f} s."
    )
    kept = "holds keys and all texts in clear" if done.manifest.with_secrets else "holds all texts in clear"
    console.print(f"It {kept}, readable by you only. Keep it so, and on another disk.")


def _show_checked(manifest: Manifest) -> None:
    console.print(
        f"Whole, and fit for this version: made by OwFlex {escape_line(manifest.owflex)} on "
        f"{manifest.made_at.astimezone():%Y-%m-%d %H:%M}; {_held(manifest)}."
    )


def _show_restored(done: Restored) -> None:
    console.print(
        f"Restored the backup of {done.manifest.made_at.astimezone():%Y-%m-%d %H:%M}: "
        f"{_held(done.manifest)}. "
        f"All {done.rows} rows of {done.tables} tables are as they were backed up; {done.seconds:.1f} s."
    )
    for note in done.notes:
        console.print(escape(note))


def _held(manifest: Manifest) -> str:
    return ", ".join(f"{count} {called}" for called, count in manifest.counts.items()) or "nothing yet"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
