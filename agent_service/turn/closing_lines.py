"""The lines under an answer: that it cites nothing though it should, and why it is not whole."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from agent_service.i18n.catalog import in_every_language, say
from agent_service.models.endings import Ending
from agent_service.tools.schemas import DOCUMENT_TOOLS
from agent_service.turn.progress import Progress
from agent_service.turn.tool_calls import Evidence

# Below this the search itself says that its passages hardly answer the question.
CONFIDENT = 0.3
NOT_BACKED = "line.not_backed"
OUT_OF_STEPS = "line.out_of_steps"
ENDINGS: dict[Ending | None, str] = {
    "declined": "line.declined",
    "filtered": "line.filtered",
    "length": "line.length",
    "spent": "line.spent",
}


def without_lines(text: str) -> str:
    """The text of an answer without the lines: a model would learn to write them itself."""
    while text.endswith(_all_lines()):
        found = next(line for line in _all_lines() if text.endswith(line))
        text = text.removesuffix(found).rstrip("\n")
    return text


@cache
def _all_lines() -> tuple[str, ...]:
    keys = (NOT_BACKED, OUT_OF_STEPS, *ENDINGS.values())
    return tuple(line for key in keys for line in in_every_language(key))


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


class ClosingLines:
    """Puts lines under the last message: why it is not whole, and that it rests on no passage.

    The end of a message is held back until the next event, which tells whether it was the last one. An answer
    that was withheld before its first word consists of the line alone.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._held: list[ThreadStreamEvent] = []
        self._citing: set[str] = set()

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, behind what was held back; nothing when it ends a message."""
        _note_citations(event, self._citing)
        if _ends_message(event):
            self._held.append(event)
            return []
        released, self._held = [*self._held, event], []
        return released

    def end(self) -> list[ThreadStreamEvent]:
        """The end of the last message, with its lines, if it needs any."""
        text = "\n\n".join(say(self._progress.turn.context.locale, key) for key in self._line_keys())
        if not text:
            return self._held
        message = self._message()
        if message is None:
            return [*self._held, *_own_message(self._progress, text)]
        line = f"\n\n{text}"
        # A refusal has not been streamed before.
        unsaid = message.content[-1].text if self._progress.turn.model.ending == "declined" else ""
        streamed = _delta(message.id, len(message.content) - 1, unsaid + line)
        return [streamed, *(_with_line(event, message.id, line) for event in self._held)]

    def _message(self) -> AssistantMessageItem | None:
        """The last message, unless it is empty."""
        last = self._held[-1] if self._held else None
        if not isinstance(last, ThreadItemDoneEvent) or not says_something(last):
            return None
        return last.item if isinstance(last.item, AssistantMessageItem) else None

    def _line_keys(self) -> Iterator[str]:
        ending = self._progress.turn.model.ending
        if ending in ENDINGS:
            yield ENDINGS[ending]
        elif ending is None and self._progress.is_last_request:
            yield OUT_OF_STEPS
        if ending != "declined" and not self._progress.waits_for_approval and self._is_unbacked():
            yield NOT_BACKED

    def _is_unbacked(self) -> bool:
        evidence = self._progress.evidence
        if self._progress.turn.model.answering.extractive:
            return False  # it quotes, or says that there is nothing
        if self._citing or not any(map(says_something, self._held)) or _names_file(self._held, evidence):
            return False
        is_unfounded = self._progress.is_unfounded and not evidence.files.with_question
        return is_unfounded or needs_line(evidence)


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


def _with_line(event: ThreadStreamEvent, item_id: str, text: str) -> ThreadStreamEvent:
    """The event that ends the message `item_id`, with the text at its end; any other event as it is."""
    if isinstance(event, ThreadItemUpdatedEvent) and event.item_id == item_id:
        update = event.update
        if isinstance(update, AssistantMessageContentPartDone):
            content = _extended(update.content, text)
            return event.model_copy(update={"update": update.model_copy(update={"content": content})})
    if not isinstance(event, ThreadItemDoneEvent) or event.item.id != item_id:
        return event
    if not isinstance(event.item, AssistantMessageItem):
        return event
    *before, last = event.item.content
    content = [*before, _extended(last, text)]
    return event.model_copy(update={"item": event.item.model_copy(update={"content": content})})


def _extended(content: AssistantMessageContent, text: str) -> AssistantMessageContent:
    return content.model_copy(update={"text": content.text + text})


def _own_message(progress: Progress, text: str) -> Iterator[ThreadStreamEvent]:
    """The events of a message of our own."""
    turn = progress.turn
    item = AssistantMessageItem(
        id=turn.store.generate_item_id("message", turn.thread, turn.context),
        thread_id=turn.thread.id,
        created_at=datetime.now(),  # noqa: DTZ005 - the protocol's times are naive
        content=[],
    )
    yield ThreadItemAddedEvent(item=item)
    begun = AssistantMessageContent(text="", annotations=[])
    added = AssistantMessageContentPartAdded(content_index=0, content=begun)
    yield ThreadItemUpdatedEvent(item_id=item.id, update=added)
    yield _delta(item.id, 0, text)
    yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [_extended(begun, text)]}))


def _delta(item_id: str, content_index: int, text: str) -> ThreadItemUpdatedEvent:
    update = AssistantMessageContentPartTextDelta(content_index=content_index, delta=text)
    return ThreadItemUpdatedEvent(item_id=item_id, update=update)
