"""Answers a conversation that the client keeps: read from the documents, and stored nowhere."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    EntitySource,
    InferenceOptions,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTextContent,
    WorkflowItem,
)

from agent_service.context import RequestContext
from agent_service.routes.v1.asked import Asked
from agent_service.server import OwFlexChatKitServer
from agent_service.storage.memory import MemoryStore
from agent_service.turn.clicks import ConnectMcp
from agent_service.turn.notice import line_of
from agent_service.turn.pipeline import INSTRUCTIONS


@dataclass(frozen=True)
class Cited:
    """A passage that is cited at this place, by its number in the answer."""

    number: int
    source: EntitySource


@dataclass(frozen=True)
class Notice:
    """A line of the service's own about the answer, e.g. that another model gave it."""

    text: str


@dataclass(frozen=True)
class TakenBack:
    """What was said so far does not hold: the answer begins anew."""


Piece = str | Cited | Notice | TakenBack


async def answer(
    server: OwFlexChatKitServer, connect: ConnectMcp, asked: Asked, context: RequestContext
) -> AsyncGenerator[Piece]:
    """The pieces of the answer as they come. Raises `CustomStreamError` with a sentence for people."""
    store = MemoryStore()
    thread, question = await _conversation(store, asked, context)
    events = server.turns_over(store, connect).answer(thread, question, context)
    async with aclosing(events):
        said: dict[str, int] = {}
        async for event in events:
            for piece in _pieces(event, said):
                yield piece


async def _conversation(
    store: MemoryStore, asked: Asked, context: RequestContext
) -> tuple[ThreadMetadata, UserMessageItem]:
    now = datetime.now(UTC)
    thread = ThreadMetadata(id=store.generate_thread_id(context), created_at=now)
    if asked.instructions:
        thread.metadata[INSTRUCTIONS] = asked.instructions
    await store.save_thread(thread, context)

    def user_message(text: str) -> UserMessageItem:
        return UserMessageItem(
            id=store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=now,
            content=[UserMessageTextContent(text=text)],
            attachments=[],
            inference_options=InferenceOptions(model=asked.model),
        )

    for message in asked.earlier:
        item: ThreadItem = user_message(message.text)
        if message.role == "assistant":
            content = [AssistantMessageContent(text=message.text)]
            item = AssistantMessageItem(id=item.id, thread_id=thread.id, created_at=now, content=content)
        await store.add_thread_item(thread.id, item, context)
    question = user_message(asked.question)
    await store.add_thread_item(thread.id, question, context)
    return thread, question


def _pieces(event: ThreadStreamEvent, said: dict[str, int]) -> list[Piece]:
    """What an event says; `said` has the number of characters that were said of each message."""
    match event:
        case ThreadItemUpdatedEvent(update=AssistantMessageContentPartTextDelta() as update):
            return _of_message(event.item_id, update.delta, said)
        case ThreadItemUpdatedEvent(update=AssistantMessageContentPartAnnotationAdded() as update):
            source = update.annotation.source
            return [Cited(int(source.inline_label or 0), source)] if isinstance(source, EntitySource) else []
        case ThreadItemDoneEvent(item=AssistantMessageItem() as item):
            # What was not streamed word by word.
            text = "".join(part.text for part in item.content)
            return _of_message(item.id, text[said.get(item.id, 0) :], said)
        case ThreadItemDoneEvent(item=WorkflowItem() as item):
            line = line_of(item)
            return [] if line is None else [Notice(line)]
        case ThreadItemRemovedEvent() if said.pop(event.item_id, 0):
            return [TakenBack()]
        case _:
            return []


def _of_message(item_id: str, text: str, said: dict[str, int]) -> list[Piece]:
    if not text:
        return []
    # A run may speak twice, before a tool and after it.
    is_next = bool(said) and item_id not in said
    said[item_id] = said.get(item_id, 0) + len(text)
    return ["\n\n", text] if is_next else [text]
