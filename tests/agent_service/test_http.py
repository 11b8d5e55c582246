"""The service as HTTP clients see it: what is refused, how, and what the page gets."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import SecretStr

from agent_service.context import LOCAL_USER, RequestContext
from agent_service.i18n.catalog import say
from agent_service.routes.health import check_readiness
from agent_service.routes.page import web_routes
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.failures import storage_sentence
from agent_service.tools.connection import McpConnector
from database.pool import Pool
from tests.support.serving import serving

if TYPE_CHECKING:
    from conftest import Chat, OpenChat, Serve

QUESTION = "How many days of leave do I have?"


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    call = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    return await open_chat(ScriptedModel([call, [assistant_message("25 days.")]]), max_request_bytes=5000)


async def refusal(response: httpx2.Response) -> tuple[int, str]:
    """Status and code; there is always a sentence."""
    error = response.json()["error"]
    assert error["message"].endswith((".", "'", "`")) or ":" in error["message"]
    return response.status_code, error["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"type": "messages.create", "params": {}}',
        b'{"type": "threads.list"}',
        b'{"type": "threads.create", "params": {"input": {"content": [{"type": "text", "text": "x"}]}}}',
        b'{"type": "threads.get_by_id", "params": {"thread_id": 7}}',
        b"\xff\xfe",
    ],
)
async def test_a_malformed_request_is_a_400_with_a_message(chat: "Chat", body: bytes) -> None:
    assert await refusal(await chat.post(body)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_what_a_page_elsewhere_can_send_unasked_is_refused(chat: "Chat", content_type: str) -> None:
    headers = {"content-type": content_type}
    assert await refusal(await chat.post(chat.message("Hello"), **headers)) == (415, "wrong_content_type")
    vote = await chat.http.post(f"{chat.url}/feedback", content=b"{}", headers=headers)
    assert await refusal(vote) == (415, "wrong_content_type")
    assert (await chat.ask("threads.list"))["data"] == []


async def test_what_was_typed_wrong_is_named_but_not_repeated(chat: "Chat") -> None:
    body = {"type": "threads.get_by_id", "params": {"thread_id": {"secret": "value"}}}
    message = (await chat.post(body)).json()["error"]["message"]
    assert "thread_id" in message
    assert "secret" not in message


async def test_a_request_that_is_too_large_is_refused(chat: "Chat") -> None:
    assert await refusal(await chat.post(chat.message("x" * 6000))) == (413, "too_large")


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_an_empty_message_is_refused(chat: "Chat", text: str) -> None:
    assert await refusal(await chat.post(chat.message(text))) == (400, "invalid_request")


async def test_a_message_with_an_unknown_file_is_refused_before_a_thread_is_made(chat: "Chat") -> None:
    body = chat.message("See this")
    body["params"]["input"]["attachments"] = ["atc_1"]
    assert await refusal(await chat.post(body)) == (404, "not_found")
    assert (await chat.ask("threads.list"))["data"] == []


@pytest.mark.parametrize("thread_id", ["thr_unknown", "", "a\x00b"])
async def test_an_unknown_thread_is_a_404_before_anything_is_streamed(chat: "Chat", thread_id: str) -> None:
    for body in (
        chat.message("hello", thread_id),
        {"type": "threads.get_by_id", "params": {"thread_id": thread_id}},
        {"type": "items.list", "params": {"thread_id": thread_id}},
        {"type": "threads.delete", "params": {"thread_id": thread_id}},
        {"type": "threads.update", "params": {"thread_id": thread_id, "title": "x"}},
        {"type": "threads.retry_after_item", "params": {"thread_id": thread_id, "item_id": "m"}},
        {"type": "threads.add_client_tool_output", "params": {"thread_id": thread_id, "result": 1}},
    ):
        assert await refusal(await chat.post(body)) == (404, "not_found")


async def test_a_refusal_speaks_the_language_of_the_request_whatever_route_refuses(chat: "Chat") -> None:
    german = {"accept-language": "de-CH, en;q=0.5"}
    answers = [
        await chat.post(chat.message(" "), **german),
        await chat.http.post(f"{chat.url}/attachments", content=b"", headers=german),
        await chat.http.get(f"{chat.url}/attachments/atc_1", headers=german),
        await chat.http.post(f"{chat.url}/voice/transcribe", content=b"", headers=german),
        await chat.http.post(f"{chat.url}/feedback", json={}, headers=german),
        await chat.http.get(f"{chat.url}/knowledge/evaluations/none", headers=german),
        await chat.http.get(f"{chat.url}/health", headers={**german, "host": "elsewhere.example"}),
        await chat.post(chat.message("Hello"), **german, origin="https://elsewhere.example"),
    ]
    keys = [
        "refused.empty_message",
        "upload.empty",
        "refused.not_found",
        "dictation.not_set_up",
        "refused.wrong_vote",
        "knowledge.no_evaluation",
        "refused.unknown_host",
        "refused.foreign_origin",
    ]
    said = [answer.json()["error"]["message"] for answer in answers]
    assert said == [say("de", key) for key in keys]


async def test_another_users_thread_is_a_404(chat: "Chat") -> None:
    answer = await chat.say(QUESTION, user="ann")
    as_bob = {"x-user": "bob"}
    for body in (
        chat.message("hello", answer.thread_id),
        {"type": "threads.get_by_id", "params": {"thread_id": answer.thread_id}},
    ):
        assert await refusal(await chat.post(body, **as_bob)) == (404, "not_found")
    mine = await chat.post({"type": "threads.list", "params": {}}, **as_bob)
    assert mine.json()["data"] == []


async def test_retrying_after_an_unknown_message_is_a_404(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    retry = {"thread_id": answer.thread_id, "item_id": "msg_unknown"}
    response = await chat.post({"type": "threads.retry_after_item", "params": retry})
    assert await refusal(response) == (404, "not_found")
    assert len(await chat.items(answer.thread_id)) == 3


async def test_a_tool_output_nobody_asked_for_is_refused(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    output = {"thread_id": answer.thread_id, "result": 1}
    response = await chat.post({"type": "threads.add_client_tool_output", "params": output})
    assert await refusal(response) == (400, "invalid_request")


async def test_an_answer_is_an_event_stream_that_nobody_buffers(chat: "Chat") -> None:
    async with chat.http.stream("POST", f"{chat.url}/chatkit", json=chat.message(QUESTION)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"


async def test_threads_can_be_listed_renamed_and_deleted(chat: "Chat") -> None:
    answer = await chat.say(QUESTION)
    await chat.ask("threads.update", thread_id=answer.thread_id, title="Leave")
    page = await chat.ask("threads.list", limit=9999, order="desc")
    assert [thread["title"] for thread in page["data"]] == ["Leave"]
    assert await chat.ask("threads.delete", thread_id=answer.thread_id) == {}
    assert (await chat.ask("threads.list"))["data"] == []


async def test_a_page_of_another_origin_cannot_use_the_chat(chat: "Chat") -> None:
    body = chat.message(QUESTION)
    for origin in ("https://evil.example", "null", "http://localhost:1", chat.url.replace("http:", "http:x")):
        assert await refusal(await chat.post(body, origin=origin)) == (403, "foreign_origin")
    assert (await chat.post({"type": "threads.list", "params": {}}, origin=chat.url)).status_code == 200


async def test_where_the_public_address_is_known_its_scheme_counts_too(open_chat: "OpenChat") -> None:
    chat = await open_chat(
        ScriptedModel(),
        agent_service_allowed_hosts=["chat.example"],
        agent_service_public_url="https://chat.example",
    )
    body: dict[str, Any] = {"type": "threads.list", "params": {}}
    refused = await chat.post(body, host="chat.example", origin="http://chat.example")
    assert await refusal(refused) == (403, "foreign_origin")
    read = await chat.http.get(
        f"{chat.url}/admin/settings", headers={"host": "chat.example", "origin": "http://chat.example"}
    )
    assert await refusal(read) == (403, "foreign_origin")
    for host, origin in (("chat.example", "https://chat.example"), (chat.url[7:], chat.url)):
        assert (await chat.post(body, host=host, origin=origin)).status_code == 200


async def test_a_host_name_that_was_pointed_here_is_not_ours(chat: "Chat") -> None:
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[bad"):
        response = await chat.http.get(f"{chat.url}/config.json", headers={"host": host})
        assert response.status_code in (400, 421)
    for host in ("localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.5"):
        response = await chat.http.get(f"{chat.url}/config.json", headers={"host": host})
        assert response.status_code == 200


async def test_names_and_origins_of_the_settings_are_welcome(open_chat: "OpenChat") -> None:
    chat = await open_chat(
        ScriptedModel(),
        agent_service_allowed_hosts=["chat.example"],
        cors_origins=["https://intranet.example"],
    )
    body: dict[str, Any] = {"type": "threads.list", "params": {}}
    proxied = await chat.post(body, host="chat.example", origin="https://chat.example")
    assert proxied.status_code == 200
    foreign = await chat.post(body, origin="https://intranet.example")
    assert foreign.status_code == 200
    assert foreign.headers["access-control-allow-origin"] == "https://intranet.example"
    assert "access-control-allow-credentials" not in foreign.headers
    preflight = await chat.http.options(
        f"{chat.url}/chatkit",
        headers={
            "origin": "https://intranet.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert preflight.status_code == 200


OF_THE_COMPONENT = (
    "authorization,content-type,chatkit-frame-instance-id,chatkit-device-id,openai-sentinel-token"
)


@pytest.mark.parametrize(
    ("more", "asked", "status"),
    [
        ([], OF_THE_COMPONENT, 200),
        ([], "content-type,x-tenant", 400),
        (["X-Tenant"], f"{OF_THE_COMPONENT},x-tenant", 200),
        (["X-Tenant"], "content-type,x-other", 400),
    ],
)
async def test_the_official_component_and_the_settings_say_which_headers_a_page_may_send(
    open_chat: "OpenChat", more: list[str], asked: str, status: int
) -> None:
    page = "http://localhost:3000"
    chat = await open_chat(ScriptedModel(), cors_origins=[page], cors_headers=more)
    headers = {
        "origin": page,
        "access-control-request-method": "POST",
        "access-control-request-headers": asked,
    }
    preflight = await chat.http.options(f"{chat.url}/chatkit", headers=headers)
    assert preflight.status_code == status


async def test_every_answer_carries_the_security_headers(chat: "Chat") -> None:
    for path in ("/", "/config.json", "/health", "/nowhere", "/static/nothing.js"):
        headers = (await chat.http.get(chat.url + path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_the_page_learns_what_it_shows(chat: "Chat") -> None:
    config = (await chat.http.get(f"{chat.url}/config.json")).json()
    assert config["title"] == "OwFlex"
    assert config["model"] == {"name": "scripted", "extractive": False}
    assert {"greeting", "prompts", "version"} <= set(config)


async def test_no_generated_pages_are_served(chat: "Chat") -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert (await chat.http.get(chat.url + path)).status_code == 404


async def test_it_is_ready_when_database_and_mcp_server_answer(chat: "Chat") -> None:
    assert (await chat.http.get(f"{chat.url}/health")).json() == {"status": "ok"}
    response = await chat.http.get(f"{chat.url}/ready")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "state": "ready", "database": "ok", "mcp_server": "ok"}


@pytest.mark.parametrize(
    ("said", "status", "state", "told"),
    [
        ({"ready": True, "state": "ready", "database": "ok"}, 200, "ready", None),
        ({"ready": True, "state": "degraded", "reason": "by words only"}, 200, "degraded", "by words only"),
        ({"ready": False, "state": "unavailable", "index": "is broken"}, 503, "unavailable", None),
        ({"anything": "else"}, 200, "ready", None),
    ],
    ids=["ready", "degraded", "unavailable", "another server"],
)
async def test_its_readiness_includes_that_of_the_mcp_server(
    open_chat: "OpenChat", serve: "Serve", said: dict[str, Any], status: int, state: str, told: str | None
) -> None:
    async def server(scope: Any, receive: Any, send: Any) -> None:
        is_ready_page = scope["path"] == "/ready"
        code = 503 if is_ready_page and said.get("ready") is False else 200
        body = json.dumps(said).encode() if is_ready_page else b""
        await send({"type": "http.response.start", "status": code, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async with serve(server) as url:
        chat = await open_chat(ScriptedModel(), mcp_server_url=f"{url}/mcp")
        response = await chat.http.get(f"{chat.url}/ready")
    answer = response.json()
    assert (response.status_code, answer["state"], answer.get("reason")) == (status, state, told)
    assert ("index: is broken" in answer["mcp_server"]) == (status == 503)


LONG_AGO = (b"date", b"Sun, 06 Nov 1994 08:49:37 GMT")


@pytest.mark.parametrize(
    ("status", "headers", "sentence"),
    [
        (401, [], "refuses this service's token; MCP_SIGNING_KEY"),
        (401, [LONG_AGO], "seconds apart; set the one that is wrong"),
        (401, [(b"date", b"tomorrow")], "MCP_SIGNING_KEY"),
        (404, [], "there is no MCP server at"),
        (501, [], "another program answers at"),
    ],
)
async def test_what_is_missing_is_named_with_the_cure(
    open_chat: "OpenChat", status: int, headers: list[tuple[bytes, bytes]], sentence: str
) -> None:
    async def picky(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async with serving(picky, date_header=False) as url:
        chat = await open_chat(ScriptedModel(), mcp_server_url=f"{url}/mcp")
        response = await chat.http.get(f"{chat.url}/ready")
    assert response.status_code == 503
    assert response.json()["database"] == "ok"
    assert sentence in response.json()["mcp_server"]


async def test_a_database_that_is_gone_is_a_503_with_a_sentence(chat: "Chat", pool: Pool) -> None:
    await pool.close()
    for body in (b'{"type": "threads.list", "params": {}}', chat.message(QUESTION)):
        assert await refusal(await chat.post(body)) == (503, "database_unavailable")
    response = await chat.http.get(f"{chat.url}/ready")
    assert response.status_code == 503
    assert "CHAT_DATABASE_URL" in response.json()["database"]


async def test_a_disk_that_takes_nothing_is_a_reason_not_to_be_ready(pool: Pool, tmp_path: Path) -> None:
    options: dict[str, Any] = {"mcp_server_url": "http://127.0.0.1:1/mcp"}
    connector = McpConnector(AgentServiceSettings(**options), SecretStr("k" * 32))
    state = await check_readiness(pool, connector, RequestContext(LOCAL_USER), tmp_path / "gone")
    assert not state.ready
    assert state.database == "ok"
    assert "cannot be written" in str(state.as_json()["disk"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.DiskFull(), "The disk is full"),
        (psycopg.errors.ReadOnlySqlTransaction(), "can only be read"),
        (psycopg.OperationalError(), "cannot be saved right now"),
    ],
)
def test_what_could_not_be_stored_is_said_with_its_cause(error: Exception, words: str) -> None:
    assert words in say("en", storage_sentence(error))


async def test_a_page_that_was_not_built_says_so(chat: "Chat", tmp_path: Path, serve: "Serve") -> None:
    from starlette.applications import Starlette

    from agent_service.models.providers import choose_model
    from agent_service.settings.settings import AgentServiceSettings

    settings = AgentServiceSettings()  # pyright: ignore[reportCallIssue]
    app = Starlette(routes=web_routes(settings, lambda: choose_model(settings), tmp_path))
    async with serve(app) as url:
        response = await chat.http.get(url)
        assert response.status_code == 503
        assert "The chat page was not built" in response.text
        await asyncio.to_thread((tmp_path / "index.html").write_text, "<p>built</p>")
        page = await chat.http.get(url)
        assert page.text == "<p>built</p>"
        assert page.headers["cache-control"] == "no-cache"


async def test_bodies_of_any_shape_never_cause_a_500(chat: "Chat") -> None:
    for body in ("null", "1e999", '"x"', '{"type": 1}', '{"type": "threads.list", "params": {"limit": "x"}}'):
        assert (await chat.post(body.encode())).status_code == 400
    odd = {"type": "threads.list", "params": {"limit": -5, "order": "asc"}, "metadata": {"a": [1]}}
    assert (await chat.post(json.dumps(odd).encode())).status_code == 200
