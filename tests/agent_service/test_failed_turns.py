"""A turn that failed or was stopped stays visible in its thread, and models never see that."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from chatkit.types import TaskItem, ThreadCreatedEvent, ThreadItem

from agent_service.context import RequestContext
from agent_service.storage import PostgresStore
from agent_service.turn.notice import lacks_answer
from tests.agent_service.scripted_provider import ScriptedProvider, call, say
from tests.agent_service.test_fallback import Line
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat, Serve

SEARCH = call("search_documents", query="leave")
WHOLE = say("25 days. [[12]]")
BUSY = "is busy, or your quota there is used up. Try again in a minute."


@pytest.fixture
async def line(serve: "Serve") -> AsyncGenerator[Line]:
    """Puts models in line."""
    async with AsyncExitStack() as stack:
        yield Line(serve, stack)


def notes(items: list[ThreadItem]) -> list[tuple[str, str]]:
    """The lines that say why there is no answer, each with what it offers."""
    tasks = [item.task.model_dump() for item in items if isinstance(item, TaskItem)]
    return [(task["title"], task["icon"]) for task in tasks]


async def test_a_failed_turn_is_there_live_after_the_next_message_and_not_for_models(
    open_chat: "OpenChat", line: Line
) -> None:
    provider = ScriptedProvider([429])
    chat = await open_chat(await line(provider))
    failed = await chat.say("How many days?")
    (live,) = [event.item for event in failed.of_type("thread.item.done") if event.item.type == "task"]
    provider.steps = [SEARCH, WHOLE]
    again = await chat.say("And now?", failed.thread_id)
    assert again.text == "25 days."
    items = await chat.items(failed.thread_id)
    assert [item.type for item in items[:3]] == ["user_message", "task", "user_message"]
    assert items[1] == live
    ((title, icon),) = notes(items)
    assert (BUSY in title, icon) == (True, "reload")
    assert failed.error is not None
    assert failed.error.message == title
    assert "busy" not in json.dumps(provider.requests)


async def test_asking_again_takes_the_line_away(open_chat: "OpenChat", line: Line) -> None:
    provider = ScriptedProvider([500])
    chat = await open_chat(await line(provider))
    failed = await chat.say("How many days?")
    provider.steps = [SEARCH, WHOLE]
    (message, *_) = await chat.items(failed.thread_id)
    params = {"thread_id": failed.thread_id, "item_id": message.id}
    response = await chat.post({"type": "threads.retry_after_item", "params": params})
    assert "25 days." in response.text
    assert notes(await chat.items(failed.thread_id)) == []


async def test_where_asking_again_cannot_help_it_is_not_offered(open_chat: "OpenChat", line: Line) -> None:
    chat = await open_chat(await line(ScriptedProvider([401])))
    failed = await chat.say("Wie viele Tage?")
    ((title, icon),) = notes(await chat.items(failed.thread_id))
    assert ("rejects the API key" in title, icon) == (True, "info")


async def test_a_click_that_fails_leaves_no_line_but_the_run_it_let_go_on_does(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    knowledge.tasks[1] = {"task_id": 1, "title": "Call the dentist", "status": "open"}
    provider = ScriptedProvider([call("delete_task", task_id=1), 500])
    chat = await open_chat(await line(provider))
    asked = await chat.say("Delete task 1")
    nonsense: dict[str, Any] = {"type": "task.nonsense", "payload": {}}
    assert (await chat.click(nonsense, asked.thread_id, asked.card.id)).error is not None
    assert notes(await chat.items(asked.thread_id)) == []
    approve: dict[str, Any] = {"type": "approval.approve", "payload": {}}
    assert (await chat.click(approve, asked.thread_id, asked.card.id)).error is not None
    ((title, icon),) = notes(await chat.items(asked.thread_id))
    assert ("has a problem of its own" in title, icon) == (True, "info")


async def test_a_stopped_answer_says_so_behind_what_was_written(open_chat: "OpenChat", line: Line) -> None:
    chat = await open_chat(await line(ScriptedProvider([SEARCH, say("You have 25", "hang")])))
    async with chat.open_stream(chat.message("How many days?")) as events:
        created = await anext(aiter(events))
        async for event in events:
            if "have" in getattr(getattr(event, "update", None), "delta", ""):
                break
    assert isinstance(created, ThreadCreatedEvent)
    items = await _until_noted(chat, created.thread.id)
    assert [item.type for item in items][-2:] == ["assistant_message", "task"]
    assert notes(items) == [("The answer was stopped before it was complete.", "play")]


async def test_a_thread_that_ends_with_an_answer_lacks_none(
    open_chat: "OpenChat", line: Line, store: PostgresStore
) -> None:
    chat = await open_chat(await line(ScriptedProvider([SEARCH, WHOLE])))
    thread_id = (await chat.say("How many days?")).thread_id
    ann = RequestContext("ann")
    assert not await lacks_answer(store, thread_id, ann)
    for item in (await chat.items(thread_id))[:0:-1]:
        await store.delete_thread_item(thread_id, item.id, ann)
    assert await lacks_answer(store, thread_id, ann)


async def _until_noted(chat: "Chat", thread_id: str) -> list[ThreadItem]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not notes(items := await chat.items(thread_id)):
            pass
    return items
