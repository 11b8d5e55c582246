"""What the extractive assistant says about tasks."""

from collections.abc import Sequence
from datetime import date

from agent_service.models.extractive.conversation import ToolAnswer
from agent_service.models.extractive.markdown_blocks import as_plain_text
from agent_service.models.extractive.task_sentences import ListTasks
from agent_service.models.extractive.terms import question_terms, terms
from agent_service.tools.schemas import Task, TaskList

LEAST_MATCH = 0.5


def added(task: Task) -> str:
    """The sentence after a task was added."""
    return f"Added: {_described(task)}."


def changed(task: Task) -> str:
    """The sentence after a task was completed or reopened."""
    return f"Done: {_named(task)}." if task.status == "done" else f"Open again: {_described(task)}."


def deleted(answer: ToolAnswer) -> str:
    """The sentence after a task was deleted, or was gone already."""
    task = answer.arguments.get("task_id")
    if (answer.content or {}).get("deleted") is False:
        return f"There is no task {task}, so nothing was deleted."
    return f"Deleted: task {task}."


def not_deleted() -> str:
    """The sentence after the user did not approve of a deletion."""
    return "The task was not deleted: you did not approve."


def listed(found: TaskList, wanted: ListTasks, today: date) -> str:
    """The tasks as a list under a heading sentence."""
    if not found.tasks:
        return f"You have {_kind(wanted, 'no', 0)}."
    head = f"You have {_kind(wanted, str(found.total), found.total)}:"
    more = found.total - len(found.tasks)
    rest = f"\n\n… and {more} more." if more > 0 else ""
    return f"{head}\n\n{_lines(found.tasks, today)}{rest}"


def which_one(tasks: Sequence[Task], action: str, today: date) -> str:
    """The question when several tasks fit."""
    number = tasks[0].task_id
    examples = {"complete": f"mark task {number} as done", "reopen": f"mark task {number} as open"}
    example = examples.get(action, f"delete task {number}")
    return f"Which one do you mean?\n\n{_lines(tasks, today)}\n\nSay for example: {example}."


def none_fits(words: str, tasks: Sequence[Task], action: str, today: date) -> str:
    """The answer when no task has such a title."""
    kind = {"complete": "open task", "reopen": "done task"}.get(action, "task")
    if not tasks:
        return f"I found no {kind} like “{words}”: there is no {kind} at all."
    heading = {"complete": "These are open", "reopen": "These are done"}.get(action, "These are yours")
    return f"I found no {kind} like “{words}”. {heading}:\n\n{_lines(tasks[:10], today)}"


def best_matches(words: str, tasks: Sequence[Task]) -> list[Task]:
    """The tasks whose title fits best: several when they fit alike, none when none fits half the words."""
    exact = [task for task in tasks if _folded(task.title) == _folded(words)]
    if exact:
        return exact
    wanted = question_terms(words)
    shares = [(len(wanted & terms(task.title)) / len(wanted) if wanted else 0.0, task) for task in tasks]
    best = max((share for share, _ in shares), default=0.0)
    return [task for share, task in shares if share == best and best >= LEAST_MATCH]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _named(task: Task) -> str:
    return f"“{task.title}” (task {task.task_id})"


def _described(task: Task) -> str:
    priority = f", {task.priority} priority" if task.priority != "normal" else ""
    due = f", due {_day(task.due_on)}" if task.due_on else ""
    tags = "".join(f" #{tag}" for tag in task.tags)
    return f"{_named(task)}{due}{priority}{tags}"


def _lines(tasks: Sequence[Task], today: date) -> str:
    return "\n".join(f"- {_line(task, today)}" for task in tasks)


def _line(task: Task, today: date) -> str:
    parts = [f"task {task.task_id}"]
    if task.status == "done":
        parts.append("done")
    elif task.due_on:
        parts.append(
            f"**overdue since {_day(task.due_on)}**" if task.due_on < today else f"due {_day(task.due_on)}"
        )
    if task.priority != "normal":
        parts.append(f"{task.priority} priority")
    tags = "".join(f" #{tag}" for tag in task.tags)
    return f"{as_plain_text(task.title)} ({', '.join(parts)}){tags}"


def _kind(wanted: ListTasks, number: str, count: int) -> str:
    words = [number]
    if wanted.priority:
        words.append(f"{wanted.priority}-priority")
    if wanted.due == "overdue":
        words.append("overdue")
    elif wanted.status != "all":
        words.append(wanted.status)
    words.append("task" if count == 1 else "tasks")
    if wanted.due == "today":
        words.append("due today")
    if wanted.tag:
        words.append(f"tagged #{wanted.tag}")
    return " ".join(words)


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"
