"""Settings that administrators change while the chat runs, with a provider that really answers."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent_service.app import create_app
from agent_service.auth.admins import is_admin
from agent_service.live.freshness import keep_fresh
from agent_service.live.settings import LiveSettings
from agent_service.live.vault import SecretUnreadableError, Vault
from agent_service.models.local_servers import find_local_servers
from agent_service.models.providers import choose_model
from agent_service.models.wire.client import open_guarded_client
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.acting import Acting
from database.ending import end
from database.pool import Pool, fetch
from tests.agent_service.conftest import SIGNING_KEY
from tests.support.patience import PATIENCE_SECONDS
from tests.support.serving import Serve

KEY = "sk-a-very-secret-key-0815"


class Provider:
    """A small OpenAI-compatible server with one key and one model."""

    def __init__(self, key: str | None = KEY, *, calls_tools: bool = True, owner: str = "vllm") -> None:
        self.key, self.calls_tools, self.owner = key, calls_tools, owner
        self.asked: list[dict[str, Any]] = []
        self.app = Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/chat/completions", self._answer, methods=["POST"]),
            ]
        )

    async def _models(self, request: Request) -> Response:
        names = ("owl-7b", "owl-embed")
        return JSONResponse({"data": [{"id": name, "owned_by": self.owner} for name in names]})

    async def _answer(self, request: Request) -> Response:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return JSONResponse({"error": {"message": "Incorrect API key provided"}}, status_code=401)
        body = await request.json()
        self.asked.append(body)
        if body["model"] != "owl-7b":
            return JSONResponse({"error": {"message": "The model does not exist"}}, status_code=404)
        function = {"name": "look_up", "arguments": '{"word": "owl"}'}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        delta = {"tool_calls": [call]} if body.get("tools") and self.calls_tools else {"content": "Hoo."}
        chunk: dict[str, Any] = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "owl-7b",
        }
        events: list[dict[str, Any]] = [
            chunk | {"choices": [{"index": 0, "delta": {"role": "assistant"} | delta}]},
            chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ]
        lines = [f"data: {json.dumps(event)}\n\n" for event in events]
        return StreamingResponse(iter([*lines, "data: [DONE]\n\n"]), media_type="text/event-stream")


class Admin:
    """An administrator at a running chat."""

    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self.url, self.http = url, http

    async def get(self, path: str, **headers: str) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.http.get(f"{self.url}/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def set(self, **changes: Any) -> httpx2.Response:
        """Change settings."""
        return await self.http.put(f"{self.url}/admin/settings", json={"changes": changes})

    async def try_out(self, **changes: Any) -> httpx2.Response:
        """Try a model."""
        return await self.http.post(f"{self.url}/admin/models/trial", json={"changes": changes})

    async def setting(self, name: str) -> dict[str, Any]:
        """What is shown of one."""
        shown = await self.get("admin/settings")
        return next(one for one in shown["settings"] if one["name"] == name)


@asynccontextmanager
async def chat(pool: Pool, serve: Serve, **values: Any) -> AsyncGenerator[Admin]:
    """A chat of its own settings."""
    settings = AgentServiceSettings.model_validate({"transcription": "off"} | values)
    connector = McpConnector(settings, SIGNING_KEY)
    app = create_app(settings, pool=pool, chosen=choose_model(settings), connector=connector)
    async with serve(app) as url, httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        yield Admin(url, http)


@pytest.mark.parametrize(
    ("values", "user", "expected"),
    [
        ({}, "local", True),
        ({"agent_service_host": "0.0.0.0"}, "local", False),  # noqa: S104
        ({"agent_service_auth": "jwt"}, "jwt:ann", False),
        ({"agent_service_auth": "jwt", "agent_service_admins": "ann"}, "jwt:ann", True),
        ({"agent_service_auth": "jwt", "agent_service_admins": "jwt:ann"}, "jwt:ann", True),
        ({"agent_service_auth": "jwt", "agent_service_admins": "ann"}, "jwt:bob", False),
        ({"agent_service_auth": "proxy", "agent_service_admins": "jwt:ann"}, "proxy:ann", False),
        ({"agent_service_admins": "visitor:1:x"}, "visitor:1:x", False),
    ],
)
async def test_who_is_an_administrator(pool: Pool, values: dict[str, Any], user: str, expected: bool) -> None:
    assert await is_admin(AgentServiceSettings.model_validate(values), pool, user) is expected


async def test_others_and_other_pages_are_refused(pool: Pool, serve: Serve) -> None:
    login = {
        "agent_service_auth": "proxy",
        "agent_service_proxy_addresses": "127.0.0.1",
        "agent_service_admins": "ann",
        "cors_origins": ["https://site.example"],
    }
    paths = ("settings", "settings/history", "models/local", "health", "usage", "answers")
    async with chat(pool, serve, **login) as admin:

        async def status(path: str, user: str = "ann", **headers: str) -> int:
            sent = {"x-forwarded-user": user} | headers
            return (await admin.http.get(f"{admin.url}/admin/{path}", headers=sent)).status_code

        assert [await status(path, "bob") for path in paths] == [403] * len(paths)
        assert await status("settings") == 200
        assert await status("settings", origin="https://site.example") == 403
        assert await status("settings", **{"sec-fetch-site": "cross-site"}) == 403
        assert (await admin.get("admin/rights", **{"x-forwarded-user": "bob"})) == {"admin": False}
        assert (await admin.get("admin/rights", **{"x-forwarded-user": "ann"})) == {"admin": True}
        wrong = await admin.http.put(
            f"{admin.url}/admin/settings",
            json={"changes": {"chat_title": "X"}},
            headers={"x-forwarded-user": "bob"},
        )
        assert wrong.status_code == 403
        assert (await admin.http.get(f"{admin.url}/admin/settings")).status_code == 401


async def test_a_model_is_tried_and_used_without_a_restart_and_its_key_is_never_seen_again(
    pool: Pool, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Provider()
    caplog.set_level("DEBUG")
    async with serve(provider.app) as base, chat(pool, serve) as admin:
        wanted = {"openai_base_url": f"{base}/v1/", "openai_api_key": KEY, "model_name": "owl-7b"}
        assert (await admin.get("config.json"))["model"] == {"name": "extractive", "extractive": True}
        wrong = (await admin.try_out(**wanted | {"openai_api_key": "sk-wrong"})).json()
        assert wrong["works"] is False
        assert "key" in wrong["sentence"]
        gone = (await admin.try_out(**wanted | {"model_name": "no-such"})).json()
        assert gone["works"] is False
        assert "no-such" in gone["sentence"]
        tried = (await admin.try_out(**wanted)).json()
        assert (tried["works"], tried["calls_tools"], tried["model"]) == (True, True, "owl-7b")
        # Trying changes nothing.
        assert (await admin.get("config.json"))["model"]["extractive"] is True
        done = await admin.set(**wanted)
        assert done.status_code == 200, done.text
        assert (await admin.get("config.json"))["model"] == {"name": "owl-7b", "extractive": False}
        key = await admin.setting("openai_api_key")
        assert (key["value"], key["is_set"], key["source"], key["changed_by"]) == (
            None,
            True,
            "page",
            "local",
        )
        everything = [
            done.text,
            *[json.dumps(await admin.get(f"admin/{path}")) for path in ("settings/history", "health")],
        ]
        assert not [text for text in everything if KEY in text]
    rows = await fetch(
        pool,
        "select to_jsonb(one)::text from changed_settings one union all "
        "select to_jsonb(one)::text from setting_changes one union all "
        "select to_jsonb(one)::text from audit_events one",
        {},
    )
    assert len(rows) == 9
    assert not [row for row in rows if KEY in row[0] or KEY.encode().hex() in row[0]]
    assert KEY not in caplog.text
    audited = await fetch(pool, "select actor, action, target from audit_events order by target", {})
    assert audited[0] == ("local", "setting.set", "model_name")


async def test_a_key_is_forgotten_with_the_address_it_was_entered_for(pool: Pool, serve: Serve) -> None:
    provider, other = Provider(), Provider(None)
    async with serve(provider.app) as base, serve(other.app) as thief, chat(pool, serve) as admin:
        await admin.set(openai_base_url=f"{base}/v1", openai_api_key=KEY, model_name="owl-7b")
        tried = (await admin.try_out(openai_base_url=f"{thief}/v1")).json()
        assert tried["works"] is True
        moved = await admin.set(openai_base_url=f"{thief}/v1")
        assert moved.status_code == 200
        assert (await admin.setting("openai_api_key"))["is_set"] is False


async def test_what_the_environment_sets_is_fixed_and_its_key_goes_nowhere_else(
    pool: Pool, serve: Serve
) -> None:
    async with chat(pool, serve, openai_api_key=KEY, chat_title="Owls") as admin:
        title = await admin.setting("chat_title")
        assert (title["value"], title["source"]) == ("Owls", "environment")
        assert (await admin.setting("openai_api_key"))["value"] is None
        refused = await admin.set(chat_title="Cats")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "fixed")
        assert (await admin.set(openai_base_url="http://127.0.0.1:9/v1", model_name="x")).status_code == 409
        assert (await admin.get("config.json"))["title"] == "Owls"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("openai_base_url", "ftp://x", "http://"),
        ("openai_base_url", "http://ann:pw@x/v1", "user name"),
        ("openai_base_url", "http://169.254.169.254/latest", "credentials"),
        ("openai_base_url", "http://[::ffff:169.254.169.254]/v1", "credentials"),
        ("openai_base_url", "http://[fe80::1]/v1", "credentials"),
        ("openai_base_url", "http://[64:ff9b::a9fe:a9fe]/v1", "credentials"),
        ("openai_base_url", "http://168.63.129.16/v1", "credentials"),
        ("openai_base_url", "http://192.0.0.192/v1", "credentials"),
        ("openai_base_url", "http://127.0.0.1:9/v1\r\nX: y", "Copy it again"),
        ("openai_base_url", "http://127.0.0.1:9/v1\u202e", "Copy it again"),
        ("openai_base_url", "http://0.0.0.0:8000/v1", "credentials"),
        ("openai_base_url", "http://no-such-host.invalid/v1", "no-such-host.invalid"),
        ("openai_api_key", "env:MCP_SIGNING_KEY", "OWFLEX_SECRET_"),
        ("openai_api_key", "env:OWFLEX_SECRET_MISSING", "not set"),
        ("openai_api_key", "two words", "Copy it again"),
        ("chat_tokens_per_day", -1, "0 to"),
        ("chat_prompts", [{"label": ""}], "at least 1"),
        ("chat_title", "a\u0000b", "chat_title".upper()),
        ("model_name", "litellm/x", "OPENAI_BASE_URL"),
        ("mcp_signing_key", "x", "cannot be changed"),
    ],
)
async def test_wrong_values_are_refused_with_the_cure(
    pool: Pool, serve: Serve, name: str, value: Any, said: str
) -> None:
    async with chat(pool, serve) as admin:
        refused = await admin.set(**{name: value})
        assert refused.status_code in (409, 422), refused.text
        assert said in refused.json()["error"]["message"], refused.text
    assert await fetch(pool, "select 1 from setting_changes", {}) == []


async def test_a_change_reaches_other_processes_and_going_back_brings_the_default(
    pool: Pool, serve: Serve
) -> None:
    settings = AgentServiceSettings.model_validate({})
    looked = asyncio.Event()

    async def pause(_: float) -> None:
        looked.set()
        await asyncio.sleep(0.01)

    other = LiveSettings(settings, pool, Vault(SecretStr("x" * 32)))
    told: list[set[str]] = []
    other.follow(lambda changed: told.append(set(changed)))
    watching = asyncio.create_task(keep_fresh(other.refresh, pause=pause))
    async with chat(pool, serve) as admin:
        await looked.wait()
        changes = {
            "chat_title": "Owls",
            "chat_rate_limit_per_minute": 1,
            "chat_prompts": [{"label": "A", "prompt": "B"}],
        }
        assert (await admin.set(**changes)).status_code == 200
        while settings.chat_title != "Owls":
            looked.clear()
            await looked.wait()
        assert told == [{"chat_title", "chat_rate_limit_per_minute", "chat_prompts"}]
        config = await admin.get("config.json")
        assert (config["title"], config["prompts"][0]["label"]) == ("Owls", "A")
        message: dict[str, Any] = {
            "type": "threads.create",
            "params": {
                "input": {
                    "content": [{"type": "input_text", "text": "Hello"}],
                    "attachments": [],
                    "inference_options": {},
                }
            },
        }
        statuses = [(await admin.http.post(f"{admin.url}/chatkit", json=message)).status_code for _ in "ab"]
        assert statuses == [200, 429]
        await admin.set(chat_title=None)
        assert (await admin.get("config.json"))["title"] == "OwFlex"
        told_of = [
            (one["name"], one["action"]) for one in (await admin.get("admin/settings/history"))["changes"]
        ]
        assert told_of[0] == ("chat_title", "reset")
        assert len(told_of) == 4
    await end(watching)


async def test_a_secret_of_another_key_counts_as_none_and_says_why(pool: Pool) -> None:
    first = LiveSettings(AgentServiceSettings.model_validate({}), pool, Vault(SecretStr("a" * 32)))
    await first.change(first.checked({"gemini_api_key": KEY}), Acting("ann", "chat"))
    assert first.settings.gemini_api_key == SecretStr(KEY)
    second = LiveSettings(AgentServiceSettings.model_validate({}), pool, Vault(SecretStr("b" * 32)))
    await second.refresh()
    assert second.settings.gemini_api_key is None
    assert "CHAT_SETTINGS_KEY" in second.problems["gemini_api_key"]


def test_a_secret_belongs_to_its_name() -> None:
    vault = Vault(SecretStr("a" * 32))
    locked = vault.lock("openai_api_key", KEY)
    assert vault.unlock("openai_api_key", locked) == KEY
    assert vault.lock("openai_api_key", KEY) != locked
    for name, kept in (("gemini_api_key", locked), ("openai_api_key", locked[:-1]), ("openai_api_key", b"")):
        with pytest.raises(SecretUnreadableError):
            vault.unlock(name, kept)


async def test_a_key_may_lie_in_the_environment(
    pool: Pool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWFLEX_SECRET_OWL", KEY)
    provider = Provider()
    async with serve(provider.app) as base, chat(pool, serve) as admin:
        wanted = {
            "openai_base_url": f"{base}/v1",
            "openai_api_key": "env:OWFLEX_SECRET_OWL",
            "model_name": "owl-7b",
        }
        assert (await admin.try_out(**wanted)).json()["works"] is True
        assert (await admin.set(**wanted)).status_code == 200
        assert (await admin.setting("openai_api_key"))["reference"] == "env:OWFLEX_SECRET_OWL"


async def test_servers_on_this_machine_are_found_but_not_our_own(serve: Serve) -> None:
    async def hangs(_: Request) -> Response:
        return Response("x" * 300_000)

    provider, noise = Provider(), Starlette(routes=[Route("/v1/models", hangs)])
    async with serve(provider.app) as base, serve(noise) as large, serve(Starlette()) as nothing:
        ports = [int(url.rpartition(":")[2]) for url in (base, large, nothing)]
        found = await find_local_servers((), ports)
        assert [(one.program, one.base_url, one.models) for one in found] == [
            ("vLLM", f"{base}/v1", ["owl-7b"])
        ]
        assert await find_local_servers(ports[:1], ports) == []


async def test_a_connection_to_an_entered_address_is_checked_when_it_is_made() -> None:

    async with open_guarded_client("http://169.254.169.254/v1", "key", 5, 0) as client:
        with pytest.raises(openai.APIConnectionError):
            await client.models.list()


async def test_health_usage_and_poor_answers(pool: Pool, serve: Serve) -> None:
    await fill_threads(pool)
    async with chat(pool, serve) as admin:
        health = await admin.get("admin/health")
        assert (health["state"], health["threads"], health["model"]["extractive"]) == ("unavailable", 1, True)
        usage = await admin.get("admin/usage?days=7")
        assert (usage["days"][0]["answers"], usage["people"][0]["user_id"]) == (2, "ann")
        answers = await admin.get("admin/answers")
        assert [(one["question"], one["answer"], one["reason"]) for one in answers["voted"]] == [
            ("How long?", "Long.", "wrong")
        ]
        assert [(one["question"], one["why"]) for one in answers["unanswered"]] == [
            ("Who?", "failed"),
            ("Why?", "uncited"),
        ]


def _message(kind: str, text: str, *annotations: Any) -> dict[str, Any]:
    return {"type": kind, "content": [{"text": text, "annotations": list(annotations)}]}


async def fill_threads(pool: Pool) -> None:
    """One conversation: an answer with a citation and a bad vote, one without any, one that failed."""
    searched = {"type": "workflow", "workflow": {"tasks": [{"icon": "search"}]}}
    items = [
        _message("user_message", "How long?"),
        searched,
        _message("assistant_message", "Long.", {"source": {}}),
        _message("user_message", "Why?"),
        searched,
        _message("assistant_message", "Nobody knows."),
        _message("user_message", "Hello!"),
        _message("assistant_message", "Hello."),
        _message("user_message", "Who?"),
        {"type": "task", "task": {"title": "It failed."}},
    ]
    async with pool.connection() as connection:
        await connection.execute("insert into threads (id, user_id, data) values ('t', 'ann', '{}')")
        for number, item in enumerate(items):
            await connection.execute(
                "insert into thread_items (thread_id, id, data, created_at) "
                "values ('t', %s, %s, now() + make_interval(secs => %s))",
                (f"i{number}", json.dumps(item), number / 1000),
            )
        await connection.execute(
            "insert into feedback (thread_id, item_id, user_id, kind, reason) "
            "values ('t', 'i2', 'ann', 'negative', 'wrong')"
        )
        await connection.execute(
            "insert into usage (thread_id, user_id, model, input_tokens, output_tokens) "
            "values ('t', 'ann', 'm', 1, 2), ('t', 'ann', 'm', 3, 4)"
        )
