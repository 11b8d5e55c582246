"""Votes: read again, with a reason, taken back, and turned into test questions."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call

from owflex.evaluation.question_file import read_questions
from owflex.feedback_export import labelled, read_votes

if TYPE_CHECKING:
    from conftest import Answer, Chat, OpenChat

QUESTION = "How many days of leave do I have?"


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    """A chat whose answers cite the handbook."""
    call = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    return await open_chat(ScriptedModel([call, [assistant_message("25 days [[12]].")]] * 3))


async def change(chat: "Chat", answer: "Answer", kind: Any, user: str = "ann", **more: Any) -> Any:
    """The answer to `POST /feedback`."""
    body = {"thread_id": answer.thread_id, "item_id": answer.messages[-1].id, "kind": kind} | more
    return await chat.http.post(f"{chat.url}/feedback", json=body, headers={"x-user": user})


async def shown(chat: "Chat", answer: "Answer") -> list[dict[str, Any]]:
    """The user's own votes."""
    response = await chat.http.get(f"{chat.url}/feedback", params={"thread_id": answer.thread_id})
    assert response.status_code == 200
    return response.json()["votes"]


async def test_votes_of_the_protocol_can_be_read_again(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    assert await shown(chat, answer) == []
    item_id = answer.messages[-1].id
    await chat.ask("items.feedback", thread_id=answer.thread_id, item_ids=[item_id], kind="negative")
    assert await shown(chat, answer) == [{"item_id": item_id, "kind": "negative", "reason": None}]


async def test_a_vote_can_have_a_reason_and_be_taken_back(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    response = await change(chat, answer, "negative", reason=" Too short. ")
    assert response.json()["votes"][0]["reason"] == "Too short."
    assert (await change(chat, answer, "positive")).json()["votes"][0]["reason"] is None
    assert (await change(chat, answer, None)).json()["votes"] == []
    assert (await change(chat, answer, None)).json()["votes"] == []


async def test_another_kind_of_vote_drops_the_reason_for_the_first(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    item_id = answer.messages[-1].id
    await change(chat, answer, "negative", reason="Too short.")
    await chat.ask("items.feedback", thread_id=answer.thread_id, item_ids=[item_id], kind="negative")
    assert (await shown(chat, answer))[0]["reason"] == "Too short."
    await chat.ask("items.feedback", thread_id=answer.thread_id, item_ids=[item_id], kind="positive")
    assert (await shown(chat, answer))[0]["reason"] is None


async def test_votes_of_others_are_out_of_reach(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    await change(chat, answer, "positive")
    assert (await change(chat, answer, "negative", user="bob")).status_code == 404
    assert (await change(chat, answer, None, user="bob")).status_code == 404
    url = f"{chat.url}/feedback?thread_id={answer.thread_id}"
    assert (await chat.http.get(url, headers={"x-user": "bob"})).status_code == 404
    assert (await shown(chat, answer))[0]["kind"] == "positive"


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "great"}, {"reason": "x" * 1001}, {"more": 1}, {"item_id": ""}, {"reason": "\x00"}],
)
async def test_a_wrong_vote_is_refused(chat: "Chat", wrong: dict[str, Any]) -> None:
    body = {"thread_id": "t", "item_id": "i", "kind": "positive"} | wrong
    response = await chat.http.post(f"{chat.url}/feedback", json=body)
    assert response.status_code == 400
    assert "1000 characters" in response.json()["error"]["message"]


async def test_votes_for_what_does_not_exist_are_not_found(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    assert (await change(chat, answer, "positive", item_id="nothing")).status_code == 404
    assert (await chat.http.get(f"{chat.url}/feedback")).status_code == 404


async def test_liked_answers_become_test_questions(chat: "Chat", chat_url: str, tmp_path: Path) -> None:
    for kind in ("positive", "positive", "negative"):
        await change(chat, await chat.say(QUESTION), kind)
    rows = list(labelled(await read_votes(chat_url, datetime(2020, 1, 1, tzinfo=UTC))))
    assert [(row["query"], row["source"]) for row in rows] == [(QUESTION, "handbook.md")]
    path = tmp_path / "votes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert read_questions(path)[0].source == "handbook.md"


async def test_only_votes_since_a_day_are_exported(chat: "Chat", chat_url: str) -> None:
    await change(chat, await chat.say(QUESTION), "positive")
    assert await read_votes(chat_url, datetime.now(UTC) + timedelta(days=1)) == []
