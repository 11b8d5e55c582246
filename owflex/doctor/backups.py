"""What `owflex doctor` says of backups: how old the last one is, and whether it failed."""

import time
from pathlib import Path

from database.settings import read_settings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.doctor.findings import Finding, bad, fine, unknown
from owflex.doctor.space import backup_place_finding
from owflex.keeping.keeper import last_time
from owflex.keeping.state import BackupState, read_state

# A backup that is due takes its time, and the program that makes it may have been off.
SECONDS_LATE = 6 * 3600
MAKE = "Set BACKUP_FOLDER for owflex up, or let a scheduler run: owflex backup FOLDER"


def backup_finding(folder: Path) -> Finding:
    """How the backups of this installation are."""
    settings, state = read_settings(KeepingSettings), read_state(folder)
    if settings.backup_folder is not None:
        finding = backup_place_finding(folder, settings.backup_folder)
        if finding is not None:
            return finding
    if state.has_failed:
        return bad("backups", f"The last one failed: {state.reason}", "Then run: owflex backup")
    if state.made_at is None:
        if settings.backup_folder is None:
            return unknown("backups", "None was ever made.", MAKE)
        return unknown("backups", "None was made yet.", "owflex up makes the first one by itself.")
    if settings.backup_folder is not None and _is_late(settings.backup_every, state.made_at):
        return bad(
            "backups",
            f"The last one was made {state.age()}, and BACKUP_EVERY wants another.",
            "Is owflex up running? Run: owflex logs keeper",
        )
    return _of_last(state)


def _of_last(state: BackupState) -> Finding:
    """Whether the last backup is there as it was written."""
    try:
        size = Path(state.file).stat().st_size
    except OSError:
        return bad("backups", f"The last one, {state.file}, is not there any more.", MAKE)
    if size != state.size:
        return bad(
            "backups",
            f"The last one, {state.file}, has {size} bytes, and had {state.size}.",
            "It was cut short or changed: run owflex backup, and look at the disk.",
        )
    return fine("backups", f"The last one was made {state.age()}: {state.file}")


def _is_late(schedule: str, made_at: float) -> bool:
    return made_at < last_time(schedule, time.time() - SECONDS_LATE)
