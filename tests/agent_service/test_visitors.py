"""Anonymous visitors of a site by its key: what is open to them from its pages, and what others try."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import jwt
import pytest
from agents import Model
from agents.testing import ScriptedModel, assistant_message
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import Scope

from agent_service.context import RequestContext
from agent_service.routes.visitors.routes import visitor_routes
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.visitor_threads import forget_visitors
from agent_service.tools.connection import ADMIN_SCOPE, AUDIENCE, McpConnector, mint_token
from agent_service.visitors.known import FRESH_SECONDS, KnownSites
from agent_service.visitors.sites import NewSite, Site, SiteError, add_site, origin_in, revoke_site
from agent_service.visitors.tokens import ISSUER, PREFIX, VisitorTokens
from database.pool import Pool, fetch
from tests.agent_service.conftest import SIGNING_KEY, Chat, House, OpenChat, parse_events

ORIGIN, OTHER = "https://shop.example", "https://blog.example"
LIST: dict[str, Any] = {"type": "threads.list", "params": {}}
JWT: dict[str, Any] = {
    "agent_service_auth": "jwt",
    "agent_service_jwt_issuer": "https://login.example",
    "agent_service_jwt_audience": "owflex-chat",
    "agent_service_jwt_key": "a-shared-key-of-thirty-two-characters-and-more",
}
CLOSED = [
    ("GET", "/"),
    ("GET", "/connections"),
    ("GET", "/connect?request=x"),
    ("GET", "/admin/rights"),
    ("GET", "/admin/settings"),
    ("GET", "/v1/models"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/responses"),
    ("GET", "/knowledge/collections"),
    ("GET", "/knowledge/documents/7/chunks"),
    ("POST", "/knowledge/search"),
    ("POST", "/knowledge/documents"),
    ("DELETE", "/knowledge/documents/7"),
    ("POST", "/voice/transcribe"),
    ("PUT", "/attachments/atc_1"),
    ("GET", "/attachments/atc_1"),
    ("GET", "/metrics"),
    ("GET", "/static/owflex-chat.js"),
    ("PUT", "/feedback"),
    ("GET", "/account"),
    ("POST", "/chatkit/"),
    ("GET", "/anything-new"),
]
WITH_A_FILE = Chat.message("Read this.", attachments=["atc_1"])
CLOSED_REQUESTS: list[dict[str, Any]] = [
    {"type": "attachments.create", "params": {"name": "a.txt", "size": 3, "mime_type": "text/plain"}},
    {"type": "attachments.delete", "params": {"attachment_id": "atc_1"}},
    {"type": "input.transcribe", "params": {"audio_base64": "AAAA", "mime_type": "audio/webm"}},
    WITH_A_FILE,
    {
        "type": "threads.custom_action",
        "params": {"thread_id": "thr_1", "item_id": None, "action": {"type": "task.add", "payload": {}}},
    },
    {
        "type": "threads.sync_custom_action",
        "params": {"thread_id": "thr_1", "item_id": "x", "action": {"type": "message.edit", "payload": {}}},
    },
]


@dataclass(frozen=True)
class Visit:
    """A chat with two sites, and what their pages send."""

    chat: Chat
    pool: Pool
    sites: dict[str, Site]

    async def ask_token(self, site: str = "shop", origin: str | None = ORIGIN) -> httpx2.Response:
        """The answer to a page that asks for a token."""
        body = {"site_key": self.sites[site].key}
        headers = {} if origin is None else {"origin": origin}
        return await self.chat.http.post(f"{self.chat.url}/visitors", json=body, headers=headers)

    async def token(self, site: str = "shop", origin: str = ORIGIN) -> str:
        """A new visitor's token."""
        answer = await self.ask_token(site, origin)
        assert answer.status_code == 200, answer.text
        return answer.json()["token"]

    async def post(self, token: str, body: dict[str, Any], origin: str | None = ORIGIN) -> httpx2.Response:
        """The answer to a ChatKit request of a visitor."""
        headers = {"authorization": f"Bearer {token}", "x-user": "ann"}
        return await self.chat.post(body, **headers, **({} if origin is None else {"origin": origin}))

    async def status(self, token: str, origin: str | None = ORIGIN) -> int:
        """What a visitor gets who lists their chats."""
        return (await self.post(token, LIST, origin)).status_code

    async def say(self, token: str, text: str = "How many days?") -> str:
        """Ask something; the thread."""
        answer = await self.post(token, Chat.message(text))
        assert answer.status_code == 200, answer.text
        return next(event.thread.id for event in parse_events(answer.text) if event.type == "thread.created")

    async def actors(self) -> list[str]:
        """To whom the chats belong."""
        return [row[0] for row in await fetch(self.pool, "select user_id from threads", {})]


def settings(**given: Any) -> AgentServiceSettings:
    """Settings of a chat."""
    return AgentServiceSettings(**given)


def new_site(name: str, origin: str, **more: Any) -> NewSite:
    """A site with one collection."""
    usual: dict[str, Any] = {"collections": ["handbook"], "per_visitor": 100, "per_day": 1000}
    return NewSite(name, [origin], **(usual | more)).checked()


@asynccontextmanager
async def visiting(
    pool: Pool, open_chat: OpenChat, model: Model | Literal["extractive"] = "extractive", **settings: Any
) -> AsyncGenerator[Visit]:
    """A chat, and two sites."""
    more = {name: settings.pop(name) for name in ("per_visitor", "per_day", "prompt") if name in settings}
    async with pool.connection() as connection:
        await connection.execute("delete from sites")
        sites = [
            await add_site(connection, new_site("shop", ORIGIN, **more)),
            await add_site(connection, new_site("blog", OTHER)),
        ]
    chat = await open_chat(model, **settings)
    yield Visit(chat, pool, {site.name: site for site in sites})


@pytest.fixture
async def visit(house: House, open_in_house: OpenChat) -> AsyncGenerator[Visit]:
    """A chat behind a login, in the house that the tests share."""
    async with visiting(house.pool, open_in_house, mcp_server_url=house.mcp_url, **JWT) as visit:
        yield visit


async def test_a_visitor_asks_without_a_login_as_nobody_else(visit: Visit) -> None:
    token = await visit.token()
    thread = await visit.say(token)
    listed = (await visit.post(token, LIST)).json()
    assert [one["id"] for one in listed["data"]] == [thread]
    [owner] = await visit.actors()
    assert owner.startswith("visitor:shop:")
    # Without it the login is what it was.
    assert (await visit.chat.post(LIST)).status_code == 401
    assert await visit.status("no.visitor", ORIGIN) == 403


async def test_from_wrong_places_there_is_no_token(visit: Visit) -> None:
    for site, origin in (("shop", OTHER), ("shop", "https://shop.example.evil.example"), ("blog", ORIGIN)):
        refused = await visit.ask_token(site, origin)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "unknown_site")
    for origin in (None, "null", visit.chat.url, ORIGIN.replace("https", "http")):
        assert (await visit.ask_token("shop", origin)).status_code == 403
    url = f"{visit.chat.url}/visitors"
    unknown = await visit.chat.http.post(url, json={"site_key": "x"}, headers={"origin": ORIGIN})
    assert "owflex site list" in unknown.json()["error"]["message"]
    assert (await visit.chat.http.post(url, json={}, headers={"origin": ORIGIN})).status_code == 400


async def test_a_token_is_good_on_its_own_site_alone(visit: Visit) -> None:
    token = await visit.token()
    assert await visit.status(token) == 200
    for origin in (OTHER, None, "null", visit.chat.url, "https://evil.example"):
        assert await visit.status(token, origin) == 403
    assert await visit.status(await visit.token("blog", OTHER), OTHER) == 200


def made_up(key: str, **claims: Any) -> str:
    """A token that somebody signs."""
    usual = {"iss": ISSUER, "sub": "0" * 32, "site": 1, "exp": int(time.time()) + 600}
    signed = {name: value for name, value in (usual | claims).items() if value is not None}
    return PREFIX + jwt.encode(signed, key, algorithm="HS256")


async def test_tokens_that_have_ended_or_are_made_up_open_nothing(visit: Visit) -> None:
    key = McpConnector(settings(), SIGNING_KEY).key_for("visitors").get_secret_value()
    site = visit.sites["shop"].site_id
    assert await visit.status(made_up(key, site=site)) == 200
    bad = [
        made_up(key, site=site, exp=int(time.time()) - 1),
        made_up(key, site=site, exp=None),
        made_up(key, site=site + 1000),
        made_up(key, site=str(site)),
        made_up(key, site=site, iss="https://login.example"),
        made_up(SIGNING_KEY.get_secret_value(), site=site),
        PREFIX,
        f"{PREFIX}no.token.at-all",
    ]
    for token in bad:
        refused = await visit.post(token, LIST)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)


async def test_a_site_that_was_revoked_opens_nothing_and_its_name_is_free(pool: Pool) -> None:
    now = [0.0]
    known = KnownSites(pool, clock=lambda: now[0])
    tokens = VisitorTokens(SecretStr("k" * 40), 30)
    async with pool.connection() as connection:
        first = await add_site(connection, new_site("shop", ORIGIN))
        with pytest.raises(SiteError, match="owflex site revoke shop"):
            await add_site(connection, new_site("shop", OTHER))
        token = tokens.make(first)
        assert tokens.read(token, await known.active()) is not None
        await revoke_site(connection, "shop")
        again = await add_site(connection, new_site("shop", ORIGIN))
    now[0] += FRESH_SECONDS
    assert FRESH_SECONDS <= 5
    assert [site.site_id for site in await known.active()] == [again.site_id]
    assert tokens.read(token, await known.active()) is None
    events = await fetch(pool, "select action, target from audit_events order by id", {})
    assert events == [("site.added", "shop"), ("site.revoked", "shop"), ("site.added", "shop")]


async def test_a_visitor_finds_their_own_chats_and_no_others(visit: Visit) -> None:
    one, two = await visit.token(), await visit.token()
    thread = await visit.say(one)
    for request in (
        {"type": "threads.get_by_id", "params": {"thread_id": thread}},
        {"type": "items.list", "params": {"thread_id": thread}},
        {"type": "threads.update", "params": {"thread_id": thread, "title": "Mine"}},
        Chat.message("And more?", thread),
    ):
        told = [await visit.post(two, request)]
        unknown = json.dumps(request).replace(thread, "thr_unknown")
        told.append(await visit.post(two, json.loads(unknown)))
        assert [answer.status_code for answer in told] == [404, 404], request
        assert told[0].json() == told[1].json()
    await visit.post(two, {"type": "threads.delete", "params": {"thread_id": thread}})
    assert (await visit.post(one, {"type": "items.list", "params": {"thread_id": thread}})).status_code == 200


@pytest.mark.parametrize("settings", [JWT, {}], ids=["jwt", "no login"])
async def test_every_other_route_is_closed_to_visitors(
    house: House, open_in_house: OpenChat, settings: dict[str, Any]
) -> None:
    async with visiting(house.pool, open_in_house, mcp_server_url=house.mcp_url, **settings) as visit:
        token = await visit.token()
        headers = {"origin": ORIGIN, "authorization": f"Bearer {token}"}
        for method, path in CLOSED:
            answer = await visit.chat.http.request(method, visit.chat.url + path, headers=headers)
            assert answer.status_code == 403, path
            assert answer.json()["error"]["code"] == "not_for_visitors"
        for request in CLOSED_REQUESTS:
            refused = await visit.post(token, request)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_for_visitors"), (
                request
            )
        other_model = Chat.message("Hello", inference_options={"model": "another"})
        assert (await visit.post(token, other_model)).json()["error"]["code"] == "unknown_model"
        # A page of the site without a token is nobody, also where there is no login.
        foreign = await visit.chat.post(LIST, origin=ORIGIN)
        assert foreign.json()["error"]["code"] == "foreign_origin"


async def test_pages_of_the_site_may_read_what_they_need_and_no_other_page(visit: Visit) -> None:
    http, url = visit.chat.http, visit.chat.url
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    for path in ("/chatkit", "/feedback", "/config.json", "/static/owflex-chat.js", "/visitors"):
        told = await http.options(url + path, headers={"origin": ORIGIN} | asks)
        assert (told.status_code, told.headers["access-control-allow-origin"]) == (204, ORIGIN)
        assert "authorization" in told.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in told.headers
        stranger = await http.options(url + path, headers={"origin": "https://evil.example"} | asks)
        assert "access-control-allow-origin" not in stranger.headers
    for path in ("/v1/models", "/knowledge/collections", "/admin/rights"):
        told = await http.options(url + path, headers={"origin": ORIGIN} | asks)
        assert "access-control-allow-origin" not in told.headers
    config = await http.get(f"{url}/config.json", headers={"origin": ORIGIN})
    assert (config.headers["access-control-allow-origin"], config.headers["vary"]) == (ORIGIN, "Origin")


async def test_a_visitor_is_offered_nothing_that_is_closed(visit: Visit) -> None:
    headers = {"origin": ORIGIN, "authorization": f"Bearer {await visit.token()}"}
    config = (await visit.chat.http.get(f"{visit.chat.url}/config.json", headers=headers)).json()
    assert (config["attachments"], config["dictation"], config["models"]) == (None, False, [])
    assert config["tasks"] is False
    assert config["knowledge"] == {"view": False, "uploads": False}
    assert "Show my tasks" not in [prompt["prompt"] for prompt in config["prompts"]]


async def test_used_up_quotas_say_so_and_when_it_goes_on(house: House, open_in_house: OpenChat) -> None:
    limits: dict[str, Any] = {"per_visitor": 2, "per_day": 3}
    async with visiting(house.pool, open_in_house, mcp_server_url=house.mcp_url, **limits) as visit:
        one, two = await visit.token(), await visit.token()
        thread = await visit.say(one)
        await visit.say(one)
        for request in (Chat.message("More?"), Chat.message("More?", thread)):
            refused = await visit.post(one, request)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "quota_used_up")
            assert "after midnight" in refused.json()["error"]["message"]
            assert 0 < int(refused.headers["retry-after"]) <= 86_400
        await visit.say(two)
        full = await visit.post(two, Chat.message("More?"))
        assert "The chat of this site" in full.json()["error"]["message"]
        # What was refused counts for nobody, and reading goes on.
        assert await visit.status(two) == 200
        rows = await fetch(visit.pool, "select messages from visitor_days order by messages", {})
        assert [row[0] for row in rows if row[0] <= 2][-2:] in ([1, 2], [2, 2])


async def test_one_address_becomes_so_many_visitors(pool: Pool) -> None:
    async with pool.connection() as connection:
        site = await add_site(connection, new_site("shop", ORIGIN))

    def address_of(_: Scope) -> str:
        return "10.0.0.1"

    tokens = VisitorTokens(SecretStr("k" * 40), 30)
    [route] = visitor_routes(KnownSites(pool), tokens, 2, address_of)
    transport = httpx2.ASGITransport(app=Starlette(routes=[route]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://chat") as http:
        answers = [
            await http.post("/visitors", json={"site_key": site.key}, headers={"origin": ORIGIN})
            for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0


async def test_the_prompt_of_the_site_is_for_its_visitors(house: House, open_in_house: OpenChat) -> None:
    model = ScriptedModel([[assistant_message("Hello.")]] * 8)
    prompt: dict[str, Any] = {"prompt": "You sell teapots."}
    async with visiting(house.pool, open_in_house, model, mcp_server_url=house.mcp_url, **prompt) as visit:
        await visit.say(await visit.token())
        asked_by_visitor = len(model.calls)
        assert "You sell teapots." in str(model.calls[0].system_instructions)
        await visit.chat.say("Hello")
        assert "You sell teapots." not in str(model.calls[asked_by_visitor].system_instructions)
        # Each searched before it was answered, in their own name.
        [of_visitor, *_] = house.knowledge.calls
        assert of_visitor[0].startswith("visitor:shop:")


def test_a_token_for_the_mcp_server_says_what_holds_a_visitor_back(site: Site) -> None:
    token = mint_token(SIGNING_KEY, f"visitor:shop:{'0' * 32}", "kb:read", site)
    claims = jwt.decode(token, SIGNING_KEY.get_secret_value(), algorithms=["HS256"], audience=AUDIENCE)
    assert (claims["scope"], claims["collections"]) == ("kb:read", ["handbook"])
    assert claims["rights_of"] == "site:shop"
    with pytest.raises(PermissionError):
        mint_token(SIGNING_KEY, f"visitor:shop:{'0' * 32}")


async def test_whatever_is_asked_for_a_visitor_reads_only(house: House, site: Site) -> None:
    connector = McpConnector(settings(mcp_server_url=house.mcp_url), SIGNING_KEY)
    visitor = RequestContext(f"visitor:shop:{'0' * 32}", site=site)
    async with connector.connect(visitor, ADMIN_SCOPE) as server:
        header = server._http.headers["authorization"]  # pyright: ignore[reportPrivateUsage]
    claims = jwt.decode(header.removeprefix("Bearer "), options={"verify_signature": False})
    assert claims["scope"] == "kb:read"


@pytest.fixture
async def site(pool: Pool) -> Site:
    """A site."""
    async with pool.connection() as connection:
        return await add_site(connection, new_site("shop", ORIGIN))


async def test_chats_of_visitors_go_when_nobody_comes_back(pool: Pool) -> None:
    insert = """
    insert into threads (id, user_id, data, updated_at)
    values (%(id)s, %(user)s, '{}', now() - make_interval(days => %(days)s)) returning 1
    """
    for number, (user, days) in enumerate([("visitor:shop:1", 31), ("visitor:shop:2", 29), ("jwt:ann", 400)]):
        await fetch(pool, insert, {"id": f"thr_{number}", "user": user, "days": days})
    assert await forget_visitors(pool, 30) == 1
    assert await fetch(pool, "select id from threads order by id", {}) == [("thr_1",), ("thr_2",)]
    events = await fetch(pool, "select action, through, about from audit_events", {})
    assert events == [("thread.deleted", "schedule", "visitor:shop:1")]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Shop.example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_are_kept_as_browsers_send_them(text: str, origin: str) -> None:
    assert origin_in(text) == origin


NO_ORIGINS = (
    "|*|null|shop.example|https://|https://shop.example/path|https://*.shop.example|https://a@shop.example|"
    "file:///tmp|https://shop.example:x|https://shop.example?x"
)


@pytest.mark.parametrize("text", NO_ORIGINS.split("|"))
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(SiteError, match="is no origin"):
        origin_in(text)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"name": "Shop A"}, "small letters"),
        ({"origins": []}, "--origin"),
        ({"collections": []}, "--collection"),
        ({"per_visitor": 0}, "--per-visitor"),
        ({"prompt": "x" * 4001}, "Shorten it"),
    ],
)
def test_a_site_that_cannot_be_is_refused_with_the_cure(wanted: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {"name": "shop", "origins": [ORIGIN], "collections": ["a"]}
    usual |= {"per_visitor": 1, "per_day": 1}
    with pytest.raises(SiteError, match=said):
        NewSite(**(usual | wanted)).checked()
