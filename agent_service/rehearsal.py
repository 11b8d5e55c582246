"""What the libraries put off until it is first needed, done before anybody waits for it.

Classes of events are built, modules imported and patterns compiled at the first answer: a third of a second
of the processor, in which the event loop would stand still for everybody. In a thread it goes on meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

from agents.models.chatcmpl_stream_handler import ChatCmplStreamHandler
from jsonschema.validators import validator_for
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response

from agent_service.wishes.wish import Said, wish_in

CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
# A call, and an answer, as every provider sends them.
DELTAS: tuple[dict[str, Any], ...] = (
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "assistant", "content": "An answer."},
)
RESULT = {"type": "object", "properties": {"results": {"type": "array", "items": {"type": "string"}}}}


def rehearse() -> None:
    """Let a made-up model call a tool and answer, check a result by its schema, and read a wish."""
    for delta in DELTAS:
        asyncio.run(_listen(delta))
    kind = cast(Any, validator_for(RESULT))
    kind.check_schema(RESULT)
    kind(RESULT).is_valid({"results": ["a passage"]})
    wish_in("Add a task: water the plants tomorrow.", Said())


async def _listen(delta: dict[str, Any]) -> None:
    response = Response(
        id="rehearsal",
        created_at=0,
        model="none",
        object="response",
        output=[],
        tool_choice="auto",
        tools=[],
        parallel_tool_calls=False,
    )
    stream = cast("AsyncStream[ChatCompletionChunk]", _chunks(delta))
    async for _ in ChatCmplStreamHandler.handle_stream(response, stream, model="none"):
        pass


async def _chunks(delta: dict[str, Any]) -> AsyncGenerator[ChatCompletionChunk]:
    for part, reason in ((delta, None), ({}, "tool_calls" if "tool_calls" in delta else "stop")):
        choice = {"index": 0, "delta": part, "finish_reason": reason}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "none"}
        yield ChatCompletionChunk.model_validate(chunk | {"choices": [choice]})
