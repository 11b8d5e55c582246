"""Calls that wait for the user: asked for, approved, denied, too late, in another's name."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import TaskItem, WidgetItem

from agent_service.cards.approvals import Approvals
from agent_service.context import RequestContext
from agent_service.storage.turn_lock import PostgresTurnLocks
from agent_service.tools.connection import mint_token
from database.pool import Pool
from tests.agent_service.conftest import SIGNING_KEY, Answer, parse_events

if TYPE_CHECKING:
    from tests.agent_service.conftest import Chat, FakeKnowledge, OpenChat

APPROVE: dict[str, Any] = {"type": "approval.approve", "payload": {}}
DENY: dict[str, Any] = {"type": "approval.deny", "payload": {}}
DELETE: list[Any] = [function_call("delete_task", {"task_id": 1}, call_id="call_1")]


def say(text: str) -> list[Any]:
    """An answer without a tool call."""
    return [assistant_message(text)]


@pytest.fixture(autouse=True)
def one_task(knowledge: "FakeKnowledge") -> None:
    """The user has one task."""
    knowledge.tasks[1] = {"task_id": 1, "title": "Call the dentist", "status": "open"}


def shown(item: WidgetItem) -> str:
    """All that a card says."""
    return json.dumps(item.widget.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


async def asked(chat: "Chat", text: str = "Delete task 1") -> Answer:
    """The answer that ends with the question for approval."""
    answer = await chat.say(text)
    assert answer.error is None
    assert "approval.approve" in shown(answer.card)
    return answer


async def test_a_deletion_waits_and_the_card_names_what_will_happen(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    answer = await asked(await open_chat(ScriptedModel([DELETE])))
    assert "Delete task: “Call the dentist” (task 1)" in shown(answer.card)
    assert "delete_task" not in knowledge.tools_called
    assert answer.messages == []


async def test_approved_the_run_goes_on_and_the_card_shows_it(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel([DELETE, say("It is deleted.")])
    chat = await open_chat(model)
    first = await asked(chat)
    after = await chat.click(APPROVE, first.thread_id, first.card.id)
    assert after.error is None
    assert after.text == "It is deleted."
    assert knowledge.tasks == {}
    assert "Approved" in shown(after.card)
    assert "approval.approve" not in shown(after.card)
    stored = [item for item in await chat.items(first.thread_id) if isinstance(item, WidgetItem)]
    assert [shown(item) for item in stored] == [shown(after.card)]
    assert model.calls[1].model_settings.tool_choice is None


async def test_denied_the_model_is_told_and_nothing_is_done(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel([DELETE, say("I left it as it is.")])
    chat = await open_chat(model)
    first = await asked(chat)
    after = await chat.click(DENY, first.thread_id, first.card.id)
    assert after.text == "I left it as it is."
    assert "Denied" in shown(after.card)
    assert "did not approve" in json.dumps(model.calls[1].input)
    assert 1 in knowledge.tasks


async def test_a_second_click_is_told_what_was_decided(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    chat = await open_chat(ScriptedModel([DELETE, say("It is deleted.")]))
    first = await asked(chat)
    await chat.click(APPROVE, first.thread_id, first.card.id)
    again = await chat.click(DENY, first.thread_id, first.card.id)
    assert [event.message for event in again.of_type("notice")] == [
        "This has already been decided. Approved."
    ]
    assert "Approved" in shown(again.card)
    assert knowledge.tools_called.count("delete_task") == 1


async def test_of_two_clicks_at_once_one_takes_effect(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.tasks[2] = {"task_id": 2, "title": "Another", "status": "open"}
    chat = await open_chat(ScriptedModel([DELETE, say("It is deleted.")]))
    first = await asked(chat)
    both = await asyncio.gather(*(chat.click(APPROVE, first.thread_id, first.card.id) for _ in range(2)))
    assert sorted(len(answer.messages) for answer in both) == [0, 1]
    assert knowledge.tools_called.count("delete_task") == 1


async def test_the_run_goes_on_in_another_process(open_chat: "OpenChat", knowledge: "FakeKnowledge") -> None:
    first = await asked(await open_chat(ScriptedModel([DELETE])))
    model = ScriptedModel([say("It is deleted.")])
    after = await (await open_chat(model)).click(APPROVE, first.thread_id, first.card.id)
    assert after.text == "It is deleted."
    assert knowledge.tasks == {}
    assert "Delete task 1" in json.dumps(model.calls[0].input)


@pytest.mark.parametrize("action", [APPROVE, DENY])
async def test_nobody_else_can_decide(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", action: dict[str, Any]
) -> None:
    chat = await open_chat(ScriptedModel([DELETE, say("Hello."), say("Hello.")]))
    first = await asked(chat)
    theirs = await chat.say("Hello", user="bob")
    for thread_id in (first.thread_id, theirs.thread_id):
        params = {"thread_id": thread_id, "item_id": first.card.id, "action": action}
        response = await chat.post({"type": "threads.custom_action", "params": params}, **{"x-user": "bob"})
        assert response.status_code == 404
    assert 1 in knowledge.tasks


async def test_after_a_day_it_is_too_late(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", pool: Pool
) -> None:
    chat = await open_chat(ScriptedModel([DELETE]))
    first = await asked(chat)
    async with pool.connection() as connection:
        await connection.execute("update approvals set expires_at = now() - interval '1 second'")
    after = await chat.click(APPROVE, first.thread_id, first.card.id)
    assert "Expired" in shown(after.card)
    assert [event.message for event in after.of_type("notice")] == [
        "This approval has expired; nothing was done. Ask again."
    ]
    assert 1 in knowledge.tasks


async def test_the_stored_run_has_no_secrets_and_goes_with_the_decision(
    open_chat: "OpenChat", pool: Pool
) -> None:
    chat = await open_chat(ScriptedModel([DELETE, say("Done.")]))
    first = await asked(chat)
    state = await _state(pool)
    assert state is not None
    header = mint_token(SIGNING_KEY, "ann").partition(".")[0]
    for secret in (SIGNING_KEY.get_secret_value(), "Bearer", "Authorization", header):
        assert secret not in state
    await chat.click(APPROVE, first.thread_id, first.card.id)
    assert await _state(pool) is None


async def test_a_message_meanwhile_is_answered_and_the_approval_stays_open(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    ask_list: list[Any] = [function_call("search_documents", {"query": "leave"}, call_id="call_2")]
    model = ScriptedModel([DELETE, ask_list, say("25 days. [[12]]"), say("It is deleted.")])
    chat = await open_chat(model)
    first = await asked(chat)
    between = await chat.say("How much leave do I have?", first.thread_id)
    assert between.text == "25 days."
    assert "Waiting for the user's approval" in json.dumps(model.calls[1].input)
    after = await chat.click(APPROVE, first.thread_id, first.card.id)
    assert after.text == "It is deleted."
    assert knowledge.tasks == {}


async def test_an_approval_stays_open_while_the_tools_are_away(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    first = await asked(await open_chat(ScriptedModel([DELETE])))
    away = await open_chat(ScriptedModel([]), mcp_server_url="http://127.0.0.1:9/mcp")
    failed = await away.click(APPROVE, first.thread_id, first.card.id)
    assert failed.error is not None
    assert failed.error.allow_retry is False
    back = await open_chat(ScriptedModel([say("It is deleted.")]))
    assert (await back.click(APPROVE, first.thread_id, first.card.id)).text == "It is deleted."
    assert knowledge.tasks == {}


async def test_which_tools_ask_is_a_setting(open_chat: "OpenChat", knowledge: "FakeKnowledge") -> None:
    complete: list[Any] = [function_call("complete_task", {"task_id": 1}, call_id="call_1")]
    chat = await open_chat(ScriptedModel([complete]), approval_tools="complete_*")
    assert "Complete task: “Call the dentist” (task 1)" in shown((await asked(chat)).card)
    chat = await open_chat(ScriptedModel([DELETE, say("It is deleted.")]), approval_tools="none")
    assert (await chat.say("Delete task 1")).text == "It is deleted."
    assert knowledge.tasks == {}


async def test_an_answer_asked_for_again_makes_the_old_card_unreachable(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([DELETE, DELETE]))
    first = await asked(chat)
    message = (await chat.items(first.thread_id))[0]
    retry = {"thread_id": first.thread_id, "item_id": message.id}
    await chat.post({"type": "threads.retry_after_item", "params": retry})
    params = {"thread_id": first.thread_id, "item_id": first.card.id, "action": APPROVE}
    assert (await chat.post({"type": "threads.custom_action", "params": params})).status_code == 404


@pytest.mark.parametrize(
    "sentence",
    [
        "delete the task call the dentist",
        "Please remove call the dentist from my list.",
        "delete task 1",
        "erase the dentist task",
    ],
)
async def test_without_a_language_model_it_asks_as_well(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", sentence: str
) -> None:
    chat = await open_chat("extractive")
    first = await asked(chat, sentence)
    assert "Call the dentist" in shown(first.card)
    assert (
        await chat.click(APPROVE, first.thread_id, first.card.id)
    ).text == "Deleted: “Call the dentist” (task 1)."
    assert knowledge.tasks == {}


async def test_without_a_language_model_a_denial_is_put_in_words(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive")
    first = await asked(chat, "delete the task call the dentist")
    after = await chat.click(DENY, first.thread_id, first.card.id)
    assert after.text == "The task was not deleted: you did not approve."


@pytest.mark.parametrize(
    "sentence", ["delete all my tasks", "delete the task", "remove everything from my list"]
)
async def test_many_tasks_at_once_are_not_deleted_on_a_sentence(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", sentence: str
) -> None:
    answer = await (await open_chat("extractive")).say(sentence)
    assert "one task at a time" in answer.text
    assert knowledge.calls == []


async def _state(pool: Pool) -> str | None:
    async with pool.connection() as connection:
        cursor = await connection.execute("select state::text from approvals")
        row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def test_what_was_found_before_the_question_can_be_cited_after_it(
    open_chat: "OpenChat", pool: Pool
) -> None:
    search: list[Any] = [function_call("search_documents", {"query": "leave"}, call_id="call_0")]
    first = await asked(await open_chat(ScriptedModel([search, DELETE])))
    later = await open_chat(ScriptedModel([say("It is deleted. Leave is 25 days. [[12]]")]))
    after = await later.click(APPROVE, first.thread_id, first.card.id)
    assert after.text == "It is deleted. Leave is 25 days."
    assert [citation.source.title for citation in after.annotations] == ["Handbook"]
    async with pool.connection() as connection:
        rows = await (await connection.execute("select state from approvals")).fetchall()
    assert rows == [(None,)]


async def test_an_approval_speaks_the_language_of_the_browser(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([DELETE, say("Gelöscht.")]))
    german = {"accept-language": "de-CH"}
    answer = Answer(list(parse_events((await chat.post(chat.message("Lösche 1"), **german)).text)))
    assert "Aufgabe löschen: „Call the dentist“ (Aufgabe 1)" in shown(answer.card)
    assert "Sind Sie einverstanden?" in shown(answer.card)
    params = {"thread_id": answer.thread_id, "item_id": answer.card.id, "action": APPROVE}
    after = await chat.post({"type": "threads.custom_action", "params": params}, **german)
    assert "Zugestimmt" in shown(Answer(list(parse_events(after.text))).card)
    again = await chat.post({"type": "threads.custom_action", "params": params}, **german)
    assert "Das wurde schon entschieden. Zugestimmt." in again.text


async def test_a_decided_run_whose_process_was_killed_goes_on_with_the_same_word_and_only_once(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", pool: Pool
) -> None:
    chat = await open_chat(ScriptedModel([DELETE, say("It is deleted.")]))
    first = await asked(chat)
    await Approvals(pool).decide(first.thread_id, first.card.id, "ann", "approved")
    await PostgresTurnLocks(pool).begin(first.thread_id, "killed", RequestContext("ann"))
    async with pool.connection() as connection:
        await connection.execute("update turns set heartbeat_at = heartbeat_at - interval '1 minute'")
    cut_off = (await chat.items(first.thread_id))[-1]
    assert isinstance(cut_off, TaskItem)
    other = await chat.click(DENY, first.thread_id, first.card.id)
    assert other.of_type("notice")
    assert "delete_task" not in knowledge.tools_called
    after = await chat.click(APPROVE, first.thread_id, first.card.id)
    assert after.text == "It is deleted."
    assert after.of_type("notice") == []
    assert cut_off.id not in [item.id for item in await chat.items(first.thread_id)]
    again = await chat.click(APPROVE, first.thread_id, first.card.id)
    assert [event.level for event in again.of_type("notice")] == ["info"]
    assert knowledge.tools_called.count("delete_task") == 1
