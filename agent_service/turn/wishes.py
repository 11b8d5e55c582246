"""What was said in a thread before a message, as the wish in the message needs it."""

import re
from collections.abc import Sequence

from chatkit.store import Store
from chatkit.types import (
    AssistantMessageItem,
    ThreadItem,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
)

from agent_service.cards.widgets import tasks_on
from agent_service.context import RequestContext
from agent_service.turn.closing_lines import without_lines
from agent_service.wishes.judging import Judge
from agent_service.wishes.wish import Said, wish_in
from parsing.unseen_characters import seen_characters

MAX_EARLIER = 3
PAGE = 40
NO_WORD = re.compile(r"[\W_]+")


def judge_of(message: UserMessageItem, items: Sequence[ThreadItem]) -> Judge:
    """The judge of what is done for a message; `items` are those of its thread, oldest first."""
    before = [item for item in items if item.id != message.id]
    place = next((number for number, item in enumerate(items) if item.id == message.id), len(items))
    return Judge(wish_in(own_text(message), said_in(before[:place])))


async def load_judge(
    store: Store[RequestContext], message: UserMessageItem, context: RequestContext
) -> Judge:
    """The same for a message whose thread is not at hand. Raises what the store raises."""
    page = await store.load_thread_items(message.thread_id, None, PAGE, "desc", context)
    return judge_of(message, page.data[::-1])


def own_text(message: UserMessageItem) -> str:
    """What the user typed. The name of a document that it mentions is quoted: its author wrote it."""
    parts = (
        part.text if isinstance(part, UserMessageTextContent) else f"“{NO_WORD.sub(' ', part.text)}”"
        for part in message.content
    )
    return seen_characters("".join(parts))


def said_in(items: Sequence[ThreadItem]) -> Said:
    """What these items say, which are oldest first."""
    users = [number for number, item in enumerate(items) if isinstance(item, UserMessageItem)]
    answers = items[users[-1] :] if users else ()
    offers = [item for item in answers if isinstance(item, AssistantMessageItem)]
    cards = (tasks_on(item) for item in reversed(items) if isinstance(item, WidgetItem))
    messages = [items[number] for number in users[: -1 - MAX_EARLIER : -1]]
    return Said(
        earlier=[own_text(item) for item in messages if isinstance(item, UserMessageItem)],
        offer=without_lines("".join(part.text for part in offers[-1].content)) if offers else "",
        shown=next((tasks for tasks in cards if tasks), list[int]()),
    )
