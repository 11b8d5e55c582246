"""Tasks of a user: every statement names the user, so nobody reaches another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.errors import TaskNotFoundError

Priority = Literal["low", "normal", "high"]
Status = Literal["open", "done"]
Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class Task:
    """One task; `due_on` is a calendar day, the other times are instants."""

    task_id: int
    title: str
    notes: str
    priority: Priority
    due_on: date | None
    tags: list[str]
    status: Status
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks to list; `due_from`/`due_to` are inclusive days, None means any."""

    status: Status | None = "open"
    due_from: date | None = None
    due_to: date | None = None
    tag: str | None = None
    priority: Priority | None = None


@dataclass(frozen=True)
class TaskChange:
    """New values; None leaves a field as it is, `clear_due_on` removes the day."""

    title: str | None = None
    notes: str | None = None
    priority: Priority | None = None
    due_on: date | None = None
    clear_due_on: bool = False
    tags: Sequence[str] | None = None
    status: Status | None = None


async def add_task(
    connection: Connection,
    user_id: str,
    *,
    title: str,
    notes: str = "",
    priority: Priority = "normal",
    due_on: date | None = None,
    tags: Sequence[str] = (),
) -> Task:
    """The new task."""
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(
            """
            insert into tasks (user_id, title, notes, priority, due_on, tags)
            values (%(user_id)s, %(title)s, %(notes)s, %(priority)s, %(due_on)s, %(tags)s)
            returning id as task_id, title, notes, priority, due_on, tags, status, created_at, completed_at
            """,
            {
                "user_id": user_id,
                "title": title,
                "notes": notes,
                "priority": priority,
                "due_on": due_on,
                "tags": list(tags),
            },
        )
        task = await cursor.fetchone()
    assert task is not None
    return task


async def list_tasks(
    connection: Connection, user_id: str, which: TaskFilter, limit: int
) -> tuple[list[Task], int]:
    """The first `limit` tasks, most pressing first, and how many match in all."""
    values = {
        "user_id": user_id,
        "status": which.status,
        "due_from": which.due_from,
        "due_to": which.due_to,
        "tag": which.tag,
        "priority": which.priority,
        "limit": limit,
    }
    rows = await connection.execute(
        """
        select id, title, notes, priority, due_on, tags, status, created_at, completed_at, count(*) over ()
        from tasks
        where user_id = %(user_id)s
          and (%(status)s::text is null or status = %(status)s)
          and (%(due_from)s::date is null or due_on >= %(due_from)s)
          and (%(due_to)s::date is null or due_on <= %(due_to)s)
          and (%(tag)s::text is null or %(tag)s = any (tags))
          and (%(priority)s::text is null or priority = %(priority)s)
        order by status = 'done', due_on nulls last,
                 array_position(array['high', 'normal', 'low'], priority), id
        limit %(limit)s
        """,
        values,
    )
    found = await rows.fetchall()
    return [Task(*row[:-1]) for row in found], found[0][-1] if found else 0


async def update_task(connection: Connection, user_id: str, task_id: int, change: TaskChange) -> Task:
    """The task as it is now. Raises `TaskNotFoundError`."""
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(
            """
            update tasks
            set title = coalesce(%(title)s, title),
                notes = coalesce(%(notes)s, notes),
                priority = coalesce(%(priority)s, priority),
                due_on = case when %(clear_due_on)s then null else coalesce(%(due_on)s, due_on) end,
                tags = coalesce(%(tags)s, tags),
                status = coalesce(%(status)s, status),
                completed_at = case coalesce(%(status)s, status)
                    when 'done' then coalesce(completed_at, now())
                end,
                updated_at = now()
            where user_id = %(user_id)s and id = %(task_id)s
            returning id as task_id, title, notes, priority, due_on, tags, status, created_at, completed_at
            """,
            {
                "user_id": user_id,
                "task_id": task_id,
                "title": change.title,
                "notes": change.notes,
                "priority": change.priority,
                "due_on": change.due_on,
                "clear_due_on": change.clear_due_on,
                "tags": None if change.tags is None else list(change.tags),
                "status": change.status,
            },
        )
        task = await cursor.fetchone()
    if task is None:
        raise TaskNotFoundError(task_id)
    return task


async def delete_task(connection: Connection, user_id: str, task_id: int) -> None:
    """Remove a task for good. Raises `TaskNotFoundError`."""
    deleted = await connection.execute(
        "delete from tasks where user_id = %(user_id)s and id = %(task_id)s",
        {"user_id": user_id, "task_id": task_id},
    )
    if deleted.rowcount == 0:
        raise TaskNotFoundError(task_id)
