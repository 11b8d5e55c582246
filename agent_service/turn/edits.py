"""A message said anew, with the same or other words: the answer that it had is kept as an earlier version."""

from collections.abc import AsyncGenerator, Iterable
from typing import Annotated, Any

from chatkit.actions import Action
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    AssistantMessageItem,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTagContent,
    UserMessageTextContent,
    WidgetItem,
)
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from agent_service.context import RequestContext
from agent_service.errors import ActionRefusedError
from agent_service.storage.postgres import PostgresStore

EDIT_MESSAGE = "message.edit"
SHOW_VERSION = "message.version"
PAGE_SIZE = 100


class Edited(BaseModel):
    """The payload of `message.edit`."""

    item_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class Version(BaseModel):
    """The payload of `message.version`: a message, and which of its versions is to be shown (from 1 on)."""

    item_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


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
    """Store the message in its old place without all that followed it; returns the events that say so.

    Where there was an answer, it is kept as an earlier version, with the words that were answered.
    """
    gone = await _after(store, message, context)
    if not await _keep(store, message, gone, context):
        for item in gone:
            await store.delete_thread_item(message.thread_id, item.id, context)
    await store.save_item(message.thread_id, message, context)
    return _instead(gone, message)


async def keep_answer(
    store: Store[RequestContext], thread_id: str, item_id: str, context: RequestContext
) -> None:
    """Before a message is answered anew: keep the answer that it has, if there is one, as a version."""
    message = await store.load_item(thread_id, item_id, context)
    if isinstance(message, UserMessageItem):
        await _keep(store, message, await _after(store, message, context), context)


async def shown_version(
    store: Store[RequestContext], thread_id: str, action: Action[str, Any], context: RequestContext
) -> AsyncGenerator[ThreadStreamEvent]:
    """The events that put another version of a message, and what followed it there, in the place of this one.

    Raises `ActionRefusedError` when there is no such version.
    """
    try:
        wanted = Version.model_validate(action.payload)
        message = await store.load_item(thread_id, wanted.item_id, context)
        if not isinstance(message, UserMessageItem) or not isinstance(store, PostgresStore):
            raise ActionRefusedError("click.no_message")
        gone = await _after(store, message, context)
        said, followed = await store.show_version(message, wanted.number, context)
    except (ValidationError, NotFoundError):
        raise ActionRefusedError("click.no_message") from None
    for event in [*_instead(gone, said), *(ThreadItemDoneEvent(item=item) for item in followed)]:
        yield event


async def _keep(
    store: Store[RequestContext],
    message: UserMessageItem,
    followed: Iterable[ThreadItem],
    context: RequestContext,
) -> bool:
    """Whether there was an answer to keep: what failed without one is replaced."""
    has_answer = any(isinstance(item, AssistantMessageItem | WidgetItem) for item in followed)
    if not has_answer or not isinstance(store, PostgresStore):
        return False
    await store.put_away(message, context)
    return True


def _instead(gone: Iterable[ThreadItem], message: UserMessageItem) -> list[ThreadStreamEvent]:
    removed = [ThreadItemRemovedEvent(item_id=item.id) for item in gone]
    return [*removed, ThreadItemReplacedEvent(item=message)]


async def _after(
    store: Store[RequestContext], message: UserMessageItem, context: RequestContext
) -> list[ThreadItem]:
    """All items behind the message, newest first."""
    found: list[ThreadItem] = []
    after: str | None = None
    while True:
        page = await store.load_thread_items(message.thread_id, after, PAGE_SIZE, "desc", context)
        for item in page.data:
            if item.id == message.id:
                return found
            found.append(item)
        if not page.has_more:
            raise ActionRefusedError("click.no_message")
        after = page.after
