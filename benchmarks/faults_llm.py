"""A language model that is a script: it searches or adds a task, as it is asked, and answers word by word."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from scripted_llm import chunk
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

NAME = re.compile(r"(?:setting|Job) (\d+-\d+-[0-9a-f]{6})")
# As long as an answer takes: kills come in the midst of some.
SECONDS_A_WORD = 0.05
WORDS = 20


def app() -> Starlette:
    """The server."""
    return Starlette(routes=[Route("/v1/chat/completions", _answer, methods=["POST"])])


async def _answer(request: Request) -> StreamingResponse:
    messages: list[dict[str, Any]] = (await request.json())["messages"]
    asked = next(str(message["content"]) for message in messages[::-1] if message["role"] == "user")
    name = NAME.findall(asked)[-1]
    if messages[-1]["role"] == "tool":
        deltas = [{"content": f"Answer {name}."}, *({"content": " So it is."} for _ in range(WORDS))]
    else:
        deltas = [{"tool_calls": [_call(name, adds="Add the task" in asked)]}]
    return StreamingResponse(_stream(deltas), media_type="text/event-stream")


def _call(name: str, *, adds: bool) -> dict[str, Any]:
    tool = "add_task" if adds else "search_documents"
    arguments = (
        {"title": f"Job {name}"} if adds else {"query": f"What does the setting number {name} change?"}
    )
    function = {"name": tool, "arguments": json.dumps(arguments)}
    return {"index": 0, "id": f"call_{name}", "type": "function", "function": function}


async def _stream(deltas: list[dict[str, Any]]) -> AsyncIterator[str]:
    for delta in deltas:
        await asyncio.sleep(SECONDS_A_WORD)
        yield chunk([{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}])
    reason = "tool_calls" if "tool_calls" in deltas[-1] else "stop"
    yield chunk([{"index": 0, "delta": {}, "finish_reason": reason}])
    yield chunk([], usage={"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
    yield "data: [DONE]\n\n"
