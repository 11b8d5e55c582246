"""A language model that is a script: it searches once, answers, and notes when it was asked."""

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp_process import DOCUMENTS
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

NUMBER = re.compile(r"question (\d+-\d+-\d+)")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(app: Starlette) -> AsyncGenerator[str]:
    """The address of the app while it is served."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


def _search(number: str) -> dict[str, Any]:
    setting = int(number.rpartition("-")[2]) % DOCUMENTS
    arguments = json.dumps({"query": f"What does the setting number {setting} change?"})
    function = {"name": "search_documents", "arguments": arguments}
    return {"index": 0, "id": f"call_{number}", "type": "function", "function": function}


async def stream(deltas: list[dict[str, Any]]) -> AsyncIterator[str]:
    """The events of an answer of these pieces, as OpenAI sends them."""
    for delta in deltas:
        yield chunk([{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}])
    reason = "tool_calls" if "tool_calls" in deltas[-1] else "stop"
    yield chunk([{"index": 0, "delta": {}, "finish_reason": reason}])
    yield chunk([], usage={"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
    yield "data: [DONE]\n\n"


def chunk(choices: list[dict[str, Any]], **more: Any) -> str:
    """A part of an answer, as a stream sends it."""
    part = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
    return f"data: {json.dumps(part | more)}\n\n"


@dataclass
class Trace:
    """When one question was sent, reached the model twice, left it again, and was answered."""

    sent: float
    asked: list[float] = field(default_factory=list[float])
    answered: list[float] = field(default_factory=list[float])
    first_word: float | None = None

    def parts(self) -> tuple[float, float, float]:
        """Seconds to the model, from its call of the search to its result, from its answer to the word."""
        assert self.first_word is not None
        (first, second), (calls, speaks) = self.asked, self.answered
        return first - self.sent, second - calls, self.first_word - speaks


class ScriptedLlm:
    """Searches once and then answers with the number of the question."""

    def __init__(self, traces: dict[str, Trace]) -> None:
        self._traces = traces

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/v1/chat/completions", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> StreamingResponse:
        came = time.perf_counter()
        messages: list[dict[str, Any]] = (await request.json())["messages"]
        asked = [str(message["content"]) for message in messages if message["role"] == "user"]
        number = NUMBER.findall(asked[-1])[-1]
        if messages[-1]["role"] == "tool":
            deltas = [{"content": word} for word in ("Answer ", number, ".")]
        else:
            deltas = [{"tool_calls": [_search(number)]}]
        trace = self._traces[number]
        trace.asked.append(came)
        trace.answered.append(time.perf_counter())
        return StreamingResponse(stream(deltas), media_type="text/event-stream")
