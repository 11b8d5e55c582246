"""What becomes of half an answer when its stream fails."""

import logging
from collections.abc import AsyncIterator

import psycopg
from chatkit.types import (
    AssistantMessageItem,
    ErrorEvent,
    Task,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadStreamEvent,
    WorkflowItem,
)

from agent_service.i18n.catalog import DATABASE_GONE, say

logger = logging.getLogger("agent_service")


async def without_leftovers(
    events: AsyncIterator[ThreadStreamEvent],
) -> AsyncIterator[ThreadStreamEvent]:
    """The events; before an error those that take back a half answer and end the steps that were shown."""
    unfinished: dict[str, ThreadItem] = {}
    try:
        async for event in events:
            _note(event, unfinished)
            yield event
    except Exception:
        for item in unfinished.values():
            for event in _closing(item):
                yield event
        raise


async def with_sentence(
    events: AsyncIterator[ThreadStreamEvent], locale: str
) -> AsyncIterator[ThreadStreamEvent]:
    """The events of ChatKit's own loop; where an item could not be stored, it is taken back with a sentence.

    That loop tells of its own failures by a code without words, or ends without one.
    """
    unfinished: dict[str, ThreadItem] = {}
    has_failed = False
    try:
        async for event in events:
            if isinstance(event, ErrorEvent) and event.code != "custom":
                has_failed = True
                for closing in _database_gone(unfinished, locale):
                    yield closing
                continue
            has_failed = has_failed or isinstance(event, ErrorEvent)
            _note(event, unfinished)
            yield event
    except psycopg.Error as error:
        logger.error("The thread could not be stored: %s", type(error).__name__)
        if not has_failed:
            for closing in _database_gone(unfinished, locale):
                yield closing


def _database_gone(unfinished: dict[str, ThreadItem], locale: str) -> list[ThreadStreamEvent]:
    closing = [event for item in unfinished.values() for event in _closing(item)]
    unfinished.clear()
    return [*closing, ErrorEvent(code="custom", message=say(locale, DATABASE_GONE), allow_retry=True)]


def _note(event: ThreadStreamEvent, unfinished: dict[str, ThreadItem]) -> None:
    if isinstance(event, ThreadItemAddedEvent):
        unfinished[event.item.id] = event.item
    elif isinstance(event, ThreadItemDoneEvent):
        unfinished.pop(event.item.id, None)
    elif isinstance(event, ThreadItemRemovedEvent):
        unfinished.pop(event.item_id, None)


def _closing(item: ThreadItem) -> list[ThreadStreamEvent]:
    if isinstance(item, AssistantMessageItem):
        return [ThreadItemRemovedEvent(item_id=item.id)]
    if isinstance(item, WorkflowItem):
        tasks = [_stopped(task) for task in item.workflow.tasks]
        workflow = item.workflow.model_copy(update={"tasks": tasks})
        return [ThreadItemDoneEvent(item=item.model_copy(update={"workflow": workflow}))]
    return []


def _stopped(task: Task) -> Task:
    if task.status_indicator != "loading":
        return task
    return task.model_copy(update={"status_indicator": "none"})
