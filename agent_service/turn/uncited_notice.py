"""An honest line under an answer that cites nothing although the search found something."""

from collections.abc import AsyncIterator, Iterator

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from agent_service.i18n.catalog import in_every_language, say
from agent_service.tools.schemas import DOCUMENT_TOOLS
from agent_service.turn.evidence import Evidence

# Below this the search itself says that its passages hardly answer the question.
CONFIDENT = 0.3
LINE = "line.not_backed"


def without_line(text: str) -> str:
    """The text of an answer without the line: a model would learn to write it itself."""
    for line in in_every_language(LINE):
        text = text.removesuffix(f"\n\n{line}")
    return text


def needs_line(evidence: Evidence) -> bool:
    """Whether an answer without any citation is one about documents, which should have some.

    It is about documents when no other tools were called, and when the search is confident of what it found:
    for small talk, and for questions that the documents do not answer, it is not. With a file of the user's
    own beside the question it may rest on that.
    """
    return (
        bool(evidence.chunk_ids)
        and not evidence.files.with_question
        and evidence.tools_used <= DOCUMENT_TOOLS
        and evidence.confidence is not None
        and evidence.confidence >= CONFIDENT
    )


async def with_honest_line(
    events: AsyncIterator[ThreadStreamEvent], evidence: Evidence, locale: str
) -> AsyncIterator[ThreadStreamEvent]:
    """The events; the last message gets the line where it is needed.

    The end of a message is held back until the next event, which tells whether it was the last one.
    """
    held: list[ThreadStreamEvent] = []
    citing: set[str] = set()
    async for event in events:
        _note_citations(event, citing)
        if _ends_message(event):
            held.append(event)
            continue
        for earlier in held:
            yield earlier
        held.clear()
        yield event
    is_bare = not citing and any(map(says_something, held)) and not _names_file(held, evidence)
    line = say(locale, LINE) if is_bare and needs_line(evidence) else None
    for event in held:
        if line is None:
            yield event
            continue
        for update in _with_line(event, f"\n\n{line}"):
            yield update


def _note_citations(event: ThreadStreamEvent, citing: set[str]) -> None:
    """Keep the ids of the messages that cite something and are still there."""
    if isinstance(event, ThreadItemRemovedEvent):
        citing.discard(event.item_id)
        return
    if not isinstance(event, ThreadItemDoneEvent) or not isinstance(event.item, AssistantMessageItem):
        return
    if any(part.annotations for part in event.item.content):
        citing.add(event.item.id)


def _ends_message(event: ThreadStreamEvent) -> bool:
    if isinstance(event, ThreadItemUpdatedEvent):
        return isinstance(event.update, AssistantMessageContentPartDone)
    return isinstance(event, ThreadItemDoneEvent) and isinstance(event.item, AssistantMessageItem)


def says_something(event: ThreadStreamEvent) -> bool:
    """Whether the event is a finished message that is not empty."""
    return (
        isinstance(event, ThreadItemDoneEvent)
        and isinstance(event.item, AssistantMessageItem)
        and any(part.text.strip() for part in event.item.content)
    )


def _names_file(events: list[ThreadStreamEvent], evidence: Evidence) -> bool:
    """Whether a message names a file that was attached earlier in the conversation."""
    messages = [event.item for event in events if isinstance(event, ThreadItemDoneEvent)]
    said = " ".join(
        part.text for item in messages if isinstance(item, AssistantMessageItem) for part in item.content
    )
    return any(name in said for name in evidence.files.earlier)


def _with_line(event: ThreadStreamEvent, text: str) -> Iterator[ThreadStreamEvent]:
    if isinstance(event, ThreadItemUpdatedEvent) and isinstance(
        event.update, AssistantMessageContentPartDone
    ):
        update = event.update
        delta = AssistantMessageContentPartTextDelta(content_index=update.content_index, delta=text)
        yield ThreadItemUpdatedEvent(item_id=event.item_id, update=delta)
        content = _extended(update.content, text)
        yield event.model_copy(update={"update": update.model_copy(update={"content": content})})
    elif isinstance(event, ThreadItemDoneEvent) and isinstance(event.item, AssistantMessageItem):
        *before, last = event.item.content or [AssistantMessageContent(text="", annotations=[])]
        content = [*before, _extended(last, text)]
        yield event.model_copy(update={"item": event.item.model_copy(update={"content": content})})
    else:
        yield event


def _extended(content: AssistantMessageContent, text: str) -> AssistantMessageContent:
    return content.model_copy(update={"text": content.text + text})
