"""Tasks of a user: every statement names the user, so nobody reaches another's."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row

from knowledge_base.errors import TaskNotFoundError

Priority = Literal["low", "normal", "high"]
Status = Literal["open", "done"]
Connection = AsyncConnection[TupleRow]

RANKS: Mapping[Priority, int] = {"high": 1, "normal": 2, "low": 3}

COLUMNS = sql.SQL("id as task_id, title, notes, priority, due_on, tags, status, created_at, completed_at")
INSERT = sql.SQL("""
    insert into tasks (user_id, title, notes, priority, due_on, tags, idempotency_key)
    values (%(user_id)s, %(title)s, %(notes)s, %(priority)s, %(due_on)s, %(tags)s, %(idempotency_key)s)
    on conflict (user_id, idempotency_key) where idempotency_key is not null do nothing
    returning {columns}
""").format(columns=COLUMNS)
BY_KEY = sql.SQL("""
    select {columns} from tasks where user_id = %(user_id)s and idempotency_key = %(idempotency_key)s
""").format(columns=COLUMNS)
BY_ID = sql.SQL("""
    select {columns} from tasks where user_id = %(user_id)s and id = %(task_id)s
""").format(columns=COLUMNS)
COMPLETE = sql.SQL("""
    update tasks
    set status = 'done', completed_at = now(), updated_at = now()
    where user_id = %(user_id)s and id = %(task_id)s and status <> 'done'
    returning {columns}
""").format(columns=COLUMNS)
UPDATE = sql.SQL("""
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
    returning {columns}
""").format(columns=COLUMNS)
DELETE = sql.SQL("""
    delete from tasks where user_id = %(user_id)s and id = %(task_id)s returning {columns}
""").format(columns=COLUMNS)
MATCHING = sql.SQL("""
    from tasks
    where user_id = %(user_id)s
      and (%(status)s::text is null or status = %(status)s)
      and (%(due_from)s::date is null or due_on >= %(due_from)s)
      and (%(due_to)s::date is null or due_on <= %(due_to)s)
      and (%(tag)s::text is null or %(tag)s = any (tags))
      and (%(priority)s::text is null or priority = %(priority)s)
      and not exists (
          select from unnest(%(words)s::text[]) as word
          where strpos(lower(concat_ws(' ', title, notes, array_to_string(tags, ' '))), lower(word)) = 0
      )
""")
COUNT = sql.SQL("select count(*) {matching}").format(matching=MATCHING)
# The place of a task in the list: open before done, early before late before no day, pressing before not.
PAGE = sql.SQL("""
    select {columns} {matching}
      and (
          %(after_id)s::bigint is null
          or (
              status = 'done',
              coalesce(due_on, 'infinity'),
              array_position(array['high', 'normal', 'low'], priority),
              id
          ) > (%(done)s::boolean, %(due_on)s::date, %(rank)s::integer, %(after_id)s)
      )
    order by status = 'done', coalesce(due_on, 'infinity'),
             array_position(array['high', 'normal', 'low'], priority), id
    limit %(limit)s
""").format(columns=COLUMNS, matching=MATCHING)


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
class NewTask:
    """A task to add; the same `idempotency_key` of the same user adds it once."""

    title: str
    notes: str = ""
    priority: Priority = "normal"
    due_on: date | None = None
    tags: Sequence[str] = ()
    idempotency_key: str | None = None


@dataclass(frozen=True)
class TaskPlace:
    """Where in the list of tasks a task stands."""

    status: Status
    due_on: date | None
    priority: Priority
    task_id: int


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks to list; `due_from`/`due_to` are inclusive days, None means any.

    Each of `words` must occur in the title, the notes or a tag, in any case.
    """

    status: Status | None = "open"
    due_from: date | None = None
    due_to: date | None = None
    tag: str | None = None
    priority: Priority | None = None
    words: Sequence[str] = ()


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


async def add_task(connection: Connection, user_id: str, task: NewTask) -> tuple[Task, bool]:
    """The task, and whether it is new: an idempotency key that the user gave before brings the first one."""
    values = {**asdict(task), "tags": list(task.tags), "user_id": user_id}
    while True:
        added = await _one_task(connection, INSERT, values)
        if added is not None:
            return added, True
        first = await _one_task(connection, BY_KEY, values)
        # It is gone when somebody deleted it between the two statements.
        if first is not None:
            return first, False


async def list_tasks(
    connection: Connection, user_id: str, which: TaskFilter, limit: int, *, after: TaskPlace | None = None
) -> tuple[list[Task], int]:
    """The first `limit` tasks after a place, most pressing first, and how many match in all."""
    values = {**asdict(which), "words": list(which.words), "user_id": user_id, "limit": limit}
    place = {"after_id": None, "done": None, "due_on": None, "rank": None}
    if after is not None:
        place = {
            "after_id": after.task_id,
            "done": after.status == "done",
            "due_on": after.due_on or "infinity",
            "rank": RANKS[after.priority],
        }
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(PAGE, values | place)
        found = await cursor.fetchall()
    counted = await connection.execute(COUNT, values)
    row = await counted.fetchone()
    assert row is not None
    return found, row[0]


async def complete_task(connection: Connection, user_id: str, task_id: int) -> Task:
    """The task, done now; one that was done before stays as it is. Raises `TaskNotFoundError`."""
    values = {"user_id": user_id, "task_id": task_id}
    task = await _one_task(connection, COMPLETE, values) or await _one_task(connection, BY_ID, values)
    if task is None:
        raise TaskNotFoundError(task_id)
    return task


async def task_by_id(connection: Connection, user_id: str, task_id: int) -> Task | None:
    """The task; None when the user has none with this id."""
    return await _one_task(connection, BY_ID, {"user_id": user_id, "task_id": task_id})


async def update_task(connection: Connection, user_id: str, task_id: int, change: TaskChange) -> Task:
    """The task as it is now. Raises `TaskNotFoundError`."""
    tags = None if change.tags is None else list(change.tags)
    values = {**asdict(change), "tags": tags, "user_id": user_id, "task_id": task_id}
    task = await _one_task(connection, UPDATE, values)
    if task is None:
        raise TaskNotFoundError(task_id)
    return task


async def delete_task(connection: Connection, user_id: str, task_id: int) -> Task | None:
    """Remove a task; returns what it was, or None when the user has no such task."""
    return await _one_task(connection, DELETE, {"user_id": user_id, "task_id": task_id})


async def _one_task(
    connection: Connection, statement: sql.Composed, values: Mapping[str, object]
) -> Task | None:
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchone()
