"""What can go wrong while data are kept, and how failures of Postgres and of the disk are said."""

import errno
from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from database.pool import first_line
from owflex.errors import OwflexError


class KeepingError(OwflexError):
    """It could not be done; the message says why and what to do."""


class ArchiveError(KeepingError):
    """The file is no backup, is damaged, or cannot be used by this version."""


@contextmanager
def said_plainly(what: str) -> Generator[None]:
    """Turn failures of Postgres and of files into a sentence that begins with `what` (no full stop).

    Raises `KeepingError`.
    """
    try:
        yield
    except psycopg.errors.DiskFull:
        raise KeepingError(f"{what}: the disk of Postgres is full. Make room on it.") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise KeepingError(
            f"{what}: the role of Postgres may not do it ({first_line(error)}). Use the role that owns the "
            "tables, and for restoring one that may also create databases (alter role … createdb)."
        ) from None
    except psycopg.Error as error:
        raise KeepingError(f"{what}: Postgres says: {first_line(error)}. Its log says more.") from None
    except OSError as error:
        raise KeepingError(f"{what}: {error.strerror or error}{_cure(error)}") from None


def _cure(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ". Make room on its disk, or name a place on another one."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ". Let this user write there, or name another place."
    return f" ({error.filename})." if error.filename else "."
