"""Some thousand turns at once, some of them left half-way: none may hang, and nothing may be left behind."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any, Literal

import httpx2
import pytest
from chatkit.types import ErrorEvent, ThreadItemDoneEvent
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agent_service.models.providers import ChosenModel, choose_model
from agent_service.settings.settings import AgentServiceSettings
from tests.agent_service.conftest import Chat, FakeKnowledge, OpenChat, stream_events
from tests.conftest import Serve

TURNS = 3000
PEOPLE = 8
# A turn takes a fraction of a second; on a machine that does much else, a few.
STUCK_SECONDS = 300


class Crowd:
    """People who ask one question after the other; every seventh answer is left when it begins."""

    def __init__(self, chat: Chat, turns: int) -> None:
        self._chat = chat
        self._left = iter(range(turns))
        self.outcomes: Counter[str] = Counter()

    async def ask_all(self) -> None:
        """Ask all questions. Fails with the stacks of all tasks when one of them gets no answer."""
        await asyncio.gather(*(self._person(number) for number in range(PEOPLE)))

    async def _person(self, person: int) -> None:
        thread: str | None = None
        for number in self._left:
            try:
                async with asyncio.timeout(STUCK_SECONDS):
                    thread = await self._turn(thread, number, f"user {person % 7}{person}")
            except TimeoutError:
                pytest.fail(f"Question {number} got no answer.\n{_stacks()}")

    async def _turn(self, thread: str | None, number: int, user: str) -> str | None:
        body = self._chat.message(f"How many days of leave are there in {number}?", thread)
        url, headers = f"{self._chat.url}/chatkit", {"x-user": user}
        async with self._chat.http.stream("POST", url, json=body, headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            return await self._read(response, number, thread)

    async def _read(self, response: httpx2.Response, number: int, thread: str | None) -> str | None:
        async for event in stream_events(response):
            if isinstance(event, ErrorEvent):
                self.outcomes[f"error {event.code}: {event.message}"] += 1
            if isinstance(event, ThreadItemDoneEvent):
                thread = event.item.thread_id
                self.outcomes[event.item.type] += 1
            if number % 7 == 6 and event.type == "thread.item.added":
                self.outcomes["left"] += 1
                # The thread is busy for a moment; the next question is in a new one.
                return None
        return thread


async def searching_model(scope: Scope, receive: Receive, send: Send) -> None:
    """A language model over HTTP that searches once and answers."""
    last = (await Request(scope, receive).json())["messages"][-1]
    function = {"name": "search_documents", "arguments": json.dumps({"query": "days of leave"})}
    call: dict[str, Any] = {"index": 0, "id": "call", "type": "function", "function": function}
    has_searched = last["role"] == "tool"
    delta: dict[str, Any] = {"content": "Thirty days."} if has_searched else {"tool_calls": [call]}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if has_searched else "tool_calls"}
    body = f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n"
    await Response(body, media_type="text/event-stream")(scope, receive, send)


@pytest.fixture(params=["extractive", "over HTTP"])
async def model(
    request: pytest.FixtureRequest, serve: Serve
) -> AsyncGenerator[Literal["extractive"] | ChosenModel]:
    """Who answers."""
    if request.param == "extractive":
        yield "extractive"
        return
    async with serve(searching_model) as url:
        yield choose_model(AgentServiceSettings(openai_base_url=f"{url}/v1", model_name="m"))  # pyright: ignore[reportCallIssue]


def _stacks() -> str:
    out = io.StringIO()
    for task in asyncio.all_tasks():
        task.print_stack(file=out)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_thousands_of_turns_end_all_of_them(
    knowledge: FakeKnowledge, open_chat: OpenChat, model: Literal["extractive"] | ChosenModel
) -> None:
    knowledge.add_passage("Everybody has thirty days of leave.", chunk_id=1)
    # Busy is not stuck.
    chat = await open_chat(model, chat_rate_limit_per_minute=0, mcp_connect_timeout_seconds=60)
    await Crowd(chat, 2 * PEOPLE).ask_all()
    tasks = len(asyncio.all_tasks())
    crowd = Crowd(chat, TURNS)
    await crowd.ask_all()
    assert {name: count for name, count in crowd.outcomes.items() if name.startswith("error")} == {}
    assert crowd.outcomes["user_message"] == TURNS
    assert crowd.outcomes["assistant_message"] + crowd.outcomes["left"] == TURNS
    # Kept connections are bounded, and everything else of a turn ends with it.
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= tasks + 10 * PEOPLE
