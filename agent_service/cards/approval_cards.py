"""A run that stops before a call which the user has to approve, and the card that asks for it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from agents.items import ToolApprovalItem
from agents.mcp import MCPServer
from agents.result import RunResultStreaming
from chatkit.types import NoticeEvent, ThreadItemReplacedEvent, ThreadStreamEvent, WidgetItem

from agent_service.cards.approvals import Approvals, Decision, WaitingCall
from agent_service.cards.changes import changes_of
from agent_service.cards.widgets import (
    approval_card,
    approval_text,
    decided_card,
    new_card_id,
    widget_item,
)
from agent_service.context import RunContext
from agent_service.errors import ToolRefusedError
from agent_service.foreign.naming import is_foreign, spoken
from agent_service.i18n.catalog import knows, say
from agent_service.tools.calls import call_tool, find_tasks
from agent_service.tools.run_server import RunServer
from agent_service.tools.schemas import LIST_DOCUMENTS, Passage, Task
from serving.terminal import printable_line

MAX_ARGUMENTS_CHARACTERS = 300
MAX_DOCUMENTS = 200


async def ask_for_approval(
    result: RunResultStreaming,
    turn: RunContext,
    server: MCPServer,
    approvals: Approvals,
    found: Sequence[Passage] = (),
) -> WidgetItem:
    """The card that asks for the calls at which the run stopped; its state is stored behind it, with the
    passages that it may cite when it goes on.

    Raises what the tools and the database raise.
    """
    locale = turn.request_context.locale
    calls = [await _waiting_call(item, server, locale) for item in result.interruptions]
    widget_id = new_card_id()
    await approvals.save(turn, widget_id, calls, result, found)
    card, text = approval_card(calls, locale), approval_text(calls, None, locale)
    return widget_item(widget_id, turn.thread.id, card, text)


def decided(decision: Decision, card: WidgetItem, locale: str) -> Iterator[ThreadStreamEvent]:
    """The events that show the outcome on the card; a click that came too late is told so."""
    text = approval_text(decision.calls, decision.outcome, locale)
    widget = decided_card(decision.calls, decision.outcome, locale)
    yield ThreadItemReplacedEvent(item=widget_item(card.id, card.thread_id, widget, text))
    if decision.outcome == "expired":
        yield NoticeEvent(level="info", message=say(locale, "approval.too_late"))
    elif decision.state is None:
        outcome = say(locale, f"approval.{decision.outcome}")
        yield NoticeEvent(level="info", message=say(locale, "approval.decided_before", outcome=outcome))


async def _waiting_call(item: ToolApprovalItem, server: MCPServer, locale: str) -> WaitingCall:
    tool = item.name or "a tool"
    arguments = _arguments(item.arguments)
    if is_foreign(tool):
        return _foreign_call(item.call_id or "", tool, arguments, locale)
    title = await _title(server, tool, locale)
    task = await _task(server, arguments)
    subject = await _subject(server, tool, arguments, task, locale)
    is_unasked = not (isinstance(server, RunServer) and server.always_waits(tool))
    says = f"{title}: {subject}"
    return WaitingCall(
        item.call_id or "", tool, arguments, says, changes_of(tool, arguments, task, locale), is_unasked
    )


def _foreign_call(call_id: str, tool: str, arguments: dict[str, Any], locale: str) -> WaitingCall:
    """A call of another server, with all that is sent there; its ids are none of ours."""
    title = spoken(tool)
    subject = _listed(arguments) or say(locale, "approval.no_details")
    changes = changes_of(tool, arguments, None, locale)
    return WaitingCall(call_id, tool, arguments, f"{title}: {subject}", changes)


def _arguments(text: str | None) -> dict[str, Any]:
    try:
        value: object = json.loads(text or "{}")
    except ValueError:
        return {}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


async def _title(server: MCPServer, name: str, locale: str) -> str:
    """What the tool does in the user's words; for a tool we do not know, what its server calls it."""
    if knows(f"call.{name}"):
        return say(locale, f"call.{name}")
    for tool in await server.list_tools():
        if tool.name == name:
            titled = tool.annotations.title if tool.annotations else None
            return titled or tool.title or name.replace("_", " ").capitalize()
    return name


async def _task(server: MCPServer, arguments: Mapping[str, Any]) -> Task | None:
    """The stored task that the call is about, if there is one."""
    task_id = arguments.get("task_id")
    try:
        found = await find_tasks(server, [task_id]) if isinstance(task_id, int) else []
    except ToolRefusedError:
        # The card shows the arguments instead.
        return None
    return found[0] if found else None


async def _subject(
    server: MCPServer, tool: str, arguments: Mapping[str, Any], task: Task | None, locale: str
) -> str:
    """What the call is about, by its title where it can be found; else its arguments, letter by letter."""
    document_id = arguments.get("document_id")
    if task is not None:
        return say(locale, "approval.task", title=printable_line(task.title), id=task.task_id)
    title: str | None = None
    if tool == "add_task" and isinstance(arguments.get("title"), str):
        title = say(locale, "approval.new_task", title=printable_line(arguments["title"]))
    elif isinstance(document_id, int):
        try:
            title = await _document(server, document_id, locale)
        except ToolRefusedError:
            # The list is only for the name; the ids below say the same.
            title = None
    return title or _listed(arguments) or say(locale, "approval.no_details")


async def _document(server: MCPServer, document_id: int, locale: str) -> str | None:
    answer = await call_tool(server, LIST_DOCUMENTS, {"limit": MAX_DOCUMENTS})
    for document in cast(list[Mapping[str, Any]], answer.get("documents") or []):
        if document.get("document_id") == document_id:
            return say(
                locale, "approval.document", title=printable_line(str(document.get("title"))), id=document_id
            )
    return None


def _listed(arguments: Mapping[str, Any]) -> str:
    parts = [
        f"{name.replace('_', ' ')} {json.dumps(value, ensure_ascii=False)}"
        for name, value in arguments.items()
    ]
    return printable_line(", ".join(parts)[:MAX_ARGUMENTS_CHARACTERS])
