"""What a sentence about tasks asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Priority = Literal["low", "normal", "high"]
Status = Literal["open", "done", "all"]
Period = Literal["any", "overdue", "today", "tomorrow", "this_week", "next_week", "this_month", "day"]
Action = Literal["complete", "reopen", "delete", "rename", "move", "clear_day", "priority", "tag", "untag"]
Reference = Literal["it", "both", "all", "last", "nth"]


@dataclass(frozen=True)
class AddTask:
    """A task to add; `hour` is kept in its notes, because tasks have a day only."""

    title: str
    due_on: date | None = None
    priority: Priority = "normal"
    tags: tuple[str, ...] = ()
    hour: str | None = None


@dataclass(frozen=True)
class PlanStated:
    """A plan stated as a fact: it is offered as a task.

    `is_certain` is false for plans that may be the beginning of a question: "I need to deploy with Docker".
    """

    task: AddTask
    is_certain: bool = True


@dataclass(frozen=True)
class ListTasks:
    """Tasks to show; `days` are the first and the last day, `day` stands for itself."""

    status: Status = "open"
    period: Period = "any"
    days: tuple[date | None, date | None] = (None, None)
    tag: str | None = None
    priority: Priority | None = None


@dataclass(frozen=True)
class Target:
    """The task that a sentence speaks of: by its words, its id, or as one just spoken of (`nth` from 0)."""

    words: str
    task_id: int | None = None
    reference: Reference | None = None
    nth: int = 0


@dataclass(frozen=True)
class ChangeTask:
    """A change of one task or several; `change` has the arguments of `update_task`.

    `is_certain` is false for sentences such as "finish the report", which may not be about a task at all.
    `days_later` moves a task from its own day.
    """

    action: Action
    target: Target
    change: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_certain: bool = True
    days_later: int = 0


@dataclass(frozen=True)
class UndoChange:
    """The last change of tasks is to be taken back."""


@dataclass(frozen=True)
class Unclear:
    """A sentence about tasks that cannot be carried out: what is said instead, with its values."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])


Command = AddTask | PlanStated | ListTasks | ChangeTask | UndoChange | Unclear
