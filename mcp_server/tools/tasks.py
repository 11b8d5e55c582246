"""Tools that keep the caller's tasks."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from database.pool import Pool
from knowledge_base import tasks as stored
from knowledge_base.access import acting_for
from knowledge_base.tasks import Priority, Task, TaskChange, TaskFilter
from mcp_server.auth import Caller, current_caller
from mcp_server.results import DeletedTask, TaskEntry, TaskList


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _not_blank(text: str) -> str:
    if not text:
        raise ValueError("must not be blank")
    return text


Title = Annotated[
    str,
    Field(min_length=1, max_length=300, description="What is to be done, in one line."),
    AfterValidator(_clean),
    AfterValidator(_not_blank),
]
Notes = Annotated[str, Field(max_length=5000, description="Anything more to know."), AfterValidator(_clean)]
Tag = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_clean), AfterValidator(_not_blank)]
Tags = Annotated[list[Tag] | None, Field(max_length=20, description="Labels to find the task by.")]
DueOn = Annotated[date | None, Field(description="The day it is due, as YYYY-MM-DD.")]
TaskId = Annotated[
    int, Field(ge=1, le=2**63 - 1, description="The task_id that list_tasks or add_task returned.")
]


@dataclass(frozen=True)
class TaskTools:
    """The task tools over one knowledge base; `stdio_caller` is served where calls carry no token."""

    pool: Pool
    stdio_caller: Caller | None

    async def add_task(
        self,
        title: Title,
        notes: Notes = "",
        priority: Annotated[Priority, Field(description="How pressing it is.")] = "normal",
        due_on: DueOn = None,
        tags: Tags = None,
    ) -> TaskEntry:
        """Add a task to the user's list. Resolve words like "tomorrow" to a date yourself."""
        caller = current_caller(self.stdio_caller)
        async with acting_for(self.pool, caller.access) as connection:
            task = await stored.add_task(
                connection,
                caller.user,
                title=title,
                notes=notes,
                priority=priority,
                due_on=due_on,
                tags=tags or [],
            )
        return _entry(task)

    async def list_tasks(
        self,
        status: Annotated[Literal["open", "done", "all"], Field(description="Which tasks to list.")] = "open",
        due: Annotated[
            Literal["any", "today", "overdue"],
            Field(description="today: due today; overdue: due before today."),
        ] = "any",
        tag: Annotated[str | None, Field(max_length=60, description="Only tasks with this tag.")] = None,
        priority: Annotated[Priority | None, Field(description="Only tasks of this priority.")] = None,
        limit: Annotated[int, Field(ge=1, le=200, description="Most tasks to return.")] = 50,
    ) -> TaskList:
        """List the user's tasks, the most pressing first. Call this to learn a task's id."""
        caller = current_caller(self.stdio_caller)
        due_from, due_to = _days(due)
        which = TaskFilter(
            status=None if status == "all" else status,
            due_from=due_from,
            due_to=due_to,
            tag=None if tag is None else _clean(tag),
            priority=priority,
        )
        async with acting_for(self.pool, caller.access) as connection:
            found, total = await stored.list_tasks(connection, caller.user, which, limit)
        return TaskList(tasks=[_entry(task) for task in found], total=total)

    async def complete_task(self, task_id: TaskId) -> TaskEntry:
        """Mark one of the user's tasks as done."""
        return await self._change(task_id, TaskChange(status="done"))

    async def update_task(
        self,
        task_id: TaskId,
        title: Annotated[Title | None, Field(description="The new title.")] = None,
        notes: Annotated[Notes | None, Field(description="The new notes.")] = None,
        priority: Annotated[Priority | None, Field(description="How pressing it is.")] = None,
        due_on: DueOn = None,
        clear_due_on: Annotated[bool, Field(description="True removes the due day.")] = False,
        tags: Annotated[
            list[Tag] | None, Field(max_length=20, description="The new labels; an empty list removes all.")
        ] = None,
        status: Annotated[
            Literal["open", "done"] | None, Field(description="open reopens a done task.")
        ] = None,
    ) -> TaskEntry:
        """Change one of the user's tasks; what is left out stays as it is."""
        change = TaskChange(
            title=title,
            notes=notes,
            priority=priority,
            due_on=due_on,
            clear_due_on=clear_due_on,
            tags=tags,
            status=status,
        )
        return await self._change(task_id, change)

    async def delete_task(self, task_id: TaskId) -> DeletedTask:
        """Remove one of the user's tasks for good. To tick a task off, use complete_task instead."""
        caller = current_caller(self.stdio_caller)
        async with acting_for(self.pool, caller.access) as connection:
            await stored.delete_task(connection, caller.user, task_id)
        return DeletedTask(task_id=task_id)

    async def _change(self, task_id: int, change: TaskChange) -> TaskEntry:
        caller = current_caller(self.stdio_caller)
        async with acting_for(self.pool, caller.access) as connection:
            return _entry(await stored.update_task(connection, caller.user, task_id, change))


def _days(due: Literal["any", "today", "overdue"]) -> tuple[date | None, date | None]:
    """First and last day that count, by the server's clock and time zone."""
    today = datetime.now().astimezone().date()
    match due:
        case "any":
            return None, None
        case "today":
            return today, today
        case "overdue":
            return None, today - timedelta(days=1)


def _entry(task: Task) -> TaskEntry:
    return TaskEntry(**asdict(task))
