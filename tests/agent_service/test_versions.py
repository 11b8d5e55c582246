"""Answers that were asked for again are kept, and can be shown again."""

from typing import TYPE_CHECKING, Any

from agents.testing import ScriptedModel, assistant_message
from chatkit.types import AssistantMessageItem, ThreadItemRemovedEvent, UserMessageItem

if TYPE_CHECKING:
    from conftest import Answer, Chat, OpenChat


async def open_scripted(open_chat: "OpenChat") -> "Chat":
    """A chat that gives another answer each time."""
    return await open_chat(ScriptedModel([[assistant_message(f"answer {n}")] for n in range(40)]))


async def lines(chat: "Chat", thread_id: str) -> list[str]:
    """What is said in the thread, by both."""
    items = await chat.items(thread_id)
    said = [item for item in items if isinstance(item, UserMessageItem | AssistantMessageItem)]
    return [part.text for item in said for part in item.content]


async def versions(chat: "Chat", thread_id: str) -> list[dict[str, Any]]:
    """Which messages have versions."""
    answer = await chat.http.get(f"{chat.url}/feedback", params={"thread_id": thread_id})
    return answer.json()["versions"]


async def show(chat: "Chat", thread_id: str, item_id: str, number: int) -> "Answer":
    """Show a version of a message."""
    payload = {"item_id": item_id, "number": number}
    return await chat.click({"type": "message.version", "payload": payload}, thread_id)


async def edit(chat: "Chat", thread_id: str, item_id: str, text: str) -> None:
    """Say a message with other words."""
    await chat.click({"type": "message.edit", "payload": {"item_id": item_id, "text": text}}, thread_id)


async def test_edited_and_tried_again_every_answer_can_be_shown_again(open_chat: "OpenChat") -> None:
    chat = await open_scripted(open_chat)
    thread_id = (await chat.say("One?")).thread_id
    await chat.say("Two?", thread_id)
    asked = [item.id for item in await chat.items(thread_id) if isinstance(item, UserMessageItem)]
    first = await lines(chat, thread_id)
    assert await versions(chat, thread_id) == []
    await edit(chat, thread_id, asked[0], "Uno?")
    second = await lines(chat, thread_id)
    again = {"thread_id": thread_id, "item_id": asked[0]}
    await chat.post({"type": "threads.retry_after_item", "params": again})
    third = await lines(chat, thread_id)
    assert [len(kept) for kept in (first, second, third)] == [4, 2, 2]
    assert second[0] == third[0] == "Uno?"
    assert second[1] != third[1]
    assert await versions(chat, thread_id) == [{"item_id": asked[0], "number": 3, "count": 3}]
    back = await show(chat, thread_id, asked[0], 1)
    assert [event.type for event in back.events if isinstance(event, ThreadItemRemovedEvent)]
    assert await lines(chat, thread_id) == first
    for number, kept in ((2, second), (3, third), (1, first), (1, first)):
        await show(chat, thread_id, asked[0], number)
        assert await lines(chat, thread_id) == kept
    assert await versions(chat, thread_id) == [{"item_id": asked[0], "number": 1, "count": 3}]


async def test_versions_within_versions_come_back_as_they_were(open_chat: "OpenChat") -> None:
    chat = await open_scripted(open_chat)
    thread_id = (await chat.say("One?")).thread_id
    await chat.say("Two?", thread_id)
    one, two = (item.id for item in await chat.items(thread_id) if isinstance(item, UserMessageItem))
    await edit(chat, thread_id, two, "Due?")
    inner = await lines(chat, thread_id)
    await edit(chat, thread_id, one, "Uno?")
    assert [kept["item_id"] for kept in await versions(chat, thread_id)] != [two]
    await show(chat, thread_id, one, 1)
    assert await lines(chat, thread_id) == inner
    await show(chat, thread_id, two, 1)
    assert (await lines(chat, thread_id))[2] == "Two?"
    await chat.say("Three?", thread_id)
    assert (await lines(chat, thread_id))[4] == "Three?"
    await show(chat, thread_id, two, 2)
    assert await lines(chat, thread_id) == inner


async def test_another_user_and_a_number_that_is_none_change_nothing(open_chat: "OpenChat") -> None:
    chat = await open_scripted(open_chat)
    thread_id = (await chat.say("One?")).thread_id
    asked = (await chat.items(thread_id))[0].id
    await edit(chat, thread_id, asked, "Uno?")
    before = await lines(chat, thread_id)
    for number in (0, 7, "x"):
        refused = await show(chat, thread_id, asked, number)  # pyright: ignore[reportArgumentType]
        assert refused.error is not None
        assert refused.error.message == "This message can no longer be edited."
    assert await lines(chat, thread_id) == before
    assert await versions(chat, thread_id) == [{"item_id": asked, "number": 2, "count": 2}]


async def test_a_conversation_goes_on_from_an_answer_as_a_new_one(open_chat: "OpenChat") -> None:
    chat = await open_scripted(open_chat)
    thread_id = (await chat.say("One?")).thread_id
    end = (await chat.items(thread_id))[-1].id
    first = await lines(chat, thread_id)
    await chat.say("Two?", thread_id)
    before = await lines(chat, thread_id)
    answer = await chat.http.post(f"{chat.url}/branches", json={"thread_id": thread_id, "item_id": end})
    copy = answer.json()["thread_id"]
    assert copy != thread_id
    assert await lines(chat, copy) == first
    assert {item.thread_id for item in await chat.items(copy)} == {copy}
    await chat.say("Three?", copy)
    assert (await lines(chat, copy))[2] == "Three?"
    assert await lines(chat, thread_id) == before
    for wrong in ({"thread_id": thread_id, "item_id": "msg_x"}, {"thread_id": "x"}, {"item_id": end}):
        assert (await chat.http.post(f"{chat.url}/branches", json=wrong)).status_code == 404
    other = await chat.http.post(
        f"{chat.url}/branches", json={"thread_id": thread_id, "item_id": end}, headers={"x-user": "bob"}
    )
    assert other.status_code == 404
