"""Ids of what a model says."""

from collections.abc import AsyncIterator
from typing import Any

from agents import ModelSettings, ModelTracing
from agents.items import TResponseStreamEvent
from agents.testing import ScriptedModel, assistant_message, function_call
from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
)

from agent_service.models.chat_completions import UniqueIdModel

FAKE = "__fake_id__"
CALL: dict[str, Any] = {"previous_response_id": None, "conversation_id": None, "prompt": None}


def stream(model: UniqueIdModel) -> AsyncIterator[TResponseStreamEvent]:
    return model.stream_response(None, "hi", ModelSettings(), [], None, [], ModelTracing.DISABLED, **CALL)


def scripted() -> UniqueIdModel:
    output = [
        assistant_message("Let me look.", item_id=FAKE),
        function_call("search", {}, call_id="call_1", item_id=FAKE),
        assistant_message("Here it is.", item_id=FAKE),
    ]
    return UniqueIdModel(ScriptedModel([output, output]))


async def test_every_event_speaks_of_an_item_by_one_id_that_no_other_item_has() -> None:
    events = [event async for event in stream(scripted())]
    added = [event.item.id for event in events if isinstance(event, ResponseOutputItemAddedEvent)]
    done = [event.item.id for event in events if isinstance(event, ResponseOutputItemDoneEvent)]
    assert added == done
    assert len(set(added)) == 3
    by_index = dict(enumerate(added))
    for event in events:
        assert FAKE not in event.model_dump_json()
        if hasattr(event, "item_id"):
            assert getattr(event, "item_id") == by_index[getattr(event, "output_index")]  # noqa: B009
    completed = events[-1]
    assert isinstance(completed, ResponseCompletedEvent)
    assert [item.id for item in completed.response.output] == added


async def test_two_responses_share_no_id() -> None:
    model = scripted()
    first = {e.item.id async for e in stream(model) if isinstance(e, ResponseOutputItemDoneEvent)}
    second = {e.item.id async for e in stream(model) if isinstance(e, ResponseOutputItemDoneEvent)}
    assert first.isdisjoint(second)


async def test_a_whole_response_gets_ids_too() -> None:
    response = await scripted().get_response(
        None, "hi", ModelSettings(), [], None, [], ModelTracing.DISABLED, **CALL
    )
    names = [getattr(item, "id") for item in response.output]  # noqa: B009
    assert FAKE not in names
    assert len(set(names)) == 3


async def test_a_call_without_an_id_gets_one_and_another_keeps_its_own() -> None:
    output = [
        function_call("search", {}, call_id="", item_id=FAKE),
        function_call("search", {}, call_id="call_7", item_id=FAKE),
    ]
    model = UniqueIdModel(ScriptedModel([output]))
    done = [event.item async for event in stream(model) if isinstance(event, ResponseOutputItemDoneEvent)]
    calls = [item for item in done if isinstance(item, ResponseFunctionToolCall)]
    assert calls[0].call_id
    assert calls[1].call_id == "call_7"
