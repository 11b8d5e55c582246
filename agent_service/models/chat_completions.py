"""A model behind Chat Completions whose answers are whole or an error."""

import json
from collections.abc import AsyncGenerator
from typing import Any, cast

import httpx2
import openai
from agents import OpenAIChatCompletionsModel
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk

from agent_service.errors import AgentServiceError


class AnswerCutError(AgentServiceError):
    """The provider broke off in the middle of an answer, or sent what is no answer."""


class WholeAnswerModel(OpenAIChatCompletionsModel):
    """Raises `AnswerCutError` when a stream ends before the provider said that it is finished.

    The SDK asks for that of OpenAI only; from any other server it takes half an answer for a whole one.
    """

    async def _fetch_response(self, *args: Any, **kwargs: Any) -> Any:
        answer = cast(object, await super()._fetch_response(*args, **kwargs))
        if not isinstance(answer, tuple):
            return answer
        response, stream = cast(tuple[Any, AsyncStream[ChatCompletionChunk]], answer)
        return response, _until_finished(stream)


async def _until_finished(stream: AsyncStream[ChatCompletionChunk]) -> AsyncGenerator[ChatCompletionChunk]:
    is_finished = False
    try:
        async for chunk in stream:
            choices = _choices(chunk)
            is_finished = is_finished or any(choice.finish_reason is not None for choice in choices)
            yield chunk
    except json.JSONDecodeError as error:
        raise AnswerCutError("The provider sent a chunk that is no JSON.") from error
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
