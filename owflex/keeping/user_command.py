"""What `owflex user` does and prints: all that is stored of one person is counted, given out or removed."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from rich.table import Table as ShownTable

from database.audit import AuditEvent
from knowledge_base.posting_merge import merge_pending
from owflex.exit_codes import exit_code
from owflex.keeping.audit_log import has_log, record
from owflex.keeping.backup_command import console, print_as_json
from owflex.keeping.bundles import BundleWriter, written_bundle
from owflex.keeping.errors import KeepingError, said_plainly
from owflex.keeping.export import export, one_line
from owflex.keeping.personal import count_rows, delete_rows, personal_tables, values_of
from owflex.keeping.places import DatabaseName, Installation, Place, connected, opened_installation
from owflex.keeping.safe_names import safe_name
from owflex.keeping.transfer_command import make_tables, show_export
from serving.terminal import escape_line

ACCOUNT = "account"
# Who writes while their rows are removed has new ones.
ATTEMPTS = 3
# Of columns with secrets, and with what a machine made of a text, a person has nothing.
LEFT_OUT = {"key_hash", "token_hash", "password_hash", "code_hash", "text_hash", "content_hash"} | {
    "secret",
    "embedding",
    "lexemes",
    "state",
}
# The bytes of files are files of their own.
AS_FILES = {("attachment_contents", "content")}
COLUMNS = """
select attname::text from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped
order by attnum
"""
ROWS = sql.SQL("select row_to_json(shown)::text from (select {} from {} where {}) as shown")
EVENTS = sql.SQL(
    """
    select row_to_json(events)::text
    from audit_events as events
    where actor = %(user_id)s or about = %(user_id)s
    order by happened_at, id
    """
)
Counts = dict[DatabaseName, dict[str, int]]


def run_show(name: str, *, as_json: bool) -> int:
    """Print how many rows of which table are a person's; the exit code."""
    return exit_code(lambda: _show(name, as_json=as_json))


def run_export(name: str, target: Path, *, as_json: bool) -> int:
    """Write all that is stored of a person; the exit code."""
    return exit_code(lambda: _export(name, target.expanduser().absolute(), as_json=as_json))


def run_delete(name: str, confirmed: Callable[[], bool], *, as_json: bool) -> int:
    """Remove all that is stored of a person, when it is confirmed; the exit code."""
    return exit_code(lambda: _delete(name, confirmed, as_json=as_json))


def _show(name: str, *, as_json: bool) -> int:
    with opened_installation() as installation, said_plainly("It cannot be counted"):
        counts = counts_of(installation, user_id_in(installation, name))
    print_as_json(Counts, counts) if as_json else _print_counts(counts)
    return 0


def _export(name: str, target: Path, *, as_json: bool) -> int:
    with opened_installation() as installation, said_plainly("It cannot be exported"):
        asyncio.run(make_tables(installation))
        name = user_id_in(installation, name)
        counts = counts_of(installation, name)
        with written_bundle(target) as bundle:
            readable = export(installation, bundle, name)
            for place in installation.places:
                _write_rows(place, name, bundle)
                _write_events(place, name, bundle)
            record(installation.knowledge_base, AuditEvent("user.exported", str(target), about=name))
    if as_json:
        print_as_json(Counts, counts)
    else:
        show_export(target, readable)
        console.print(f"In tables/: every row that belongs to {escape_line(name)}.")
    return 0


def _delete(name: str, confirmed: Callable[[], bool], *, as_json: bool) -> int:
    with opened_installation() as installation, said_plainly("It cannot be removed"):
        name = user_id_in(installation, name)
        counts = counts_of(installation, name)
        if not as_json:
            _print_counts(counts)
        if not confirmed():
            raise KeepingError("That is another name. Nothing was removed.")
        remove_person(installation, name)
    if as_json:
        print_as_json(Counts, counts)
    else:
        console.print(f"All that belonged to {escape_line(name)} is removed. Backups still hold it.")
        console.print("The audit log keeps their name beside what they did, as long as KEEP_AUDIT_DAYS says.")
    return 0


def user_id_in(installation: Installation, name: str) -> str:
    """Whom a name means: the account `ann` (`account:ann`), where nothing is kept of a user `ann`."""
    account = f"{ACCOUNT}:{name.strip().casefold()}"
    if not any(_counted(installation, name).values()) and any(_counted(installation, account).values()):
        return account
    return name


def counts_of(installation: Installation, name: str) -> Counts:
    """The person's rows by database and table. Raises `KeepingError` when there are none."""
    counts = _counted(installation, name)
    if not any(counts.values()):
        raise KeepingError(f"Nothing here belongs to {name}. The name is the one that the login gives.")
    return counts


def remove_person(installation: Installation, name: str) -> None:
    """Remove all rows of a person, and what is kept of their words until it is merged.

    Raises `KeepingError` while the person goes on writing.
    """
    for _ in range(ATTEMPTS):
        for place in installation.places:
            with connected(place) as connection:
                delete_rows(connection, name)
        asyncio.run(_merge(installation.knowledge_base))
        if not any(_counted(installation, name).values()):
            return
    raise KeepingError(
        f"{name} is writing just now. Close the login, then remove the rest with the same command."
    )


def _counted(installation: Installation, name: str) -> Counts:
    counts: Counts = {}
    for place in installation.places:
        with connected(place) as connection:
            counts[place.name] = count_rows(connection, name)
    return counts


async def _merge(place: Place) -> None:
    async with await psycopg.AsyncConnection.connect(place.url, autocommit=True) as connection:
        row = await (await connection.execute("select to_regclass('pending_postings')")).fetchone()
        if row != (None,):
            await merge_pending(connection, at_least=1)


def _write_rows(place: Place, name: str, bundle: BundleWriter) -> None:
    with connected(place) as connection:
        personal = personal_tables(connection)
        for table in personal.all:
            columns = [
                column
                for (column,) in connection.execute(COLUMNS, (table.sql.as_string(connection),))
                if column not in LEFT_OUT and (table.name, column) not in AS_FILES
            ]
            statement = sql.SQL(
                "select row_to_json(shown)::text from (select {} from {} where {}) shown"
            ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), table.sql, personal.condition(table))
            rows = _streamed(connection, statement, name)
            if (first := next(rows, None)) is not None:
                bundle.add(f"tables/{place.name}/{safe_name(str(table))}.jsonl", _with(first, rows))


def _write_events(place: Place, name: str, bundle: BundleWriter) -> None:
    """What the audit log says of the person; it is kept when all else is removed."""
    with connected(place) as connection:
        if not has_log(connection):
            return
        rows = _streamed(connection, EVENTS, name)
        if (first := next(rows, None)) is not None:
            bundle.add(f"tables/{place.name}/audit_events.jsonl", _with(first, rows))


def _streamed(
    connection: psycopg.Connection, statement: sql.SQL | sql.Composed, name: str
) -> Iterator[bytes]:
    with connection.transaction(), connection.cursor(name="rows") as cursor:
        cursor.execute(statement, values_of(name))
        for (text,) in cursor:
            yield one_line(text)


def _with(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _print_counts(counts: Counts) -> None:
    table = ShownTable("database", "table", "rows")
    for place, tables in counts.items():
        for name, rows in tables.items():
            table.add_row(place, escape_line(name), str(rows))
    console.print(table)
