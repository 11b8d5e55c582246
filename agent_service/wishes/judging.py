"""Whether a call of a tool is what the user of the turn has asked for in their own words."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from pydantic import BaseModel, ValidationError, field_validator

from agent_service.tools.schemas import Task
from agent_service.wishes.cues import Kind, flat, has, hides, only_has
from agent_service.wishes.days import names_day
from agent_service.wishes.matching import content_words, is_said, share
from agent_service.wishes.own_words import Clause
from agent_service.wishes.pointed import Reading, lines_named, readings_in
from agent_service.wishes.references import (
    UNTELLING,
    fits_rest,
    has_number,
    names_everything,
    references,
)
from agent_service.wishes.slips import without_slips
from agent_service.wishes.wish import Wish

KINDS: Mapping[str, Kind] = {
    "complete_task": "complete",
    "delete_task": "delete",
    "undo_task_change": "undo",
}
FindTasks = Callable[[], Awaitable[Sequence[Task]]]
# Tasks that a message may add at once when it says how often.
MOST_TIMES = 10
# That it may make of a document.
MOST_FROM_DOCUMENTS = 20


class TaskCall(BaseModel):
    """The arguments of the task tools, as far as they change something."""

    task_id: int | None = None
    change_id: int | None = None
    title: str | None = None
    notes: str | None = None
    priority: str | None = None
    due_on: date | None = None
    clear_due_on: bool = False
    tags: list[str] | None = None
    status: str | None = None

    @field_validator("due_on", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        return value[:10] or None if isinstance(value, str) else value


def _today() -> date:
    return datetime.now().astimezone().date()


@dataclass
class Judge:
    """Judges the calls of one turn; what the wish does not cover has to be approved."""

    wish: Wish = field(default_factory=Wish)
    today: Callable[[], date] = _today
    _added: set[str] = field(default_factory=set[str])
    _undone: set[str] = field(default_factory=set[str])
    _readings: list[Reading] = field(default_factory=list[Reading])

    async def covers(self, tool: str, arguments: Mapping[str, Any], call_id: str, find: FindTasks) -> bool:
        """Whether the user has asked for this call. Raises what `find` raises, which lists all tasks."""
        try:
            call = TaskCall.model_validate(dict(arguments))
        except ValidationError:
            return False
        if tool == "add_task":
            return self._covers_new(call, call_id)
        if tool == "undo_task_change" and (call.task_id is None or call.change_id is not None):
            return self._covers_undo(call, call_id)
        if tool not in {*KINDS, "update_task"} or not self.wish.clauses:
            return False
        if tool in KINDS and self._names_number(KINDS[tool], call.task_id):
            return True
        tasks = await find()
        task = next((task for task in tasks if task.task_id == call.task_id), None)
        if task is None:
            # There is nothing to change, which the tool says; to undo there may be.
            return tool != "undo_task_change"
        if tool in KINDS:
            return self._covers(KINDS[tool], task, tasks)
        return self._covers_changes(call, task, tasks)

    def _covers_undo(self, call: TaskCall, call_id: str) -> bool:
        """ "Undo that" is the last message's change once, and no other that a number names."""
        asked = self.wish.asking_for("undo")
        if not asked or call.change_id is not None or self._undone - {call_id}:
            return False
        self._undone.add(call_id)
        return True

    def _names_number(self, kind: Kind, task_id: int | None) -> bool:
        return task_id is not None and any(
            has_number(clause, task_id) for clause in self.wish.asking_for(kind)
        )

    def _covers_new(self, call: TaskCall, call_id: str) -> bool:
        asked = self.wish.asking_for("add")
        if not asked or len(self._added - {call_id}) >= self._most(asked):
            return False
        named = (line for clause in asked for line in lines_named(self._readings, clause, call.title or ""))
        others = chain(self.wish.pointed, named)
        if not any(
            self._describes(call, [*asked, *more]) for more in chain([()], ((one,) for one in others))
        ):
            return False
        self._added.add(call_id)
        return True

    def _most(self, asked: Sequence[Clause]) -> int:
        """How many tasks the wish adds at most."""
        said = " ".join(clause.sentence for clause in asked)
        if has("times", said):
            return MOST_TIMES
        if has("sources", said):
            return MOST_FROM_DOCUMENTS
        several = has("several", " ".join(clause.words for clause in asked))
        return max(len(asked), len(self.wish.pointed) if several else 1)

    def _describes(self, call: TaskCall, asked: Sequence[Clause]) -> bool:
        """Whether everything of a new task is said in these wishes."""
        said = " ".join(clause.sentence for clause in asked)
        # "Remind me to book it": what "it" is, the user has said before.
        names_nothing = all(only_has(UNTELLING, clause.words) for clause in asked)
        meant = f"{said} {self.wish.earlier}" if names_nothing or has("pointers", said) else said
        texts = [text for text in (call.notes, *(call.tags or ())) if text]
        return (
            _is_title(call.title or "", meant)
            and all(is_new_text(text, meant) for text in texts)
            and (call.priority in (None, "normal") or _names_level(str(call.priority), asked))
            and (call.due_on is None or self._names_day(call.due_on, None, asked))
        )

    def has_read(self, tool: str, content: Mapping[str, Any] | None) -> None:
        """What a tool has brought in this turn: tasks may be made of it where the user wishes that."""
        if tool != "list_tasks" and content is not None:
            self._readings.extend(readings_in(content))

    def forget(self, call_id: str) -> None:
        """A call has failed: what it was to do may be tried once more."""
        self._added.discard(call_id)
        self._undone.discard(call_id)

    def _covers_changes(self, call: TaskCall, task: Task, tasks: Sequence[Task]) -> bool:
        """Whether each field that would change is asked for; a field given as it is changes nothing."""
        return all(self._covers(kind, task, tasks, is_right) for kind, is_right in self._changes(call, task))

    def _changes(self, call: TaskCall, task: Task) -> list[tuple[Kind, Callable[[Clause], bool]]]:
        """What would change, and how a wish has to name the new value."""
        found: list[tuple[Kind, Callable[[Clause], bool]]] = []
        title, notes, day, level = call.title, call.notes, call.due_on, call.priority
        if title is not None and title.strip() != task.title:
            own = flat(task.title)
            found.append(("rename", lambda clause: is_new_text(title, f"{clause.sentence} {own}")))
        if notes is not None and notes.strip() != task.notes:
            # What was there has to stay: to wipe notes takes more than a wish to add some.
            new = notes.replace(task.notes, " ", 1) if task.notes else notes
            found.append(("note", lambda clause: task.notes in notes and is_new_text(new, clause.sentence)))
        if level is not None and level != task.priority:
            found.append(("priority", lambda clause: _names_level(level, [clause])))
        if day is not None and day != task.due_on:
            found.append(("move", lambda clause: self._names_day(day, task.due_on, [clause])))
        if call.clear_due_on and task.due_on is not None:
            found.append(("move", lambda clause: has("no_day", clause.sentence)))
        if call.tags is not None and set(call.tags) != set(task.tags):
            changed = " ".join(set(call.tags) ^ set(task.tags))
            found.append(("tag", lambda clause: is_said(changed, clause.sentence)))
        if call.status is not None and call.status != task.status:
            found.append(("complete" if call.status == "done" else "reopen", lambda _: True))
        return found

    def _covers(
        self,
        kind: Kind,
        task: Task,
        tasks: Sequence[Task],
        is_right: Callable[[Clause], bool] = lambda _: True,
    ) -> bool:
        asked = self.wish.asking_for(kind)
        return any(
            self._means(clause, task, tasks)
            and is_right(clause)
            and (not clause.is_stated or share(task.title, clause.words) == 1)
            for clause in asked
        )

    def _means(self, clause: Clause, task: Task, tasks: Sequence[Task]) -> bool:
        """Whether the words mean this task: by its number, its title, or as one that was just shown."""
        if has_number(clause, task.task_id):
            return True
        if not self._is_of_that_kind(clause, task):
            return False
        if _fits_best(task, tasks, clause.words):
            return True
        names_some = any(share(other.title, clause.words) for other in tasks)
        if names_some:
            # "Pay rent and bills" may be one title; a single word of it elsewhere says nothing.
            is_whole = share(task.title, clause.sentence) == 1 and len(content_words(task.title)) > 1
            return is_whole and not clause.goes_on
        if references(clause.words) and self.wish.shown:
            return self._refers(clause.words, task)
        # "… and make it urgent" speaks of what the sentence has named before.
        return _fits_best(task, tasks, clause.sentence) or self._refers(clause.words, task)

    def _is_of_that_kind(self, clause: Clause, task: Task) -> bool:
        """ "All overdue tasks" are not all tasks."""
        if has("overdue", clause.words) and (task.due_on is None or task.due_on >= self.today()):
            return False
        is_moved = "move" in clause.kinds or "add" in clause.kinds
        return is_moved or not has("due_today", clause.words) or task.due_on == self.today()

    def _means_all(self, words: str) -> bool:
        return self.wish.names_all and (not self.wish.shown or names_everything(words))

    def _refers(self, words: str, task: Task) -> bool:
        shown, task_id = self.wish.shown, task.task_id
        for reference, place in references(words):
            is_of_these = reference in ("all", "both") and fits_rest(words, task)
            if is_of_these and reference == "all" and self._means_all(words):
                return True
            if is_of_these and task_id in shown:
                return True
            if reference == "it" and shown == (task_id,):
                return True
            if reference == "last" and shown[-1:] == (task_id,):
                return True
            if reference == "nth" and shown[place : place + 1] == (task_id,):
                return True
        return False

    def _names_day(self, day: date, own: date | None, asked: Sequence[Clause]) -> bool:
        return any(names_day(without_slips(clause.written), day, own, self.today()) for clause in asked)


def _is_title(title: str, said: str) -> bool:
    """Whether a title says what was said; "Buy milk" says what "milk" does."""
    words = [word for word in content_words(title) if not only_has(("neutral",), word)]
    own = " ".join(words) or title
    return bool(content_words(own)) and is_new_text(own, said) and not hides(title)


def is_new_text(text: str, said: str) -> bool:
    """Whether a text says what was said, and shows all that is in it."""
    return is_said(text, said) and not hides(text)


def _fits_best(task: Task, tasks: Sequence[Task], words: str) -> bool:
    """Whether no other title shares more with the words."""
    best = max((share(other.title, words) for other in tasks), default=0.0)
    return best > 0 and share(task.title, words) == best


def _names_level(level: str, asked: Sequence[Clause]) -> bool:
    said = " ".join(clause.sentence for clause in asked)
    if level == "high" and has("levels.low", said):
        return False
    return level in ("low", "normal", "high") and has(f"levels.{level}", said)
