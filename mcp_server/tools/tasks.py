"""Tools that keep the caller's tasks."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastmcp.server.dependencies import get_context
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from database.pool import Pool
from knowledge_base import tasks as stored
from knowledge_base.access import Connection, acting_for
from knowledge_base.task_undo import begin_batch, change_made, undo, was_deleted_in_batch
from knowledge_base.tasks import NewTask, Priority, Status, Task, TaskChange, TaskFilter, TaskPlace
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.calls.arguments import MAX_ID, Day, FilledText, Text
from mcp_server.calls.changes_made import tell_change
from mcp_server.calls.cursors import MAX_CURSOR_CHARACTERS, cursor_after, key_of, that_fit
from mcp_server.calls.due_days import Days, Due, days_of, today_in
from mcp_server.results import (
    AddedTask,
    DeletedTask,
    RemovedTask,
    TaskEntry,
    TaskList,
    UndoneChange,
)
from mcp_server.tool_errors import InvalidArgumentsError

# Clients that repeat a call by themselves can give the key here, where no model sees it.
KEY_IN_META = "owflex/idempotency-key"
# And for which message it is: what was changed for one is undone together.
BATCH_IN_META = "owflex/batch"

Title = Annotated[
    FilledText, Field(min_length=1, max_length=300, description="What is to be done, in one line.")
]
Notes = Annotated[Text, Field(max_length=5000, description="More to know."), AfterValidator(str.strip)]
Tag = Annotated[FilledText, Field(min_length=1, max_length=60)]
Tags = Annotated[list[Tag] | None, Field(max_length=20, description="Labels.")]
DueOn = Annotated[Day | None, Field(description="Day it is due, as YYYY-MM-DD.")]
TaskId = Annotated[int, Field(ge=1, le=MAX_ID, description="From list_tasks or add_task.")]
Key = Annotated[FilledText, Field(min_length=1, max_length=100)]

KEY: TypeAdapter[str] = TypeAdapter(Key)
PAGE_KEY: TypeAdapter[tuple[Status, date | None, Priority, int]] = TypeAdapter(
    tuple[Status, date | None, Priority, int]
)


@dataclass(frozen=True)
class TaskTools:
    """The task tools over one knowledge base; `stdio_caller` is served where calls carry no token.

    Days are those of `time_zone` (None: of this machine) unless a call names another.
    """

    pool: Pool
    stdio_caller: Caller | None
    token_budget: int
    time_zone: str | None = None

    async def add_task(
        self,
        title: Title,
        notes: Notes = "",
        priority: Annotated[Priority, Field(description="How pressing it is.")] = "normal",
        due_on: DueOn = None,
        tags: Tags = None,
        idempotency_key: Annotated[
            Key | None,
            Field(description="Any text of your own: a call repeated with it adds nothing."),
        ] = None,
    ) -> AddedTask:
        """Add a task to the user's to-do list. Resolve words like "tomorrow" to a date yourself.

        Returns the task. When a call may have failed half-way, repeat it with the same idempotency_key. To
        change a task use update_task; to keep knowledge, add_document.
        """
        caller = current_caller(self.stdio_caller)
        task = NewTask(
            title, notes, priority, due_on, tags or [], idempotency_key or _text_in_meta(KEY_IN_META)
        )
        async with self._changing(caller) as connection:
            added, is_new = await stored.add_task(connection, caller.user, task)
            await _tell(connection, caller, added)
        return AddedTask(**asdict(added), repeated=not is_new)

    async def list_tasks(
        self,
        status: Annotated[Literal["open", "done", "all"], Field(description="Which tasks.")] = "open",
        due: Annotated[Due, Field(description="week: today and the six days after.")] = "any",
        due_from: Annotated[
            Day | None, Field(description="Due from this day on (YYYY-MM-DD); instead of due.")
        ] = None,
        due_to: Annotated[
            Day | None, Field(description="Due up to this day (YYYY-MM-DD); instead of due.")
        ] = None,
        tag: Annotated[Text | None, Field(max_length=60, description="Only with this tag.")] = None,
        priority: Annotated[Priority | None, Field(description="Only of this priority.")] = None,
        query: Annotated[
            Text | None,
            Field(max_length=200, description="Words that title, notes or tags must all have."),
        ] = None,
        time_zone: Annotated[
            Text | None,
            Field(max_length=64, description="The user's, e.g. Europe/Berlin; says what today is."),
        ] = None,
        limit: Annotated[int, Field(ge=1, le=200, description="Most tasks.")] = 50,
        cursor: Annotated[
            str | None,
            Field(
                max_length=MAX_CURSOR_CHARACTERS,
                description="next_cursor of the page before, with the same arguments.",
            ),
        ] = None,
    ) -> TaskList:
        """List the user's tasks, those due first and the most pressing first.

        Use it for questions such as what is due today, and to learn the id of a task before you change it.
        Returns a page, total, and next_cursor for the next. Documents are not tasks: search_documents.
        """
        caller = current_caller(self.stdio_caller)
        today = today_in(time_zone or self.time_zone)
        days = _days(due, due_from, due_to, today)
        words = (query or "").split()
        which = TaskFilter(None if status == "all" else status, *days, tag, priority, words)
        wanted = ["tasks", status, due, due_from, due_to, tag, priority, words, time_zone]
        after = None if cursor is None else TaskPlace(*key_of(cursor, wanted, PAGE_KEY))
        async with acting_for(self.pool, caller.access) as connection:
            found, total = await stored.list_tasks(connection, caller.user, which, limit + 1, after=after)
        page = that_fit([_entry(task) for task in found[:limit]], self.token_budget)
        return TaskList(
            tasks=page,
            total=total,
            today=today,
            next_cursor=cursor_after(wanted, _key(page[-1])) if len(found) > len(page) else None,
        )

    async def complete_task(self, task_id: TaskId) -> TaskEntry:
        """Mark one of the user's tasks as done; one that is done already stays as it is.

        Returns the task. To reopen one use update_task; an unknown id is an error.
        """
        caller = current_caller(self.stdio_caller)
        async with self._changing(caller) as connection:
            task = await stored.complete_task(connection, caller.user, task_id)
            await _tell(connection, caller, task)
        return _entry(task)

    async def update_task(
        self,
        task_id: TaskId,
        title: Annotated[Title | None, Field(description="New title.")] = None,
        notes: Annotated[Notes | None, Field(description="New notes, in place of the old.")] = None,
        priority: Annotated[Priority | None, Field(description="How pressing it is.")] = None,
        due_on: DueOn = None,
        clear_due_on: Annotated[bool, Field(description="Remove the due day.")] = False,
        tags: Annotated[
            list[Tag] | None, Field(max_length=20, description="New labels; an empty list removes all.")
        ] = None,
        status: Annotated[Status | None, Field(description="open reopens a done task.")] = None,
    ) -> TaskEntry:
        """Change one of the user's tasks; what is left out stays as it is.

        Returns the task. To tick one off use complete_task. Ids come from list_tasks; an unknown one is an
        error.
        """
        if due_on is not None and clear_due_on:
            raise _wrong("due_on, clear_due_on: give a day or remove it, not both.")
        change = TaskChange(title, notes, priority, due_on, clear_due_on, tags, status)
        if change == TaskChange():
            raise _wrong("Nothing to change: give at least one of the arguments besides task_id.")
        caller = current_caller(self.stdio_caller)
        async with self._changing(caller) as connection:
            task = await stored.update_task(connection, caller.user, task_id, change)
            await _tell(connection, caller, task)
        return _entry(task)

    async def delete_task(self, task_id: TaskId) -> DeletedTask:
        """Delete one of the user's tasks; only when the user asks for that.

        To tick one off use complete_task. Returns whether it was there. undo_task_change brings
        it back, for thirty days.
        """
        caller = current_caller(self.stdio_caller)
        async with self._changing(caller) as connection:
            gone = await stored.delete_task(connection, caller.user, task_id)
            if gone is not None:
                await _tell(connection, caller, gone)
            was_deleted = gone is not None or await was_deleted_in_batch(connection, caller.user, task_id)
        if not was_deleted:
            message = f"There is no task {task_id}, so nothing was deleted. Call list_tasks to see the ids."
            return DeletedTask(task_id=task_id, deleted=False, message=message)
        return DeletedTask(task_id=task_id, deleted=True, message=f"Task {task_id} is deleted.")

    async def undo_task_change(
        self,
        task_id: Annotated[
            TaskId | None,
            Field(description="Undo the last change of this task; else of all."),
        ] = None,
        change_id: Annotated[
            int | None,
            Field(ge=1, le=MAX_ID, description="Undo this change, as its tool named it."),
        ] = None,
    ) -> UndoneChange:
        """Take back a change of the user's tasks of the last thirty days.

        Without arguments the last one, with all that were made for the same message. Returns the tasks as
        they are again. What has been changed since is an error, and stays.
        """
        caller = current_caller(self.stdio_caller)
        key = _text_in_meta(KEY_IN_META)
        async with acting_for(self.pool, caller.access) as connection:
            undone = await undo(
                connection, caller.user, change_id=change_id, task_id=task_id, idempotency_key=key
            )
        return UndoneChange(
            tasks=[_entry(task) for task in undone.tasks],
            removed=[RemovedTask(task_id=number, title=title) for number, title in undone.removed.items()],
            repeated=undone.repeated,
            message="This was undone before; nothing has changed." if undone.repeated else "Undone.",
        )

    @asynccontextmanager
    async def _changing(self, caller: Caller) -> AsyncGenerator[Connection]:
        """A transaction of the caller's, whose changes belong to the message that the call was made for."""
        async with acting_for(self.pool, caller.access) as connection:
            await begin_batch(connection, _text_in_meta(BATCH_IN_META))
            yield connection


def _text_in_meta(name: str) -> str | None:
    """A text beside the arguments of a call. Raises `InvalidArgumentsError` for a bad one."""
    request = get_context().request_context
    key: Any = None if request is None else (request.meta or {}).get(name)
    if key is None:
        return None
    try:
        return KEY.validate_python(key)
    except ValidationError:
        raise _wrong(f"_meta {name}: must be a text of 1 to 100 characters.") from None


def _days(due: Due, due_from: date | None, due_to: date | None, today: date) -> Days:
    if due_from is None and due_to is None:
        return days_of(due, today)
    if due != "any":
        raise _wrong("due: leave it out when due_from or due_to is given.")
    if due_from is not None and due_to is not None and due_from > due_to:
        raise _wrong("due_from, due_to: the first day is after the last.")
    return due_from, due_to


def _wrong(what: str) -> InvalidArgumentsError:
    return InvalidArgumentsError(f"Invalid arguments: {what}", log_level=logging.INFO)


def _entry(task: Task) -> TaskEntry:
    return TaskEntry(**asdict(task))


async def _tell(connection: Connection, caller: Caller, task: Task) -> None:
    """Name the change beside the result."""
    tell_change(await change_made(connection, caller.user, task.task_id), task.task_id, task.title)


def _key(last: TaskEntry) -> Sequence[Any]:
    return [last.status, last.due_on, last.priority, last.task_id]
