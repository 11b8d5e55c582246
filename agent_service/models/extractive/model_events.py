"""The stream events of a model that has its whole output at hand."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from uuid import uuid4

from agents.items import TResponseStreamEvent
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseUsage,
)
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

OutputItem = ResponseOutputMessage | ResponseFunctionToolCall
WORDS_WITH_SPACE = re.compile(r"\S+\s*|\s+")


def message(text: str) -> ResponseOutputMessage:
    """An assistant message."""
    return ResponseOutputMessage(
        id=f"msg_{uuid4().hex}",
        type="message",
        role="assistant",
        status="completed",
        content=[ResponseOutputText(text=text, type="output_text", annotations=[], logprobs=[])],
    )


def tool_call(name: str, arguments: Mapping[str, Any]) -> ResponseFunctionToolCall:
    """A call of the tool `name`."""
    return ResponseFunctionToolCall(
        id=f"fc_{uuid4().hex}",
        call_id=f"call_{uuid4().hex}",
        type="function_call",
        name=name,
        arguments=json.dumps(arguments, ensure_ascii=False),
    )


async def stream_item(item: OutputItem, model_name: str) -> AsyncIterator[TResponseStreamEvent]:
    """All events of a response that consists of `item`, a message word by word."""
    for number, event in enumerate(_events(item, model_name)):
        yield event.model_copy(update={"sequence_number": number})


def _events(item: OutputItem, model_name: str) -> Iterator[TResponseStreamEvent]:
    response = _response(item, model_name)
    unfinished = response.model_copy(update={"output": [], "status": "in_progress", "usage": None})
    yield ResponseCreatedEvent(type="response.created", response=unfinished, sequence_number=0)
    if isinstance(item, ResponseOutputMessage):
        yield from _message_events(item)
    else:
        yield from _tool_call_events(item)
    yield ResponseOutputItemDoneEvent(
        type="response.output_item.done", item=item, output_index=0, sequence_number=0
    )
    yield ResponseCompletedEvent(type="response.completed", response=response, sequence_number=0)


def _message_events(item: ResponseOutputMessage) -> Iterator[TResponseStreamEvent]:
    place: dict[str, Any] = {
        "item_id": item.id,
        "output_index": 0,
        "content_index": 0,
        "sequence_number": 0,
    }
    part = item.content[0]
    assert isinstance(part, ResponseOutputText)
    begun = item.model_copy(update={"content": [], "status": "in_progress"})
    yield ResponseOutputItemAddedEvent(
        type="response.output_item.added", item=begun, output_index=0, sequence_number=0
    )
    empty = part.model_copy(update={"text": ""})
    yield ResponseContentPartAddedEvent(type="response.content_part.added", part=empty, **place)
    for word in WORDS_WITH_SPACE.findall(part.text):
        yield ResponseTextDeltaEvent(type="response.output_text.delta", delta=word, logprobs=[], **place)
    yield ResponseTextDoneEvent(type="response.output_text.done", text=part.text, logprobs=[], **place)
    yield ResponseContentPartDoneEvent(type="response.content_part.done", part=part, **place)


def _tool_call_events(item: ResponseFunctionToolCall) -> Iterator[TResponseStreamEvent]:
    place: dict[str, Any] = {"item_id": item.id, "output_index": 0, "sequence_number": 0}
    begun = item.model_copy(update={"arguments": "", "status": "in_progress"})
    yield ResponseOutputItemAddedEvent(
        type="response.output_item.added", item=begun, output_index=0, sequence_number=0
    )
    yield ResponseFunctionCallArgumentsDeltaEvent(
        type="response.function_call_arguments.delta", delta=item.arguments, **place
    )
    yield ResponseFunctionCallArgumentsDoneEvent(
        type="response.function_call_arguments.done", arguments=item.arguments, **place
    )


def _response(item: OutputItem, model_name: str) -> Response:
    return Response(
        id=f"resp_{uuid4().hex}",
        created_at=0,
        model=model_name,
        object="response",
        output=[item],
        tool_choice="none",
        tools=[],
        parallel_tool_calls=False,
        status="completed",
        usage=ResponseUsage(
            input_tokens=0,
            output_tokens=0,
            total_tokens=0,
            input_tokens_details=InputTokensDetails(cached_tokens=0, cache_write_tokens=0),
            output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
        ),
    )
