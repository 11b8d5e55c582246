"""What has been kept long enough goes: conversations, attached files, old logs, each by a setting."""

import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import LiteralString

import psycopg

from agent_service.storage.old_threads import BLOCK, DELETE_OLD_THREADS
from database.audit import AuditEvent, write_event
from database.errors import DatabaseError
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.keeping.audit_log import forget_old, has_log
from owflex.keeping.errors import said_plainly
from owflex.keeping.places import Installation, Place, connected, opened_installation

logger = logging.getLogger("owflex.keeping")

SECONDS_A_DAY = 86_400
EVERYBODY = "%"
OLD_FILES: LiteralString = """
delete from attachment_contents
where attachment_id in (
    select attachment_id
    from attachment_contents
    where uploaded_at < now() - make_interval(days => %(days)s)
    limit %(block)s
)
"""


def remove_old(settings: KeepingSettings, installation: Installation) -> Iterator[str]:
    """Remove what the settings say is old; a sentence for each kind of which something went.

    Raises `KeepingError`, `PostgresUnreachableError`.
    """
    with said_plainly("What is old cannot be removed"):
        if settings.keep_threads_days or settings.keep_attachments_days:
            with connected(installation.chat) as connection:
                yield from _rows(connection, DELETE_OLD_THREADS, settings.keep_threads_days, "conversations")
                yield from _rows(connection, OLD_FILES, settings.keep_attachments_days, "attached files")
        yield from old_events(settings, installation.places)
        yield from _old_logs(installation.folder, settings.keep_logs_days)


def old_events(settings: KeepingSettings, places: Sequence[Place]) -> Iterator[str]:
    """Remove old events of the audit log. Raises `PostgresUnreachableError`, `psycopg.Error`."""
    days = settings.keep_audit_days
    removed = sum(gone for place in places for gone in forget_old(place, days)) if days else 0
    if removed:
        yield f"Removed {removed} events of the audit log older than {days} days."


def forget_old_events(settings: KeepingSettings) -> None:
    """As `owflex up` begins: what is too old leaves the audit log, also where no keeper runs."""
    try:
        with opened_installation() as installation:
            for sentence in old_events(settings, installation.places):
                logger.info("%s", sentence)
    except (DatabaseError, psycopg.Error) as error:
        logger.warning("The audit log was not looked through: %s", str(error).strip())


def wants_anything(settings: KeepingSettings) -> bool:
    """Whether a setting says that something goes; the audit log by itself is not worth a program."""
    return any((settings.keep_threads_days, settings.keep_attachments_days, settings.keep_logs_days))


def _rows(connection: psycopg.Connection, statement: LiteralString, days: int, what: str) -> Iterator[str]:
    if not days:
        return
    removed = 0
    while gone := _block(connection, statement, days, what):
        removed += gone
    if removed:
        yield f"Removed {removed} {what} older than {days} days."


def _block(connection: psycopg.Connection, statement: LiteralString, days: int, what: str) -> int:
    """Remove some; how many, which the audit log says."""
    with connection.transaction():
        gone = connection.execute(statement, {"users": EVERYBODY, "days": days, "block": BLOCK}).rowcount
        if gone and has_log(connection):
            details = {"removed": gone, "older_than_days": days}
            write_event(connection, AuditEvent("prune.done", what, details=details))
    return gone


def _old_logs(folder: Path, days: int) -> Iterator[str]:
    """Only what was put aside: a log that is written is never touched."""
    if not days:
        return
    before = time.time() - days * SECONDS_A_DAY
    aside = [*(folder / "logs").glob("*.log.[0-9]*"), folder / "postgres" / "log.1"]
    old = [file for file in aside if file.is_file() and file.stat().st_mtime < before]
    for file in old:
        file.unlink(missing_ok=True)
    if old:
        yield f"Removed {len(old)} logs older than {days} days."
