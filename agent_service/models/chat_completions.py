"""Models behind Chat Completions: their answers are whole or an error, and each item has an id of its own."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar, cast
from uuid import uuid4

import httpx2
import openai
from agents import Model, ModelResponse, OpenAIChatCompletionsModel
from agents.items import TResponseStreamEvent
from agents.retry import ModelRetryAdvice, ModelRetryAdviceRequest
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFailedEvent,
    ResponseIncompleteEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseTextDeltaEvent,
)
from pydantic import BaseModel

from agent_service.errors import AnswerCutError
from agent_service.models.endings import note_reason
from agent_service.models.wire.answer import TAKEN_BACK_MARK

ID_PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
LastEvent = ResponseCompletedEvent | ResponseIncompleteEvent | ResponseFailedEvent
Entry = TypeVar("Entry", bound=BaseModel)


class WholeAnswerModel(OpenAIChatCompletionsModel):
    """Raises `AnswerCutError` when a stream ends before the provider said that it is finished.

    The SDK asks for that of OpenAI only; from any other server it takes half an answer for a whole one.
    """

    async def _fetch_response(self, *args: Any, **kwargs: Any) -> Any:
        answer = cast(object, await super()._fetch_response(*args, **kwargs))
        if not isinstance(answer, tuple):
            return answer
        response, stream = cast(tuple[Response, AsyncStream[ChatCompletionChunk]], answer)
        return response, _until_finished(stream, response)


async def _until_finished(
    stream: AsyncStream[ChatCompletionChunk], response: Response
) -> AsyncGenerator[ChatCompletionChunk]:
    is_finished = False
    try:
        async for chunk in stream:
            choices = _choices(chunk)
            is_finished = is_finished or any(choice.finish_reason is not None for choice in choices)
            note_reason(response, choices)
            yield chunk
    except json.JSONDecodeError as error:
        raise AnswerCutError("The provider sent a chunk that is not JSON.") from error
    except openai.APITimeoutError:
        raise
    except (httpx2.HTTPError, openai.APIConnectionError) as error:
        raise AnswerCutError(f"The connection broke: {type(error).__name__}.") from error
    finally:
        await stream.close()
    if not is_finished:
        raise AnswerCutError("The stream ended without a finish_reason.")


def _choices(chunk: object) -> list[Any]:
    """The chunk's choices; the client library checks nothing of what it receives."""
    choices: object = getattr(chunk, "choices", None)
    if not isinstance(choices, list):
        raise AnswerCutError("The provider sent a chunk without choices.")
    return cast(list[Any], choices)


class UniqueIdModel(Model):
    """Another model with new ids: one per output item, the same in every event that speaks of the item.

    Chat Completions knows no item ids, so the SDK calls all of them `__fake_id__`; in a chat they are keys.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The other model's response with new ids."""
        response = await self._model.get_response(*args, **kwargs)
        response.output = [_renamed(item, _new_id(item)) for item in response.output]
        return response

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[TResponseStreamEvent]:
        """The other model's events with new ids."""
        ids = _ItemIds()
        async for event in self._model.stream_response(*args, **kwargs):
            yield ids.rewrite(event)

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        """What the other model advises."""
        return self._model.get_retry_advice(request)

    async def close(self) -> None:
        """Close the other model."""
        await self._model.close()


class _ItemIds:
    """The ids of one response by output index."""

    def __init__(self) -> None:
        self._ids: dict[int, str] = {}
        self._types: dict[int, str] = {}

    def rewrite(self, event: TResponseStreamEvent) -> TResponseStreamEvent:
        if isinstance(event, ResponseTextDeltaEvent) and TAKEN_BACK_MARK in event.delta:
            event = event.model_copy(update={"delta": ""})
        if isinstance(event, ResponseOutputItemAddedEvent | ResponseOutputItemDoneEvent):
            item_id = self._id_of(event.output_index, event.item)
            return event.model_copy(update={"item": _renamed(event.item, item_id)})
        if isinstance(event, LastEvent):
            return event.model_copy(update={"response": self._rename_output(event.response)})
        index = getattr(event, "output_index", None)
        if hasattr(event, "item_id") and index in self._ids:
            return event.model_copy(update={"item_id": self._ids[index]})
        return event

    def _id_of(self, index: int, item: BaseModel) -> str:
        if index not in self._ids:
            self._ids[index] = _new_id(item)
            self._types[index] = _type_of(item)
        return self._ids[index]

    def _rename_output(self, response: Response) -> Response:
        """Items of one type stand in the same order here too, also where the indexes do not match."""
        left = {
            kind: iter([self._ids[i] for i in sorted(self._ids) if self._types[i] == kind])
            for kind in set(self._types.values())
        }
        output = [
            _renamed(item, next(left.get(_type_of(item), iter(())), _new_id(item)))
            for item in response.output
        ]
        return response.model_copy(update={"output": output})


def _type_of(item: BaseModel) -> str:
    return str(getattr(item, "type", "item"))


def _new_id(item: BaseModel) -> str:
    return f"{ID_PREFIXES.get(_type_of(item), 'item')}_{uuid4().hex}"


def _renamed(item: Entry, item_id: str) -> Entry:
    update: dict[str, Any] = {"id": item_id}
    if isinstance(item, ResponseOutputMessage):
        update["content"] = [_without_thought(part) for part in item.content]
    if getattr(item, "call_id", None) == "":
        # Some servers leave it out; the SDK needs it to match a call with its result.
        update["call_id"] = item_id
    return item.model_copy(update=update)


def _without_thought(
    part: ResponseOutputText | ResponseOutputRefusal,
) -> ResponseOutputText | ResponseOutputRefusal:
    """The part without a thought that was taken for its beginning."""
    if not isinstance(part, ResponseOutputText) or TAKEN_BACK_MARK not in part.text:
        return part
    return part.model_copy(update={"text": part.text.rpartition(TAKEN_BACK_MARK)[2].lstrip()})
