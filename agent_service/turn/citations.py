"""Turns the marks in an answer's text, such as `[[12]]`, into ChatKit annotations while it is streamed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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

from agent_service.turn.tool_calls import Evidence

ONE_ID = r"(?:chunk(?:_id)?[ \t:=#_]{0,3})?\d{1,18}"
IDS = rf"{ONE_ID}(?:\s*[,;]\s*{ONE_ID}){{0,11}}"
# Some models write marks as they learned them elsewhere: 【12†source】, 【4:0†source】 for a file of theirs.
MARK = re.compile(
    rf"\[\[\s*(?P<ids>{IDS})\s*\]\]"
    rf"|【\s*(?:(?P<foreign>{IDS})|\d{{1,9}}:\d{{1,9}})\s*(?P<dagger>†[^【】\n]{{0,80}})?】",
    re.IGNORECASE,
)
# What may still become a mark: white space before it, and its beginning.
UNDECIDED = re.compile(r"[ \t]*(?:\[(?:\[[\w\s,;:=#]*\]?)?|【[\w\s,;:=#]{0,200}(?:†[^【】\n]{0,80})?)?\Z")
MAX_MARK_CHARACTERS = 400
FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}|~{3,})(?P<rest>[^`\n]*)")


@dataclass(frozen=True)
class Mark:
    """The chunk ids that one mark names."""

    chunk_ids: tuple[int, ...]


class Citations:
    """Takes the marks out of every text; each cited chunk becomes an annotation in its place."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._parts: dict[tuple[str, int], _CitedPart] = {}

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """What becomes of the event: itself, or what is decided of the text so far."""
        if isinstance(event, ThreadItemUpdatedEvent):
            return [*_cited_update(event, self._parts, self._evidence)]
        if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent) and isinstance(
            event.item, AssistantMessageItem
        ):
            return [event.model_copy(update={"item": _cited_item(event.item, self._evidence)})]
        return [event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing: each text ends with an event of its own."""
        return []


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


class MarkScanner:
    """Splits a stream of text into text and marks.

    Inside a code block nothing is a mark. Spaces before a mark are dropped, so that the text around it closes
    up. A mark behind a closing code fence gets a line of its own, else it would keep the block open.
    """

    def __init__(self, known: set[int]) -> None:
        self._known = known
        self._waiting = ""
        self._line = ""
        self._fence = ""

    def feed(self, text: str) -> list[str | Mark]:
        """What is decided after `text` arrived."""
        self._waiting += text
        return list(self._decided(final=False))

    def finish(self) -> list[str | Mark]:
        """What was still undecided when the text ended."""
        return list(self._decided(final=True))

    def _decided(self, *, final: bool) -> Iterator[str | Mark]:
        while self._waiting:
            mark = MARK.search(self._waiting)
            if mark is None:
                yield from self._text_so_far(final=final)
                return
            before, self._waiting = self._waiting[: mark.start()], self._waiting[mark.end() :]
            yield from self._text_and_mark(before, mark)

    def _text_so_far(self, *, final: bool) -> Iterator[str]:
        end = len(self._waiting)
        if not final:
            undecided = UNDECIDED.search(self._waiting, max(0, end - MAX_MARK_CHARACTERS))
            end = undecided.start() if undecided else end
        text, self._waiting = self._waiting[:end], self._waiting[end:]
        if text:
            self._advance(text)
            yield text

    def _text_and_mark(self, before: str, mark: re.Match[str]) -> Iterator[str | Mark]:
        ids = mark["ids"] or mark["foreign"] or ""
        chunk_ids = tuple(int(number) for number in re.findall(r"\d+", ids))
        self._advance(before)
        # Without a dagger the brackets are as good as any others.
        is_plain = mark["ids"] is None and mark["dagger"] is None and not self._known.issuperset(chunk_ids)
        if is_plain or not self._is_mark(chunk_ids):
            self._advance(mark.group())
            yield before + mark.group()
            return
        text = before.rstrip(" \t")
        if self._is_on_closing_fence():
            text += "\n"
            self._advance("\n")
        if text:
            yield text
        yield Mark(chunk_ids)

    def _is_mark(self, chunk_ids: tuple[int, ...]) -> bool:
        if self._fence and not self._is_on_closing_fence():
            return False
        # A list of lists in inline code looks the same; real marks there name what was found.
        return self._line.count("`") % 2 == 0 or self._known.issuperset(chunk_ids)

    def _is_on_closing_fence(self) -> bool:
        closing = FENCE.fullmatch(self._line)
        return bool(self._fence and closing and self._closes(closing))

    def _closes(self, closing: re.Match[str]) -> bool:
        return closing["fence"].startswith(self._fence) and not closing["rest"].strip()

    def _advance(self, text: str) -> None:
        """Keep the line we are in, and whether it is inside a code block."""
        *ended, self._line = (self._line + text).split("\n")
        for line in ended:
            fence = FENCE.fullmatch(line)
            if fence and not self._fence:
                self._fence = fence["fence"]
            elif fence and self._closes(fence):
                self._fence = ""
