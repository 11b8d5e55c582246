"""Carries out what a sentence about tasks asks for, and says what was done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, assert_never

from agent_service.models.extractive import task_replies
from agent_service.models.extractive.calls import MAX_TASKS, CallFailedError, Calls
from agent_service.models.extractive.commands import (
    Action,
    AddTask,
    ChangeTask,
    Command,
    ListTasks,
    PlanStated,
    Target,
    Unclear,
    UndoChange,
)
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.task_lists import days_of
from agent_service.models.extractive.task_sentences import later
from agent_service.tools.run_server import DENIED
from agent_service.tools.schemas import Task, UndoneChange

# Which tasks an action can be about.
STATUS: dict[Action, str] = {"complete": "open", "reopen": "done", "move": "open", "priority": "open"}
SAID: dict[Action, str] = {
    "reopen": "reopened",
    "rename": "renamed",
    "move": "moved",
    "clear_day": "day_cleared",
    "priority": "prioritised",
    "tag": "tagged",
    "untag": "tagged",
}
MAX_AT_ONCE = 10


@dataclass(frozen=True)
class TaskDesk:
    """What a sentence about tasks is carried out with; `shown` are the ids of the tasks spoken of last."""

    calls: Calls
    language: Language
    today: date
    shown: Sequence[int] = ()

    def reply(self, command: Command) -> str | None:
        """What is said after the command; None when it is about no task after all.

        Raises `CallNeeded` and `CallFailedError`.
        """
        match command:
            case AddTask():
                return self._added(command)
            case PlanStated():
                return task_replies.offered(command.task, self.language)
            case ListTasks():
                return self._listed(command)
            case ChangeTask():
                return self._changed(command)
            case UndoChange():
                return self._undone()
            case Unclear():
                return self.language.phrase(command.key, **command.values)
            case _:
                assert_never(command)

    def _added(self, command: AddTask) -> str:
        arguments: dict[str, Any] = {"title": command.title, "priority": command.priority}
        if command.due_on:
            arguments["due_on"] = command.due_on.isoformat()
        if command.tags:
            arguments["tags"] = list(command.tags)
        if command.hour:
            arguments["notes"] = command.hour
        task = self.calls.task("add_task", **arguments)
        said = self.language.phrase("added", task=self._named(task))
        return f"{said} {self.language.phrase('hour_noted', hour=command.hour)}" if command.hour else said

    def _listed(self, wanted: ListTasks) -> str:
        if wanted.period == "day" and wanted.days[0] is not None:
            ahead = (wanted.days[0] - self.today).days
            named = {0: "today", 1: "tomorrow"}.get(ahead)
            wanted = replace(wanted, period=named) if named == "today" or named == "tomorrow" else wanted
        found = self.calls.tasks(**_filter(wanted, self.today))
        return task_replies.listed(found, wanted, self.today, self.language)

    def _changed(self, command: ChangeTask) -> str | None:
        tasks = self._targets(command)
        if tasks is None or isinstance(tasks, str):
            return tasks
        said = [self._change(command, task) for task in tasks[:MAX_AT_ONCE]]
        return "\n\n".join(said)

    def _targets(self, command: ChangeTask) -> list[Task] | str | None:
        """The tasks meant; a sentence when that is not plain, None when it is about none."""
        target, status = command.target, STATUS.get(command.action, "all")
        if command.action == "delete" and target.reference is not None and not self.shown:
            return self.language.phrase("one_at_a_time")
        found = self.calls.tasks(status="all", limit=MAX_TASKS).tasks
        if target.task_id is not None:
            return [task for task in found if task.task_id == target.task_id] or self._unknown(target)
        if target.reference is not None:
            return self._referred(target, found, command)
        fitting = [task for task in found if status in ("all", task.status)]
        best = task_replies.best_matches(target.words, fitting)
        if len(best) == 1:
            return best
        if best:
            return task_replies.which_one(best, self.today, self.language)
        if not command.is_certain:
            return None
        return task_replies.none_fits(target.words, status, fitting, self.today, self.language)

    def _unknown(self, target: Target) -> str:
        number = self.language.phrase("task_number", number=target.task_id)
        return self.language.phrase("none_fits", words=number)

    def _referred(self, target: Target, found: list[Task], command: ChangeTask) -> list[Task] | str | None:
        by_id = {task.task_id: task for task in found}
        spoken = [by_id[number] for number in self.shown if number in by_id]
        if not spoken:
            status = STATUS.get(command.action, "all")
            fitting = [task for task in found if status in ("all", task.status)]
            if not fitting or target.reference != "it":
                return self.language.phrase("which_it") if command.is_certain or fitting else None
            spoken = fitting
        return self._among(target, spoken)

    def _among(self, target: Target, spoken: list[Task]) -> list[Task] | str:
        match target.reference:
            case "last":
                return spoken[-1:]
            case "nth":
                chosen = spoken[target.nth : target.nth + 1]
                return chosen or self.language.phrase("not_that_many")
            case "all":
                return spoken
            case "both" if len(spoken) == len(("one", "other")):
                return spoken
            case _ if len(spoken) == 1:
                return spoken
            case _:
                return task_replies.which_one(spoken[:MAX_AT_ONCE], self.today, self.language)

    def _change(self, command: ChangeTask, task: Task) -> str:
        number = task.task_id
        if command.action == "delete":
            return self._deleted(task)
        if command.action == "complete":
            changed = self.calls.task("complete_task", task_id=number)
            return self.language.phrase("done", task=task_replies.named(changed, self.language))
        if command.action == "reopen":
            changed = self.calls.task("update_task", task_id=number, status="open")
        else:
            changed = self.calls.task("update_task", task_id=number, **self._arguments(command, task))
        return self.language.phrase(SAID[command.action], task=self._named(changed))

    def _arguments(self, command: ChangeTask, task: Task) -> dict[str, Any]:
        if command.days_later:
            return {"due_on": later(task.due_on, command.days_later, self.today).isoformat()}
        tag = str(command.change.get("tag", ""))
        if command.action == "tag":
            return {"tags": [*task.tags, *([] if tag in task.tags else [tag])]}
        if command.action == "untag":
            return {"tags": [kept for kept in task.tags if kept.lower() != tag.lower()]}
        return dict(command.change)

    def _deleted(self, task: Task) -> str:
        answer = self.calls.answer("delete_task", task_id=task.task_id)
        if answer.error == DENIED:
            return self.language.phrase("not_deleted")
        if answer.content is None:
            raise CallFailedError("failed", answer)
        key = "gone" if answer.content.get("deleted") is False else "deleted"
        return self.language.phrase(key, task=task_replies.named(task, self.language))

    def _undone(self) -> str:
        answer = self.calls.answer("undo_task_change")
        if answer.content is None:
            raise CallFailedError("failed", answer)
        undone = UndoneChange.model_validate(answer.content)
        if undone.repeated:
            return self.language.phrase("undone_before")
        removed = [task_replies.quoted(str(task.get("title", ""))) for task in undone.removed]
        said = [
            self.language.phrase(key, tasks=task_replies.joined(names, self.language))
            for key, names in (("undone", list(map(self._named, undone.tasks))), ("undone_removed", removed))
            if names
        ]
        return " ".join(said)

    def _named(self, task: Task) -> str:
        return task_replies.described(task, self.today, self.language)


def _filter(wanted: ListTasks, today: date) -> dict[str, Any]:
    first, last = days_of(wanted, today)
    due: dict[str, Any] = {"due": "overdue"} if wanted.period == "overdue" else {}
    days = {"due_from": first and first.isoformat(), "due_to": last and last.isoformat()}
    values = {"tag": wanted.tag, "priority": wanted.priority} | days
    return {"status": wanted.status} | due | {name: value for name, value in values.items() if value}
