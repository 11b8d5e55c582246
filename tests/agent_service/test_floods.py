"""What one user or address may take: more of it is refused in a sentence, and others do not notice."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from agents.testing import ScriptedModel, function_call
from starlette.types import Scope

from agent_service.attachments.store import PostgresAttachments
from agent_service.auth.addresses import sender_by
from agent_service.auth.login import proxies_of
from agent_service.context import RequestContext
from agent_service.i18n.catalog import in_every_language
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage import PostgresStore
from agent_service.turn.beginnings import Beginnings
from database.pool import Pool
from serving.client_addresses import address_by
from serving.refusals import REFUSALS
from serving.timed_bodies import BodyTimeLimit
from tests.agent_service.conftest import Chat, FakeKnowledge, OpenChat
from tests.agent_service.small_files import png
from tests.agent_service.test_turns import say
from tests.agent_service.test_users import SHARED, the_app, with_tokens
from tests.support.patience import PATIENCE_SECONDS
from tests.support.serving import Serve

LIST: dict[str, Any] = {"type": "threads.list", "params": {}}


def scope_of(peer: str, **headers: str) -> Scope:
    """A request from an address."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "client": (peer, 1), "headers": raw}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason)
def test_each_refusal_has_a_sentence_in_every_language(refusal: Any) -> None:
    sentences = in_every_language(f"limits.{refusal.reason}")
    assert len(set(sentences)) == len(sentences)
    assert refusal.status in {400, 408, 414, 429, 431, 503}


async def test_one_user_has_so_many_answers_at_once(open_chat: OpenChat, knowledge: FakeKnowledge) -> None:
    chat = await open_chat("extractive", chat_answers_at_once=1, turn_wait_seconds=0)
    knowledge.hangs = True
    async with chat.http.stream("POST", f"{chat.url}/chatkit", json=Chat.message("How many days of leave?")):
        await knowledge.is_hanging.wait()
        knowledge.hangs = False
        refused = await chat.post(Chat.message("And now?"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_answers")
        assert int(refused.headers["retry-after"]) > 0
        assert (await chat.post(Chat.message("Hello"), **{"x-user": "bob"})).status_code == 200
    figures = (await chat.http.get(f"{chat.url}/metrics")).text
    assert 'owflex_chat_refused_total{reason="too_many_answers"} 1.0' in figures


async def test_beside_others_one_user_begins_one_answer_after_the_other() -> None:
    beginnings = Beginnings()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(beginnings.one("flooder"))
        await stack.enter_async_context(beginnings.one("other"))
        next_one = asyncio.create_task(stack.enter_async_context(beginnings.one("flooder")))
        await asyncio.sleep(0)
        assert not next_one.done()
        first.spoken(None)
        await asyncio.sleep(0)
        assert not next_one.done()
        first.spoken(0.5)
        await next_one


async def test_requests_of_any_kind_are_counted(open_chat: OpenChat) -> None:
    chat = await open_chat(ScriptedModel([]), chat_requests_per_minute=2)
    found = [await chat.post(LIST, **{"accept-language": "de"}) for _ in range(3)]
    assert [answer.status_code for answer in found] == [200, 200, 429]
    assert "Zu viele Anfragen" in found[-1].json()["error"]["message"]
    assert (await chat.http.get(f"{chat.url}/health")).status_code == 200


async def test_logins_that_fail_are_counted_by_address(
    pool: Pool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_service.auth.login.MAX_FAILURES_PER_MINUTE", 2)
    app = the_app(pool, **with_tokens(agent_service_jwt_key=SHARED))
    async with serve(app) as url, httpx2.AsyncClient() as http:
        found = [await http.post(f"{url}/chatkit", json=LIST) for _ in range(3)]
    assert {answer.status_code for answer in found[:-1]} == {401}
    assert (found[-1].status_code, found[-1].json()["error"]["code"]) == (429, "too_many_failed_logins")


def test_an_address_is_believed_from_a_proxy_only() -> None:
    settings = AgentServiceSettings(agent_service_proxy_addresses=["10.0.0.0/8"])  # pyright: ignore[reportCallIssue]
    address_of = address_by(proxies_of(settings))
    told = "192.0.2.7, 198.51.100.9, 10.0.0.2"
    assert address_of(scope_of("203.0.113.5", x_forwarded_for=told)) == "203.0.113.5"
    assert address_of(scope_of("10.0.0.1", x_forwarded_for=told)) == "198.51.100.9"
    assert address_of(scope_of("10.0.0.1")) == "10.0.0.1"
    sender_of = sender_by(address_of, "X-Forwarded-User")
    assert sender_of(scope_of("10.0.0.1", x_forwarded_user="ann")) != sender_of(
        scope_of("10.0.0.1", x_forwarded_user="bob")
    )


async def test_uploads_of_an_hour_are_counted(open_chat: OpenChat) -> None:
    chat = await open_chat(ScriptedModel([]), chat_uploads_per_hour=2, chat_upload_mb_per_hour=1)
    announced = {
        "type": "attachments.create",
        "params": {"name": "a.txt", "size": 3, "mime_type": "text/plain"},
    }
    large = await chat.http.post(f"{chat.url}/attachments", files={"file": ("a.txt", b"x" * 1_000_001)})
    found = [(await chat.post(announced)).status_code for _ in range(3)]
    assert (large.status_code, found) == (429, [200, 200, 429])
    assert large.json()["error"]["code"] == "too_many_uploads"
    assert (await chat.post(announced, **{"x-user": "bob"})).status_code == 200


async def test_of_large_files_only_what_is_shown_is_loaded(pool: Pool) -> None:
    settings = AgentServiceSettings()  # pyright: ignore[reportCallIssue]
    files = PostgresAttachments(pool, settings, PostgresStore(pool))
    context = RequestContext("ann")
    data = b"word " * 500_000
    sent = await files.add("a.txt", "text/plain", data, context)
    stored = (await files.load_files([sent.id], context, 100))[sent.id]
    assert (len(stored.text or ""), stored.size, stored.characters) == (100, len(data), 400_000)
    assert b"".join([part async for part in files.content(stored, context)]) == data
    assert [part async for part in files.content(stored, RequestContext("bob"))] == []


async def test_half_a_body_ends_with_408(open_chat: OpenChat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = await open_chat(ScriptedModel([say("Hello.")]))
    monkeypatch.setattr(BodyTimeLimit, "seconds", 0.1)
    address = urlsplit(chat.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = "POST /chatkit HTTP/1.1\r\nhost: localhost\r\naccept-language: fr\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{".encode())
    answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["error"]["message"].startswith("La requête")


async def test_more_bodies_than_one_user_may_have_in_memory_are_refused(
    open_chat: OpenChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await open_chat(ScriptedModel([say("Hello.")]))
    monkeypatch.setattr("serving.timed_bodies.MAX_BYTES_OF_ONE", 2_000)
    large = {"file": ("a.txt", b"x" * 3_000)}
    refused = await chat.http.post(f"{chat.url}/attachments", files=large, headers={"accept-language": "es"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert refused.json()["error"]["code"] == "bodies_full"
    assert refused.json()["error"]["message"].startswith("En este momento")
    # What was held of it is let go.
    assert (await chat.post(Chat.message("Hello"))).status_code == 200


async def test_turns_with_pictures_are_bounded_for_each_user(
    open_chat: OpenChat, knowledge: FakeKnowledge
) -> None:
    call = [function_call("search_documents", {"query": "hotel"}, call_id="call_1")]
    chat = await open_chat(ScriptedModel([call] * 3 + [say("Seen.")] * 3), turn_wait_seconds=0)
    knowledge.hangs = True
    async with AsyncExitStack() as stack:
        for _ in range(2):
            asked = await with_picture(chat, "ann")
            await stack.enter_async_context(chat.http.stream("POST", f"{chat.url}/chatkit", json=asked))
            await asyncio.wait_for(knowledge.is_hanging.wait(), PATIENCE_SECONDS)
            knowledge.is_hanging.clear()
        refused = await chat.post(await with_picture(chat, "ann"))
        knowledge.hangs = False
        other = await chat.post(await with_picture(chat, "bob"), **{"x-user": "bob"})
    (error,) = [json.loads(line[6:]) for line in refused.text.split("\n\n") if '"type":"error"' in line]
    assert error["message"].startswith("Many pictures are being looked at")
    assert error["allow_retry"] is True
    assert '"type":"error"' not in other.text


async def with_picture(chat: Chat, user: str) -> dict[str, Any]:
    """A question with a picture that this user has sent."""
    sent = await chat.http.post(
        f"{chat.url}/attachments", files={"file": ("a.png", png())}, headers={"x-user": user}
    )
    return Chat.message("What is on it?", attachments=[sent.json()["id"]])
