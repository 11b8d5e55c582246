"""From a message to its answer: through the real app, store and MCP protocol, with a scripted model."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from agents.items import TResponseStreamEvent
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    EntitySource,
    ErrorEvent,
    ThreadCreatedEvent,
    ThreadItemAddedEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WorkflowItem,
)
from starlette.types import ASGIApp

from agent_service.models.extractive.model_events import message, stream_item
from tests.agent_service.fault_proxy import FaultProxy
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat, Serve

QUESTION = "How many days of leave do I have?"
NOT_BACKED = "*This answer is not backed by a passage of the documents.*"


def search(number: int = 1) -> list[Any]:
    return [function_call("search_documents", {"query": "leave"}, call_id=f"call_{number}")]


def say(text: str) -> list[Any]:
    return [assistant_message(text)]


async def test_an_answer_cites_the_passages_it_rests_on(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([search(), say("You have 25 days. [[12]] Enjoy. [[99]]")]))
    answer = await chat.say(QUESTION)
    assert answer.text == "You have 25 days. Enjoy."
    (annotation,) = answer.annotations
    assert isinstance(annotation.source, EntitySource)
    assert (annotation.index, annotation.source.id) == (17, "12")
    assert annotation.source.data["passage"].startswith("Everybody has 25 days")


async def test_two_turns_keep_two_answers_with_different_ids(open_chat: "OpenChat") -> None:
    chat = await open_chat(
        ScriptedModel([search(1), say("25 days. [[12]]"), search(2), say("In March. [[12]]")])
    )
    first = await chat.say(QUESTION)
    second = await chat.say("When do they expire?", first.thread_id)
    items = await chat.items(first.thread_id)
    messages = [item for item in items if isinstance(item, AssistantMessageItem)]
    assert [item.content[0].text for item in messages] == ["25 days.", "In March."]
    assert [item.id for item in messages] == [first.messages[0].id, second.messages[0].id]
    assert len({item.id for item in items}) == len(items)


async def test_the_same_id_stands_in_every_event_of_a_message(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([search(), say("25 days. [[12]]")]))
    answer = await chat.say(QUESTION)
    updates = [event for event in answer.of_type("thread.item.updated") if "message" in event.update.type]
    assert {event.item_id for event in updates} == {answer.messages[0].id}


async def test_words_before_a_tool_call_are_a_message_of_their_own(open_chat: "OpenChat") -> None:
    preamble = [*say("Let me look."), *search()]
    chat = await open_chat(ScriptedModel([preamble, say("25 days. [[12]]")]))
    answer = await chat.say(QUESTION)
    assert [item.content[0].text for item in answer.messages] == ["Let me look.", "25 days."]
    assert len({item.id for item in answer.messages}) == 2


async def test_steps_show_what_the_tools_did(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([[*search(1), *search(2)], say("25 days.")]))
    answer = await chat.say(QUESTION)
    (workflow,) = [item for item in await chat.items(answer.thread_id) if isinstance(item, WorkflowItem)]
    assert [task.title for task in workflow.workflow.tasks if task.type == "custom"] == [
        "Searched the documents: 2 passages found"
    ] * 2
    assert {task.status_indicator for task in workflow.workflow.tasks} == {"complete"}
    kinds = [event.update.type for event in answer.of_type("thread.item.updated")]
    assert kinds[:3] == ["workflow.task.added", "workflow.task.updated", "workflow.task.updated"]


async def test_the_thread_is_named_after_its_first_message(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([search(1), say("Yes."), search(2), say("Yes.")]))
    answer = await chat.say(
        "Tell me everything there is to know\nabout annual leave and what becomes of unused days"
    )
    await chat.say("Something else", answer.thread_id)
    thread = await chat.ask("threads.get_by_id", thread_id=answer.thread_id)
    assert thread["title"] == "Tell me everything there is to know about annual leave and…"


async def test_the_model_must_use_a_tool_first_and_may_speak_then(open_chat: "OpenChat") -> None:
    model = ScriptedModel([search(), say("25 days.")])
    await (await open_chat(model)).say(QUESTION)
    assert [call.model_settings.tool_choice for call in model.calls] == ["required", None]


async def test_a_model_that_ignores_the_force_gets_a_search_and_a_second_chance(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel([say("I just know: 30 days."), say("It is 25 days. [[12]]")])
    answer = await (await open_chat(model)).say(QUESTION)
    assert [item.content[0].text for item in answer.messages] == ["It is 25 days."]
    assert len(answer.annotations) == 1
    assert knowledge.calls == [("ann", "search_documents", {"query": QUESTION, "limit": 5})]
    last = model.calls[1].input[-1]
    assert "25 days of annual leave" in last["output"]
    assert "30 days" not in json.dumps(model.calls[1].input)
    assert "I just know" not in json.dumps([event.model_dump(mode="json") for event in answer.events])


async def test_the_tools_act_for_the_user_of_the_request(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    chat = await open_chat(ScriptedModel([search(1), say("Hi."), search(2), say("Hi.")]))
    await chat.say("hello", user="ann")
    await chat.say("hello", user="bob")
    assert [user for user, _, _ in knowledge.calls] == ["ann", "bob"]


async def test_a_failing_tool_is_told_to_the_model(open_chat: "OpenChat", knowledge: "FakeKnowledge") -> None:
    knowledge.search_error = "The knowledge base cannot be reached right now."
    model = ScriptedModel([search(), say("It is 30 days."), say("I cannot search at the moment.")])
    answer = await (await open_chat(model)).say(QUESTION)
    assert answer.text == f"I cannot search at the moment.\n\n{NOT_BACKED}"
    assert knowledge.queries == ["leave", QUESTION]
    assert "cannot be reached" in json.dumps(model.calls[1].input)
    workflow = next(
        event.item for event in answer.of_type("thread.item.done") if event.item.type == "workflow"
    )
    assert workflow.workflow.tasks[0].title == "Searching the documents: that did not work"


async def test_an_unknown_tool_does_not_end_the_turn(open_chat: "OpenChat") -> None:
    nonsense = [function_call("fly_to_the_moon", {}, call_id="call_1")]
    answer = await (await open_chat(ScriptedModel([nonsense, search(2), say("25 days. [[12]]")]))).say(
        QUESTION
    )
    assert answer.text == "25 days."


async def test_mcp_down_is_one_sentence_and_the_next_question_works_when_it_is_back(
    open_chat: "OpenChat", serve: "Serve", knowledge: "FakeKnowledge"
) -> None:
    doors = _Doors()
    async with serve(doors) as url:
        model = ScriptedModel([search(), say("25 days. [[12]]")])
        chat = await open_chat(model, mcp_server_url=f"{url}/mcp")
        refused = await chat.say(QUESTION)
        assert refused.error is not None
        assert refused.error.message == (
            "The documents and tasks cannot be reached right now. "
            "Your message is kept: try again in a minute."
        )
        assert refused.error.allow_retry
        kept = await chat.items(refused.thread_id)
        assert [item.type for item in kept] == ["user_message", "task"]
        retry = {"thread_id": refused.thread_id, "item_id": kept[0].id}
        working = await open_chat(model)
        response = await working.post({"type": "threads.retry_after_item", "params": retry})
        assert '"text":"25 days."' in response.text


class _Doors:
    """A web server that knows no MCP."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"nothing here"})


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/mcp", "http://no-such-host.invalid/mcp"])
async def test_an_unreachable_mcp_server_is_the_same_sentence(open_chat: "OpenChat", url: str) -> None:
    answer = await (await open_chat(ScriptedModel(), mcp_server_url=url)).say(QUESTION)
    assert answer.error is not None
    assert "cannot be reached right now" in (answer.error.message or "")


async def test_an_mcp_server_that_never_answers_is_given_up(open_chat: "OpenChat") -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(never, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        chat = await open_chat(
            ScriptedModel(), mcp_server_url=f"http://127.0.0.1:{port}/mcp", mcp_connect_timeout_seconds=0.2
        )
        answer = await chat.say(QUESTION)
    assert answer.error is not None
    assert "cannot be reached right now" in (answer.error.message or "")


async def test_a_tool_that_hangs_is_given_up_and_the_model_is_told_not_to_repeat_it(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.hangs = True
    model = ScriptedModel([search(), say("30 days."), say("The search did not answer.")])
    answer = await (await open_chat(model, mcp_session_timeout_seconds=1)).say(QUESTION)
    assert answer.text == f"The search did not answer.\n\n{NOT_BACKED}"
    assert "Do not call it again with the same arguments" in json.dumps(model.calls[1].input)
    assert knowledge.tools_called == ["search_documents"] * 2, "the second one is ours"


async def test_an_mcp_server_that_dies_in_the_middle_costs_one_tool_call(
    open_chat: "OpenChat", serve: "Serve", knowledge: "FakeKnowledge", mcp_app: ASGIApp
) -> None:
    knowledge.hangs = True
    async with serve(mcp_app) as url, FaultProxy(url) as line:
        model = ScriptedModel([search(), say("30 days."), say("The search broke off.")])
        chat = await open_chat(model, mcp_server_url=f"{line.url}/mcp", mcp_session_timeout_seconds=300)
        asking = asyncio.create_task(chat.say(QUESTION))
        await asyncio.wait_for(knowledge.is_hanging.wait(), PATIENCE_SECONDS)
        line.cut()
        answer = await asyncio.wait_for(asking, PATIENCE_SECONDS)
    assert answer.error is None
    assert answer.text == f"The search broke off.\n\n{NOT_BACKED}"
    assert knowledge.tools_called == ["search_documents"]


def status_error(status: int, text: str = "Incorrect API key provided: sk-secret1234567890") -> Exception:
    request = httpx2.Request("POST", "http://llm.invalid/v1/chat/completions")
    response = httpx2.Response(status, request=request)
    kind = openai.RateLimitError if status == 429 else openai.APIStatusError
    return kind(text, response=response, body=None)


@pytest.mark.parametrize(
    ("error", "sentence", "may_retry"),
    [
        (status_error(401), "Testing AI rejects the API key. Correct OPENAI_API_KEY and restart.", False),
        (status_error(402), "Testing AI says that there is no credit left", False),
        (
            status_error(404, "The model `scripted` does not exist."),
            "Testing AI does not know the model scripted. Correct MODEL_NAME",
            False,
        ),
        (status_error(400, "Model Not Exist"), "Testing AI does not know the model scripted.", False),
        (status_error(404, "Not Found"), "Testing AI answers that there is nothing at this address", False),
        (status_error(404, "No endpoints found that support tool use."), "there is nothing at this", False),
        (status_error(400), "Testing AI refuses the request.", False),
        (status_error(429), "Testing AI is busy, or your quota there is used up.", True),
        (status_error(503), "Testing AI has a problem of its own.", True),
        (openai.APITimeoutError(httpx2.Request("POST", "http://x")), "did not answer in time", True),
        (openai.APIConnectionError(request=httpx2.Request("POST", "http://x")), "cannot be reached", True),
        (ZeroDivisionError("details"), "Something went wrong.", True),
    ],
)
async def test_a_failing_language_model_is_one_plain_sentence(
    open_chat: "OpenChat",
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    sentence: str,
    may_retry: bool,
) -> None:
    answer = await (await open_chat(ScriptedModel([search(), error]))).say(QUESTION)
    assert answer.error is not None
    assert sentence in (answer.error.message or "")
    assert answer.error.allow_retry == may_retry
    assert "secret" not in str(answer.error)
    assert "sk-secret" not in "".join(
        record.getMessage() for record in caplog.records if record.name == "agent_service"
    )
    assert answer.messages == []


async def test_a_model_that_says_nothing_is_told_to_the_user(open_chat: "OpenChat") -> None:
    answer = await (await open_chat(ScriptedModel([search(), say(""), say("")]))).say(QUESTION)
    assert answer.error is not None
    assert answer.error.message == "The model scripted gave no answer. Try again."


async def test_a_model_that_never_stops_calling_tools_is_stopped(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([search(number) for number in range(9)]), max_turns=3)
    answer = await chat.say(QUESTION)
    assert answer.error is not None
    assert "too many steps" in (answer.error.message or "")


async def test_half_an_answer_is_taken_back_when_the_stream_breaks(open_chat: "OpenChat") -> None:
    was_seen = asyncio.Event()

    async def breaks(call: Any) -> AsyncIterator[TResponseStreamEvent]:
        async for event in stream_item(message("You have twenty-five days."), "scripted"):
            if event.type == "response.output_text.done":
                await was_seen.wait()
                raise openai.APIConnectionError(request=httpx2.Request("POST", "http://x"))
            yield event

    chat = await open_chat(ScriptedModel([search(), ModelStep.stream(breaks)]))
    seen: list[ThreadStreamEvent] = []
    async with chat.open_stream(chat.message(QUESTION)) as events:
        async for event in events:
            seen.append(event)
            if said_in([event]):
                was_seen.set()
    (removed,) = [event for event in seen if isinstance(event, ThreadItemRemovedEvent)]
    added = [event.item for event in seen if isinstance(event, ThreadItemAddedEvent)]
    assert removed.item_id == added[-1].id
    assert isinstance(seen[-1], ErrorEvent)
    kept = await chat.items(added[0].thread_id)
    assert [item.type for item in kept] == ["user_message", "workflow", "task"]


def said_in(events: list[ThreadStreamEvent]) -> str:
    """The text that these events stream."""
    updates = [event.update for event in events if isinstance(event, ThreadItemUpdatedEvent)]
    return "".join(u.delta for u in updates if isinstance(u, AssistantMessageContentPartTextDelta))


async def test_going_away_stops_the_model_and_keeps_what_was_said(open_chat: "OpenChat") -> None:
    was_stopped = asyncio.Event()

    async def never_ends(call: Any) -> AsyncIterator[TResponseStreamEvent]:
        try:
            async for event in stream_item(message("You have twenty-five days."), "scripted"):
                if event.type == "response.output_text.done":
                    await asyncio.Event().wait()
                yield event
        finally:
            was_stopped.set()

    chat = await open_chat(ScriptedModel([search(), ModelStep.stream(never_ends)]))
    seen: list[ThreadStreamEvent] = []
    async with chat.open_stream(chat.message(QUESTION)) as events:
        async for event in events:
            seen.append(event)
            if said_in(seen) == "You have twenty-five":
                break
    await asyncio.wait_for(was_stopped.wait(), PATIENCE_SECONDS)
    assert isinstance(seen[0], ThreadCreatedEvent)
    kept = await _until_kept(chat, seen[0].thread.id)
    assert kept.content[0].text.startswith("You have twenty-five")


async def _until_kept(chat: "Chat", thread_id: str) -> AssistantMessageItem:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            for item in await chat.items(thread_id):
                if isinstance(item, AssistantMessageItem):
                    return item


async def test_feedback_is_stored(open_chat: "OpenChat") -> None:
    chat = await open_chat(ScriptedModel([search(), say("25 days.")]))
    answer = await chat.say(QUESTION)
    vote: dict[str, Any] = {"item_ids": [answer.messages[0].id], "kind": "positive"}
    assert await chat.ask("items.feedback", thread_id=answer.thread_id, **vote) == {}
    unknown = await chat.post({"type": "items.feedback", "params": vote | {"thread_id": "thr_unknown"}})
    assert unknown.status_code == 404
