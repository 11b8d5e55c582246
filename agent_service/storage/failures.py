"""What a user is told when something could not be stored."""

import psycopg

from agent_service.i18n.catalog import DATABASE_GONE

DISK_FULL = "failed.disk_full"
READ_ONLY = "failed.read_only"


def storage_sentence(error: Exception) -> str:
    """The key of the sentence for an error of the chat database."""
    match error:
        case psycopg.errors.DiskFull():
            return DISK_FULL
        case psycopg.errors.ReadOnlySqlTransaction():
            return READ_ONLY
        case _:
            return DATABASE_GONE
