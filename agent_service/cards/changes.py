"""What a call that waits would change, line by line: the user approves what they have seen, and all of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from agent_service.i18n.catalog import say, written_day
from agent_service.tools.schemas import Task
from serving.terminal import printable_line

# As much as a task can hold; of more is said how much it is.
MAX_CHARACTERS = 5000
FIELDS = ("title", "notes", "due_on", "priority", "tags", "status")


def changes_of(tool: str, arguments: Mapping[str, Any], task: Task | None, locale: str) -> list[str]:
    """A line for each field: its value before and afterwards, or the arguments where no task is known."""
    if task is not None and tool in ("update_task", "complete_task"):
        return _compared(task, _afterwards(tool, arguments), locale)
    if task is not None and tool == "delete_task":
        return [
            _line(name, getattr(task, name), locale) for name in ("notes", "due_on") if getattr(task, name)
        ]
    return [
        _line(name, value, locale)
        for name, value in arguments.items()
        if name != "idempotency_key"
        and value not in (None, "", [], {})
        and (tool, name) != ("add_task", "title")
    ]


def _afterwards(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if tool == "complete_task":
        return {"status": "done"}
    new = {name: arguments[name] for name in FIELDS if arguments.get(name) is not None}
    return new | ({"due_on": None} if arguments.get("clear_due_on") else {})


def _compared(task: Task, new: Mapping[str, Any], locale: str) -> list[str]:
    stored = task.model_dump(mode="json")
    return [
        say(
            locale,
            "approval.change",
            field=_name(name, locale),
            before=_value(name, stored[name], locale),
            after=_value(name, value, locale),
        )
        for name, value in new.items()
        if value != stored[name]
    ]


def _line(name: str, value: object, locale: str) -> str:
    return say(locale, "approval.value", field=_name(name, locale), value=_value(name, value, locale))


def _name(name: str, locale: str) -> str:
    keys = {"title": "task.title", "due_on": "task.due_field", "priority": "task.priority"}
    keys |= {"notes": "field.notes", "tags": "field.tags", "status": "field.status"}
    key = keys.get(name)
    return printable_line(name.replace("_", " ")) if key is None else say(locale, key)


def _value(name: str, value: object, locale: str) -> str:
    """The value as people read it, with everything visible that is in it."""
    if value in (None, "", []):
        return say(locale, "field.empty")
    if name == "priority" and value in ("low", "normal", "high"):
        return say(locale, f"task.{value}")
    if name == "status" and value in ("open", "done"):
        return say(locale, f"field.{value}")
    if name == "due_on" and (day := _day(value)) is not None:
        return written_day(locale, day)
    if isinstance(value, list) and all(isinstance(entry, str) for entry in cast(Sequence[object], value)):
        value = ", ".join(cast(list[str], value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    cut = "" if len(text) <= MAX_CHARACTERS else say(locale, "field.more", number=len(text) - MAX_CHARACTERS)
    return f"“{printable_line(text[:MAX_CHARACTERS])}”{cut}"


def _day(value: object) -> date | None:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
