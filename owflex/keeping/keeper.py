"""`python -m owflex.keeping.keeper`: the program of `owflex up` for backups and for removing what is old."""

import logging
import signal
import sys
import time
from datetime import datetime
from pathlib import Path
from types import FrameType

from croniter import croniter

from database.acting import acting_as, this_account
from database.errors import DatabaseError
from database.home import open_data_folder
from database.settings import read_settings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.exit_codes import exit_code
from owflex.keeping.archive import backups_in
from owflex.keeping.backup import back_up, file_in
from owflex.keeping.errors import KeepingError, said_plainly
from owflex.keeping.places import opened_installation
from owflex.keeping.retention import remove_old, wants_anything
from owflex.keeping.state import read_state, remember_backup, remember_failure
from serving.logs import LogStyle, set_up_logs

logger = logging.getLogger("owflex.keeping")

LINES = LogStyle("%(asctime)s %(levelname)s %(message)s", "%(asctime)s %(levelname)s %(message)s", ())
SECONDS_BETWEEN_LOOKS = 30
SECONDS_BETWEEN_REMOVALS = 3600
# After a failure it is not tried again at every look.
SECONDS_BETWEEN_ATTEMPTS = 900
# `owflex up` shows lines that begin so.
FAILURE = "The backup has failed: "


class Keeper:
    """Does what is due; `settings` say when that is. Times are seconds since 1970."""

    def __init__(self, folder: Path, settings: KeepingSettings) -> None:
        self._folder = folder
        self._settings = settings
        self._removed_at = 0.0

    def look(self, now: float) -> None:
        """Make a backup and remove what is old, when it is time for that."""
        if self._settings.backup_folder is not None and self._is_backup_due(now):
            self._back_up(self._settings.backup_folder.expanduser().absolute())
        if wants_anything(self._settings) and now - self._removed_at >= SECONDS_BETWEEN_REMOVALS:
            self._removed_at = now
            self._remove()

    def _is_backup_due(self, now: float) -> bool:
        state = read_state(self._folder)
        if state.failed_at is not None and 0 <= now - state.failed_at < SECONDS_BETWEEN_ATTEMPTS:
            return False
        if state.made_at is None or state.failed_at is not None:
            return True
        return state.made_at < last_time(self._settings.backup_every, now)

    def _back_up(self, folder: Path) -> None:
        try:
            path, size = self._made(folder)
        except (KeepingError, DatabaseError) as error:
            # One line: whoever watches lines gets it whole.
            reason = " ".join(str(error).split())
            logger.error("%s%s", FAILURE, reason)
            self._remember_failure(reason)
            return
        logger.info("Backed up to %s (%.1f MB).", path, size / 1e6)
        for old in list(backups_in(folder))[: -self._settings.backup_keep]:
            old.unlink(missing_ok=True)
            logger.info("Removed the old backup %s.", old)

    def _made(self, folder: Path) -> tuple[Path, int]:
        with said_plainly(f"The folder {folder} cannot be used"):
            # Not its parents: where the other disk is not mounted, nothing shall go to this one.
            folder.mkdir(mode=0o700, exist_ok=True)
        with opened_installation() as installation:
            done = back_up(installation, file_in(folder), with_secrets=True)
        remember_backup(self._folder, done.path, done.size)
        return done.path, done.size

    def _remember_failure(self, reason: str) -> None:
        try:
            remember_failure(self._folder, reason)
        except OSError as error:
            logger.error("That cannot be remembered for owflex status: %s", error.strerror)

    def _remove(self) -> None:
        try:
            with opened_installation() as installation:
                for sentence in remove_old(self._settings, installation):
                    logger.info("%s", sentence)
        except (KeepingError, DatabaseError) as error:
            logger.error("%s", error)


def last_time(schedule: str, now: float) -> float:
    """When it was time last, in local time as its reader means it."""
    here = datetime.fromtimestamp(now).astimezone()
    return croniter(schedule, here).get_prev(float)


def is_wanted(settings: KeepingSettings) -> bool:
    """Whether there is anything to do."""
    return settings.backup_folder is not None or wants_anything(settings)


def main() -> int:
    """Do what is due until SIGTERM; the exit code."""
    set_up_logs("text", LINES)
    signal.signal(signal.SIGTERM, _end)
    with acting_as(this_account("schedule")):
        return exit_code(_run)


def _run() -> int:
    settings = read_settings(KeepingSettings)
    keeper = Keeper(open_data_folder(settings.owflex_home), settings)
    while True:
        keeper.look(time.time())
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _end(number: int, frame: FrameType | None) -> None:
    # An exception, so that a backup that is being written takes its draft along.
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
