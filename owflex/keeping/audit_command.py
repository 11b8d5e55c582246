"""What `owflex audit` does and prints: who changed what, from the logs of both databases in one order."""

import heapq
import json
import re
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
from rich.table import Column, Table

from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from owflex.keeping.audit_log import has_log
from owflex.keeping.errors import said_plainly
from owflex.keeping.places import Installation, Place, connected, opened_installation
from serving.terminal import Console, escape_line, json_line

SHOWN = 200
FETCHED_AT_ONCE = 1000
# Of a cell; the whole is in the JSON.
MAX_CELL_CHARACTERS = 120
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION = re.compile(r"([1-9][0-9]{0,4})([mhdw])")

MATCHING: LiteralString = """
from audit_events
where (%(since)s::timestamptz is null or happened_at >= %(since)s)
  and (%(until)s::timestamptz is null or happened_at < %(until)s)
  and (%(who)s::text is null or actor = %(who)s or about = %(who)s)
  and (
      %(what)s::text is null
      or action = %(what)s
      or outcome = %(what)s
      or starts_with(action, %(what)s || '.')
  )
"""
COLUMNS: LiteralString = """
select json_build_object(
    'at', happened_at, 'id', id, 'who', actor, 'through', through, 'what', action, 'outcome', outcome,
    'target', target, 'target_id', target_id, 'about', about, 'request_id', request_id,
    'trace_id', trace_id, 'details', details
)::text, happened_at, id
"""
# The newest of them, in their order.
NEWEST: LiteralString = f"""
select * from ({COLUMNS} {MATCHING} order by happened_at desc, id desc limit %(limit)s) as newest
order by happened_at, id
"""  # noqa: S608 - made of texts above

console = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


class AuditOptionError(OwflexError):
    """An option of `owflex audit` cannot be understood; the message names it."""


@dataclass(frozen=True)
class Wanted:
    """Which events: from then, until before then, of whom, of which kind; at most so many, the newest."""

    since: datetime | None = None
    until: datetime | None = None
    who: str | None = None
    what: str | None = None
    limit: int | None = None


Event = Mapping[str, Any]


def run_audit(wanted: Wanted, *, as_json: bool) -> int:
    """Print the events; the exit code."""
    return exit_code(lambda: _audit(wanted, as_json=as_json))


def moment(option: str, text: str | None) -> datetime | None:
    """A day, a time, or how long ago (`90m`, `12h`, `7d`, `4w`). Raises `AuditOptionError`."""
    if text is None:
        return None
    text = text.strip()
    if found := DURATION.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{UNITS[found[2]]: int(found[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise AuditOptionError(
            f"{option}: write a day (2026-11-30), a time (2026-11-30T14:00) or how long ago (12h, 7d)."
        ) from None


@contextmanager
def events_of(installation: Installation, wanted: Wanted) -> Generator[Iterator[Event]]:
    """The events of both databases, the oldest first; read row by row while in the block."""
    with ExitStack() as stack:
        logs = [stack.enter_context(_events(place, wanted)) for place in installation.places]
        yield heapq.merge(*logs, key=lambda event: str(event["at"]))


def _audit(wanted: Wanted, *, as_json: bool) -> int:
    with (
        opened_installation() as installation,
        said_plainly("The audit log cannot be read"),
        events_of(installation, wanted) as events,
    ):
        _print_lines(events, wanted) if as_json else _print_table(events, wanted)
    return 0


@contextmanager
def _events(place: Place, wanted: Wanted) -> Generator[Iterator[Event]]:
    with connected(place) as connection:
        if not has_log(connection):
            yield iter(())
            return
        with connection.transaction(), connection.cursor(name="audit") as cursor:
            cursor.itersize = FETCHED_AT_ONCE
            statement = NEWEST if wanted.limit else f"{COLUMNS} {MATCHING} order by happened_at, id"
            cursor.execute(statement, vars(wanted))
            yield _with_place(cursor, place)


def _with_place(rows: psycopg.ServerCursor[Any], place: Place) -> Iterator[Event]:
    for text, _, _ in rows:
        yield {**json.loads(text), "database": place.name}


def _newest(events: Iterator[Event], wanted: Wanted) -> Iterable[Event]:
    return deque(events, maxlen=wanted.limit) if wanted.limit else events


def _print_lines(events: Iterator[Event], wanted: Wanted) -> None:
    for event in _newest(events, wanted):
        sys.stdout.write(f"{json_line(event)}\n")


def _print_table(events: Iterator[Event], wanted: Wanted) -> None:
    table = Table(
        *(Column(name, overflow="fold") for name in ("when", "who", "through", "what", "on what", "request"))
    )
    for event in _newest(events, wanted):
        table.add_row(*map(_cell, _cells(event)))
    if not table.row_count:
        console.print("There are no such events.")
        return
    console.print(table)
    if table.row_count == wanted.limit:
        notes.print(f"These are the newest {wanted.limit}. See more with --limit, or all with --json.")


def _cells(event: Event) -> tuple[str, ...]:
    at = datetime.fromisoformat(event["at"]).astimezone()
    what = event["what"] if event["outcome"] == "done" else f"{event['what']} ({event['outcome']})"
    return f"{at:%Y-%m-%d %H:%M:%S}", event["who"], event["through"], what, _object(event), _number(event)


def _object(event: Event) -> str:
    """What it was done to, whose it is, and the details in one line."""
    id_ = f"#{event['target_id']}" if event["target_id"] else ""
    whose = f"of {event['about']}" if event["about"] else ""
    details = ", ".join(f"{name}: {value}" for name, value in event["details"].items() if value is not None)
    return "  ".join(part for part in (event["target"] or "", id_, whose, details) if part)


def _number(event: Event) -> str:
    return event["request_id"] or ""


def _cell(text: str) -> str:
    return escape_line(text if len(text) <= MAX_CELL_CHARACTERS else f"{text[:MAX_CELL_CHARACTERS]}…")
