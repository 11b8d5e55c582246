"""Settings that administrators changed, in the chat's database: what counts now, and who changed what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from database.acting import Acting, act_as
from database.pool import Pool, fetch

VERSION: LiteralString = "select coalesce(max(id), 0) from setting_changes"
STORED: LiteralString = "select name, value, secret, changed_at, changed_by from changed_settings"
SET: LiteralString = """
insert into changed_settings (name, value, secret, changed_by)
values (%(name)s, %(value)s::jsonb, %(secret)s, %(who)s)
on conflict (name) do update
set value = excluded.value, secret = excluded.secret, changed_at = now(), changed_by = excluded.changed_by
"""
RESET: LiteralString = "delete from changed_settings where name = %(name)s"
NOTE: LiteralString = """
insert into setting_changes (name, action, value, changed_by)
values (%(name)s, %(action)s, %(value)s::jsonb, %(who)s)
"""
HISTORY: LiteralString = """
select name, action, value, changed_at, changed_by from setting_changes order by id desc limit %(limit)s
"""
# One change after the other, so that what was checked together is stored together.
LOCK: LiteralString = "lock table changed_settings in share row exclusive mode"


@dataclass(frozen=True)
class Stored:
    """A changed setting: its value as JSON, or a secret as the vault has locked it."""

    name: str
    value: Any
    secret: bytes | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True)
class Change:
    """What is written: a value, a locked secret, or neither to go back to the default.

    `told` is what the history says of it, which is nothing for a secret.
    """

    value: Any = None
    secret: bytes | None = None
    told: Any = None

    @property
    def action(self) -> str:
        """`set` or `reset`."""
        return "reset" if self.value is None and self.secret is None else "set"


@dataclass(frozen=True)
class Told:
    """One line of the history."""

    name: str
    action: str
    value: Any
    changed_at: datetime
    changed_by: str


async def read_version(pool: Pool) -> int:
    """A number that grows with each change. Raises what the database raises."""
    return int((await fetch(pool, VERSION, {}))[0][0])


async def read_stored(pool: Pool) -> dict[str, Stored]:
    """What is changed now, by name. Raises what the database raises."""
    return {row[0]: Stored(*row) for row in await fetch(pool, STORED, {})}


async def write_changes(pool: Pool, changes: Mapping[str, Change], who: Acting) -> None:
    """Store them together, with the history and the audit log. Raises what the database raises."""
    async with pool.connection() as connection, connection.transaction():
        await act_as(connection, who, once=True)
        await connection.execute(LOCK)
        for name, change in changes.items():
            values = {"name": name, "who": who.actor, "action": change.action, "secret": change.secret}
            stored = values | {"value": _json(change.value)}
            await connection.execute(RESET if change.action == "reset" else SET, stored)
            await connection.execute(NOTE, values | {"value": _json(change.told)})


async def read_history(pool: Pool, limit: int) -> list[Told]:
    """The newest changes, the last one first. Raises what the database raises."""
    return [Told(*row) for row in await fetch(pool, HISTORY, {"limit": limit})]


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
