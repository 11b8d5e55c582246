"""What people do in the chat with weight is in the audit log of its database."""

from typing import Any

import pytest
from agents.testing import ScriptedModel

from agent_service.cards.approvals import Approvals
from agent_service.storage import PostgresStore
from database.pool import Pool, fetch
from tests.agent_service.conftest import Chat, FakeKnowledge, OpenChat
from tests.agent_service.test_turns import say

EVENTS = "select actor, through, action, target, target_id, request_id from audit_events order by id"


async def events(pool: Pool) -> list[tuple[Any, ...]]:
    return await fetch(pool, EVENTS, {})


async def test_a_conversation_that_is_deleted_is_told_with_its_request(
    open_chat: OpenChat, pool: Pool
) -> None:
    chat = await open_chat(ScriptedModel([say("Hello.")]))
    thread_id = (await chat.say("Hello")).thread_id
    body = {"type": "threads.delete", "params": {"thread_id": thread_id}}
    await chat.post(body, **{"x-user": "bob"})
    assert await events(pool) == []
    await chat.post(body, **{"x-request-id": "req-9"})
    assert await events(pool) == [("ann", "chat", "thread.deleted", None, thread_id, "req-9")]


@pytest.mark.parametrize(("word", "action"), [("approved", "approval.given"), ("denied", "approval.refused")])
async def test_a_decision_is_told_once_with_the_tool_and_without_its_arguments(
    pool: Pool, store: PostgresStore, word: Any, action: str
) -> None:
    await fetch(pool, "insert into threads (id, user_id, data) values ('t', 'ann', '{}') returning 1", {})
    calls = '[{"call_id": "c", "tool": "delete_task", "arguments": {"note": "\\u0000 secret"}, "says": "x"}]'
    await fetch(
        pool,
        "insert into approvals (id, thread_id, user_id, widget_id, calls, state, expires_at)"
        " values ('a', 't', 'ann', 'w', %(calls)s, null, now() + interval '1 hour') returning 1",
        {"calls": calls.replace("\\u0000 ", "")},
    )
    for _ in range(2):
        await Approvals(pool).decide("t", "w", "ann", word)
    assert await events(pool) == [("ann", "chat", action, "delete_task", "a", None)]
    told = await fetch(pool, "select string_agg(events::text, '') from audit_events as events", {})
    assert "secret" not in str(told)


async def test_arguments_that_postgres_has_no_text_for_hinder_no_decision(
    pool: Pool, store: PostgresStore
) -> None:
    await fetch(pool, "insert into threads (id, user_id, data) values ('t', 'ann', '{}') returning 1", {})
    for number, odd in enumerate(("\\u0000", "\\ud800")):
        await fetch(
            pool,
            "insert into approvals (id, thread_id, user_id, widget_id, calls, state, expires_at)"
            " values (%(id)s, 't', 'ann', %(id)s, %(calls)s, null, now() + interval '1 hour') returning 1",
            {"id": f"a{number}", "calls": f'[{{"tool": "add_task", "arguments": {{"title": "{odd}"}}}}]'},
        )
    rows = await fetch(pool, "update approvals set outcome = 'approved' returning id", {})
    assert len(rows) == len(await events(pool)) == 2


async def test_many_conversations_at_once_are_counted(pool: Pool) -> None:
    await fetch(
        pool,
        "insert into threads (id, user_id, data)"
        " select 't' || i, 'ann', '{}' from generate_series(1, 1000) as i returning 1",
        {},
    )
    await fetch(pool, "delete from threads returning 1", {})
    rows = await fetch(pool, "select count(*), max((details ->> 'more')::int) from audit_events", {})
    assert rows == [(21, 980)]


async def test_an_editors_right_that_is_missing_is_noted_with_the_user(
    open_chat: OpenChat, pool: Pool, knowledge: FakeKnowledge
) -> None:
    chat: Chat = await open_chat(ScriptedModel([]), agent_service_auth="none", knowledge_uploads=False)
    answer = await chat.http.delete(f"{chat.url}/knowledge/documents/1")
    assert answer.status_code == 403, answer.text
    attempts = await noted(pool)
    assert [(one[1], one[2], one[3]) for one in attempts] == [
        ("chat", "right.refused", "DELETE /knowledge/documents/1")
    ]


async def noted(pool: Pool) -> list[tuple[Any, ...]]:
    """What was refused, once it is written: the first attempt is written at once."""
    while not (found := await events(pool)):
        pass
    return found
