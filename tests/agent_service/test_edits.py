"""A message that is said anew."""

from typing import TYPE_CHECKING

from agents.testing import ScriptedModel, assistant_message
from chatkit.types import UserMessageItem

if TYPE_CHECKING:
    from conftest import Answer, Chat, OpenChat


async def edit(chat: "Chat", answer: "Answer", item_id: str, text: str) -> "Answer":
    """The answer to the edited message."""
    action = {"type": "message.edit", "payload": {"item_id": item_id, "text": text}}
    return await chat.click(action, answer.thread_id)


async def test_an_edited_message_takes_what_followed_it_away_and_is_answered_anew(
    open_chat: "OpenChat",
) -> None:
    # An answer that rests on nothing is asked for once more.
    chat = await open_chat(ScriptedModel([[assistant_message(f"answer {n}")] for n in range(9)]))
    answer = await chat.say("One?")
    await chat.say("Two?", answer.thread_id)
    question = (await chat.items(answer.thread_id))[0]
    edited = await edit(chat, answer, question.id, "Uno?")
    items = await chat.items(answer.thread_id)
    assert [item.id for item in items if isinstance(item, UserMessageItem)] == [question.id]
    assert isinstance(items[0], UserMessageItem)
    assert items[0].content[0].text == "Uno?"
    texts = [part.text for item in items if item.type == "assistant_message" for part in item.content]
    assert texts == [edited.text]


async def test_only_messages_of_the_user_can_be_edited_and_nothing_is_lost(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([[assistant_message("first")]] * 9))
    answer = await chat.say("One?")
    before = await chat.items(answer.thread_id)
    for item_id, text in ((answer.messages[-1].id, "x"), ("msg_unknown", "x"), (before[0].id, "  ")):
        refused = await edit(chat, answer, item_id, text)
        assert refused.error is not None
        assert refused.error.message == "This message can no longer be edited."
    assert [item.id for item in await chat.items(answer.thread_id)] == [item.id for item in before]
