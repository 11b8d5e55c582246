"""What the buttons of the task cards do: calls of the MCP tools, without a language model."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, cast

from agents.mcp import MCPServer
from chatkit.actions import Action
from chatkit.types import AssistantMessageItem, WidgetItem
from pydantic import BaseModel, Field, ValidationError, field_validator

from agent_service.cards.widgets import (
    ADD,
    CANCEL,
    COMPLETE,
    EDIT,
    REOPEN,
    SAVE,
    UNDO,
    changes_on,
    task_card,
    task_text,
    tasks_on,
    widget_item,
)
from agent_service.context import IDEMPOTENCY_KEY, call_key
from agent_service.errors import ActionRefusedError, ToolRefusedError
from agent_service.i18n.catalog import say
from agent_service.tools.calls import call_tool, find_tasks, task_list
from agent_service.tools.run_server import RunServer
from agent_service.tools.schemas import MadeChange, Task, UndoneChange

MAX_TITLE_CHARACTERS = 120
MAX_NOTES_CHARACTERS = 4000
CARD_ACTIONS = {COMPLETE, REOPEN, EDIT, SAVE, CANCEL}
CHANGES = ("add_task", "complete_task", "update_task")
SENTENCE_END = re.compile(r"(?<=[.!?])\s")
MARKUP = re.compile(r"[*_`#>\[\]|]+|^\s*(?:[-+]|\d+[.)])\s+", re.MULTILINE)
NOT_UNDERSTOOD = "click.not_understood"


class CardPayload(BaseModel):
    """What a card's action brings: the task, and the fields of the form where there is one."""

    task_id: int = Field(ge=1)
    change_id: int | None = Field(None, ge=1)
    title: str | None = None
    priority: Literal["low", "normal", "high"] | None = None
    due_on: date | None = None

    @field_validator("due_on", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        """Clients send a day, a moment in that day, or nothing."""
        return (value.strip()[:10] or None) if isinstance(value, str) else value


def card_of_turn(
    results: list[tuple[str, Mapping[str, Any]]],
    item_id: str,
    thread_id: str,
    locale: str,
    changes: Mapping[int, MadeChange] | None = None,
) -> WidgetItem | None:
    """The one card of a turn: the tasks it changed, or else those it listed last; None without any.

    `changes` are those that can be undone, by their task.
    """
    made = list((changes or {}).values())
    try:
        tasks, total = _tasks_of(results)
    except (ToolRefusedError, ValidationError):
        # Another server's tasks look different; the answer has said what there is.
        return None
    if not tasks and not made:
        return None
    return _card(tasks, item_id, thread_id, locale, total=total, changes=made)


async def run_card_action(
    server: MCPServer, action: Action[str, Any], sender: WidgetItem, locale: str
) -> WidgetItem:
    """Do what the button says; returns the card as it is afterwards.

    Raises `ActionRefusedError` for a button that is not ours, `ToolRefusedError` with the tool's reason.
    """
    payload = _payload(action, sender)
    editing = payload.task_id if action.type == EDIT else None
    if action.type in (COMPLETE, REOPEN, SAVE, UNDO):
        await call_tool(server, *_call(action.type, payload))
    changes = {change.task_id: change for change in changes_on(sender)}
    if action.type == UNDO:
        changes.pop(payload.task_id, None)
    if isinstance(server, RunServer) and action.type != UNDO:
        changes |= server.changes
    shown = [*tasks_on(sender), *([payload.task_id] if action.type == UNDO else [])]
    tasks = await find_tasks(server, list(dict.fromkeys(shown)))
    left = list(changes.values())
    return _card(tasks, sender.id, sender.thread_id, locale, editing=editing, changes=left)


async def add_from_answer(
    server: MCPServer, answer: AssistantMessageItem, item_id: str, locale: str
) -> WidgetItem:
    """Add a task that an answer speaks of, at most once; returns its card. Raises `ToolRefusedError`."""
    text = "\n\n".join(part.text for part in answer.content)
    arguments = {
        "title": _first_sentence(text) or say(locale, "task.from_answer"),
        "notes": text[:MAX_NOTES_CHARACTERS],
    }
    key = call_key(f"{answer.thread_id}/{answer.id}", "add_task", arguments)
    added = await call_tool(server, "add_task", arguments, {IDEMPOTENCY_KEY: key})
    changes = list(server.changes.values()) if isinstance(server, RunServer) else []
    return _card([_task(added)], item_id, answer.thread_id, locale, changes=changes)


def _payload(action: Action[str, Any], sender: WidgetItem) -> CardPayload:
    try:
        payload = CardPayload.model_validate(action.payload)
    except ValidationError:
        raise ActionRefusedError(NOT_UNDERSTOOD) from None
    if action.type == UNDO:
        offered = {(change.task_id, change.change_id) for change in changes_on(sender)}
        is_ours = (payload.task_id, payload.change_id) in offered
    else:
        is_ours = action.type in CARD_ACTIONS and payload.task_id in tasks_on(sender)
    if not is_ours:
        raise ActionRefusedError(NOT_UNDERSTOOD)
    return payload


def _call(action: str, payload: CardPayload) -> tuple[str, dict[str, Any]]:
    if action == COMPLETE:
        return "complete_task", {"task_id": payload.task_id}
    if action == REOPEN:
        return "update_task", {"task_id": payload.task_id, "status": "open"}
    if action == UNDO:
        return "undo_task_change", {"change_id": payload.change_id}
    title = " ".join((payload.title or "").split())
    if not title:
        raise ActionRefusedError("click.needs_title")
    changes: dict[str, Any] = {"task_id": payload.task_id, "title": title}
    if payload.priority:
        changes["priority"] = payload.priority
    due = {"due_on": payload.due_on.isoformat()} if payload.due_on else {"clear_due_on": True}
    return "update_task", changes | due


def _tasks_of(results: list[tuple[str, Mapping[str, Any]]]) -> tuple[list[Task], int]:
    changed: dict[int, Task] = {}
    listed: list[Task] = []
    total = 0
    for tool, content in results:
        if tool in CHANGES:
            task = _task(content)
            changed[task.task_id] = task
        elif tool == "delete_task":
            changed.pop(int(content.get("task_id", 0)), None)
        elif tool == "undo_task_change":
            undone = UndoneChange.model_validate(content)
            changed |= {task.task_id: task for task in undone.tasks}
        elif tool == "list_tasks":
            found = task_list(content)
            listed, total = found.tasks, found.total
    has_changed = any(tool != "list_tasks" for tool, _ in results)
    return (list(changed.values()), len(changed)) if has_changed else (listed, total)


def _task(content: Mapping[str, Any]) -> Task:
    try:
        return Task.model_validate(content)
    except ValidationError:
        raise ToolRefusedError("tool.unreadable_task") from None


def _card(
    tasks: list[Task],
    item_id: str,
    thread_id: str,
    locale: str,
    *,
    total: int = 0,
    editing: int | None = None,
    changes: Sequence[MadeChange] = (),
) -> WidgetItem:
    today = datetime.now().astimezone().date()
    widget = task_card(tasks, today, total=total, editing=editing, locale=locale, changes=changes)
    return widget_item(item_id, thread_id, widget, task_text(tasks, locale, changes))


def _first_sentence(text: str) -> str:
    lines = [" ".join(MARKUP.sub(" ", line).split()) for line in text.splitlines()]
    # A line that only leads over to a list or a quotation says nothing by itself.
    plain = " ".join(line for line in lines if line and not line.endswith(":")) or " ".join(lines).strip()
    sentence = SENTENCE_END.split(plain, maxsplit=1)[0].rstrip(".:")
    if len(sentence) <= MAX_TITLE_CHARACTERS:
        return sentence
    return (sentence[:MAX_TITLE_CHARACTERS].rpartition(" ")[0] or sentence[:MAX_TITLE_CHARACTERS]) + "…"


def answer_id(action: Action[str, Any]) -> str | None:
    """The answer that an "add to tasks" speaks of; None when the action is another one."""
    payload: object = action.payload
    if action.type != ADD or not isinstance(payload, dict):
        return None
    item_id = cast(dict[str, Any], payload).get("item_id")
    return item_id if isinstance(item_id, str) else None
