"""A turn counts as searched only when a search came back; what a tool tells the model is not for the user."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call

from agent_service.tools.connection import TOOL_FAILED

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat

QUESTION = "How many days of leave do I have?"
LINE = "*This answer is not backed by a passage of the documents.*"


def say(text: str) -> list[Any]:
    return [assistant_message(text)]


def use(tool: str, call_id: str = "call_1", **arguments: Any) -> list[Any]:
    return [function_call(tool, arguments, call_id=call_id)]


FIRST: list[tuple[str, list[Any]]] = [
    ("an unknown tool", use("default_api:search_documents", query="leave")),
    ("a tool of another name", use("search", query="leave")),
    ("a search with wrong arguments", use("search_documents", query="leave", limit="many")),
    ("a document that is not there", use("get_document", document_id=999)),
    ("no tool at all", say("I just know.")),
]


@pytest.mark.parametrize(("what", "first"), FIRST, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_call_that_brought_nothing_leads_to_a_search_of_ours(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", what: str, first: list[Any]
) -> None:
    early = [] if "at all" in what else [say("It is 30 days.")]
    model = ScriptedModel([first, *early, say("It is 25 days. [[12]]")])
    answer = await (await open_chat(model)).say(QUESTION)
    assert answer.error is None
    assert knowledge.queries == [QUESTION]
    assert [message.content[0].text for message in answer.messages] == ["It is 25 days."]
    assert len(answer.annotations) == 1
    assert "30 days" not in json.dumps([event.model_dump(mode="json") for event in answer.events])


async def test_where_our_search_fails_too_the_answer_says_that_nothing_backs_it(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.search_error = "The knowledge base cannot be reached right now."
    model = ScriptedModel([use("nonsense"), say("30 days."), say("It is 30 days.")])
    answer = await (await open_chat(model)).say(QUESTION)
    assert answer.text == f"It is 30 days.\n\n{LINE}"
    assert knowledge.queries == [QUESTION]


async def test_a_task_that_could_not_be_changed_is_told_without_a_search(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel([use("complete_task", task_id=9), say("There is no task 9.")])
    answer = await (await open_chat(model)).say("Mark task 9 as done")
    assert answer.text == "There is no task 9."
    assert knowledge.tools_called == ["complete_task"]


async def test_a_search_that_finds_nothing_is_a_search(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.passages.clear()
    model = ScriptedModel([use("search_documents", query="leave"), say("It is not in the documents.")])
    answer = await (await open_chat(model)).say(QUESTION)
    assert answer.text == "It is not in the documents."
    assert knowledge.queries == ["leave"]


@pytest.mark.parametrize("error", [TOOL_FAILED, "Use list_documents first. Do not call it again."])
async def test_what_a_tool_tells_the_model_is_not_sent_to_the_user(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", error: str
) -> None:
    knowledge.search_error = error
    model = ScriptedModel([use("search_documents", query="x"), say("No."), say("That did not work.")])
    for chosen in (model, "extractive"):
        answer = await (await open_chat(chosen)).say(QUESTION)
        sent = json.dumps([event.model_dump(mode="json") for event in answer.events])
        assert "Do not call" not in sent
        assert "list_documents" not in sent
        assert answer.messages
    assert error in json.dumps(model.calls[1].input)
