"""What `owflex doctor` sees of room: on the disks of the data folder and of backups, and what logs take."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from database.embedded import postgres_log
from owflex.doctor.findings import Finding, bad, fine, unknown, warning
from owflex.keeping.state import read_state

LOW_BYTES = 1_000_000_000
# Each of seven programs keeps 20 MB at most; Postgres' log is put aside at a start only.
MAX_LOG_BYTES = 500_000_000


def disk_findings(folder: Path, backups: Path | None) -> Iterator[Finding]:
    """How much room is left where data and backups go."""
    places = [("the data folder", folder), *([("BACKUP_FOLDER", backups)] if backups is not None else [])]
    low = [problem for what, place in places if (problem := _low(what, place)) is not None]
    if not low:
        yield fine("disk", "There is room.")
    for sentence in low:
        yield warning("disk", sentence, "Make room on it, or move the folder to a larger disk.")


def log_finding(folder: Path) -> Finding:
    """How much the logs of the programs take."""
    files = [file for file in (*(folder / "logs").glob("*"), postgres_log(folder)) if file.is_file()]
    if not files:
        return unknown("logs", "There are none yet.")
    size = sum(file.stat().st_size for file in files)
    if size > MAX_LOG_BYTES:
        largest = max(files, key=lambda file: file.stat().st_size)
        return warning(
            "logs",
            f"They take {size // 1_000_000} MB, most of it {largest}.",
            "Set KEEP_LOGS_DAYS, and stop and start OwFlex: it puts large logs aside. What repeats in them?",
        )
    return fine("logs", f"They take {size / 1_000_000:.1f} MB.")


def backup_place_finding(folder: Path, backups: Path) -> Finding | None:
    """What is wrong with the place of backups; None when the next one can be written there."""
    place = backups.expanduser().absolute()
    if not place.parent.is_dir():
        return bad(
            "backups",
            f"BACKUP_FOLDER={place}: {place.parent} is not there.",
            "Mount its disk, or set BACKUP_FOLDER to a folder that can be made.",
        )
    if place.exists() and not place.is_dir():
        return bad("backups", f"BACKUP_FOLDER={place} is a file.", "Set BACKUP_FOLDER to a folder.")
    last, free = read_state(folder).size, shutil.disk_usage(place if place.is_dir() else place.parent).free
    if last > free:
        return bad(
            "backups",
            f"Its disk has {free // 1_000_000} MB left; the last one took {last // 1_000_000}.",
            "Make room on it, or lower BACKUP_KEEP.",
        )
    return None


def _low(what: str, place: Path) -> str | None:
    """A sentence when the disk of a folder has little room."""
    there = next((path for path in (place, *place.parents) if path.is_dir()), place)
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return None
    return f"The disk of {what} has {free // 1_000_000} MB left." if free < LOW_BYTES else None
