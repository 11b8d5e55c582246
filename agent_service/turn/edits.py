"""A message said anew with other words: what followed it in the thread is taken away."""

from typing import Annotated, Any

from chatkit.actions import Action
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTagContent,
    UserMessageTextContent,
)
from pydantic import BaseModel, StringConstraints, ValidationError

from agent_service.context import RequestContext
from agent_service.errors import ActionRefusedError

EDIT_MESSAGE = "message.edit"
PAGE_SIZE = 100


class Edited(BaseModel):
    """The payload of `message.edit`."""

    item_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


async def edited_message(
    store: Store[RequestContext], thread_id: str, action: Action[str, Any], context: RequestContext
) -> UserMessageItem:
    """The user's message with its new words. Raises `ActionRefusedError` when there is no such message."""
    try:
        wanted = Edited.model_validate(action.payload)
        item = await store.load_item(thread_id, wanted.item_id, context)
    except (ValidationError, NotFoundError):
        raise ActionRefusedError("click.no_message") from None
    if not isinstance(item, UserMessageItem):
        raise ActionRefusedError("click.no_message")
    tags = [part for part in item.content if isinstance(part, UserMessageTagContent)]
    return item.model_copy(update={"content": [*tags, UserMessageTextContent(text=wanted.text)]})


async def replace_from(
    store: Store[RequestContext], message: UserMessageItem, context: RequestContext
) -> list[ThreadStreamEvent]:
    """Store the message in its old place without all that followed it; returns the events that say so."""
    gone = await _after(store, message, context)
    for item_id in gone:
        await store.delete_thread_item(message.thread_id, item_id, context)
    await store.save_item(message.thread_id, message, context)
    return [
        *(ThreadItemRemovedEvent(item_id=item_id) for item_id in gone),
        ThreadItemReplacedEvent(item=message),
    ]


async def _after(
    store: Store[RequestContext], message: UserMessageItem, context: RequestContext
) -> list[str]:
    """The ids of all items behind the message, newest first."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await store.load_thread_items(message.thread_id, after, PAGE_SIZE, "desc", context)
        for item in page.data:
            if item.id == message.id:
                return found
            found.append(item.id)
        if not page.has_more:
            raise ActionRefusedError("click.no_message")
        after = page.after
