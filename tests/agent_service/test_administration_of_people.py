"""Who may sign in, in the administrator's view: over the MCP server as it is shipped, and in a browser."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
from agents.testing import ScriptedModel
from playwright.async_api import expect

import tests.agent_service.test_knowledge as routes
from agent_service.accounts import passwords
from agent_service.accounts.people import set_admin
from agent_service.routes.admin import people as people_routes
from database.pool import Pool, create_pool, fetch
from knowledge_base.api_keys import NewApiKey, create_api_key
from tests.agent_service.accounts_service import LIGHT, PASSWORD, Browser, Service, accounts_app
from tests.agent_service.conftest import Serve
from tests.agent_service.test_administration_of_knowledge import nothing_to_complain
from tests.support.browsing import LentBrowser

mcp_url, knowledge_of = routes.mcp_url, routes.knowledge_of
GRANT = """
insert into oauth_grants (user_id, client_id, client_name, redirect_host, scopes, resource)
values (%(user)s, 'c', %(name)s, 'editor.example', '{tasks}', 'https://kb.example/mcp')
returning id
"""


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing."""
    monkeypatch.setattr(passwords, "HASHER", LIGHT)


@pytest.fixture
async def service(pool: Pool, serve: Serve, mcp_url: str) -> AsyncGenerator[Service]:
    """A chat with accounts: root is an administrator, ann and bob are not."""
    app = accounts_app(pool, ScriptedModel([]), mcp_server_url=mcp_url)
    async with serve(app) as url:
        service = Service(url, pool, [])
        for name in ("root", "ann", "bob"):
            await service.add(name)
        async with pool.connection() as connection:
            await set_admin(connection, "account:root", is_admin=True)
        yield service
        for client in service.clients:
            await client.aclose()


async def signed_in(service: Service, name: str) -> Browser:
    browser = service.browser()
    assert (await browser.sign_in(name)).status_code == 200
    return browser


async def told(browser: Browser, action: str, user_id: str) -> tuple[int, Any]:
    """The status, and the code of a refusal or the facts."""
    answer = await browser.post(f"/admin/people{action}", {"user_id": user_id})
    found = answer.json()
    return answer.status_code, found["error"]["code"] if "error" in found else found


async def knows(knowledge_base_url: str) -> str:
    """Both have let a client in, and ann has a key, which is returned."""
    async with create_pool(knowledge_base_url) as pool, pool.connection() as connection:
        for user in ("account:ann", "account:bob"):
            await connection.execute(GRANT, {"user": user, "name": f"Editor of {user[8:]}"})
        return (await create_api_key(connection, NewApiKey("laptop", "account:ann", ["kb:read"])))[1]


async def is_good(mcp_url: str, key: str) -> bool:
    """Whether the MCP server lets the bearer of this key in."""
    headers = {"authorization": f"Bearer {key}", "accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient() as http:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        return (await http.post(mcp_url, json=message, headers=headers)).status_code == 200


async def test_who_is_disabled_is_out_with_their_clients_and_keys_until_they_are_enabled(
    service: Service, knowledge_base_url: str, mcp_url: str
) -> None:
    key = await knows(knowledge_base_url)
    assert await is_good(mcp_url, key)
    root, ann = await signed_in(service, "root"), await signed_in(service, "ann")
    await root.post("/admin/knowledge/set_group", {"arguments": {"name": "hr", "members": ["account:ann"]}})
    shown = (await root.http.get("/admin/people", params={"query": "ANN"})).json()
    assert [(one["user_id"], one["kind"], one["groups"]) for one in shown["people"]] == [
        ("account:ann", "account", ["hr"])
    ]
    assert "hash" not in str(shown)
    status, said = await told(root, "/disable", "account:ann")
    assert (status, said["clients"], said["keys"]) == (200, 1, ["laptop"])
    assert not await ann.is_in()
    work = (await root.http.get("/admin/work")).json()
    assert {one["user_id"]: one["is_shut_out"] for one in work["clients"]["clients"]} == {
        "account:ann": True,
        "account:bob": False,
    }
    assert [one["is_shut_out"] for one in work["keys"]["keys"]] == [True]
    assert not await is_good(mcp_url, key)
    assert (await told(root, "/enable", "account:ann"))[1]["disabled_at"] is None
    assert await is_good(mcp_url, key)
    assert ("person.disabled", "account:root", "account:ann") in await service.actions()


async def test_a_link_is_told_once_and_lets_in(service: Service) -> None:
    root = await signed_in(service, "root")
    made = (await root.post("/admin/people", {"name": "Cleo", "is_admin": True})).json()
    assert (made["user_id"], made["is_admin"], made["days"]) == ("account:cleo", True, 7)
    assert (await root.post("/admin/people", {"name": "cleo"})).status_code == 409
    for link, status in ((made, 410), ((await told(root, "/invite", "account:cleo"))[1], 200)):
        token = link["link"].partition("/invitation#")[2]
        used = await service.browser().post("/invitation", {"token": token, "password": PASSWORD})
        assert used.status_code == status
    assert await told(root, "/invite", "account:cleo") == (409, "has_password")
    cleo = await signed_in(service, "cleo")
    assert (await told(root, "/reset", "account:cleo"))[1]["days"] == 1
    assert not await cleo.is_in()


async def test_an_administrator_who_can_sign_in_is_always_left(service: Service, pool: Pool) -> None:
    root = await signed_in(service, "root")
    for action in ("/disable", "/reset"):
        assert await told(root, action, "account:root") == (409, "yourself")
    # One who was invited and has no password yet cannot look after the chat.
    await root.post("/admin/people", {"name": "cleo", "is_admin": True})
    assert await told(root, "/take-admin", "account:root") == (409, "last_administrator")
    assert (await told(root, "/give-admin", "account:bob"))[0] == 200
    bob = await signed_in(service, "bob")
    assert (await told(bob, "/take-admin", "account:root"))[0] == 200
    assert await told(root, "/take-admin", "account:bob") == (403, "not_allowed")
    assert await told(bob, "/disable", "account:nobody") == (404, "not_found")
    rows = await fetch(pool, "select user_id from people where is_admin order by 1", {})
    assert rows == [("account:bob",), ("account:cleo",)]


async def test_others_and_other_pages_may_do_none_of_it(service: Service, pool: Pool) -> None:
    ann, root = await signed_in(service, "ann"), await signed_in(service, "root")
    for action in ("", "/invite", "/reset", "/disable", "/enable", "/give-admin", "/take-admin"):
        assert await told(ann, action, "account:bob") == (403, "not_allowed")
        foreign = await root.post(f"/admin/people{action}", {}, origin="https://evil.example")
        assert foreign.json()["error"]["code"] == "foreign_origin"
        wrong = await root.post(f"/admin/people{action}", {"user_id": "account:bob", "more": 1})
        assert wrong.status_code == 422
    assert (await ann.http.get("/admin/people")).status_code == 403
    assert await fetch(pool, "select from people where disabled_at is not null or not is_admin", {}) == [
        (),
        (),
    ]


async def test_where_clients_cannot_be_ended_that_is_said_and_the_person_is_out(
    pool: Pool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(accounts_app(pool, ScriptedModel([]), mcp_server_url="http://127.0.0.1:9/mcp")) as url:
        service = Service(url, pool, [])
        for name in ("root", "ann"):
            await service.add(name)
        async with pool.connection() as connection:
            await set_admin(connection, "account:root", is_admin=True)
        root = await signed_in(service, "root")
        monkeypatch.setattr(people_routes, "MOST_SHOWN", 1)
        shown = (await root.http.get("/admin/people")).json()
        assert ([one["groups"] for one in shown["people"]], shown["total"]) == ([None], 2)
        status, said = await told(root, "/disable", "account:ann")
        assert (status, said["clients"], said["disabled_at"] is None) == (200, None, False)
        assert said["problem"]
        await root.http.aclose()


async def test_without_accounts_it_is_told_how_people_log_in(mcp_url: str, knowledge_of: Any) -> None:
    chat = await knowledge_of(mcp_server_url=mcp_url)
    shown = (await chat.http.get(f"{chat.url}/admin/people", headers={"x-user": "local"})).json()
    assert (shown["login"], "people" in shown) == ("none", False)
    refused = await chat.http.post(
        f"{chat.url}/admin/people", json={"name": "ann"}, headers={"x-user": "local"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_accounts")


@pytest.mark.browser
async def test_people_and_clients_on_the_page(
    service: Service, knowledge_base_url: str, browser: LentBrowser
) -> None:
    await knows(knowledge_base_url)
    root = await signed_in(service, "root")
    page = await browser.new_page(locale="en-US", viewport={"width": 1200, "height": 900})
    await page.context.add_cookies([{"name": "owflex-session", "value": root.token, "url": service.url}])
    await page.goto(f"{service.url}/#/admin/people")
    await page.get_by_label("Name to sign in").fill("cleo")
    await page.get_by_role("button", name="Add and make a link").click()
    link = page.get_by_label("One-time link for cleo")
    await expect(link).to_be_focused()
    assert "/invitation#" in await link.input_value()
    await nothing_to_complain(page)
    await page.get_by_role("button", name="Done").click()
    await expect(link).to_have_count(0)
    row = page.get_by_role("row", name="account:ann")
    # By the keyboard; whoever says no changes nothing, and stays where they were.
    disable = row.get_by_role("button", name="Disable: ann")
    await disable.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Disable ann?")).to_be_visible()
    await nothing_to_complain(page)
    await page.keyboard.press("Escape")
    await expect(disable).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    await expect(page.get_by_text("Connected clients that are refused until then: 1.")).to_be_visible()
    await expect(page.get_by_text("laptop")).to_be_visible()
    await expect(row.get_by_role("button", name="Enable: ann")).to_be_visible()
    own = page.get_by_role("row", name="account:root")
    await expect(own.get_by_role("button", name="Disable: root")).to_have_count(0)
    await page.get_by_role("link", name="Keys and ingestion").last.click()
    await page.get_by_role("button", name="Disconnect: Editor of bob").click()
    await page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    await expect(page.get_by_role("button", name="Disconnect: Editor of bob")).to_have_count(0)
    await expect(page.get_by_text("refused: the person is disabled")).to_have_count(2)
    await page.close()
