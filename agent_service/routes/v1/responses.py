"""Answers in the form of OpenAI's Responses, as far as they are text."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal
from uuid import uuid4

from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseUsage,
)
from openai.types.responses.response_output_text import AnnotationURLCitation
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails
from pydantic import BaseModel

from agent_service.routes.v1.answering import Piece
from agent_service.routes.v1.writing import Writing

Status = Literal["in_progress", "completed"]


@dataclass(frozen=True)
class Responses:
    """Writes an answer of `model`, begun at `created` (seconds since 1970), to `asked_tokens`."""

    model: str
    created: int
    asked_tokens: int
    id: str = field(default_factory=lambda: f"resp_{uuid4().hex}")
    message_id: str = field(default_factory=lambda: f"msg_{uuid4().hex}")
    _numbers: Iterator[int] = field(default_factory=count)

    async def whole(self, pieces: AsyncIterable[Piece], writing: Writing) -> Response:
        """The answer at once."""
        async for piece in pieces:
            writing.feed(piece)
        writing.end()
        return self._response("completed", writing)

    async def streamed(self, pieces: AsyncIterable[Piece], writing: Writing) -> AsyncGenerator[bytes]:
        """The answer as events; the first one is there when the first piece is."""
        has_begun = False
        async for piece in pieces:
            if not has_begun:
                has_begun = True
                for event in self._beginning(writing):
                    yield event
            if text := writing.feed(piece):
                yield self._delta(text)
        if text := writing.end():
            yield self._delta(text)
        for event in self._ending(writing):
            yield event

    def _beginning(self, writing: Writing) -> Iterator[bytes]:
        item, number = self._message("in_progress", None), self._numbers
        response = self._response("in_progress", writing)
        part = ResponseOutputText(annotations=[], text="", type="output_text")
        yield _event(
            ResponseCreatedEvent(response=response, sequence_number=next(number), type="response.created")
        )
        yield _event(
            ResponseOutputItemAddedEvent(
                item=item, output_index=0, sequence_number=next(number), type="response.output_item.added"
            )
        )
        yield _event(
            ResponseContentPartAddedEvent(
                content_index=0,
                item_id=self.message_id,
                output_index=0,
                part=part,
                sequence_number=next(number),
                type="response.content_part.added",
            )
        )

    def _delta(self, text: str) -> bytes:
        return _event(
            ResponseTextDeltaEvent(
                content_index=0,
                delta=text,
                item_id=self.message_id,
                logprobs=[],
                output_index=0,
                sequence_number=next(self._numbers),
                type="response.output_text.delta",
            )
        )

    def _ending(self, writing: Writing) -> Iterator[bytes]:
        number = self._numbers
        yield _event(
            ResponseTextDoneEvent(
                content_index=0,
                item_id=self.message_id,
                logprobs=[],
                output_index=0,
                sequence_number=next(number),
                text=writing.text,
                type="response.output_text.done",
            )
        )
        yield _event(
            ResponseContentPartDoneEvent(
                content_index=0,
                item_id=self.message_id,
                output_index=0,
                part=_text(writing),
                sequence_number=next(number),
                type="response.content_part.done",
            )
        )
        yield _event(
            ResponseOutputItemDoneEvent(
                item=self._message("completed", writing),
                output_index=0,
                sequence_number=next(number),
                type="response.output_item.done",
            )
        )
        response = self._response("completed", writing)
        yield _event(
            ResponseCompletedEvent(response=response, sequence_number=next(number), type="response.completed")
        )

    def _message(self, status: Status, writing: Writing | None) -> ResponseOutputMessage:
        return ResponseOutputMessage(
            id=self.message_id,
            content=[] if writing is None else [_text(writing)],
            role="assistant",
            status=status,
            type="message",
        )

    def _response(self, status: Status, writing: Writing) -> Response:
        is_done = status == "completed"
        return Response(
            id=self.id,
            created_at=self.created,
            model=self.model,
            object="response",
            output=[self._message(status, writing)] if is_done else [],
            parallel_tool_calls=False,
            tool_choice="none",
            tools=[],
            status=status,
            usage=self._usage(writing) if is_done else None,
        )

    def _usage(self, writing: Writing) -> ResponseUsage:
        said = writing.tokens
        return ResponseUsage(
            input_tokens=self.asked_tokens,
            input_tokens_details=InputTokensDetails(cached_tokens=0, cache_write_tokens=0),
            output_tokens=said,
            output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
            total_tokens=self.asked_tokens + said,
        )


def _text(writing: Writing) -> ResponseOutputText:
    annotations = [
        AnnotationURLCitation(
            type="url_citation", start_index=mark.start, end_index=mark.end, title=mark.title, url=mark.url
        )
        for mark in writing.marks
        if mark.url is not None
    ]
    return ResponseOutputText(annotations=[*annotations], text=writing.text, type="output_text")


def _event(event: BaseModel) -> bytes:
    kind = str(getattr(event, "type", ""))
    return f"event: {kind}\ndata: {event.model_dump_json(exclude_none=True)}".encode()
