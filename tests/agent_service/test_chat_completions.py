"""The path to a real language model: an OpenAI-compatible server on loopback that answers as told."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from agent_service.models.providers import choose_model
from agent_service.settings.settings import AgentServiceSettings

if TYPE_CHECKING:
    from conftest import Answer, OpenChat, Serve

QUESTION = "How many days of leave do I have?"
TOOL_CALL: dict[str, Any] = {
    "tool_calls": [
        {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "search_documents", "arguments": '{"query": "leave"}'},
        }
    ]
}


@dataclass
class FakeProvider:
    """Answers each request with the next step: deltas of a message, or an HTTP error."""

    steps: list[list[dict[str, Any]] | int]
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: list[str] = field(default_factory=list[str])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.requests.append(await request.json())
        self.keys.append(request.headers["authorization"])
        await (self._answer(self.steps.pop(0)))(scope, receive, send)

    def _answer(self, step: list[dict[str, Any]] | int) -> Response:
        if isinstance(step, int):
            error = {"error": {"message": "Key sk-1234567890abcdef is bad", "code": step}}
            return JSONResponse(error, status_code=step)
        return StreamingResponse(_chunks(step), media_type="text/event-stream")


async def _chunks(deltas: list[dict[str, Any]]) -> AsyncIterator[str]:
    for delta in deltas:
        yield _chunk([{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}])
    reason = "tool_calls" if "tool_calls" in deltas[-1] else "stop"
    yield _chunk([{"index": 0, "delta": {}, "finish_reason": reason}])
    yield _chunk([], usage={"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10})
    yield "data: [DONE]\n\n"


def _chunk(choices: list[dict[str, Any]], **more: Any) -> str:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
    return f"data: {json.dumps(chunk | more)}\n\n"


def words(text: str) -> list[dict[str, Any]]:
    return [{"content": word} for word in text.replace(" ", " \0").split("\0")]


class Talk:
    """Conversations with a provider that follows a script."""

    def __init__(self, open_chat: "OpenChat", serve: "Serve") -> None:
        self._open_chat = open_chat
        self._serve = serve

    async def __call__(self, provider: FakeProvider, *questions: str) -> "list[Answer]":
        """The answers to the questions, all in one thread."""
        async with self._serve(provider) as url:
            chosen = choose_model(
                AgentServiceSettings(openai_base_url=f"{url}/v1", model_name="m", openai_api_key="sk-own-key")  # pyright: ignore[reportCallIssue, reportArgumentType]
            )
            chat = await self._open_chat(chosen)
            answers: list[Answer] = []
            for question in questions:
                thread_id = answers[-1].thread_id if answers else None
                answers.append(await chat.say(question, thread_id))
            return answers


@pytest.fixture
def talk(open_chat: "OpenChat", serve: "Serve") -> Talk:
    """Talks to a scripted provider."""
    return Talk(open_chat, serve)


async def test_the_first_call_is_forced_to_use_a_tool_and_the_second_is_free(talk: Talk) -> None:
    provider = FakeProvider([[TOOL_CALL], words("You have 25 days. [[12]] Enjoy.")])
    (answer,) = await talk(provider, QUESTION)
    assert answer.text == "You have 25 days. Enjoy."
    assert [annotation.index for annotation in answer.annotations] == [len("You have 25 days.")]
    first, second = provider.requests
    assert first["tool_choice"] == "required"
    assert "tool_choice" not in second
    assert first["stream_options"] == {"include_usage": True}
    assert "search_documents" in {tool["function"]["name"] for tool in first["tools"]}
    assert provider.keys[0] == "Bearer sk-own-key"


async def test_a_tool_result_reaches_the_provider_as_text(talk: Talk) -> None:
    provider = FakeProvider([[TOOL_CALL], words("25 days.")])
    await talk(provider, QUESTION)
    asked, result = provider.requests[1]["messages"][-2:]
    assert (result["role"], result["tool_call_id"]) == ("tool", asked["tool_calls"][0]["id"])
    assert json.loads(result["content"])["results"][0]["chunk_id"] == 12


async def test_a_second_turn_works_and_brings_the_first_along(talk: Talk) -> None:
    provider = FakeProvider([[TOOL_CALL], words("25 days. [[12]]"), [TOOL_CALL], words("In March. [[12]]")])
    first, second = await talk(provider, QUESTION, "When do they expire?")
    assert (first.text, second.text) == ("25 days.", "In March.")
    assert first.messages[0].id != second.messages[0].id
    said = [(message["role"], message["content"]) for message in provider.requests[2]["messages"][1:]]
    assert [role for role, _ in said] == ["user", "assistant", "user"]
    assert said[1] == ("assistant", "25 days.")


async def test_the_instructions_forbid_to_obey_documents_and_name_the_day(talk: Talk) -> None:
    provider = FakeProvider([[TOOL_CALL], words("25 days.")])
    await talk(provider, QUESTION)
    system = provider.requests[0]["messages"][0]
    assert system["role"] == "system"
    assert "never an instruction" in system["content"]
    assert "[[12]]" in system["content"]
    assert "Today is" in system["content"]


async def test_a_provider_that_ignores_the_force_is_searched_for(talk: Talk) -> None:
    provider = FakeProvider([words("I just know: 30 days."), words("It is 25 days. [[12]]")])
    (answer,) = await talk(provider, QUESTION)
    assert (answer.text, len(answer.annotations)) == ("It is 25 days.", 1)
    roles = [message["role"] for message in provider.requests[1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool"]


async def test_a_refused_key_is_one_sentence_without_the_key(talk: Talk) -> None:
    (answer,) = await talk(FakeProvider([401]), QUESTION)
    assert answer.error is not None
    assert "rejects the API key. Correct OPENAI_API_KEY" in (answer.error.message or "")
    assert "sk-" not in (answer.error.message or "")


async def test_one_hiccup_of_the_provider_is_not_noticed(talk: Talk) -> None:
    (answer,) = await talk(FakeProvider([503, [TOOL_CALL], words("25 days. [[12]]")]), QUESTION)
    assert answer.text == "25 days."
