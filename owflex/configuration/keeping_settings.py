"""Settings about keeping data: scheduled backups, and how long things are kept."""

from pathlib import Path
from typing import Annotated

from croniter import croniter
from pydantic import AfterValidator, Field

from database.settings import ProgramSettings


def _schedule(value: str) -> str:
    if not croniter.is_valid(value):
        raise ValueError(f'{value!r} is not a schedule such as "30 2 * * *" (every night) or "0 * * * *".')
    return value


Schedule = Annotated[str, AfterValidator(_schedule)]


class KeepingSettings(ProgramSettings):
    """What `owflex up` does by itself about data."""

    backup_folder: Path | None = Field(
        None,
        description="Folder into which owflex up writes backups, best on another disk. Default: no backups.",
    )
    backup_every: Schedule = Field(
        "30 2 * * *",
        description="When backups are made, as a cron expression in local time. One that was missed is made "
        "at the next start.",
    )
    backup_keep: int = Field(
        14, ge=1, le=10_000, description="How many of its backups stay in BACKUP_FOLDER; the oldest go."
    )
    keep_threads_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Conversations in which nothing happened for so many days are removed, with their files; "
        "0: they are kept for ever.",
    )
    keep_attachments_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Files attached to messages are removed after so many days; the messages stay; "
        "0: they are kept for ever. Files that were never sent always go after a day.",
    )
    keep_audit_days: int = Field(
        365,
        ge=0,
        le=36_500,
        description="Events of the audit log are removed after so many days; 0: they are kept for ever.",
    )
    keep_logs_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Logs that were put aside are removed after so many days; 0: three of each stay.",
    )
