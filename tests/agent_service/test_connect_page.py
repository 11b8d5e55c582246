"""The pages on which people let MCP clients in: real servers, a real client, a real browser."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from agents.testing import ScriptedModel
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from fastmcp import Client
from fastmcp.client.auth import OAuth
from playwright.async_api import Page
from pydantic import SecretStr

from agent_service.app import create_app
from agent_service.models.providers import ChosenModel
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.pool import Pool
from knowledge_base.embedding import SentenceTransformerEmbedder
from tests.agent_service.accounts_service import PASSWORD, Service
from tests.support.browsing import LentBrowser
from tests.support.oauth import CALLBACK, SIGNING_KEY, OAuthServer, Pkce, oauth_server, query_of
from tests.support.serving import bound_listener, serving, url_of

LANGUAGES = {
    "en": ("Let it in", "Disconnect Test"),
    "de": ("Hereinlassen", "Test trennen"),
    "es": ("Dejar entrar", "Desconectar Test"),
    "fr": ("Laisser entrer", "Déconnecter Test"),
}
PROXY = {"agent_service_auth": "proxy", "agent_service_proxy_addresses": ["127.0.0.1"]}


@dataclass(frozen=True)
class Connecting:
    """The chat at `url`, and the MCP server that sends people there."""

    url: str
    mcp: OAuthServer

    async def asked(self, **changed: str) -> str:
        """The address of the page with a new request."""
        secret = await self.mcp.asked(await self.mcp.client_id(), Pkce(), **changed)
        return f"{self.url}/connect?request={secret}"

    async def answer(self, page: str, user: str = "", **headers: str) -> httpx2.Response:
        """The answer to an approval, sent as the page does unless the headers say otherwise."""
        form = {"request": query_of(page)["request"], "answer": "approve", "scope": "tasks"}
        sent = {"origin": self.url, "x-forwarded-user": user} | headers
        sent = {name: value for name, value in sent.items() if value}
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{self.url}/connect", data=form, headers=sent)

    async def grants(self) -> int:
        async with self.mcp.pool.connection() as connection:
            rows = await connection.execute("select count(*) from oauth_grants where revoked_at is null")
            row = await rows.fetchone()
        assert row is not None
        return row[0]


@asynccontextmanager
async def connecting(
    pool: Pool, knowledge_base_url: str, embedder: SentenceTransformerEmbedder, **settings: Any
) -> AsyncGenerator[Connecting]:
    listener = bound_listener()
    async with oauth_server(knowledge_base_url, embedder, url_of(listener)) as mcp:
        named: dict[str, Any] = {"mcp_oauth": True, "mcp_server_url": mcp.resource} | settings
        options = AgentServiceSettings(**named)
        chosen = ChosenModel(ScriptedModel([]), "scripted", "Testing AI", "OPENAI_API_KEY", extractive=False)
        app = create_app(
            options, pool=pool, chosen=chosen, connector=McpConnector(options, SecretStr(SIGNING_KEY))
        )
        async with serving(app, listener) as url:
            yield Connecting(url, mcp)


Make = Callable[..., AbstractAsyncContextManager[Connecting]]


@pytest.fixture
def make(pool: Pool, knowledge_base_url: str, embedder: SentenceTransformerEmbedder) -> Make:
    """Serves both, the chat with these settings."""

    def made(**settings: Any) -> AbstractAsyncContextManager[Connecting]:
        return connecting(pool, knowledge_base_url, embedder, **settings)

    return made


@pytest.fixture
async def running(make: Make) -> AsyncGenerator[Connecting]:
    async with make() as both:
        yield both


@pytest.mark.filterwarnings("ignore:Using in-memory token storage")
@pytest.mark.browser
async def test_a_client_connects_by_the_address_alone(
    running: Connecting, browser: LentBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await browser.new_page()
    async with running.mcp.pool.connection() as connection:
        await connection.execute("insert into collections (name) values ('hr'), ('sales')")

    async def let_in(address: str) -> None:
        await page.goto(address)
        await page.get_by_label("See and change your tasks").uncheck()
        await page.get_by_label("Only these:").check()
        await page.get_by_label("hr").check()
        await page.get_by_role("button", name="Let it in").click()
        await page.wait_for_url("**/callback?**")

    tasks: list[asyncio.Task[None]] = []

    def open_browser(address: str) -> None:
        tasks.append(asyncio.create_task(let_in(address)))

    monkeypatch.setattr("webbrowser.open", open_browser)
    auth = OAuth(client_name="Claude, so it says")
    async with Client(running.mcp.resource, auth=auth) as client:
        names = {tool.name for tool in await client.list_tools()}
        listed = await client.call_tool("list_collections")
        await tasks[0]
    assert "search_documents" in names
    assert names.isdisjoint({"list_tasks", "answer_connection_request", "disconnect_client"})
    assert [one["name"] for one in (listed.structured_content or {})["collections"]] == ["hr"]
    # The same browser shows it, and ends it.
    await page.goto(f"{running.url}/connections")
    await page.get_by_role("button", name="Disconnect Claude, so it says").click()
    await page.get_by_role("status").wait_for()
    assert await running.grants() == 0


@pytest.mark.browser
async def test_a_person_refuses(running: Connecting, browser: LentBrowser) -> None:
    page = await browser.new_page()
    reached = asyncio.Event()
    answers: list[str] = []

    async def receive(route: Any) -> None:
        answers.append(route.request.url)
        await route.fulfill(body="<title>Back</title>", content_type="text/html")
        reached.set()

    await page.route("http://127.0.0.1:7777/**", receive)
    await page.goto(await running.asked())
    await page.get_by_role("button", name="Refuse").click()
    await reached.wait()
    answer = query_of(answers[0])
    assert answers[0].startswith(CALLBACK)
    assert (answer["error"], answer["state"], answer["iss"]) == (
        "access_denied",
        "of-the-client",
        running.mcp.url,
    )
    assert await running.grants() == 0


@pytest.mark.browser
async def test_nothing_chosen_is_asked_again(running: Connecting, browser: LentBrowser) -> None:
    page = await browser.new_page()
    await page.goto(await running.asked(scope="tasks"))
    await page.get_by_label("See and change your tasks").uncheck()
    await page.get_by_role("button", name="Let it in").click()
    await page.get_by_role("alert").wait_for()
    assert not await page.get_by_label("See and change your tasks").is_checked()
    assert await running.grants() == 0


@pytest.mark.browser
async def test_who_is_not_signed_in_signs_in_and_comes_back(
    make: Make, pool: Pool, browser: LentBrowser
) -> None:
    async with make(agent_service_auth="accounts") as both:
        person = await Service(both.url, pool, []).add()
        page = await browser.new_page()
        await page.route("http://127.0.0.1:7777/**", lambda route: route.fulfill(body="back"))
        asked = await both.asked()
        await page.goto(asked)
        await page.get_by_label("Name").fill("ann")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(asked)
        await page.get_by_text("Signed in as").wait_for()
        await page.get_by_role("button", name="Let it in").click()
        await page.wait_for_url("http://127.0.0.1:7777/**")
        async with both.mcp.pool.connection() as connection:
            rows = await connection.execute("select user_id from oauth_grants")
            assert await rows.fetchall() == [(person,)]


async def looked_at(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the window."""
    found = await Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    rules: list[str] = [rule["id"] for rule in found.response["violations"]]  # pyright: ignore
    return [*rules, *(["too wide"] if wide else [])]


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_are_for_everybody(running: Connecting, browser: LentBrowser, language: str) -> None:
    approve, disconnect = LANGUAGES[language]
    page = await browser.new_page(viewport={"width": 390, "height": 800}, locale=language)
    async with running.mcp.pool.connection() as connection:
        await connection.execute("insert into collections (name) values ('hr')")
    await page.route("http://127.0.0.1:7777/**", lambda route: route.fulfill(body="back"))
    await page.emulate_media(color_scheme="dark" if language in ("de", "fr") else "light")
    await page.goto(await running.asked())
    assert await page.locator("html").get_attribute("lang") == language
    assert await looked_at(page) == []
    await page.get_by_role("button", name=approve).click()
    await page.wait_for_url("http://127.0.0.1:7777/**")
    await page.goto(f"{running.url}/connections")
    await page.get_by_role("button", name=disconnect).wait_for()
    assert await looked_at(page) == []


async def test_what_a_client_calls_itself_is_text(running: Connecting) -> None:
    name = '<img src=x onerror="alert(1)">'
    client = (await running.mcp.register(client_name=name)).json()
    request = await running.mcp.asked(client["client_id"], Pkce())
    async with httpx2.AsyncClient() as http:
        shown = await http.get(f"{running.url}/connect", params={"request": request})
    assert "<img src=x" not in shown.text
    assert "&lt;img src=x" in shown.text
    policy = shown.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:7777;" in policy
    assert shown.headers["x-frame-options"] == "DENY"
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://friend.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"content-type": "text/plain"},
    ],
    ids=str,
)
async def test_no_other_page_answers_for_a_person(make: Make, headers: dict[str, str]) -> None:
    async with make(cors_origins=["https://friend.example"]) as both:
        page = await both.asked()
        assert (await both.answer(page, **headers)).status_code in (403, 415)
        assert await both.grants() == 0
        # The request is as good as before, and then used up.
        assert (await both.answer(page)).status_code == 303
        assert (await both.answer(page)).status_code == 404
        assert await both.grants() == 1


async def test_behind_a_proxy_it_is_the_person_it_names(make: Make) -> None:
    async with make(**PROXY) as both:
        page = await both.asked()
        refused = await both.answer(page)
        assert refused.status_code == 401
        assert "You are not signed in" in refused.text
        assert (await both.answer(page, user="ann")).status_code == 303
        async with httpx2.AsyncClient() as http:
            lists = [
                (await http.get(f"{both.url}/connections", headers={"x-forwarded-user": user})).text
                for user in ("ann", "bob")
            ]
            signed_out = await http.get(page, headers={"accept-language": "fr"})
        assert ["Disconnect Test" in shown for shown in lists] == [True, False]
        assert signed_out.status_code == 401
        assert "Vous n&#x27;êtes pas connecté" in signed_out.text
        # Another person's client is as if it were not.
        for number in ("1", "4711"):
            async with httpx2.AsyncClient() as http:
                gone = await http.post(
                    f"{both.url}/connections",
                    data={"connection_id": number},
                    headers={"origin": both.url, "x-forwarded-user": "bob"},
                )
            assert (gone.status_code, "is not connected" in gone.text) == (404, True)
        assert await both.grants() == 1


async def test_where_it_is_off_there_are_no_pages(make: Make) -> None:
    async with make(mcp_oauth=False) as both, httpx2.AsyncClient() as http:
        assert (await http.get(f"{both.url}/connect")).status_code == 404
        assert (await http.get(f"{both.url}/config.json")).json()["connections"] is False


async def test_a_person_whose_client_is_unknown_reads_why(running: Connecting) -> None:
    async with httpx2.AsyncClient() as http:
        sent = await http.get(
            f"{running.mcp.url}/authorize", params={"client_id": "x"}, headers={"accept": "text/html"}
        )
        shown = await http.get(sent.headers["location"])
    assert (sent.status_code, shown.status_code) == (302, 400)
    assert "The client is not known here" in shown.text
