"""An OpenAI-compatible server that answers by a script, and fails by it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.support.patience import PATIENCE_SECONDS

Ending = Literal["whole", "cut", "drop", "error", "garbage", "no choices", "hang"]
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


@dataclass(frozen=True)
class Reply:
    """A streamed answer: its deltas, and how it ends; `reason` is the finish_reason of one that is whole."""

    deltas: list[dict[str, Any]]
    ending: Ending = "whole"
    reason: str | None = None


@dataclass(frozen=True)
class Refused:
    """An HTTP error with this body."""

    status: int
    message: str
    code: str | None = None


@dataclass(frozen=True)
class Silence:
    """Not even headers."""


Step = Reply | Silence | Refused | int


def patience_with(step: Step) -> float:
    """A time limit in seconds that ends soon what never ends, and nothing that is only slow."""
    hangs = isinstance(step, Silence) or (isinstance(step, Reply) and step.ending == "hang")
    return 3 if hangs else PATIENCE_SECONDS


def call(name: str, call_id: str = "call_1", **arguments: Any) -> Reply:
    """A tool call."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return Reply([{"tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": function}]}])


def say(text: str, ending: Ending = "whole") -> Reply:
    """A message, word by word."""
    return Reply([{"content": word} for word in text.replace(" ", " \0").split("\0")], ending)


@dataclass
class ScriptedProvider:
    """Answers each request with the next step, and with the last one for ever after."""

    steps: list[Step]
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    was_left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.requests.append(await request.json())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Silence):
            while (await receive())["type"] != "http.disconnect":
                pass
            self.was_left.set()
        elif isinstance(step, int | Refused):
            if isinstance(step, int):
                step = Refused(step, "Key sk-1234567890abcdef is bad", str(step))
            error = {"error": {"message": step.message, "code": step.code}}
            await JSONResponse(error, status_code=step.status)(scope, receive, send)
        else:
            response = StreamingResponse(self._stream(step), media_type="text/event-stream")
            await response(scope, receive, send)

    async def _stream(self, reply: Reply) -> AsyncIterator[str]:
        for delta in reply.deltas:
            yield _chunk([{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}])
        if reply.ending == "drop":
            raise ConnectionAbortedError
        if reply.ending == "hang":
            try:
                await asyncio.Event().wait()
            finally:
                self.was_left.set()
        for chunk in _endings(reply):
            yield chunk


def _endings(reply: Reply) -> list[str]:
    if reply.ending == "cut":
        return []
    if reply.ending == "error":
        return [f"data: {json.dumps({'error': {'message': 'overloaded', 'code': 429}})}\n\n"]
    if reply.ending == "garbage":
        return ["data: {half a chu\n\n"]
    if reply.ending == "no choices":
        return ['data: {"choices": 7}\n\n']
    reason = reply.reason or ("tool_calls" if "tool_calls" in reply.deltas[-1] else "stop")
    return [
        _chunk([{"index": 0, "delta": {}, "finish_reason": reason}]),
        _chunk([], usage=USAGE),
        "data: [DONE]\n\n",
    ]


def _chunk(choices: list[dict[str, Any]], **more: Any) -> str:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
    return f"data: {json.dumps(chunk | more)}\n\n"
