"""The cards of the chat: tasks to tick off and change, and approvals to give."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import uuid4

from chatkit.types import WidgetItem

from agent_service.cards.approvals import HOURS_OPEN, Outcome, WaitingCall
from agent_service.i18n.catalog import FALLBACK, say, written_day
from agent_service.tools.schemas import Task

MAX_ROWS = 10
ROW_KEY = re.compile(r"task-(\d+)")

APPROVE, DENY = "approval.approve", "approval.deny"
COMPLETE, REOPEN, EDIT, SAVE, CANCEL, ADD = (
    "task.complete",
    "task.reopen",
    "task.edit",
    "task.save",
    "task.cancel",
    "task.add",
)
DECISIONS: dict[str, Literal["approved", "denied"]] = {APPROVE: "approved", DENY: "denied"}
OUTCOME_COLORS: dict[Outcome, str] = {"approved": "success", "denied": "secondary", "expired": "secondary"}
PRIORITIES = ("low", "normal", "high")
PRIORITY_COLORS = {"low": "secondary", "high": "danger"}

Widget = dict[str, Any]


def new_card_id() -> str:
    """An id for a new card."""
    return f"wdg_{uuid4().hex}"


def widget_item(item_id: str, thread_id: str, widget: Widget, copy_text: str) -> WidgetItem:
    """The card as an item of the thread; `copy_text` says the same without a card."""
    return WidgetItem.model_validate(
        {
            "id": item_id,
            "thread_id": thread_id,
            "created_at": datetime.now(),  # noqa: DTZ005 - the protocol's times are naive
            "widget": widget,
            "copy_text": copy_text,
        }
    )


def approval_card(calls: Sequence[WaitingCall], locale: str = FALLBACK) -> Widget:
    """The question whether these calls may be made, with a button for each answer."""
    return {
        "type": "Card",
        "size": "md",
        "children": [
            {"type": "Title", "value": say(locale, "approval.question"), "size": "sm"},
            *_sentences(calls),
            {"type": "Caption", "value": say(locale, "approval.expires", hours=HOURS_OPEN)},
            {
                "type": "Row",
                "gap": 2,
                "children": [
                    _button(say(locale, "approval.approve"), APPROVE, style="primary", color="danger"),
                    _button(say(locale, "approval.deny"), DENY, style="secondary"),
                ],
            },
        ],
    }


def decided_card(calls: Sequence[WaitingCall], outcome: Outcome, locale: str = FALLBACK) -> Widget:
    """The same card once it was answered."""
    label, color = say(locale, f"approval.{outcome}"), OUTCOME_COLORS[outcome]
    return {
        "type": "Card",
        "size": "md",
        "children": [*_sentences(calls), {"type": "Badge", "label": label, "color": color}],
    }


def approval_text(calls: Sequence[WaitingCall], outcome: Outcome | None, locale: str = FALLBACK) -> str:
    """An approval in words: what was to be done, and what the user said."""
    said = say(locale, f"approval.{outcome or 'waiting'}")
    return f"{'; '.join(call.says for call in calls)}. {said}."


def task_card(
    tasks: Sequence[Task],
    today: date,
    *,
    total: int = 0,
    editing: int | None = None,
    locale: str = FALLBACK,
) -> Widget:
    """The tasks as rows to tick off, the edited one as a form; `total` counts those not given, too."""
    shown = tasks[:MAX_ROWS]
    children: list[Widget] = []
    for task in shown:
        if children:
            children.append({"type": "Divider"})
        children.append(_form(task, locale) if task.task_id == editing else _row(task, today, locale))
    left_out = max(total, len(tasks)) - len(shown)
    if left_out > 0:
        children.append({"type": "Caption", "value": say(locale, "task.more", number=left_out)})
    if not children:
        children.append({"type": "Text", "value": say(locale, "task.gone")})
    return {"type": "Card", "size": "md", "children": children}


def task_text(tasks: Sequence[Task], locale: str = FALLBACK) -> str:
    """The tasks of a card as Markdown."""
    lines = [f"- [{'x' if task.status == 'done' else ' '}] {task.title}" for task in tasks[:MAX_ROWS]]
    return "\n".join(lines) or say(locale, "task.gone")


def tasks_on(item: WidgetItem) -> list[int]:
    """The ids of the tasks that a card shows, in their order."""
    keys = _keys(item.widget.model_dump(mode="json"))
    return [int(found[1]) for key in keys if (found := ROW_KEY.fullmatch(key))]


def _keys(widget: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(widget.get("key"), str):
        yield str(widget["key"])
    children = widget.get("children")
    if isinstance(children, list):
        for child in cast(list[Mapping[str, Any]], children):
            yield from _keys(child)


def _sentences(calls: Sequence[WaitingCall]) -> list[Widget]:
    return [{"type": "Text", "value": call.says, "weight": "semibold"} for call in calls]


def _row(task: Task, today: date, locale: str) -> Widget:
    is_done = task.status == "done"
    children: list[Widget] = [
        {
            "type": "Checkbox",
            "name": f"done-{task.task_id}",
            "label": task.title,
            "defaultChecked": is_done,
            "onChangeAction": _action(REOPEN if is_done else COMPLETE, task.task_id),
        },
        {"type": "Spacer"},
        *_badges(task, today, locale),
        _button(say(locale, "task.edit"), EDIT, task.task_id, variant="ghost", size="sm"),
    ]
    return {"type": "Row", "key": f"task-{task.task_id}", "gap": 2, "align": "center", "children": children}


def _badges(task: Task, today: date, locale: str) -> list[Widget]:
    badges: list[Widget] = []
    if task.priority in PRIORITY_COLORS:
        badges.append(_badge(say(locale, f"task.{task.priority}"), PRIORITY_COLORS[task.priority]))
    if task.due_on:
        is_late = task.status == "open" and task.due_on < today
        label = say(locale, "task.overdue" if is_late else "task.due", day=written_day(locale, task.due_on))
        badges.append(_badge(label, "danger" if is_late else "info"))
    return badges


def _form(task: Task, locale: str) -> Widget:
    due = {"defaultValue": f"{task.due_on}T00:00:00"} if task.due_on else {}
    return {
        "type": "Form",
        "key": f"task-{task.task_id}",
        "direction": "col",
        "gap": 2,
        "onSubmitAction": _action(SAVE, task.task_id),
        "children": [
            _label(say(locale, "task.title"), "title"),
            {"type": "Input", "name": "title", "defaultValue": task.title, "required": True},
            _label(say(locale, "task.due_field"), "due_on"),
            {"type": "DatePicker", "name": "due_on", "clearable": True, **due},
            _label(say(locale, "task.priority"), "priority"),
            {
                "type": "Select",
                "name": "priority",
                "defaultValue": task.priority,
                "options": [{"value": value, "label": say(locale, f"task.{value}")} for value in PRIORITIES],
            },
            {
                "type": "Row",
                "gap": 2,
                "children": [
                    {"type": "Button", "submit": True, "label": say(locale, "task.save"), "style": "primary"},
                    _button(say(locale, "task.cancel"), CANCEL, task.task_id, style="secondary"),
                ],
            },
        ],
    }


def _label(text: str, field: str) -> Widget:
    return {"type": "Label", "value": text, "fieldName": field}


def _badge(label: str, color: str) -> Widget:
    return {"type": "Badge", "label": label, "color": color}


def _button(label: str, action: str, task_id: int | None = None, **looks: str) -> Widget:
    return {"type": "Button", "label": label, "onClickAction": _action(action, task_id), **looks}


def _action(action: str, task_id: int | None) -> Widget:
    return {"type": action, "payload": {} if task_id is None else {"task_id": task_id}}
