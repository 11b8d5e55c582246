"""How the last backups went, remembered in the data folder for `owflex status` and `owflex doctor`."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from owflex.keeping.drafts import write_private

STATE_FILE = "backup.json"


@dataclass(frozen=True)
class BackupState:
    """The last backup (seconds since 1970, file, bytes), and the failure since, if there is one."""

    made_at: float | None = None
    file: str = ""
    size: int = 0
    failed_at: float | None = None
    reason: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the last attempt failed."""
        return self.failed_at is not None

    def age(self) -> str:
        """How old the last backup is, for people."""
        return "none yet" if self.made_at is None else ago(time.time() - self.made_at)


AS_JSON = TypeAdapter(BackupState)


def read_state(folder: Path) -> BackupState:
    """What is remembered; nothing where no backup was ever made."""
    try:
        return AS_JSON.validate_json((folder / STATE_FILE).read_bytes())
    except (OSError, ValueError):
        return BackupState()


def remember_backup(folder: Path, file: Path, size: int) -> None:
    """A backup was made. Raises `OSError`."""
    _write(folder, BackupState(time.time(), str(file), size))


def remember_failure(folder: Path, reason: str) -> None:
    """A backup failed. Raises `OSError`."""
    _write(folder, replace(read_state(folder), failed_at=time.time(), reason=reason))


def ago(seconds: float) -> str:
    """A length of time that has passed."""
    for length, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return "a moment ago"


def _write(folder: Path, state: BackupState) -> None:
    write_private(folder / STATE_FILE, AS_JSON.dump_json(state))
