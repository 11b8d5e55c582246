"""The audit log of an installation: what commands add to it, what goes, and that a restore keeps it."""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from database.audit import AuditEvent, write_event
from owflex.keeping.places import Place, connected

# Columns that both have; ids are given anew.
COLUMNS = """
select attname::text
from pg_attribute
where attrelid = to_regclass('audit_events') and attnum > 0 and not attisdropped and attname <> 'id'
order by attnum
"""
ADD_MISSING = sql.SQL(
    """
    insert into audit_events ({columns})
    select {columns}
    from (select {columns} from kept_events except all select {columns} from audit_events) as missing
    order by happened_at
    """
)


def has_log(connection: psycopg.Connection) -> bool:
    """Whether the database has a log; one that an older version made has none yet."""
    return connection.execute("select to_regclass('audit_events')").fetchone() != (None,)


def record(place: Place, event: AuditEvent) -> None:
    """Add an event. Raises `psycopg.Error`, `PostgresUnreachableError`: then what it tells of must not be."""
    with connected(place) as connection:
        if has_log(connection):
            write_event(connection, event)


def forget_old(place: Place, days: int) -> Iterator[int]:
    """Remove events that are older than so many days, block by block; how many each time."""
    with connected(place) as connection:
        while has_log(connection):
            row = connection.execute("select forget_audit_events(%s)", (days,)).fetchone()
            if row is None or not row[0]:
                return
            yield row[0]


def carry_over(old: Place, new: Place) -> int:
    """Give a restored database the events of the one that it replaces, which its backup does not have.

    Returns how many. So nobody gets rid of the log by restoring an old backup.
    """
    with connected(old) as source, connected(new) as target:
        theirs = {name for (name,) in source.execute(COLUMNS)}
        shared = [name for (name,) in target.execute(COLUMNS) if name in theirs]
        if not shared:
            return 0
        columns = sql.SQL(", ").join(map(sql.Identifier, shared))
        with target.transaction():
            target.execute("create temporary table kept_events (like audit_events) on commit drop")
            target.execute("alter table kept_events alter column id drop not null")
            reading = sql.SQL("copy (select {} from audit_events) to stdout").format(columns)
            writing = sql.SQL("copy kept_events ({}) from stdin").format(columns)
            with source.cursor().copy(reading) as rows, target.cursor().copy(writing) as kept:
                for block in rows:
                    kept.write(block)
            return target.execute(ADD_MISSING.format(columns=columns)).rowcount
