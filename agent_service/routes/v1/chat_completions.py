"""Answers in the form of OpenAI's Chat Completions."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass, field
from uuid import uuid4

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from openai.types.chat.chat_completion_message import Annotation, AnnotationURLCitation

from agent_service.http.sse import SSE_PREFIX
from agent_service.routes.v1.answering import Piece
from agent_service.routes.v1.writing import Mark, Writing

DONE = SSE_PREFIX + b"[DONE]"


@dataclass(frozen=True)
class ChatCompletions:
    """Writes an answer of `model`, begun at `created` (seconds since 1970), to `asked_tokens`."""

    model: str
    created: int
    asked_tokens: int
    with_usage: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")

    async def whole(self, pieces: AsyncIterable[Piece], writing: Writing) -> ChatCompletion:
        """The answer at once."""
        async for piece in pieces:
            writing.feed(piece)
        writing.end()
        message = ChatCompletionMessage(
            role="assistant", content=writing.text, annotations=_annotations(writing.marks)
        )
        return ChatCompletion(
            id=self.id,
            choices=[Choice(index=0, message=message, finish_reason="stop")],
            created=self.created,
            model=self.model,
            object="chat.completion",
            usage=self._usage(writing),
        )

    async def streamed(self, pieces: AsyncIterable[Piece], writing: Writing) -> AsyncGenerator[bytes]:
        """The answer as events; the first one is there when the first piece is."""
        has_begun = False
        async for piece in pieces:
            if not has_begun:
                has_begun = True
                yield self._chunk(ChoiceDelta(role="assistant", content=""))
            if text := writing.feed(piece):
                yield self._chunk(ChoiceDelta(content=text))
        if text := writing.end():
            yield self._chunk(ChoiceDelta(content=text))
        yield self._last(writing)
        if self.with_usage:
            yield self._event([], usage=self._usage(writing))
        yield DONE

    def _chunk(self, delta: ChoiceDelta) -> bytes:
        return self._event([ChunkChoice(index=0, delta=delta)])

    def _last(self, writing: Writing) -> bytes:
        # A chunk has no field for annotations; who knows them from a whole answer finds them here.
        annotations = [one.model_dump() for one in _annotations(writing.marks)]
        delta = ChoiceDelta.model_validate({"annotations": annotations})
        return self._event([ChunkChoice(index=0, delta=delta, finish_reason="stop")])

    def _event(self, choices: list[ChunkChoice], usage: CompletionUsage | None = None) -> bytes:
        chunk = ChatCompletionChunk(
            id=self.id,
            choices=choices,
            created=self.created,
            model=self.model,
            object="chat.completion.chunk",
            usage=usage,
        )
        return SSE_PREFIX + chunk.model_dump_json(exclude_unset=True).encode()

    def _usage(self, writing: Writing) -> CompletionUsage:
        said = writing.tokens
        return CompletionUsage(
            prompt_tokens=self.asked_tokens, completion_tokens=said, total_tokens=self.asked_tokens + said
        )


def _annotations(marks: list[Mark]) -> list[Annotation]:
    return [
        Annotation(
            type="url_citation",
            url_citation=AnnotationURLCitation(
                start_index=mark.start, end_index=mark.end, title=mark.title, url=mark.url
            ),
        )
        for mark in marks
        if mark.url is not None
    ]
