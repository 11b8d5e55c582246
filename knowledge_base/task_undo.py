"""Changes of tasks taken back: the old values are kept for thirty days, by a trigger in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from knowledge_base.access import Connection
from knowledge_base.errors import ChangedSinceError, ChangeNotFoundError
from knowledge_base.tasks import Task, task_by_id

DAYS_KEPT = 30

# Those that can be undone; what an undo did is none of them. The newest comes first.
CHANGES: LiteralString = """
select id, task_id, before, after, batch, undone_at is not null as is_undone
from task_changes
where user_id = %(user_id)s and undoes is null and changed_at > now() - make_interval(days => %(days)s)
  and (%(change_id)s::bigint is null or id = %(change_id)s)
  and (%(task_id)s::bigint is null or task_id = %(task_id)s)
  and (%(batch)s::text is null or batch = %(batch)s)
  and (%(change_id)s::bigint is not null or undone_at is null)
order by id desc
limit %(limit)s
for update
"""
DONE: LiteralString = "update task_changes set undone_at = now() where id = %(id)s"
CURRENT: LiteralString = (
    "select to_jsonb(tasks) from tasks where user_id = %(user_id)s and id = %(task_id)s for update"
)
REMOVE: LiteralString = "delete from tasks where user_id = %(user_id)s and id = %(task_id)s"
# A key is given anew: that of a task which is gone may have been used again.
BRING_BACK: LiteralString = """
insert into tasks (
    id, user_id, title, notes, priority, due_on, tags, status, created_at, updated_at, completed_at
)
overriding system value
select id, user_id, title, notes, priority, due_on, tags, status, created_at, now(), completed_at
from jsonb_populate_record(null::tasks, %(row)s)
"""
SET_BACK: LiteralString = """
update tasks
set title = old.title, notes = old.notes, priority = old.priority, due_on = old.due_on, tags = old.tags,
    status = old.status, completed_at = old.completed_at, updated_at = now()
from jsonb_populate_record(null::tasks, %(row)s) as old
where tasks.user_id = %(user_id)s and tasks.id = %(task_id)s
"""
# A call that is made again changes nothing: its change is that of the message.
MADE_NOW: LiteralString = """
select max(id) from task_changes
where user_id = %(user_id)s and task_id = %(task_id)s and undoes is null and undone_at is null
  and (transaction = pg_current_xact_id() or batch = nullif(current_setting('owflex.batch', true), ''))
"""
DELETED_IN_BATCH: LiteralString = """
select 1 from task_changes
where user_id = %(user_id)s and task_id = %(task_id)s and after is null and undoes is null
  and undone_at is null and batch = nullif(current_setting('owflex.batch', true), '')
limit 1
"""
# What an undo did has the key of its call for a batch. One call at a time looks for a key and uses it.
LOCK_KEY: LiteralString = "select pg_advisory_xact_lock(hashtextextended(%(user_id)s || %(key)s, 0))"
UNDONE_UNDER_KEY: LiteralString = """
select id, task_id, before, after, batch, true as is_undone
from task_changes
where user_id = %(user_id)s
  and id in (select undoes from task_changes where user_id = %(user_id)s and batch = %(key)s)
order by id desc
"""
MAX_AT_ONCE = 200


@dataclass(frozen=True)
class Change:
    """One change: the task's row before and afterwards (None: there was no task), and what it belongs to."""

    id: int
    task_id: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    batch: str | None
    is_undone: bool


@dataclass(frozen=True)
class Undone:
    """What an undo led to: the tasks as they are now, and the titles of those that are gone again.

    `repeated` says that all of it had been undone before.
    """

    tasks: Sequence[Task]
    removed: Mapping[int, str]
    repeated: bool = False


async def undo(
    connection: Connection,
    user_id: str,
    *,
    change_id: int | None = None,
    task_id: int | None = None,
    idempotency_key: str | None = None,
) -> Undone:
    """Take back one change, the last one of a task, or the last one of the user with all of its message.

    Under the `idempotency_key` of an earlier call nothing more is taken back: the result is that of the
    first. Call it within a transaction. Raises `ChangeNotFoundError` when nothing of the last thirty days is
    left to undo, `ChangedSinceError` when what was changed has been changed again since.
    """
    before = await _undone_under(connection, user_id, idempotency_key)
    changes = before or await _wanted(connection, user_id, change_id, task_id)
    if all(change.is_undone for change in changes):
        return await _undone(connection, user_id, changes, repeated=True)
    for change in changes:
        await _take_back(connection, user_id, change)
    return await _undone(connection, user_id, changes)


async def change_made(connection: Connection, user_id: str, task_id: int) -> int | None:
    """The id of the task's change in this transaction, or for its message, to undo it; None without one."""
    rows = await connection.execute(MADE_NOW, {"user_id": user_id, "task_id": task_id})
    row = await rows.fetchone()
    return row[0] if row else None


async def was_deleted_in_batch(connection: Connection, user_id: str, task_id: int) -> bool:
    """Whether the message of this transaction has deleted the task before, and nobody brought it back."""
    rows = await connection.execute(DELETED_IN_BATCH, {"user_id": user_id, "task_id": task_id})
    return await rows.fetchone() is not None


async def begin_batch(connection: Connection, batch: str | None) -> None:
    """What this transaction changes belongs to this message: it is undone together."""
    await connection.execute("select set_config('owflex.batch', %(batch)s, true)", {"batch": batch or ""})


async def _wanted(
    connection: Connection, user_id: str, change_id: int | None, task_id: int | None
) -> list[Change]:
    last = await _changes(connection, user_id, change_id, task_id, None, 1)
    if not last:
        raise ChangeNotFoundError(DAYS_KEPT)
    if change_id is not None or task_id is not None or last[0].batch is None:
        return last
    return await _changes(connection, user_id, None, None, last[0].batch, MAX_AT_ONCE)


async def _undone_under(connection: Connection, user_id: str, key: str | None) -> list[Change]:
    """What an earlier call took back under this key; what this transaction takes back will be under it."""
    if key is None:
        return []
    values = {"user_id": user_id, "key": key}
    await connection.execute(LOCK_KEY, values)
    await begin_batch(connection, key)
    async with connection.cursor(row_factory=class_row(Change)) as cursor:
        await cursor.execute(UNDONE_UNDER_KEY, values)
        return await cursor.fetchall()


async def _changes(
    connection: Connection,
    user_id: str,
    change_id: int | None,
    task_id: int | None,
    batch: str | None,
    limit: int,
) -> list[Change]:
    values = {"user_id": user_id, "change_id": change_id, "task_id": task_id, "batch": batch}
    async with connection.cursor(row_factory=class_row(Change)) as cursor:
        await cursor.execute(CHANGES, {**values, "limit": limit, "days": DAYS_KEPT})
        return await cursor.fetchall()


async def _take_back(connection: Connection, user_id: str, change: Change) -> None:
    rows = await connection.execute(CURRENT, {"user_id": user_id, "task_id": change.task_id})
    row = await rows.fetchone()
    now: Mapping[str, Any] | None = row[0] if row else None
    _check_unchanged(change, now)
    await connection.execute("select set_config('owflex.undoes', %(id)s, true)", {"id": str(change.id)})
    values: dict[str, Any] = {"user_id": user_id, "task_id": change.task_id}
    if change.before is None:
        await connection.execute(REMOVE, values)
    elif now is None:
        await connection.execute(BRING_BACK, {"row": Jsonb(change.before)})
    else:
        fields = _changed_fields(change)
        restored = {**now, **{name: change.before.get(name) for name in fields}}
        await connection.execute(SET_BACK, {**values, "row": Jsonb(restored)})
    await connection.execute(DONE, {"id": change.id})
    await connection.execute("select set_config('owflex.undoes', '', true)")


def _changed_fields(change: Change) -> list[str]:
    before, after = change.before or {}, change.after or {}
    return [name for name in before if name != "updated_at" and before[name] != after.get(name)]


def _check_unchanged(change: Change, now: Mapping[str, Any] | None) -> None:
    """Raise `ChangedSinceError` unless the task is, in what was changed, as the change left it."""
    title = str(((change.after or change.before) or {}).get("title", ""))
    if (now is None) != (change.after is None):
        raise ChangedSinceError(change.task_id, title)
    if now is None or change.after is None:
        return
    fields = _changed_fields(change) if change.before is not None else [*change.after]
    if any(now.get(name) != change.after.get(name) for name in fields if name != "updated_at"):
        raise ChangedSinceError(change.task_id, title)


async def _undone(
    connection: Connection, user_id: str, changes: Sequence[Change], *, repeated: bool = False
) -> Undone:
    tasks: dict[int, Task] = {}
    removed: dict[int, str] = {}
    for change in reversed(changes):
        task = await task_by_id(connection, user_id, change.task_id)
        if task is None:
            removed[change.task_id] = str((change.after or {}).get("title", ""))
        else:
            tasks[task.task_id] = task
    return Undone(list(tasks.values()), removed, repeated)
