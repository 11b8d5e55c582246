"""When a model fails another one takes over, and no tool runs twice."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from chatkit.types import AssistantMessageItem, CustomSummary, EntitySource, ThreadItem, WorkflowItem
from pydantic import SecretStr

from agent_service.models.fallback import LONG_REST, ModelLine, rest_seconds
from agent_service.models.providers import ChosenModel, NamedModel, choose_model
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import tokens_used
from database.pool import Pool
from tests.agent_service.scripted_provider import ScriptedProvider, Silence, Step, call, patience_with, say

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat, Serve

WISH = "Remind me to water the plants"
ADD = call("add_task", title="Water the plants")
DONE = say("I have added it.")
LONG_AGO = datetime.now(UTC) - timedelta(days=1)


class Line:
    """Models in line, each behind a provider of its own."""

    def __init__(self, serve: "Serve", stack: AsyncExitStack) -> None:
        self._serve = serve
        self._stack = stack

    async def __call__(self, *providers: ScriptedProvider) -> ChosenModel:
        """The first provider's model, with the others to fall back on; they are called m0, m1 …"""
        models = [await self._model(provider, f"m{n}") for n, provider in enumerate(providers)]
        fallbacks = [NamedModel(model.name, lambda model=model: model) for model in models[1:]]
        return replace(models[0], fallbacks=tuple(fallbacks))

    async def _model(self, provider: ScriptedProvider, name: str) -> ChosenModel:
        url = await self._stack.enter_async_context(self._serve(provider))
        settings = AgentServiceSettings(
            openai_base_url=f"{url}/v1",
            model_name=name,
            openai_api_key=SecretStr("sk-own-key"),
            fallback_models=["extractive"],
        )  # pyright: ignore[reportCallIssue]
        return choose_model(settings)


@pytest.fixture
async def line(serve: "Serve") -> AsyncGenerator[Line]:
    """Puts models in line."""
    async with AsyncExitStack() as stack:
        yield Line(serve, stack)


def standing_in(items: list[ThreadItem]) -> list[str]:
    """The lines of the thread that say which model answers in another's place."""
    workflows = [item.workflow for item in items if isinstance(item, WorkflowItem)]
    titles = [flow.summary.title for flow in workflows if isinstance(flow.summary, CustomSummary)]
    return [title for title in titles if "did not answer" in title]


BEFORE: list[Any] = [401, 402, 403, 404, 429, 500, 503, Silence()]
AMID: list[Any] = [
    say("I have", ending) for ending in ("cut", "drop", "error", "garbage", "no choices", "hang")
]


@pytest.mark.parametrize("fault", [*BEFORE, *AMID], ids=str)
async def test_another_model_goes_on_after_the_tool_that_already_ran(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge", fault: Step
) -> None:
    second = ScriptedProvider([DONE])
    chat = await open_chat(
        await line(ScriptedProvider([ADD, fault]), second), llm_timeout_seconds=patience_with(fault)
    )
    answer = await chat.say(WISH)
    assert answer.error is None
    assert knowledge.tools_called == ["add_task"]
    assert [message["role"] for message in second.requests[0]["messages"]][1:] == [
        "user",
        "assistant",
        "tool",
    ]
    items = await chat.items(answer.thread_id)
    assert standing_in(items) == ["m0 did not answer; m1 does."]
    kept = [item for item in items if isinstance(item, AssistantMessageItem)]
    assert [item.content[0].text for item in kept] == ["I have added it."]


@pytest.mark.parametrize("fault", AMID, ids=str)
async def test_words_that_broke_off_are_taken_back(open_chat: "OpenChat", line: Line, fault: Step) -> None:
    chat = await open_chat(
        await line(ScriptedProvider([ADD, fault]), ScriptedProvider([DONE])),
        llm_timeout_seconds=patience_with(fault),
    )
    answer = await chat.say(WISH)
    added = [e.item.id for e in answer.of_type("thread.item.added") if e.item.type == "assistant_message"]
    removed = [event.item_id for event in answer.of_type("thread.item.removed")]
    assert (added[:-1], added[-1]) == (removed, answer.messages[-1].id)


async def test_the_first_call_of_the_other_model_must_use_a_tool_too(
    open_chat: "OpenChat", line: Line
) -> None:
    second = ScriptedProvider([call("search_documents", query="leave"), say("25 days. [[12]]")])
    answer = await (await open_chat(await line(ScriptedProvider([429]), second))).say("How many days?")
    assert answer.text == "25 days."
    assert second.requests[0]["tool_choice"] == "required"
    assert "tool_choice" not in second.requests[1]


async def test_citations_are_numbered_from_one_after_words_were_taken_back(
    open_chat: "OpenChat", line: Line
) -> None:
    search = call("search_documents", query="leave")
    chosen = await line(
        ScriptedProvider([search, say("A note. [[15]] And", "drop")]),
        ScriptedProvider([say("25 days. [[12]]")]),
    )
    answer = await (await open_chat(chosen)).say("How many days?")
    (annotation,) = answer.annotations
    assert isinstance(annotation.source, EntitySource)
    assert annotation.source.id == "12"
    assert annotation.source.inline_label == "1"


async def test_the_extractive_model_is_the_last_resort(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    chosen = await line(ScriptedProvider([call("search_documents", query="leave"), 500]))
    quoting = choose_model(AgentServiceSettings())  # pyright: ignore[reportCallIssue]
    chosen = replace(chosen, fallbacks=(NamedModel("extractive", lambda: quoting),))
    answer = await (await open_chat(chosen)).say("How many days of annual leave does everybody have?")
    assert "25 days" in answer.text
    assert knowledge.tools_called == ["search_documents"]


async def test_a_model_that_failed_is_not_asked_first_by_the_next_message(
    open_chat: "OpenChat", line: Line
) -> None:
    first = ScriptedProvider([401])
    second = ScriptedProvider([ADD, DONE, call("list_tasks", "call_2"), say("One task.")])
    chat = await open_chat(await line(first, second))
    answer = await chat.say(WISH)
    again = await chat.say("Show my tasks", answer.thread_id)
    assert again.text == "One task."
    assert len(first.requests) == 1
    assert standing_in(await chat.items(answer.thread_id)) == ["m0 did not answer; m1 does."] * 2


async def test_when_all_models_fail_it_is_the_last_ones_sentence(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    chosen = await line(ScriptedProvider([ADD, 401]), ScriptedProvider([402]))
    answer = await (await open_chat(chosen)).say(WISH)
    assert answer.error is not None
    assert "there is no credit left" in (answer.error.message or "")
    assert knowledge.tools_called == ["add_task"]


async def test_every_model_that_answered_has_its_tokens_counted(
    open_chat: "OpenChat", line: Line, pool: Pool
) -> None:
    chosen = await line(ScriptedProvider([ADD, say("I have", "drop")]), ScriptedProvider([DONE]))
    answer = await (await open_chat(chosen)).say(WISH)
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select thread_id, user_id, model, input_tokens, output_tokens, estimated from usage order by id"
        )
        rows = await cursor.fetchall()
    assert rows[1] == (answer.thread_id, "ann", "m1", 7, 3, False)
    assert rows[0][:3] == (answer.thread_id, "ann", "m0")
    assert rows[0][5], "the broken-off answer is estimated"
    assert await tokens_used(pool, "ann", LONG_AGO) == sum(row[3] + row[4] for row in rows)
    assert await tokens_used(pool, "bob", LONG_AGO) == 0
    assert await tokens_used(pool, "ann", datetime.now(UTC) + timedelta(days=1)) == 0


def model(name: str) -> ChosenModel:
    return replace(choose_model(AgentServiceSettings()), name=name)  # pyright: ignore[reportCallIssue]


def test_models_rest_after_a_failure_and_come_back() -> None:
    now = 0.0
    built: list[str] = []

    def build() -> ChosenModel:
        built.append("b")
        return model("b")

    line = ModelLine(replace(model("a"), fallbacks=(NamedModel("b", build),)), 60, lambda: now)
    assert (line.order(), built) == ([0, 1], [])
    line.failed(0, RuntimeError("no status"))
    assert line.order() == [1, 0]
    line.failed(1, StatusError(401))
    assert line.order() == [0, 1], "the first to wake comes before one that rests longer"
    now = LONG_REST
    assert line.order() == [0, 1]
    line.failed(0, StatusError(500))
    line.worked(0)
    assert line.order() == [0, 1]
    assert line.at(1) is line.at(1)
    assert built == ["b"]


class StatusError(Exception):
    """An error as providers send it in a stream."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def test_a_request_that_was_refused_does_not_make_a_model_rest() -> None:
    assert [rest_seconds(StatusError(code)) for code in (400, 401, 429, 500)] == [0, 300, 30, 30]


async def test_approved_after_earlier_answers_the_run_goes_on_over_the_wire(
    open_chat: "OpenChat", line: Line, knowledge: "FakeKnowledge"
) -> None:
    knowledge.tasks[1] = {"task_id": 1, "title": "Call the dentist", "status": "open"}
    search, delete = call("search_documents", query="Hi"), call("delete_task", "call_2", task_id=1)
    provider = ScriptedProvider([search, say("Hello."), delete, say("It is deleted.")])
    chat = await open_chat(await line(provider))
    first = await chat.say("Hi")
    asked = await chat.say("Delete task 1", first.thread_id)
    after = await chat.click({"type": "approval.approve", "payload": {}}, first.thread_id, asked.card.id)
    assert after.error is None
    assert after.text == "It is deleted."
    assert {"role": "assistant", "content": "Hello."} in provider.requests[-1]["messages"]
