"""Clicks and messages to a thread whose answer is still being written."""

from typing import Any

from agents.testing import ScriptedModel, assistant_message, function_call

from agent_service.context import RequestContext
from agent_service.storage.turn_lock import PostgresTurnLocks, locked_turn
from database.pool import Pool
from tests.agent_service.conftest import Chat, FakeKnowledge, OpenChat

ANN = RequestContext("ann")


def say(text: str) -> list[Any]:
    """An answer without a tool call."""
    return [assistant_message(text)]


async def test_a_click_that_is_not_streamed_waits_for_the_thread_as_well(
    open_chat: OpenChat, knowledge: FakeKnowledge, pool: Pool
) -> None:
    add = [function_call("add_task", {"title": "Buy milk"}, call_id="call_1")]
    chat = await open_chat(ScriptedModel([add, say("Added.")]), turn_wait_seconds=0)
    answer = await chat.say("Add buy milk")
    click = {"type": "task.complete", "payload": {"task_id": 1}}
    params = {"thread_id": answer.thread_id, "item_id": answer.card.id, "action": click}
    request = {"type": "threads.sync_custom_action", "params": params}
    async with locked_turn(PostgresTurnLocks(pool), answer.thread_id, ANN, wait_seconds=0):
        busy = await chat.post(request)
        assert (busy.status_code, busy.json()["error"]["code"]) == (409, "thread_busy")
        assert knowledge.tasks[1]["status"] == "open"
    assert (await chat.post(request)).status_code == 200
    assert knowledge.tasks[1]["status"] == "done"


async def test_a_message_that_found_its_thread_busy_is_not_counted(open_chat: OpenChat, pool: Pool) -> None:
    model = ScriptedModel([say("One."), say("Two.")])
    chat = await open_chat(model, turn_wait_seconds=0, chat_rate_limit_per_minute=2)
    thread_id = (await chat.say("Hello")).thread_id
    async with locked_turn(PostgresTurnLocks(pool), thread_id, ANN, wait_seconds=0):
        for _ in range(3):
            busy = await chat.post(Chat.message("And now?", thread_id), **{"accept-language": "de"})
            assert (busy.status_code, busy.json()["error"]["code"]) == (409, "thread_busy")
            assert "wird noch beantwortet" in busy.json()["error"]["message"]
    assert (await chat.post(Chat.message("And now?", thread_id))).status_code == 200
    assert (await chat.post(Chat.message("And now?", thread_id))).status_code == 429
