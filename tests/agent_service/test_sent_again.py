"""A message that is sent again under its Idempotency-Key: not lost, not doubled, at most answered anew."""

import asyncio
from typing import Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import ThreadCreatedEvent, ThreadItemDoneEvent

from agent_service.context import RequestContext
from agent_service.storage.keyed_ids import id_under_key
from agent_service.storage.turn_lock import PostgresTurnLocks, locked_turn
from database.pool import Pool
from tests.agent_service.conftest import Answer, Chat, FakeKnowledge, OpenChat, parse_events

ANN = RequestContext("ann")
KEY = "idempotency-key"


SEARCH = function_call("search_documents", {"query": "leave"}, call_id="call_1")


def say(text: str) -> list[Any]:
    """The words of an answer."""
    return [assistant_message(text)]


def answers(*texts: str) -> ScriptedModel:
    """A model that searches before each of these answers."""
    return ScriptedModel([part for text in texts for part in ([SEARCH], say(text))])


async def send(chat: Chat, request: dict[str, Any], key: str, user: str = "ann") -> Answer:
    """The events of a request under a key."""
    response = await chat.post(request, **{KEY: key, "x-user": user})
    assert response.status_code == 200, response.text
    return Answer(list(parse_events(response.text)))


async def refusal(chat: Chat, request: dict[str, Any], key: str, **headers: str) -> tuple[int, str, str]:
    """Status, code and sentence of a request that is refused."""
    response = await chat.post(request, **{KEY: key} | headers)
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


async def kinds(chat: Chat, thread_id: str) -> list[str]:
    """The types of a thread's items."""
    return [item.type for item in await chat.items(thread_id)]


async def cut(pool: Pool, thread_id: str, *kept: str) -> None:
    """As a process leaves a thread that was killed after these items."""
    async with pool.connection() as connection:
        await connection.execute(
            "delete from thread_items where thread_id = %s and data ->> 'type' <> all (%s)",
            [thread_id, list(kept)],
        )


async def test_the_same_message_is_stored_once_and_shown_again_with_its_answer(open_chat: OpenChat) -> None:
    chat = await open_chat(answers("One.", "Two."))
    first = await send(chat, Chat.message("Hello"), "k1")
    again = await send(chat, Chat.message("Hello"), "k1")
    assert again.thread_id == first.thread_id
    assert isinstance(again.events[0], ThreadCreatedEvent)
    shown = [event.item for event in again.events if isinstance(event, ThreadItemDoneEvent)]
    assert shown == await chat.items(first.thread_id)
    assert [item.type for item in shown].count("user_message") == 1
    second = Chat.message("And now?", first.thread_id)
    for _ in range(2):
        await send(chat, second, "k2")
    assert (await kinds(chat, first.thread_id)).count("user_message") == 2
    assert (await kinds(chat, first.thread_id)).count("assistant_message") == 2


@pytest.mark.parametrize("kept", [(), ("user_message",), ("user_message", "workflow")])
async def test_what_a_killed_process_left_is_gone_on_with(
    open_chat: OpenChat, pool: Pool, kept: tuple[str, ...]
) -> None:
    chat = await open_chat(answers("One.", "Two."))
    thread_id = (await send(chat, Chat.message("Hello"), "k1")).thread_id
    await cut(pool, thread_id, *kept)
    async with pool.connection() as connection:
        # No thread but the one of the key may come of it.
        await connection.execute("delete from usage")
    again = await send(chat, Chat.message("Hello"), "k1")
    assert again.thread_id == thread_id
    items = await chat.items(thread_id)
    assert [item.type for item in items if item.type != "workflow"] == ["user_message", "assistant_message"]
    assert "Two." in items[-1].model_dump_json()


async def test_a_task_that_was_added_before_the_end_came_is_not_added_again(
    open_chat: OpenChat, pool: Pool, knowledge: FakeKnowledge
) -> None:
    add = [function_call("add_task", {"title": "Buy milk"}, call_id="call_1")]
    chat = await open_chat(ScriptedModel([add, say("Added."), add, say("Added.")]))
    request = Chat.message("Add buy milk")
    thread_id = (await send(chat, request, "k1")).thread_id
    await cut(pool, thread_id, "user_message")
    await send(chat, request, "k1")
    assert knowledge.tools_called.count("add_task") == 2
    assert len(knowledge.tasks) == 1


async def test_other_words_under_the_same_key_are_refused(open_chat: OpenChat) -> None:
    chat = await open_chat(answers("One."))
    answer = await send(chat, Chat.message("Hello"), "k1")
    status, code, message = await refusal(chat, Chat.message("Goodbye"), "k1")
    assert (status, code) == (422, "key_reused")
    assert "new key" in message
    assert (await kinds(chat, answer.thread_id)).count("user_message") == 1


async def test_two_users_may_have_the_same_key(open_chat: OpenChat) -> None:
    chat = await open_chat(answers("One.", "Two."))
    of_ann = await send(chat, Chat.message("Hello"), "k1")
    of_bob = await send(chat, Chat.message("Hello"), "k1", user="bob")
    assert of_ann.thread_id != of_bob.thread_id
    assert "Two." in str(of_bob.events)


def test_ids_of_different_users_places_and_keys_differ() -> None:
    given = [("a", "bc", "d"), ("ab", "c", "d"), ("a", "b", "cd"), ("a1:", "b", "d"), ("a", "1:b", "d")]
    made = {id_under_key("message", RequestContext(user, key=key), place) for user, place, key in given}
    assert len(made) == len(given)


@pytest.mark.parametrize("key", ["", "k" * 201, "k" * 10_240, "a\tb"])
async def test_a_key_that_is_none_is_refused(open_chat: OpenChat, key: str) -> None:
    chat = await open_chat(ScriptedModel([]))
    status, code, message = await refusal(chat, Chat.message("Hello"), key)
    assert (status, code) == (400, "bad_key")
    assert "200" in message


async def test_sent_again_while_the_first_is_still_answered_it_waits_and_shows_that_answer(
    open_chat: OpenChat, pool: Pool, knowledge: FakeKnowledge
) -> None:
    first = await open_chat(answers("One."))
    other = await open_chat(ScriptedModel([]), turn_wait_seconds=30)
    hasty = await open_chat(ScriptedModel([]), turn_wait_seconds=0)
    knowledge.hangs = True
    request = Chat.message("Hello")
    running = asyncio.create_task(send(first, request, "k1"))
    await knowledge.is_hanging.wait()
    assert (await refusal(hasty, request, "k1"))[:2] == (409, "thread_busy")
    waiting = asyncio.create_task(send(other, request, "k1"))
    knowledge.is_released.set()
    one, same = await asyncio.gather(running, waiting)
    assert one.thread_id == same.thread_id
    assert "One." in str(same.events)
    assert (await kinds(first, one.thread_id)).count("assistant_message") == 1


async def test_what_the_user_deleted_does_not_come_back(open_chat: OpenChat, pool: Pool) -> None:
    chat = await open_chat(answers("One.", "Two.", "Three."))
    thread_id = (await send(chat, Chat.message("Hello"), "k1")).thread_id
    more = Chat.message("And now?", thread_id)
    await send(chat, more, "k2")
    await chat.ask("threads.delete", thread_id=thread_id)
    assert (await refusal(chat, Chat.message("Hello"), "k1"))[:2] == (404, "not_found")
    assert (await refusal(chat, more, "k2"))[:2] == (404, "not_found")
    assert (await chat.ask("threads.list"))["data"] == []


async def test_what_other_messages_followed_is_left_as_it_is(open_chat: OpenChat, pool: Pool) -> None:
    chat = await open_chat(answers("One.", "Two."))
    request = Chat.message("Hello")
    thread_id = (await send(chat, request, "k1")).thread_id
    await chat.say("And now?", thread_id)
    await cut(pool, thread_id, "user_message")
    again = await send(chat, request, "k1")
    assert [event.item.type for event in again.of_type("thread.item.done")] == ["user_message"]
    assert await kinds(chat, thread_id) == ["user_message", "user_message"]


async def test_an_edit_that_is_sent_again_changes_the_message_once(open_chat: OpenChat) -> None:
    chat = await open_chat(answers("One.", "Two.", "Three."))
    request = Chat.message("Hello")
    thread_id = (await send(chat, request, "k1")).thread_id
    message = (await chat.items(thread_id))[0]
    payload = {"item_id": message.id, "text": "Good morning"}
    params = {"thread_id": thread_id, "action": {"type": "message.edit", "payload": payload}}
    for _ in range(2):
        await send(chat, {"type": "threads.custom_action", "params": params}, "k2")
    assert (await kinds(chat, thread_id)).count("user_message") == 1
    assert (await kinds(chat, thread_id)).count("assistant_message") == 1
    assert (await refusal(chat, request, "k1"))[:2] == (422, "key_reused")


async def test_a_message_with_a_file_may_be_sent_again_and_its_file_in_no_other_message(
    open_chat: OpenChat, pool: Pool
) -> None:
    chat = await open_chat(answers("One.", "Two."))
    created = await chat.ask("attachments.create", name="a.txt", size=5, mime_type="text/plain")
    upload = created["upload_descriptor"]
    sent = await chat.http.request(
        upload["method"],
        upload["url"],
        content=b"Hello",
        headers={"content-type": "text/plain"} | upload["headers"],
    )
    assert sent.status_code < 300, sent.text
    request = Chat.message("Read this", attachments=[created["id"]])
    thread_id = (await send(chat, request, "k1")).thread_id
    await cut(pool, thread_id)
    async with pool.connection() as connection:
        await connection.execute("delete from usage")
    again = await send(chat, request, "k1")
    assert again.thread_id == thread_id
    assert (await kinds(chat, thread_id)).count("user_message") == 1
    assert (await refusal(chat, request, "k2"))[0] == 400


async def test_a_thread_that_was_claimed_and_never_made_is_begun(open_chat: OpenChat, pool: Pool) -> None:
    chat = await open_chat(answers("One."))
    thread_id = id_under_key("thread", RequestContext("ann", key="k1"))
    await PostgresTurnLocks(pool).begin(thread_id, "killed", ANN)
    async with pool.connection() as connection:
        await connection.execute("update turns set heartbeat_at = heartbeat_at - interval '1 minute'")
    assert (await send(chat, Chat.message("Hello"), "k1")).thread_id == thread_id
    async with locked_turn(PostgresTurnLocks(pool), thread_id, ANN, wait_seconds=0) as after_dead:
        assert not after_dead
