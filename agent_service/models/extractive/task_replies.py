"""What is said about tasks."""

from collections.abc import Sequence
from datetime import date

from agent_service.i18n.catalog import written_day
from agent_service.models.extractive.commands import AddTask, ListTasks
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.markdown_blocks import as_plain_text
from agent_service.models.extractive.terms import is_alike, question_terms, terms
from agent_service.tools.schemas import Task, TaskList

LEAST_MATCH = 0.5
# A card below the answer shows all of them; the sentence names as many as can be heard at once.
MAX_NAMED = 3
# Two forms of a word share so much; titles of tasks are few, so that a loose likeness tells them apart.
LEAST_ALIKE = 0.72


def listed(found: TaskList, wanted: ListTasks, today: date, language: Language) -> str:
    """How many tasks there are, and the first of them by name."""
    if not found.tasks:
        return language.phrase("you_have_none", kind=_kind(wanted, 0, language))
    count = max(found.total, len(found.tasks))
    tasks = joined([described(task, today, language) for task in found.tasks[:MAX_NAMED]], language)
    key = "you_have_one" if count == 1 else "you_have_few" if count <= MAX_NAMED else "you_have_many"
    return language.phrase(key, kind=_kind(wanted, count, language), count=count, tasks=tasks)


def named(task: Task, language: Language) -> str:
    """The task with its number alone."""
    return language.phrase("task", title=as_plain_text(task.title), number=task.task_id, details="")


def described(task: Task, today: date, language: Language) -> str:
    """The task with its number, day, priority and tags."""
    details: list[str] = []
    if task.status == "done":
        details.append(language.phrase("is_done"))
    elif task.due_on:
        key = "overdue_since" if task.due_on < today else "due"
        details.append(language.phrase(key, day=written_day(language.code, task.due_on)))
    if task.priority != "normal":
        details.append(language.phrase(task.priority))
    details.extend(f"#{tag}" for tag in task.tags)
    said = "".join(f", {detail}" for detail in details)
    return language.phrase("task", title=as_plain_text(task.title), number=task.task_id, details=said)


def quoted(title: str) -> str:
    """The title of a task that is gone."""
    return f"“{as_plain_text(title)}”"


def offered(task: AddTask, language: Language) -> str:
    """The question whether a plan shall become a task."""
    details = [language.phrase("due", day=written_day(language.code, task.due_on))] if task.due_on else []
    if task.priority != "normal":
        details.append(language.phrase(task.priority))
    said = "".join(f", {detail}" for detail in details)
    if task.hour:
        return language.phrase("offer_hour", title=task.title, details=said, hour=task.hour)
    return language.phrase("offer", title=task.title, details=said)


def which_one(tasks: Sequence[Task], today: date, language: Language) -> str:
    """The question when several tasks fit."""
    example = language.phrase("which_example", number=tasks[0].task_id)
    return f"{language.phrase('which_one')}\n\n{lines(tasks, today, language)}\n\n{example}"


def none_fits(words: str, status: str, tasks: Sequence[Task], today: date, language: Language) -> str:
    """The answer when no task has such a title."""
    key = {"open": "none_open", "done": "none_done"}.get(status, "none_fits")
    said = language.phrase(key, words=as_plain_text(words))
    if not tasks:
        return f"{said} {language.phrase('none_at_all')}"
    return f"{said} {language.phrase('there_are')}\n\n{lines(tasks[:10], today, language)}"


def lines(tasks: Sequence[Task], today: date, language: Language) -> str:
    """The tasks as a list."""
    return "\n".join(f"- {described(task, today, language)}" for task in tasks)


def joined(parts: Sequence[str], language: Language) -> str:
    """The parts as people tell them: a, b and c."""
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {language.phrase('and')} {parts[-1]}"


def best_matches(words: str, tasks: Sequence[Task]) -> list[Task]:
    """The tasks whose title fits best: several when they fit alike, none when none fits half the words."""
    exact = [task for task in tasks if _folded(task.title) == _folded(words)]
    if exact:
        return exact
    wanted = question_terms(words)
    shares = [(_share(wanted, terms(task.title)), task) for task in tasks]
    best = max((share for share, _ in shares), default=0.0)
    return [task for share, task in shares if share == best and best >= LEAST_MATCH]


def _share(wanted: set[str], title: set[str]) -> float:
    found = sum(any(is_alike(word, other, LEAST_ALIKE) for other in title) for word in wanted)
    return found / len(wanted) if wanted else 0.0


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _kind(wanted: ListTasks, count: int, language: Language) -> str:
    kind = language.phrase("kind_task" if count == 1 else "kind_tasks" if count else "kind_none")
    # Of none at all some languages say it in another case or number.
    of = "kind" if count else "kind_none"
    if wanted.status in ("open", "done") and wanted.period == "any":
        kind = language.phrase(f"{of}_{wanted.status}", kind=kind)
    if wanted.priority:
        kind = language.phrase(f"kind_{wanted.priority}", kind=kind)
    if wanted.tag:
        kind = language.phrase("kind_tagged", kind=kind, tag=wanted.tag)
    if wanted.period == "overdue":
        return language.phrase(f"{of}_overdue", kind=kind)
    return _in_time(kind, wanted, language)


def _in_time(kind: str, wanted: ListTasks, language: Language) -> str:
    if wanted.period == "any":
        return kind
    day = wanted.days[0]
    if wanted.period == "day" and day is not None:
        return language.phrase("kind_due_on", kind=kind, day=written_day(language.code, day))
    return language.phrase(f"kind_due_{wanted.period}", kind=kind)
