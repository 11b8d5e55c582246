"""Answers that do not end as a whole: a line says so, and another model is asked where it can help."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from chatkit.types import AssistantMessageItem

from tests.agent_service.scripted_provider import Reply, ScriptedProvider, Step, call, say
from tests.agent_service.test_fallback import Line, standing_in
from tests.agent_service.test_turns import said_in

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat, Serve

QUESTION = "How many days of leave do I have?"
SEARCH = call("search_documents", query="leave")
WHOLE = say("25 days. [[12]]")


def refuse(text: str, before: str = "") -> Reply:
    """A refusal as OpenAI streams it."""
    deltas: list[dict[str, Any]] = [{"content": before}] if before else []
    return Reply([*deltas, {"refusal": ""}, *({"refusal": word} for word in text.split(" "))])


def cut(reason: str, text: str = "") -> Reply:
    """What was said of an answer that ended for another reason than its end."""
    return Reply([{"content": text}], reason=reason)


@pytest.fixture
async def line(serve: "Serve") -> AsyncGenerator[Line]:
    """Puts models in line."""
    async with AsyncExitStack() as stack:
        yield Line(serve, stack)


FILTERED = "*The answer was cut off by the provider's content filter.*"
ENDS: list[tuple[Reply, str]] = [
    (refuse("I'm sorry."), "I'msorry.\n\n*The model declined to answer.*"),
    (cut("content_filter"), FILTERED),
    (cut("content_filter", "You get 28 vac"), f"You get 28 vac\n\n{FILTERED}"),
    (cut("SAFETY", "You get 28 vac"), f"You get 28 vac\n\n{FILTERED}"),
    (cut("length"), "*There is no answer: the model reached its length limit before the first word.*"),
    (
        cut("length", "You get 28 vac"),
        "You get 28 vac\n\n*The answer was cut off: the model reached its length limit.*",
    ),
    (cut("max_tokens", "You"), "You\n\n*The answer was cut off: the model reached its length limit.*"),
]


@pytest.mark.parametrize(("reply", "text"), ENDS, ids=lambda value: str(value)[:60])
async def test_an_answer_that_is_not_whole_says_why_and_is_no_error(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge", reply: Reply, text: str
) -> None:
    knowledge.confidence = 0.1
    provider = ScriptedProvider([SEARCH, reply, SEARCH, WHOLE])
    chat = await open_chat(await line(provider))
    answer = await chat.say(QUESTION)
    assert answer.error is None
    assert answer.text == text
    assert said_in(answer.events) == text
    kept = [item for item in await chat.items(answer.thread_id) if isinstance(item, AssistantMessageItem)]
    assert [item.content[0].text for item in kept] == [text]
    again = await chat.say("And now?", answer.thread_id)
    assert again.text == "25 days."
    (said,) = [one["content"] for one in provider.requests[-1]["messages"][1:] if one["role"] == "assistant"][
        :1
    ]
    assert "*" not in said
    assert said


@pytest.mark.parametrize(
    "reply",
    [
        refuse("No."),
        refuse("No.", "You "),
        cut("content_filter"),
        cut("content_filter", "You"),
        cut("length"),
        say(""),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_another_model_answers_what_the_first_one_did_not(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge", reply: Reply
) -> None:
    first, second = ScriptedProvider([SEARCH, reply]), ScriptedProvider([WHOLE, SEARCH, WHOLE])
    chat = await open_chat(await line(first, second))
    answer = await chat.say(QUESTION)
    assert (answer.error, answer.text) == (None, "25 days.")
    assert knowledge.tools_called == ["search_documents"]
    items = await chat.items(answer.thread_id)
    assert standing_in(items) == ["m0 did not answer; m1 does."]
    assert len([item for item in items if isinstance(item, AssistantMessageItem)]) == 1
    first.steps = [SEARCH, WHOLE]
    asked = len(first.requests)
    await chat.say("And now?", answer.thread_id)
    assert len(first.requests) > asked, "a model that did not answer one question is asked the next"


async def test_a_cut_by_the_length_limit_is_kept_where_others_could_answer(
    open_chat: "OpenChat", line: Line
) -> None:
    chat = await open_chat(
        await line(ScriptedProvider([SEARCH, cut("length", "25 days. [[12]] And")]), ScriptedProvider([500]))
    )
    answer = await chat.say(QUESTION)
    assert answer.text.startswith("25 days. And\n\n*The answer was cut off")
    assert len(answer.annotations) == 1


EMPTY: list[Step] = [say(""), say("\n"), Reply([{"role": "assistant", "content": None}])]


@pytest.mark.parametrize("nothing", EMPTY, ids=str)
async def test_an_empty_answer_is_asked_for_once_more(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge", nothing: Step
) -> None:
    provider = ScriptedProvider([SEARCH, nothing, WHOLE])
    answer = await (await open_chat(await line(provider))).say(QUESTION)
    assert (answer.error, answer.text) == (None, "25 days.")
    assert len(answer.messages) == 1
    assert knowledge.tools_called == ["search_documents"]
    provider = ScriptedProvider([SEARCH, nothing])
    failed = await (await open_chat(await line(provider))).say(QUESTION)
    assert failed.error is not None
    assert failed.error.message == "The model m0 gave no answer. Try again."
    assert len(provider.requests) == 3
    assert failed.messages == []


async def test_without_a_step_left_the_model_answers_once_more_without_tools(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    searches = [call("search_documents", f"call_{n}", query=f"q{n}") for n in range(3)]
    provider = ScriptedProvider([*searches, WHOLE])
    answer = await (await open_chat(await line(provider), max_turns=3)).say(QUESTION)
    assert answer.error is None
    assert answer.text == (
        "25 days.\n\n*The model had no steps left: this rests on what it had found by then.*"
    )
    assert len(answer.annotations) == 1
    assert knowledge.queries == ["q0", "q1", "q2"]
    last = provider.requests[-1]
    assert "tools" not in last
    assert [message["role"] for message in last["messages"]].count("tool") == 3
    assert "no more tools" in last["messages"][0]["content"]


async def test_where_no_call_worked_until_then_the_last_answer_rests_on_a_search_of_ours(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    wrong = [call("search", f"call_{n}", query="leave") for n in range(2)]
    answer = await (await open_chat(await line(ScriptedProvider([*wrong, WHOLE])), max_turns=2)).say(QUESTION)
    assert answer.text.startswith("25 days.")
    assert len(answer.annotations) == 1
    assert knowledge.queries == [QUESTION]


async def test_a_model_that_calls_tools_even_then_is_one_sentence(open_chat: "OpenChat", line: Line) -> None:
    searches = [call("search_documents", f"call_{n}", query=f"q{n}") for n in range(9)]
    chat = await open_chat(await line(ScriptedProvider([*searches])), max_turns=2)
    answer = await chat.say(QUESTION)
    assert answer.error is not None
    assert answer.error.message == "This took too many steps without an answer. Ask a narrower question."
