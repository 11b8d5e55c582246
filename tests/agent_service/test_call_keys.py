"""Two tasks of the same words are two tasks, and a turn that is repeated adds neither again."""

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.testing import ScriptedModel, assistant_message, function_call

from agent_service.context import CallKeys, call_key
from agent_service.models.providers import ChosenModel, NamedModel, choose_model
from agent_service.settings.settings import AgentServiceSettings
from tests.agent_service.scripted_provider import ScriptedProvider, call, say

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat, Serve

MILK = {"title": "Buy milk"}
DELETE: list[Any] = [function_call("delete_task", {"task_id": 1}, call_id="call_9")]


def adding(*call_ids: str) -> list[Any]:
    """Calls in one response that all add the same task."""
    return [function_call("add_task", MILK, call_id=call_id) for call_id in call_ids]


def test_the_same_calls_are_told_apart_by_their_number() -> None:
    keys = CallKeys()
    assert [keys.number_for(call_id, "add_task", MILK) for call_id in "abc"] == [0, 1, 2]
    assert keys.number_for("d", "add_task", {"title": "Buy bread"}) == 0
    assert len({call_key("m", "add_task", MILK, number) for number in range(3)}) == 3


def test_a_call_that_failed_is_the_same_call_when_it_is_made_again() -> None:
    keys = CallKeys()
    keys.number_for("a", "add_task", MILK)
    keys.number_for("b", "add_task", MILK)
    keys.forget("a")
    assert keys.number_for("c", "add_task", MILK) == 0


async def test_two_tasks_of_the_same_words_in_one_message_are_two_tasks(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel([adding("call_1", "call_2"), [assistant_message("Both.")]])
    await (await open_chat(model)).say("Add buy milk twice")
    assert len(set(knowledge.keys)) == 2
    assert [task["title"] for task in knowledge.tasks.values()] == ["Buy milk", "Buy milk"]


async def test_a_message_that_is_answered_anew_makes_the_same_calls_under_the_same_keys(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel(
        [
            *[adding("call_1"), adding("call_2"), [assistant_message("Both.")]],
            *[adding("call_3", "call_4"), [assistant_message("Both.")]],
        ]
    )
    chat = await open_chat(model)
    answer = await chat.say("Add buy milk twice")
    message = (await chat.items(answer.thread_id))[0]
    retry = {"thread_id": answer.thread_id, "item_id": message.id}
    await chat.post({"type": "threads.retry_after_item", "params": retry})
    assert sorted(filter(None, knowledge.keys[2:])) == sorted(filter(None, knowledge.keys[:2]))
    assert len(knowledge.tasks) == 2


async def test_another_model_that_takes_over_counts_on(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", serve: "Serve"
) -> None:
    first = ScriptedProvider([call("add_task", "call_1", **MILK), 500])
    second = ScriptedProvider([call("add_task", "call_2", **MILK), say("Both.")])
    async with AsyncExitStack() as stack:
        models = [await _model(stack, serve, provider) for provider in (first, second)]
        chosen = replace(models[0], fallbacks=(NamedModel("second", lambda: models[1]),))
        await (await open_chat(chosen)).say("Add buy milk twice")
    assert len(set(knowledge.keys)) == 2
    assert len(knowledge.tasks) == 2


async def test_a_run_that_goes_on_after_an_approval_counts_on(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    chat = await open_chat(ScriptedModel([adding("call_1"), DELETE]))
    asked = await chat.say("Add buy milk, delete task 1, add buy milk")
    later = await open_chat(ScriptedModel([adding("call_2"), [assistant_message("Done.")]]))
    approve: dict[str, Any] = {"type": "approval.approve", "payload": {}}
    after = await later.click(approve, asked.thread_id, asked.card.id)
    assert after.error is None
    adds = [
        key for key, tool in zip(knowledge.keys, knowledge.tools_called, strict=True) if tool == "add_task"
    ]
    assert len(set(adds)) == 2


async def _model(stack: AsyncExitStack, serve: "Serve", provider: ScriptedProvider) -> ChosenModel:
    url = await stack.enter_async_context(serve(provider))
    settings = AgentServiceSettings(
        openai_base_url=f"{url}/v1", model_name="m", fallback_models=["extractive"]
    )  # pyright: ignore[reportCallIssue]
    return choose_model(settings)
