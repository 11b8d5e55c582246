"""Turns the marks in an answer's text into ChatKit annotations, while it is streamed."""

from collections.abc import AsyncIterator, Iterator, Sequence

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdated,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from agent_service.turn.citation_marks import Mark, MarkScanner
from agent_service.turn.evidence import Evidence


async def cite(
    events: AsyncIterator[ThreadStreamEvent], evidence: Evidence
) -> AsyncIterator[ThreadStreamEvent]:
    """The events with marks taken out of every text; each cited chunk becomes an annotation in its place."""
    parts: dict[tuple[str, int], _CitedPart] = {}
    async for event in events:
        if isinstance(event, ThreadItemUpdatedEvent):
            for update in _cited_update(event, parts, evidence):
                yield update
        elif isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent) and isinstance(
            event.item, AssistantMessageItem
        ):
            yield event.model_copy(update={"item": _cited_item(event.item, evidence)})
        else:
            yield event


def cited_content(content: AssistantMessageContent, evidence: Evidence) -> AssistantMessageContent:
    """A whole content part without marks, with annotations."""
    part = _CitedPart(evidence)
    pieces = [*part.feed(content.text), *part.finish()]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return content.model_copy(update={"text": text, "annotations": [*content.annotations, *part.annotations]})


class _CitedPart:
    """One content part as far as it has arrived."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._scanner: MarkScanner | None = None
        self._length = 0
        self.annotations: list[Annotation] = []

    def feed(self, text: str) -> Iterator[str | Annotation]:
        # Made at the first text: by then the tools have returned what may be cited.
        self._scanner = self._scanner or MarkScanner(self._evidence.chunk_ids)
        return self._resolved(self._scanner.feed(text))

    def finish(self) -> Iterator[str | Annotation]:
        return self._resolved(self._scanner.finish() if self._scanner else [])

    def _resolved(self, pieces: Sequence[str | Mark]) -> Iterator[str | Annotation]:
        for piece in pieces:
            if isinstance(piece, str):
                self._length += len(piece)
                yield piece
            else:
                yield from self._annotate(piece)

    def _annotate(self, mark: Mark) -> Iterator[Annotation]:
        for chunk_id in mark.chunk_ids:
            annotation = self._evidence.annotation(chunk_id, self._length)
            if annotation is not None and annotation not in self.annotations:
                self.annotations.append(annotation)
                yield annotation


def _cited_update(
    event: ThreadItemUpdatedEvent, parts: dict[tuple[str, int], _CitedPart], evidence: Evidence
) -> Iterator[ThreadItemUpdatedEvent]:
    update = event.update
    if isinstance(update, AssistantMessageContentPartAdded):
        content = cited_content(update.content, evidence)
        yield event.model_copy(update={"update": update.model_copy(update={"content": content})})
    elif isinstance(update, AssistantMessageContentPartTextDelta):
        part = parts.setdefault((event.item_id, update.content_index), _CitedPart(evidence))
        yield from _as_updates(event.item_id, update.content_index, part, part.feed(update.delta))
    elif isinstance(update, AssistantMessageContentPartDone):
        part = parts.pop((event.item_id, update.content_index), _CitedPart(evidence))
        yield from _as_updates(event.item_id, update.content_index, part, part.finish())
        content = cited_content(update.content, evidence)
        yield event.model_copy(update={"update": update.model_copy(update={"content": content})})
    else:
        yield event


def _as_updates(
    item_id: str, content_index: int, part: _CitedPart, pieces: Iterator[str | Annotation]
) -> Iterator[ThreadItemUpdatedEvent]:
    for piece in pieces:
        if isinstance(piece, str):
            update = AssistantMessageContentPartTextDelta(content_index=content_index, delta=piece)
        else:
            update = AssistantMessageContentPartAnnotationAdded(
                content_index=content_index,
                annotation_index=len(part.annotations) - 1,
                annotation=piece,
            )
        yield ThreadItemUpdated(item_id=item_id, update=update)


def _cited_item(item: AssistantMessageItem, evidence: Evidence) -> AssistantMessageItem:
    return item.model_copy(update={"content": [cited_content(part, evidence) for part in item.content]})
