"""What can fail in a turn: what the user sees, what is kept, and that every tool ran once."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import AssistantMessageItem, ThreadCreatedEvent, ThreadItemUpdatedEvent, WorkflowItem
from pydantic import SecretStr
from starlette.types import ASGIApp

from agent_service.models.providers import ChosenModel, choose_model
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import tokens_used
from agent_service.tools.bounded import MAX_CHARACTERS
from database.pool import Pool
from tests.agent_service.fault_proxy import FaultProxy
from tests.agent_service.scripted_provider import ScriptedProvider, Silence, Step, call, patience_with, say
from tests.agent_service.test_fallback import LONG_AGO
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat, Serve

WISH = "Remind me to water the plants"
ADD = call("add_task", title="Water the plants")


async def language_model(serve: "Serve", stack: AsyncExitStack, provider: ScriptedProvider) -> ChosenModel:
    """A model behind the provider; no request is sent twice."""
    url = await stack.enter_async_context(serve(provider))
    settings = AgentServiceSettings(
        openai_base_url=f"{url}/v1",
        model_name="m",
        openai_api_key=SecretStr("sk-own-key"),
        fallback_models=["extractive"],
    )  # pyright: ignore[reportCallIssue]
    return choose_model(settings)


@pytest.fixture
async def stack() -> AsyncGenerator[AsyncExitStack]:
    """Closes at the end what a test opened."""
    async with AsyncExitStack() as stack:
        yield stack


FAULTS: list[tuple[Any, str, bool]] = [
    (401, "rejects the API key. Correct OPENAI_API_KEY and restart.", False),
    (402, "there is no credit left", False),
    (429, "is busy, or your quota there is used up. Try again in a minute.", True),
    (500, "has a problem of its own. Try again in a minute.", True),
    (Silence(), "did not answer in time. Try again.", True),
    (say("I have", "error"), "is busy, or your quota there is used up.", True),
    (say("I have", "drop"), "broke off in the middle of the answer. Try again.", True),
    (say("I have", "garbage"), "broke off in the middle of the answer. Try again.", True),
    (say("I have", "no choices"), "broke off in the middle of the answer. Try again.", True),
    (say("I have", "cut"), "broke off in the middle of the answer. Try again.", True),
    (say("I have", "hang"), "did not answer in time. Try again.", True),
]


@pytest.mark.parametrize(("fault", "sentence", "may_retry"), FAULTS, ids=lambda value: str(value)[:40])
async def test_a_language_model_that_fails_after_a_tool_is_one_sentence(
    open_chat: "OpenChat",
    serve: "Serve",
    stack: AsyncExitStack,
    knowledge: "FakeKnowledge",
    fault: Step,
    sentence: str,
    may_retry: bool,
) -> None:
    model = await language_model(serve, stack, ScriptedProvider([ADD, fault]))
    model = ChosenModel(model.model, model.name, model.provider, model.key_setting, extractive=False)
    chat = await open_chat(model, llm_timeout_seconds=patience_with(fault))
    answer = await chat.say(WISH)
    assert answer.error is not None
    assert sentence in (answer.error.message or "")
    assert answer.error.allow_retry == may_retry
    assert knowledge.tools_called == ["add_task"]
    kept = await chat.items(answer.thread_id)
    assert [item.type for item in kept] == ["user_message", "workflow", "task"]
    assert isinstance(kept[1], WorkflowItem)
    assert [task.status_indicator for task in kept[1].workflow.tasks] == ["complete"]


async def test_a_turn_that_is_repeated_adds_its_task_once(
    open_chat: "OpenChat", serve: "Serve", stack: AsyncExitStack, knowledge: "FakeKnowledge"
) -> None:
    again = call("add_task", "call_2", title="Water the plants")
    model = await language_model(serve, stack, ScriptedProvider([ADD, 401, again, say("Added.")]))
    chat = await open_chat(ChosenModel(model.model, "m", "AI", "KEY", extractive=False))
    answer = await chat.say(WISH)
    (message, _, _) = await chat.items(answer.thread_id)
    request = {"type": "threads.retry_after_item"}
    response = await chat.post(request | {"params": {"thread_id": answer.thread_id, "item_id": message.id}})
    assert "Added." in response.text
    assert knowledge.tools_called == ["add_task", "add_task"]
    assert knowledge.keys[0] == knowledge.keys[1]
    assert len(knowledge.tasks) == 1


async def test_the_same_wish_in_a_new_message_adds_another_task(
    open_chat: "OpenChat", serve: "Serve", stack: AsyncExitStack, knowledge: "FakeKnowledge"
) -> None:
    script: list[Step] = [
        ADD,
        say("Added."),
        call("add_task", "call_2", title="Water the plants"),
        say("Yes."),
    ]
    chat = await open_chat(await language_model(serve, stack, ScriptedProvider(script)))
    answer = await chat.say(WISH)
    await chat.say(WISH, answer.thread_id)
    assert knowledge.keys[0] != knowledge.keys[1]
    assert all(len(key or "") == 64 for key in knowledge.keys)
    assert len(knowledge.tasks) == 2


async def test_an_endless_loop_of_tools_is_one_sentence_and_the_thread_goes_on(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    searches = [[function_call("search_documents", {"query": f"q{n}"}, call_id=f"c{n}")] for n in range(5)]
    model = ScriptedModel([*searches, [assistant_message("25 days. [[12]]")]])
    chat = await open_chat(model, max_turns=3)
    answer = await chat.say("How many days?")
    assert answer.error is not None
    assert answer.error.message == "This took too many steps without an answer. Ask a narrower question."
    assert [item.type for item in await chat.items(answer.thread_id)] == ["user_message", "workflow", "task"]
    assert knowledge.queries == ["q0", "q1", "q2"]
    assert (await chat.say("Only the days?", answer.thread_id)).text == "25 days."


async def test_a_result_of_a_megabyte_is_bounded_before_the_model_sees_it(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    for number in range(5):
        knowledge.add_passage("word " * 40_000, chunk_id=100 + number)
    search = [function_call("search_documents", {"query": "leave", "limit": 20}, call_id="c")]
    model = ScriptedModel([search, [assistant_message("25 days. [[12]] [[104]]")]])
    answer = await (await open_chat(model)).say("How many days?")
    output = model.calls[1].input[-1]["output"]
    assert len(output) < MAX_CHARACTERS + 1000
    shown = json.loads(output)
    assert shown["results"][0]["chunk_id"] == 12
    assert all(entry["content"].rstrip().endswith(">") for entry in shown["results"]), "the tags stay closed"
    assert "cut" in shown["shortened"]
    assert [annotation.index for annotation in answer.annotations] == [8, 8]


async def test_an_error_of_a_megabyte_is_bounded_too(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.search_error = "x" * 1_000_000
    search = [function_call("search_documents", {"query": "leave"}, call_id="c")]
    model = ScriptedModel([search, [assistant_message("Hm.")], [assistant_message("I cannot search.")]])
    assert (await (await open_chat(model)).say("How many days?")).text.startswith("I cannot search.")
    assert len(json.dumps(model.calls[1].input)) < MAX_CHARACTERS + 2000


async def test_an_mcp_server_that_went_away_is_a_sentence_and_back_again_an_answer(
    open_chat: "OpenChat", serve: "Serve", knowledge: "FakeKnowledge", mcp_app: ASGIApp
) -> None:
    search = [function_call("search_documents", {"query": "leave"}, call_id="c")]
    model = ScriptedModel([search, [assistant_message("25 days. [[12]]")]])
    async with serve(mcp_app) as url, FaultProxy(url) as proxy:
        chat = await open_chat(model, mcp_server_url=f"{proxy.url}/mcp")
        proxy.cut()
        answer = await chat.say("How many days?")
        assert answer.error is not None
        assert "Your message is kept: try again in a minute." in (answer.error.message or "")
        proxy.mend()
        (message, _) = await chat.items(answer.thread_id)
        request = {"thread_id": answer.thread_id, "item_id": message.id}
        response = await chat.post({"type": "threads.retry_after_item", "params": request})
    assert "25 days." in response.text
    assert knowledge.tools_called == ["search_documents"]


async def test_a_browser_that_goes_away_aborts_the_model_and_what_it_took_is_counted(
    open_chat: "OpenChat", serve: "Serve", stack: AsyncExitStack, knowledge: "FakeKnowledge", pool: Pool
) -> None:
    provider = ScriptedProvider([ADD, say("I have added it", "hang")])
    chat = await open_chat(await language_model(serve, stack, provider), llm_timeout_seconds=300)
    async with chat.open_stream(chat.message(WISH)) as events:
        created = await anext(aiter(events))
        assert isinstance(created, ThreadCreatedEvent)
        async for event in events:
            if isinstance(event, ThreadItemUpdatedEvent) and "added" in getattr(event.update, "delta", ""):
                break
    await asyncio.wait_for(provider.was_left.wait(), PATIENCE_SECONDS)
    kept = await _until_kept(chat, created.thread.id)
    assert kept.content[0].text.startswith("I have added")
    assert knowledge.tools_called == ["add_task"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await tokens_used(pool, "ann", LONG_AGO) <= 10:
            pass


async def _until_kept(chat: "Chat", thread_id: str) -> AssistantMessageItem:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            for item in await chat.items(thread_id):
                if isinstance(item, AssistantMessageItem):
                    return item
