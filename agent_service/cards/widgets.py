"""The cards of the chat: tasks to tick off and change, and approvals to give."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import uuid4

from chatkit.types import WidgetItem

from agent_service.cards.approvals import HOURS_OPEN, Outcome, WaitingCall
from agent_service.i18n.catalog import FALLBACK, say, written_day
from agent_service.tools.schemas import MadeChange, Task

MAX_ROWS = 10
ROW_KEY = re.compile(r"task-(\d+)")

APPROVE, DENY = "approval.approve", "approval.deny"
COMPLETE, REOPEN, EDIT, SAVE, CANCEL, ADD, UNDO = (
    "task.complete",
    "task.reopen",
    "task.edit",
    "task.save",
    "task.cancel",
    "task.add",
    "task.undo",
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
            *_reasons(calls, locale),
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
    changes: Sequence[MadeChange] = (),
) -> Widget:
    """The tasks as rows to tick off, the edited one as a form; `total` counts those not given, too.

    Of `changes` each has a button that undoes it; a task that is gone by one has a row of its own.
    """
    shown = tasks[:MAX_ROWS]
    undo = {change.task_id: change.change_id for change in changes}
    rows = [
        _form(task, locale) if task.task_id == editing else _row(task, today, locale, undo.get(task.task_id))
        for task in shown
    ]
    known = {task.task_id for task in tasks}
    rows += [_gone(change, locale) for change in changes if change.task_id not in known][:MAX_ROWS]
    children = [part for row in rows for part in ({"type": "Divider"}, row)][1:]
    left_out = max(total, len(tasks)) - len(shown)
    if left_out > 0:
        children.append({"type": "Caption", "value": say(locale, "task.more", number=left_out)})
    if not children:
        children.append({"type": "Text", "value": say(locale, "task.gone")})
    return {"type": "Card", "size": "md", "children": children}


def task_text(tasks: Sequence[Task], locale: str = FALLBACK, changes: Sequence[MadeChange] = ()) -> str:
    """The tasks of a card as Markdown."""
    lines = [f"- [{'x' if task.status == 'done' else ' '}] {task.title}" for task in tasks[:MAX_ROWS]]
    known = {task.task_id for task in tasks}
    deleted = say(locale, "task.deleted")
    lines += [f"- ~~{change.title}~~ ({deleted})" for change in changes if change.task_id not in known]
    return "\n".join(lines) or say(locale, "task.gone")


def tasks_on(item: WidgetItem) -> list[int]:
    """The ids of the tasks that a card shows, in their order."""
    rows = _rows(item.widget.model_dump(mode="json"))
    return [int(found[1]) for row in rows if (found := ROW_KEY.fullmatch(str(row["key"])))]


def changes_on(item: WidgetItem) -> list[MadeChange]:
    """The changes that a card offers to undo."""
    return [change for row in _rows(item.widget.model_dump(mode="json")) for change in _undone_by(row)]


def _undone_by(row: Mapping[str, Any]) -> Iterator[MadeChange]:
    children = cast(list[dict[str, Any]], row.get("children") or [])
    title = str(children[0].get("value") or children[0].get("label") or "") if children else ""
    for child in children:
        action = cast(dict[str, Any], child.get("onClickAction") or {})
        if action.get("type") == UNDO:
            yield MadeChange.model_validate({**action["payload"], "title": title})


def _rows(widget: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if isinstance(widget.get("key"), str):
        yield widget
    children = widget.get("children")
    if isinstance(children, list):
        for child in cast(list[Mapping[str, Any]], children):
            yield from _rows(child)


def _sentences(calls: Sequence[WaitingCall]) -> list[Widget]:
    return [line for call in calls for line in _of_call(call)]


def _reasons(calls: Sequence[WaitingCall], locale: str) -> list[Widget]:
    if not any(call.is_unasked for call in calls):
        return []
    return [{"type": "Caption", "value": say(locale, "approval.unasked")}]


def _of_call(call: WaitingCall) -> list[Widget]:
    changes: list[Widget] = [{"type": "Text", "value": change, "size": "sm"} for change in call.changes]
    return [{"type": "Text", "value": call.says, "weight": "semibold"}, *changes]


def _row(task: Task, today: date, locale: str, change_id: int | None) -> Widget:
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
        *_undo(task.task_id, change_id, locale),
        _button(say(locale, "task.edit"), EDIT, task.task_id, variant="ghost", size="sm"),
    ]
    return {"type": "Row", "key": f"task-{task.task_id}", "gap": 2, "align": "center", "children": children}


def _gone(change: MadeChange, locale: str) -> Widget:
    """The row of a task that was deleted."""
    children: list[Widget] = [
        {"type": "Text", "value": change.title, "lineThrough": True},
        {"type": "Spacer"},
        _badge(say(locale, "task.deleted"), "secondary"),
        *_undo(change.task_id, change.change_id, locale),
    ]
    return {"type": "Row", "key": f"gone-{change.task_id}", "gap": 2, "align": "center", "children": children}


def _undo(task_id: int, change_id: int | None, locale: str) -> list[Widget]:
    if change_id is None:
        return []
    button = _button(say(locale, "task.undo"), UNDO, task_id, variant="ghost", size="sm")
    button["onClickAction"]["payload"]["change_id"] = change_id
    return [button]


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
