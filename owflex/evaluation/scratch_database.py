"""A database of its own beside the knowledge base, gone when it is not needed any more."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from owflex.evaluation.errors import EvaluationError

PREFIX = "owflex_evaluation_"
DROP = sql.SQL("drop database if exists {} with (force)")


@contextmanager
def scratch_database(url: str) -> Generator[str]:
    """The address of a new database on the server of `url`; dropped at the end, also after Ctrl+C.

    Raises `EvaluationError` when the user of the database may not make one.
    """
    name = f"{PREFIX}{uuid4().hex}"
    with _terminated_as_by_ctrl_c(), _owned(url, name):
        for left in _left_behind(url):
            _execute(url, DROP, left)
        try:
            _execute(url, sql.SQL("create database {}"), name)
            # Nothing in it must survive a crash of the server.
            _execute(url, sql.SQL("alter database {} set synchronous_commit = off"), name)
            yield make_conninfo(url, dbname=name)
        finally:
            _execute(url, DROP, name)


@contextmanager
def _owned(url: str, name: str) -> Generator[None]:
    """A connection that tells others whose the database is, as long as this process lives."""
    try:
        owner = psycopg.connect(url, application_name=name, autocommit=True)
    except psycopg.Error as error:
        raise EvaluationError(f"Postgres cannot be reached for the measurement ({error}).") from error
    with owner:
        yield


def _left_behind(url: str) -> list[str]:
    """Databases of processes that were killed."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            """
            select datname
            from pg_database
            where starts_with(datname, %(prefix)s)
              and pg_has_role(datdba, 'member')
              and not exists (select from pg_stat_activity where application_name = pg_database.datname)
            """,
            {"prefix": PREFIX},
        )
        return [row[0] for row in rows]


def _execute(url: str, statement: sql.SQL, name: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise EvaluationError(
            "The user of KNOWLEDGE_BASE_DATABASE_URL may not make databases, and this measurement needs one "
            "of its own. Run as a superuser: alter role NAME createdb"
        ) from error
    except psycopg.Error as error:
        raise EvaluationError(
            f"Postgres could not make or drop the database {name} for the measurement ({error}). "
            "If it is still there, drop it yourself."
        ) from error


@contextmanager
def _terminated_as_by_ctrl_c() -> Generator[None]:
    """SIGTERM ends the block like Ctrl+C, so that what belongs to it is still cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
