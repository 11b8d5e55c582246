"""The protocol from end to end: one recorded conversation, signs of life, NDJSON, and what is refused."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.store import NotFoundError
from chatkit.types import (
    ClientToolCallItem,
    ClosedStatus,
    LockedStatus,
    Page,
    StructuredInputFreeform,
    StructuredInputItem,
    Thread,
    ThreadItem,
    ThreadMetadata,
    ThreadStreamEvent,
)
from pydantic import TypeAdapter

from agent_service.context import RequestContext
from agent_service.storage import PostgresStore
from database.pool import Pool

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat

ANN = RequestContext("ann")
QUESTION = "How many days of leave do I have?"
ACTION: dict[str, Any] = {"type": "task.complete", "payload": {"task_id": 1}}
EVENT = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)
NOON = datetime(2026, 11, 21, 12, 0)  # noqa: DTZ001 - the protocol's times are naive


def search(number: int) -> list[Any]:
    return [function_call("search_documents", {"query": "leave"}, call_id=f"call_{number}")]


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    says = [
        [assistant_message(text)] for text in ("25 days. [[12]]", "In March. [[12]]", "In spring. [[12]]")
    ]
    steps = [step for number, say in enumerate(says) for step in (search(number), say)]
    return await open_chat(ScriptedModel(steps))


@pytest.fixture
async def forms(chat: "Chat", store: PostgresStore) -> ThreadMetadata:
    """A thread of Ann's with a form."""
    thread = ThreadMetadata(id="forms", created_at=NOON)
    await store.save_thread(thread, ANN)
    inputs = [StructuredInputFreeform(id="q", question="Which year?")]
    form = StructuredInputItem(id="form", thread_id="forms", created_at=NOON, inputs=[*inputs])
    await store.add_thread_item("forms", form, ANN)
    return thread


async def stream(chat: "Chat", request_type: str, **params: Any) -> list[ThreadStreamEvent]:
    """The events of a streamed request, each valid in the protocol."""
    response = await chat.post({"type": request_type, "params": params})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in response.text.split("\n\n") if block]
    return [EVENT.validate_json(block.removeprefix("data: ")) for block in blocks]


async def refused(chat: "Chat", request_type: str, user: str = "ann", **params: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    response = await chat.post({"type": request_type, "params": params}, **{"x-user": user})
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert error["message"]
    return response.status_code, error["code"]


async def test_a_whole_conversation_is_valid_in_the_protocol(chat: "Chat") -> None:
    first = await chat.say(QUESTION)
    assert [event.type for event in first.events][:3] == [
        "thread.created",
        "thread.item.done",
        "stream_options",
    ]
    thread_id = first.thread_id
    second = await chat.say("When do they expire?", thread_id)
    assert second.text == "In March."
    questions = [item.id for item in await chat.items(thread_id) if item.type == "user_message"]
    retried = await stream(chat, "threads.retry_after_item", thread_id=thread_id, item_id=questions[1])
    assert retried[-1].type in ("thread.item.done", "client_effect", "thread.updated")

    whole = Thread.model_validate(await chat.ask("threads.get_by_id", thread_id=thread_id))
    items = TypeAdapter(Page[ThreadItem]).validate_python(
        await chat.ask("items.list", thread_id=thread_id, limit=9999, order="asc")
    )
    assert items.data == whole.items.data
    answers = [item for item in items.data if item.type == "assistant_message"]
    assert [answer.content[0].text for answer in answers] == ["25 days.", "In spring."]

    renamed = Thread.model_validate(await chat.ask("threads.update", thread_id=thread_id, title="Leave"))
    listed = TypeAdapter(Page[Thread]).validate_python(await chat.ask("threads.list"))
    assert (renamed.title, [thread.title for thread in listed.data]) == ("Leave", ["Leave"])
    votes = {"thread_id": thread_id, "item_ids": [answers[0].id], "kind": "positive"}
    assert await chat.ask("items.feedback", **votes) == {}
    assert await chat.ask("threads.delete", thread_id=thread_id) == {}
    assert await refused(chat, "threads.get_by_id", thread_id=thread_id) == (404, "not_found")


async def test_a_silent_stream_shows_that_it_is_alive_between_whole_events(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    model = ScriptedModel([search(1), [assistant_message("25 days. [[12]]")]])
    chat = await open_chat(model, stream_keep_alive_seconds=0.02)
    knowledge.hangs = True
    signs = 0
    async with chat.http.stream("POST", f"{chat.url}/chatkit", json=chat.message(QUESTION)) as response:
        rest = ""
        async for text in response.aiter_text():
            *blocks, rest = (rest + text).split("\n\n")
            for block in blocks:
                if block.startswith(":"):
                    signs += 1
                else:
                    EVENT.validate_json(block.removeprefix("data: "))
            if signs >= 5 and knowledge.is_hanging.is_set():
                break
    assert signs >= 5


async def test_who_accepts_ndjson_gets_an_event_a_line(chat: "Chat") -> None:
    response = await chat.post(chat.message(QUESTION), accept="application/x-ndjson")
    assert response.headers["content-type"].startswith("application/x-ndjson")
    events = [EVENT.validate_json(line) for line in response.text.split("\n") if line]
    assert events[0].type == "thread.created"
    assert any(
        event.type == "thread.item.done" and event.item.type == "assistant_message" for event in events
    )


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream", "text/event-stream, application/x-ndjson"])
async def test_everybody_else_gets_server_sent_events(chat: "Chat", accept: str) -> None:
    response = await chat.post(chat.message(QUESTION), accept=accept)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.startswith('data: {"type":"thread.created"')


async def test_whatever_names_another_users_thread_or_item_is_a_404(
    chat: "Chat", forms: ThreadMetadata
) -> None:
    answer = await chat.say(QUESTION)
    question = (await chat.items(answer.thread_id))[0].id
    own = await chat.say(QUESTION, user="bob")
    for thread_id, item_id in ((answer.thread_id, question), (own.thread_id, question), ("forms", "form")):
        requests: list[tuple[str, dict[str, Any]]] = [
            ("threads.retry_after_item", {"item_id": item_id}),
            ("threads.add_structured_input", {"item_id": item_id, "input": {"answers": {}}}),
            ("items.feedback", {"item_ids": [item_id], "kind": "positive"}),
            ("items.list", {"after": item_id}),
            ("threads.custom_action", {"item_id": item_id, "action": ACTION}),
            ("threads.sync_custom_action", {"item_id": item_id, "action": ACTION}),
        ]
        for request_type, more in requests:
            refusal = await refused(chat, request_type, "bob", thread_id=thread_id, **more)
            assert refusal == (404, "not_found"), request_type
    assert await refused(chat, "threads.list", "bob", after=answer.thread_id) == (404, "not_found")


async def test_an_item_of_the_wrong_kind_is_a_400(chat: "Chat", forms: ThreadMetadata) -> None:
    requests: list[tuple[str, dict[str, Any]]] = [
        ("threads.retry_after_item", {}),
        ("threads.custom_action", {"action": ACTION}),
        ("threads.sync_custom_action", {"action": ACTION}),
    ]
    for request_type, more in requests:
        refusal = await refused(chat, request_type, thread_id="forms", item_id="form", **more)
        assert refusal == (400, "invalid_request"), request_type
    refusal = await refused(chat, "items.feedback", thread_id="forms", item_ids=[], kind="positive")
    assert refusal == (400, "invalid_request")


async def test_a_form_is_answered_once(chat: "Chat", forms: ThreadMetadata, store: PostgresStore) -> None:
    given = {"status": "answered", "answers": {"q": {"values": ["2026"]}}}
    events = await stream(
        chat, "threads.add_structured_input", thread_id="forms", item_id="form", input=given
    )
    assert "thread.item.replaced" in [event.type for event in events]
    form = await store.load_item("forms", "form", ANN)
    assert isinstance(form, StructuredInputItem)
    assert form.status == "answered"
    again = await refused(
        chat, "threads.add_structured_input", thread_id="forms", item_id="form", input=given
    )
    assert again == (409, "answered")


async def test_the_output_of_a_client_tool_is_stored_and_answered(
    chat: "Chat", forms: ThreadMetadata, store: PostgresStore
) -> None:
    call = ClientToolCallItem(
        id="call", thread_id="forms", created_at=NOON, call_id="c", name="where", arguments={}
    )
    await store.add_thread_item("forms", call, ANN)
    await stream(chat, "threads.add_client_tool_output", thread_id="forms", result={"city": "Bern"})
    stored = await store.load_item("forms", "call", ANN)
    assert isinstance(stored, ClientToolCallItem)
    assert (stored.status, stored.output) == ("completed", {"city": "Bern"})


@pytest.mark.parametrize("status", [LockedStatus(reason="It was too long."), ClosedStatus()])
async def test_a_thread_that_is_locked_or_closed_takes_no_messages(
    chat: "Chat", forms: ThreadMetadata, store: PostgresStore, status: LockedStatus | ClosedStatus
) -> None:
    await store.save_thread(forms.model_copy(update={"status": status}), ANN)
    response = await chat.post(chat.message("Hello?", "forms"))
    assert response.status_code == 409
    assert response.json()["error"]["code"] == f"thread_{status.type}"
    assert (status.reason or "takes no more messages") in response.json()["error"]["message"]
    assert (await chat.ask("threads.get_by_id", thread_id="forms"))["status"]["type"] == status.type


@pytest.mark.parametrize("request_type", ["threads.custom_action", "threads.sync_custom_action"])
async def test_an_action_nobody_knows_is_a_400_that_names_it(
    chat: "Chat", forms: ThreadMetadata, request_type: str
) -> None:
    params = {"thread_id": "forms", "action": {"type": "explode"}}
    response = await chat.post({"type": request_type, "params": params})
    assert response.status_code == 400
    assert "explode" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "threads.add_user_message", "params": {"input": {}}}, "input.content"),
        ({"type": "items.feedback", "params": {"thread_id": "t", "item_ids": "x", "kind": "good"}}, "kind"),
        ({"type": "threads.retry_after_item", "params": {"thread_id": "t"}}, "item_id"),
        ({"type": "threads.custom_action", "params": {"thread_id": "t", "action": []}}, "params.action"),
        ({"type": "threads.add_structured_input", "params": {"thread_id": "t", "item_id": "i"}}, "input"),
        ({"type": "attachments.create", "params": {"name": "a"}}, "mime_type"),
        ({"type": "input.transcribe", "params": {"mime_type": "audio/webm"}}, "audio_base64"),
        ({"type": "threads.sync_custom_action", "params": {}}, "thread_id"),
        ({"type": "nonsense", "params": {}}, "threads.create"),
    ],
)
async def test_what_is_malformed_is_a_400_that_names_the_field(
    chat: "Chat", body: dict[str, Any], field: str
) -> None:
    response = await chat.post(body)
    assert response.status_code == 400
    assert field in response.json()["error"]["message"]


@pytest.mark.parametrize(("limit", "shown"), [(-5, 1), (0, 3), (2, 2), (9999, 3)])
async def test_a_strange_limit_is_no_error(
    chat: "Chat", store: PostgresStore, forms: ThreadMetadata, limit: int, shown: int
) -> None:
    for name in ("a", "b"):
        await store.save_thread(forms.model_copy(update={"id": name}), ANN)
    page = await chat.ask("threads.list", limit=limit)
    assert len(page["data"]) == shown


async def test_what_was_deleted_is_gone_for_the_store_too(
    chat: "Chat", store: PostgresStore, pool: Pool
) -> None:
    answer = await chat.say(QUESTION)
    await chat.ask("threads.delete", thread_id=answer.thread_id)
    with pytest.raises(NotFoundError):
        await store.load_thread(answer.thread_id, ANN)
    async with pool.connection() as connection:
        left = await (await connection.execute("select count(*) from thread_items")).fetchone()
    assert left == (0,)
