"""Whatever became of a turn, the next one sends what the strictest providers accept."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from chatkit.types import ThreadCreatedEvent

from agent_service.models.endings import is_too_long, is_withheld
from agent_service.models.fallback import rest_seconds, status_of
from agent_service.turn.history import NO_WORDS, UNANSWERED, alternating
from agent_service.turn.recovery import with_results
from agent_service.turn.shortening import LEAST_CHARACTERS, shortened
from tests.agent_service.scripted_provider import Refused, Reply, ScriptedProvider, Step, call, say
from tests.agent_service.test_fallback import Line
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat, Serve

SEARCH = call("search_documents", query="leave")
WHOLE = say("25 days. [[12]]")
FILTERED = Reply([{"content": ""}], reason="content_filter")
TOO_LONG = Refused(400, "This model's maximum context length is 4096 tokens.", "context_length_exceeded")


@pytest.fixture
async def line(serve: "Serve") -> AsyncGenerator[Line]:
    """Puts models in line."""
    async with AsyncExitStack() as stack:
        yield Line(serve, stack)


def check(request: dict[str, Any]) -> None:
    """What strict chat templates ask of a request."""
    messages = request["messages"]
    assert [message["role"] for message in messages].index("system") == 0
    plain = [one["role"] for one in messages[1:] if one["role"] != "tool" and not one.get("tool_calls")]
    assert plain[::2] == ["user"] * len(plain[::2]), plain
    assert plain[1::2] == ["assistant"] * len(plain[1::2]), plain
    for message in messages:
        assert message.get("tool_calls") or json.dumps(message["content"]) not in ('""', "null", "[]"), (
            message
        )
    called: list[str] = []
    for message in messages:
        called += [one["id"] for one in message.get("tool_calls") or ()]
    assert called == [message["tool_call_id"] for message in messages if message["role"] == "tool"]


@pytest.mark.parametrize(
    "faults",
    [[500], [SEARCH, 500], [429, 500], [SEARCH, say("25", "drop")], [SEARCH, say("")], [SEARCH, FILTERED]],
)
async def test_after_turns_without_an_answer_the_next_one_alternates(
    open_chat: "OpenChat", line: Line, faults: list[Step]
) -> None:
    provider = ScriptedProvider([faults[0]])
    chat = await open_chat(await line(provider))
    answer = None
    for text in ("hi", "go on please", "once more"):
        provider.steps = [*faults]
        answer = await chat.say(text, answer and answer.thread_id)
    provider.steps = [SEARCH, WHOLE]
    assert answer is not None
    assert (await chat.say("How many days?", answer.thread_id)).text == "25 days."
    for request in provider.requests:
        check(request)


async def test_after_a_stop_before_the_first_word_the_next_turn_alternates(
    open_chat: "OpenChat", line: Line
) -> None:
    provider = ScriptedProvider([SEARCH, Reply([{"content": ""}], "hang")])
    chat = await open_chat(await line(provider))
    async with chat.open_stream(chat.message("How many days?")) as events:
        created = await anext(aiter(events))
        async for event in events:
            if event.type == "thread.item.updated":
                break
    assert isinstance(created, ThreadCreatedEvent)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while [item.type for item in await chat.items(created.thread.id)] != ["user_message", "task"]:
            pass
    provider.steps = [SEARCH, WHOLE]
    assert (await chat.say("Go on", created.thread.id)).text == "25 days."
    check(provider.requests[-1])


def user(*texts: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": text} for text in texts]}


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


CALL = {"type": "function_call", "call_id": "c", "name": "x", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c", "output": "1"}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([user("a"), user("b")], [user("a"), said(UNANSWERED), user("b")]),
        ([user("a"), said("b"), said("c"), user("d")], [user("a"), said("b\n\nc"), user("d")]),
        ([user("a"), CALL, RESULT, user("b")], [user("a"), CALL, RESULT, said(UNANSWERED), user("b")]),
        ([user("a"), CALL, RESULT, said("b")], [user("a"), CALL, RESULT, said("b")]),
        ([user("", " ", "a")], [user("a")]),
        ([user("")], [user(NO_WORDS)]),
    ],
    ids=str,
)
def test_questions_and_answers_take_turns(items: list[Any], expected: list[Any]) -> None:
    before = json.dumps(items)
    assert alternating(items) == expected
    assert json.dumps(items) == before


def test_a_call_without_a_result_and_a_result_without_a_call_are_left_out() -> None:
    items: list[Any] = [user("a"), CALL, {**CALL, "call_id": "d"}, RESULT, {**RESULT, "call_id": "e"}]
    assert with_results(items) == [user("a"), CALL, RESULT]


async def test_a_conversation_that_is_too_long_is_shortened_and_asked_again(
    open_chat: "OpenChat", line: Line
) -> None:
    provider = ScriptedProvider([SEARCH, say("An answer. " * 400)])
    chat = await open_chat(await line(provider))
    answer = await chat.say("First question")
    for number in range(3):
        provider.steps = [SEARCH, say("An answer. " * 400)]
        await chat.say(f"Question {number}", answer.thread_id)
    provider.steps = [TOO_LONG, SEARCH, TOO_LONG, WHOLE]
    last = await chat.say("How many days?", answer.thread_id)
    assert (last.error, last.text) == (None, "25 days.")
    refused, shorter, *_, final = provider.requests[-4:]
    assert len(json.dumps(shorter["messages"])) < len(json.dumps(refused["messages"]))
    assert "First question" not in json.dumps(shorter["messages"])
    assert "How many days?" in json.dumps(final["messages"])
    assert "too long for you" in final["messages"][0]["content"]
    check(shorter)
    check(final)


async def test_where_nothing_can_be_left_out_the_next_model_is_asked_and_then_it_is_a_sentence(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    knowledge.add_passage("word " * 9_000, chunk_id=50)
    first = ScriptedProvider([SEARCH, TOO_LONG])
    answer = await (await open_chat(await line(first, ScriptedProvider([WHOLE])))).say("How many days?")
    assert answer.text == "25 days."
    assert len(first.requests) > 3, "the result of the search was shortened first"
    assert len(json.dumps(first.requests[-1])) < len(json.dumps(first.requests[1])) / 2
    alone = await (await open_chat(await line(ScriptedProvider([TOO_LONG])))).say("How many days?")
    assert alone.error is not None
    assert "is too long for the model m0" in (alone.error.message or "")


def test_what_is_left_out_are_older_questions_and_then_the_ends_of_texts() -> None:
    items: list[Any] = [user("a" * 5000), said("b" * 5000), user("c" * 500), said("d"), user("e")]
    shorter = shortened(items)
    assert shorter == [user("c" * 500), said("d"), user("e")]
    assert shortened([user("c"), said("d" * 9), user("e" * 9000)]) == [user("e" * 9000)]  # type: ignore[list-item]
    (question,) = shortened([user("e" * 9000)]) or []  # type: ignore[list-item]
    assert LEAST_CHARACTERS < len(json.dumps(question)) < 6000
    found = json.dumps({"results": [{"chunk_id": n, "content": "word " * 200} for n in range(20)]})
    [_, _, result] = shortened([user("e"), CALL, {**RESULT, "output": found}]) or []  # type: ignore[list-item]
    left = json.loads(str(result["output"]))["results"]  # type: ignore[typeddict-item]
    assert 0 < len(left) < 20
    assert shortened([user("e")]) is None  # type: ignore[list-item]


WORDINGS = [
    (
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    ),
    (400, "prompt is too long: 212345 tokens > 200000 maximum"),
    (400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"),
    (400, "the request exceeds the available context size, try increasing it"),
    (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    (400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
    (400, "too many tokens: total number of tokens in the prompt cannot exceed 4081"),
    (400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"),
    (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000"),
    (400, "Trying to keep the first 5000 tokens when context the overflows."),
    (400, "Your input exceeds the context window of this model."),
    (413, "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000"),
    (429, "Request too large for gpt-4o on tokens per min (TPM). The input must be reduced."),
    (500, "exceed_context_size_error"),
    (400, "Invalid 'messages[1].content': string too long. Expected at most 1048576."),
]
OTHERS = [
    (400, "Unsupported value: 'temperature' does not support 0.5 with this model."),
    (400, "Tools are not supported by this model."),
    (429, "Rate limit reached for requests. Limit: 3 / min."),
    (429, "This request would exceed your organization's rate limit of 30,000 input tokens per minute"),
    (402, "Insufficient credits: the prompt exceeds what you can afford"),
    (401, "Incorrect API key provided"),
]
FILTERS = [
    (400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."),
    (400, "Output data may contain inappropriate content: data_inspection_failed"),
    (403, "x requires moderation on OpenRouter. Your input was flagged"),
]


def refused(status: int, message: str) -> openai.APIStatusError:
    """The error as the client raises it."""
    response = httpx2.Response(status, request=httpx2.Request("POST", "http://llm.invalid"))
    return openai.APIStatusError(message, response=response, body={"message": message})


@pytest.mark.parametrize(("status", "message"), [*WORDINGS, *OTHERS, *FILTERS])
def test_the_usual_wordings_are_understood(status: int, message: str) -> None:
    error = refused(status, message)
    assert is_too_long(error, status_of(error)) == ((status, message) in WORDINGS)
    assert is_withheld(error, status_of(error)) == ((status, message) in FILTERS)
    assert rest_seconds(error) == 0 or (status, message) not in FILTERS
