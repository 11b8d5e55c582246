"""Requests to a language model share a connection: a new one costs round trips, with TLS more of them."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from agent_service.models.wire.client import open_client

if TYPE_CHECKING:
    from conftest import Serve

WORD = 'data: {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}\n\n'
DONE = "data: [DONE]\n\n"


class Model:
    """A server that remembers who came; after `[DONE]` it sends more, or nothing for `seconds`."""

    def __init__(self, *, more: str = "", seconds: float = 0) -> None:
        self.clients: list[tuple[str, int]] = []
        self._more = more
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        self.clients.append(tuple(scope["client"]))
        await StreamingResponse(self._answer(), media_type="text/event-stream")(scope, receive, send)

    async def _answer(self) -> AsyncGenerator[str]:
        yield WORD
        yield DONE
        await asyncio.sleep(self._seconds)
        yield self._more


async def ask_three_times(url: str) -> list[str]:
    """What the model says each time."""
    async with open_client(f"{url}/v1", "key", 30, retries=0) as client:
        return [await ask(client) for _ in range(3)]


async def ask(client: Any) -> str:
    """The answer to one question, read as the agents do: until it is said to be done."""
    messages = [{"role": "user", "content": "Is it?"}]
    stream = await client.chat.completions.create(model="m", messages=messages, stream=True)
    said = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    await stream.close()
    return "".join(said)


@pytest.mark.parametrize("more", ["", ": good bye\n\n", WORD])
async def test_one_connection_carries_all_requests(
    serve: "Serve", monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    # On a busy machine the end may come late.
    monkeypatch.setattr("agent_service.models.wire.client.SECONDS_FOR_THE_END", 30)
    model = Model(more=more)
    async with serve(model) as url:
        assert await ask_three_times(url) == ["Yes."] * 3
    assert len(set(model.clients)) == 1


async def test_a_server_that_does_not_end_its_answer_is_not_waited_for(serve: "Serve") -> None:
    model = Model(seconds=3600)
    async with serve(model) as url, asyncio.timeout(60):
        assert await ask_three_times(url) == ["Yes."] * 3
    assert len(set(model.clients)) == 3
