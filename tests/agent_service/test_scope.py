"""Tags in a message: its searches look there and nowhere else, whatever the model asks for."""

from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import UserMessageItem
from mcp_types import CallToolResult

from agent_service.tools.run_server import limit
from agent_service.tools.scope import Scope, ScopedCalls
from agent_service.turn.history import question_of

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat

ANSWER = [assistant_message("25 days. [[30]]")]


def tag(label: str, /, **data: Any) -> dict[str, Any]:
    return {"type": "input_tag", "id": f"tag:{label}", "text": label, "data": data}


def collection(name: str) -> dict[str, Any]:
    return tag(name, kind="collection", name=name)


def document(source: str, **more: Any) -> dict[str, Any]:
    return tag(source, kind="document", source=source, document_id=7, **more)


def search(**arguments: Any) -> list[Any]:
    return [function_call("search_documents", {"query": "leave"} | arguments, call_id="c1")]


async def ask(chat: "Chat", *tags: dict[str, Any], text: str = " How many days?") -> Any:
    return await chat.say("", content=[*tags, {"type": "input_text", "text": text}])


async def test_a_collection_in_the_message_becomes_an_argument_of_the_search(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.add_passage("Managers have 30 days.", chunk_id=30, collection="managers")
    chat = await open_chat(ScriptedModel([search(), ANSWER]))
    answer = await ask(chat, collection("managers"))
    assert knowledge.calls == [
        ("ann", "search_documents", {"query": "leave", "limit": 5, "collection": "managers"})
    ]
    assert [note.source.data["passage"] for note in answer.annotations] == ["Managers have 30 days."]


async def test_the_model_cannot_look_elsewhere(open_chat: "OpenChat", knowledge: "FakeKnowledge") -> None:
    chat = await open_chat(ScriptedModel([search(collection="secrets", source="a/b.md"), ANSWER]))
    await ask(chat, document("hr/leave.md", collection="hr"))
    wanted = {"query": "leave", "limit": 5, "collection": "hr", "source": "hr/leave.md"}
    assert [arguments for _, _, arguments in knowledge.calls] == [wanted]


async def test_several_tags_are_searched_one_by_one_and_the_best_passages_of_all_come_first(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.add_passage("In a.", chunk_id=30, similarity=0.5, collection="a")
    knowledge.add_passage("In b.", chunk_id=31, similarity=0.9, collection="b")
    knowledge.add_passage("In b too.", chunk_id=32, similarity=0.4, collection="b")
    model = ScriptedModel([search(limit=2), ANSWER])
    await ask(await open_chat(model), collection("a"), collection("b"))
    assert [call[2]["collection"] for call in knowledge.calls] == ["a", "b"]
    seen = str(model.calls[-1].input)
    assert seen.index("In b.") < seen.index("In a.")
    assert "In b too." not in seen


async def test_the_model_is_told_and_the_words_of_the_question_stay_what_they_are(
    open_chat: "OpenChat",
) -> None:
    model = ScriptedModel([search(), ANSWER])
    answer = await ask(await open_chat(model), collection("managers"))
    assert "limited this question to “managers”" in str(model.calls[0].system_instructions)
    created = answer.of_type("thread.updated")[-1].thread
    assert created.title == "@managers How many days?"


async def test_the_next_question_without_a_tag_searches_everything(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    chat = await open_chat(ScriptedModel([search(), ANSWER, search(), ANSWER]))
    answer = await ask(chat, collection("managers"))
    await chat.say("And all others?", answer.thread_id)
    assert [arguments.get("collection") for _, _, arguments in knowledge.calls] == ["managers", None]


async def test_trying_again_keeps_to_the_tags(open_chat: "OpenChat", knowledge: "FakeKnowledge") -> None:
    chat = await open_chat(ScriptedModel([search(), ANSWER, search(), ANSWER]))
    answer = await ask(chat, collection("managers"))
    question = next(item for item in await chat.items(answer.thread_id) if item.type == "user_message")
    params = {"thread_id": answer.thread_id, "item_id": question.id}
    await chat.post({"type": "threads.retry_after_item", "params": params}, **{"x-user": "ann"})
    assert [arguments.get("collection") for _, _, arguments in knowledge.calls] == ["managers", "managers"]


@pytest.mark.parametrize(
    "data",
    [{"kind": "document"}, {"kind": "collection", "name": ""}, {"kind": "collection", "name": "x" * 101}],
)
async def test_a_tag_that_names_nothing_is_refused(open_chat: "OpenChat", data: dict[str, Any]) -> None:
    chat = await open_chat("extractive")
    response = await chat.post(chat.message("", content=[tag("Nowhere", **data)]))
    assert response.status_code == 400
    assert "“Nowhere” does not name a collection or a document" in response.json()["error"]["message"]


async def test_tags_of_other_programs_limit_nothing(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    chat = await open_chat(ScriptedModel([search(), ANSWER]))
    await ask(chat, tag("Ann", kind="person"))
    assert knowledge.calls == [("ann", "search_documents", {"query": "leave", "limit": 5})]


async def test_a_document_is_read_only_when_a_search_in_the_scope_found_it() -> None:
    calls = ScopedCalls(Scope(({"collection": "hr"},), ("hr",)))

    async def server(tool: str, arguments: Any, meta: Any) -> CallToolResult:
        answer = dict[str, Any](arguments)
        found = {"results": [{"document_id": 7, "chunk_id": 1}]}
        content = found if tool == "search_documents" else answer
        return CallToolResult(content=[], structured_content=content)

    before = await calls.run(server, "get_document", {"document_id": 7}, None)
    await calls.run(server, "search_documents", {"query": "leave"}, None)
    after = await calls.run(server, "get_document", {"document_id": 7}, None)
    other = await calls.run(server, "get_document", {"document_id": 8}, None)
    assert [before.is_error, after.is_error, other.is_error] == [True, False, True]


def test_a_connection_that_cannot_be_limited_is_refused() -> None:
    with pytest.raises(TypeError):
        limit(object(), Scope(({"collection": "hr"},), ("hr",)))  # pyright: ignore[reportArgumentType]


def test_tags_between_the_words_stay_a_part_of_the_question() -> None:
    words = {"type": "input_text", "text": "What does "}
    message = UserMessageItem.model_validate(
        {
            "id": "msg_1",
            "thread_id": "thr_1",
            "created_at": "2026-01-01T00:00:00",
            "content": [words, collection("hr"), {"type": "input_text", "text": " say?"}],
            "attachments": [],
            "inference_options": {},
        }
    )
    assert question_of(message) == "What does @hr say?"
