"""What has been kept long enough goes: conversations, attached files, old logs, each by a setting."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg

from owflex.configuration.keeping_settings import KeepingSettings
from owflex.keeping.errors import said_plainly
from owflex.keeping.places import Place, connected

SECONDS_A_DAY = 86_400
# So few at a time that nobody waits for their locks.
BLOCK = 500
# The last sign of life is that of the conversation, of anything in it, or of an answer that is being written.
OLD_THREADS: LiteralString = """
delete from threads
where id in (
    select id
    from threads
    where updated_at < now() - make_interval(days => %(days)s)
      and not exists (
          select from thread_items
          where thread_id = threads.id and updated_at >= now() - make_interval(days => %(days)s)
      )
      and not exists (
          select from turns
          where thread_id = threads.id and heartbeat_at >= now() - make_interval(days => %(days)s)
      )
    order by updated_at
    limit %(block)s
)
"""
OLD_FILES: LiteralString = """
delete from attachment_contents
where attachment_id in (
    select attachment_id
    from attachment_contents
    where uploaded_at < now() - make_interval(days => %(days)s)
    limit %(block)s
)
"""


def remove_old(settings: KeepingSettings, chat: Place, folder: Path) -> Iterator[str]:
    """Remove what the settings say is old; a sentence for each kind of which something went.

    Raises `KeepingError`, `PostgresUnreachableError`.
    """
    with said_plainly("What is old cannot be removed"):
        if settings.keep_threads_days or settings.keep_attachments_days:
            with connected(chat) as connection:
                yield from _rows(connection, OLD_THREADS, settings.keep_threads_days, "conversations")
                yield from _rows(connection, OLD_FILES, settings.keep_attachments_days, "attached files")
        yield from _old_logs(folder, settings.keep_logs_days)


def wants_anything(settings: KeepingSettings) -> bool:
    """Whether a setting says that something goes."""
    return any((settings.keep_threads_days, settings.keep_attachments_days, settings.keep_logs_days))


def _rows(connection: psycopg.Connection, statement: LiteralString, days: int, what: str) -> Iterator[str]:
    if not days:
        return
    removed = 0
    while gone := connection.execute(statement, {"days": days, "block": BLOCK}).rowcount:
        removed += gone
    if removed:
        yield f"Removed {removed} {what} older than {days} days."


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
