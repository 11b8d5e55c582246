"""Events of the audit log that no trigger of the migrations sees, and attempts that were refused."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, LiteralString

import psycopg

from database.acting import Through, bounded
from database.pool import Pool

MAX_DETAILS_CHARACTERS = 2000
WRITE: LiteralString = """
insert into audit_events (action, target, target_id, about, details)
values (%(action)s, left(%(target)s, 300), left(%(target_id)s, 200), left(%(about)s, 200), %(details)s::jsonb)
"""
WRITE_REFUSED: LiteralString = """
insert into audit_events (action, outcome, actor, through, target, request_id, trace_id, details)
select action, 'refused', left(actor, 200), left(through, 20), left(target, 300), left(request_id, 64),
       left(trace_id, 32), details
from jsonb_to_recordset(%(attempts)s::jsonb) as attempts (
    action text, actor text, through text, target text, request_id text, trace_id text, details jsonb
)
"""


@dataclass(frozen=True)
class AuditEvent:
    """What was done (`backup.made`), to what (name and id), whose it is, and more to know about it."""

    action: str
    target: str | None = None
    target_id: str | None = None
    about: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Attempt:
    """Something that was refused: by whom, through what, what they asked for, in which request."""

    action: str
    actor: str
    through: Through
    target: str = ""
    request_id: str = ""
    trace_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


def write_event(connection: psycopg.Connection, event: AuditEvent) -> None:
    """Add an event, in the transaction of what it tells of; what is too long is cut.

    Raises `psycopg.Error`.
    """
    texts = {
        name: None if value is None else value.replace("\x00", "")
        for name, value in (("target", event.target), ("target_id", event.target_id), ("about", event.about))
    }
    connection.execute(WRITE, texts | {"action": event.action, "details": _json(event.details)})


async def write_attempts(pool: Pool, attempts: Sequence[Attempt]) -> None:
    """Add refused attempts. Raises `psycopg.Error`, `PoolTimeout`."""
    rows = [
        asdict(one)
        | {"actor": bounded(one.actor), "target": one.target.replace("\x00", "")[:300]}
        | {"details": json.loads(_json(one.details))}
        for one in attempts
    ]
    async with pool.connection() as connection:
        await connection.execute(WRITE_REFUSED, {"attempts": json.dumps(rows)})


def _json(details: Mapping[str, Any]) -> str:
    text = json.dumps(details, default=str)
    return "{}" if len(text) > MAX_DETAILS_CHARACTERS or "\\u0000" in text else text
