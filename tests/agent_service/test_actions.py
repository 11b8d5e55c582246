"""Cards of tasks: shown after an answer, and what their buttons do, through the endpoint."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import WidgetItem

if TYPE_CHECKING:
    from tests.agent_service.conftest import Answer, Chat, FakeKnowledge, OpenChat

LIST: list[Any] = [function_call("list_tasks", {}, call_id="call_1")]


def shown(item: WidgetItem) -> str:
    """All that a card says."""
    return json.dumps(item.widget.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


def press(kind: str, task_id: Any = 1, **fields: Any) -> dict[str, Any]:
    """The action of a button on a task's row."""
    return {"type": f"task.{kind}", "payload": {"task_id": task_id} | fields}


def cards(answer: "Answer") -> list[WidgetItem]:
    """The new cards of an answer."""
    done = [event.item for event in answer.of_type("thread.item.done")]
    return [item for item in done if isinstance(item, WidgetItem)]


@pytest.fixture(autouse=True)
def two_tasks(knowledge: "FakeKnowledge") -> None:
    """The user has two tasks."""
    knowledge.tasks[1] = {"task_id": 1, "title": "Call the dentist", "status": "open", "due_on": "2020-01-02"}
    knowledge.tasks[2] = {"task_id": 2, "title": "Buy milk", "status": "open", "priority": "high"}


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    """A chat whose model lists the tasks."""
    return await open_chat(ScriptedModel([LIST, [assistant_message("Two tasks.")]]))


async def test_listed_tasks_come_as_one_card_after_the_answer(chat: "Chat") -> None:
    answer = await chat.say("What is there to do?")
    assert answer.text == "Two tasks."
    (card,) = cards(answer)
    for words in ("Call the dentist", "Overdue Thursday, 2 January 2020", "Buy milk", "High priority"):
        assert words in shown(card)
    kinds = [item.type for item in await chat.items(answer.thread_id)]
    assert kinds.index("assistant_message") < kinds.index("widget")


async def test_a_changed_task_is_shown_alone(open_chat: "OpenChat") -> None:
    complete: list[Any] = [function_call("complete_task", {"task_id": 2}, call_id="call_2")]
    chat = await open_chat(ScriptedModel([LIST, complete, [assistant_message("Done.")]]))
    (card,) = cards(await chat.say("I bought milk"))
    assert "Buy milk" in shown(card)
    assert "dentist" not in shown(card)


async def test_a_long_list_is_cut_with_a_note(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    for number in range(3, 26):
        knowledge.tasks[number] = {"task_id": number, "title": f"Task {number}", "status": "open"}
    (card,) = cards(await chat.say("What is there to do?"))
    assert "… and 15 more" in shown(card)
    assert "Task 11" not in shown(card)


async def test_an_answer_about_documents_has_no_card(open_chat: "OpenChat") -> None:
    search: list[Any] = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    chat = await open_chat(ScriptedModel([search, [assistant_message("25 days. [[12]]")]]))
    assert cards(await chat.say("How much leave?")) == []


async def test_ticking_off_and_opening_again_needs_no_model(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    answer = await chat.say("What is there to do?")
    done = await chat.click(press("complete"), answer.thread_id, answer.card.id)
    assert done.error is None
    assert knowledge.tasks[1]["status"] == "done"
    assert knowledge.calls[-1][0] == "ann"
    assert done.card.id == answer.card.id
    assert '"defaultChecked": true' in shown(done.card)
    assert "Buy milk" in shown(done.card)
    again = await chat.click(press("reopen"), answer.thread_id, answer.card.id)
    assert knowledge.tasks[1]["status"] == "open"
    stored = (await chat.items(answer.thread_id))[-1]
    assert isinstance(stored, WidgetItem)
    assert shown(stored) == shown(again.card)


async def test_a_task_is_edited_in_a_form_on_the_card(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    answer = await chat.say("What is there to do?")
    form = await chat.click(press("edit"), answer.thread_id, answer.card.id)
    assert '"type": "Form"' in shown(form.card)
    fields = {"title": " Call  the doctor ", "priority": "low", "due_on": "2031-05-06T00:00:00.000Z"}
    saved = await chat.click(press("save", **fields), answer.thread_id, answer.card.id)
    changes = {"title": "Call the doctor", "priority": "low", "due_on": "2031-05-06"}
    assert knowledge.tasks[1] == {"task_id": 1, "status": "open"} | changes
    assert "Due Tuesday, 6 May 2031" in shown(saved.card)
    assert '"type": "Form"' not in shown(saved.card)


async def test_an_emptied_day_takes_the_day_away(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    answer = await chat.say("What is there to do?")
    await chat.click(press("edit"), answer.thread_id, answer.card.id)
    await chat.click(press("save", title="Call", due_on=""), answer.thread_id, answer.card.id)
    assert knowledge.tasks[1]["due_on"] is None


async def test_an_edit_can_be_left(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    answer = await chat.say("What is there to do?")
    await chat.click(press("edit"), answer.thread_id, answer.card.id)
    left = await chat.click(press("cancel"), answer.thread_id, answer.card.id)
    assert shown(left.card) == shown(answer.card)
    assert "update_task" not in knowledge.tools_called


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (press("complete", 99), "no longer works"),
        (press("explode"), "no longer works"),
        ({"type": "task.complete", "payload": "all"}, "no longer works"),
        (press("save", title="  "), "needs a title"),
        (press("save", title="Call", due_on="someday"), "no longer works"),
        ({"type": "approval.approve", "payload": {}}, "no longer exists"),
    ],
)
async def test_a_click_that_makes_no_sense_is_answered_with_one_sentence(
    chat: "Chat", action: dict[str, Any], reason: str
) -> None:
    answer = await chat.say("What is there to do?")
    refused = await chat.click(action, answer.thread_id, answer.card.id)
    assert refused.error is not None
    assert reason in (refused.error.message or "")
    assert refused.error.allow_retry is False


async def test_a_task_that_is_gone_is_said_to_be_so(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    answer = await chat.say("What is there to do?")
    del knowledge.tasks[1]
    refused = await chat.click(press("complete"), answer.thread_id, answer.card.id)
    assert refused.error is not None
    assert "Task 1 not found" in (refused.error.message or "")


async def test_an_answer_becomes_a_task_once(open_chat: "OpenChat", knowledge: "FakeKnowledge") -> None:
    search: list[Any] = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    text = "**Hand in the form** by March. Then wait."
    chat = await open_chat(ScriptedModel([search, [assistant_message(text)]]))
    answer = await chat.say("How do I take leave?")
    add = {"type": "task.add", "payload": {"item_id": answer.messages[-1].id}}
    knowledge.calls.clear()
    knowledge.keys.clear()
    first = await chat.click(add, answer.thread_id)
    again = await chat.click(add, answer.thread_id)
    assert "Hand in the form by March" in shown(first.card)
    assert len(set(knowledge.keys)) == 1
    assert shown(first.card) == shown(again.card)


async def test_a_client_may_ask_for_the_card_without_a_stream(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    answer = await chat.say("What is there to do?")
    params = {"thread_id": answer.thread_id, "item_id": answer.card.id, "action": press("complete")}
    result = await chat.ask("threads.sync_custom_action", **params)
    assert knowledge.tasks[1]["status"] == "done"
    updated = WidgetItem.model_validate(result["updated_item"])
    stored = (await chat.items(answer.thread_id))[-1]
    assert isinstance(stored, WidgetItem)
    assert shown(stored) == shown(updated)


async def test_a_refusal_without_a_stream_is_an_http_answer(chat: "Chat") -> None:
    answer = await chat.say("What is there to do?")
    unanswered: list[dict[str, Any]] = [press("complete", 99), {"type": "approval.approve"}]
    for action in unanswered:
        params = {"thread_id": answer.thread_id, "item_id": answer.card.id, "action": action}
        response = await chat.post({"type": "threads.sync_custom_action", "params": params})
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "action_refused"


async def test_nobody_else_can_press_the_buttons(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    answer = await chat.say("What is there to do?")
    params = {"thread_id": answer.thread_id, "item_id": answer.card.id, "action": press("complete")}
    for request in ("threads.custom_action", "threads.sync_custom_action"):
        response = await chat.post({"type": request, "params": params}, **{"x-user": "bob"})
        assert response.status_code == 404
    assert knowledge.tasks[1]["status"] == "open"


async def test_the_card_is_not_told_to_the_model_again(open_chat: "OpenChat") -> None:
    model = ScriptedModel([LIST, [assistant_message("Two tasks.")], LIST, [assistant_message("Still two.")]])
    chat = await open_chat(model)
    answer = await chat.say("What is there to do?")
    await chat.say("And now?", answer.thread_id)
    assert "widget" not in json.dumps(model.calls[2].input).lower()
