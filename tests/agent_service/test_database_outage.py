"""The chat database goes away in the middle of an answer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
from agents.items import TResponseStreamEvent
from agents.testing import ModelStep, ScriptedModel, function_call
from chatkit.types import AssistantMessageItem, ErrorEvent
from psycopg.conninfo import make_conninfo

from agent_service.models.extractive.model_events import message, stream_item
from database.pool import Pool, create_pool
from tests.agent_service.fault_proxy import FaultProxy
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat

WISH = "Remind me to water the plants"
GONE = "The chat cannot be saved right now. Try again in a minute."


@pytest.fixture
async def line(chat_url: str) -> AsyncGenerator[FaultProxy]:
    """The line between the service and its database."""
    async with FaultProxy(chat_url) as line:
        yield line


@pytest.fixture
async def pool(chat_url: str, line: FaultProxy) -> AsyncGenerator[Pool]:
    """A pool of the chat database behind the line."""
    url = make_conninfo(chat_url, host="127.0.0.1", port=line.port)
    async with create_pool(url) as pool:
        yield pool


def model_that_loses_the_database(line: FaultProxy) -> ScriptedModel:
    """Adds a task, and answers while the line is being cut."""

    async def answer(call: Any) -> AsyncIterator[TResponseStreamEvent]:
        line.cut()
        async for event in stream_item(message("I have added it."), "scripted"):
            yield event

    add = [function_call("add_task", {"title": "Water the plants"}, call_id="call_1")]
    return ScriptedModel([add, ModelStep.stream(answer)])


async def test_a_short_outage_costs_time_but_no_word(
    open_chat: "OpenChat", line: FaultProxy, knowledge: "FakeKnowledge"
) -> None:
    chat = await open_chat(model_that_loses_the_database(line))
    asking = asyncio.create_task(chat.say(WISH))
    await asyncio.wait_for(line.was_refused.wait(), PATIENCE_SECONDS)
    line.mend()
    answer = await asking
    assert answer.error is None
    assert answer.text == "I have added it."
    assert knowledge.tools_called == ["add_task"]
    kept = await chat.items(answer.thread_id)
    assert [item.type for item in kept] == ["user_message", "workflow", "assistant_message", "widget"]
    assert isinstance(kept[2], AssistantMessageItem)
    assert kept[2].content[0].text == "I have added it."


async def test_a_long_outage_is_one_sentence_and_nothing_half_is_left(
    open_chat: "OpenChat", line: FaultProxy, knowledge: "FakeKnowledge", pool: Pool
) -> None:
    pool.timeout = 2
    chat = await open_chat(model_that_loses_the_database(line))
    answer = await chat.say(WISH)
    assert [event.message for event in answer.events if isinstance(event, ErrorEvent)] == [GONE]
    assert answer.messages == []
    added = {event.item.id for event in answer.of_type("thread.item.added")}
    ended = {event.item_id for event in answer.of_type("thread.item.removed")}
    ended |= {event.item.id for event in answer.of_type("thread.item.done")}
    assert added <= ended, "nothing half stays on the page"
    assert knowledge.tools_called == ["add_task"]
    line.mend()
    pool.timeout = 20
    assert [item.type for item in await chat.items(answer.thread_id)] == ["user_message"]
