"""Groups, rights, keys and ingestion in the administrator's view, over the MCP server as it is shipped."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import Page, expect

import tests.agent_service.test_knowledge as routes
from database.pool import create_pool
from knowledge_base.api_keys import NewApiKey, create_api_key
from tests.agent_service.knowledge_client import Knowledge
from tests.support.browsing import LentBrowser

mcp_url, knowledge_of = routes.mcp_url, routes.knowledge_of
GRANT: dict[str, Any] = {
    "collection": "handbook",
    "kind": "group",
    "name": "hr",
    "right": "read",
    "make": True,
}
CLIENT = """
insert into oauth_grants (user_id, client_id, client_name, redirect_host, scopes, resource)
values ('ann', 'c', 'Editor', 'editor.example', '{tasks}', 'https://kb.example/mcp')
"""


class Office:
    """The administration over HTTP, by the name of who asks."""

    def __init__(self, chat: Knowledge) -> None:
        self.url, self.http = chat.url, chat.http

    async def get(self, path: str, user: str = "local") -> Any:
        """A status, and the JSON."""
        answer = await self.http.get(f"{self.url}/admin/{path}", headers={"x-user": user})
        return answer.status_code, answer.json()

    async def call(self, tool: str, user: str = "local", **arguments: Any) -> Any:
        """A status, and the JSON."""
        answer = await self.http.post(
            f"{self.url}/admin/knowledge/{tool}", json={"arguments": arguments}, headers={"x-user": user}
        )
        return answer.status_code, answer.json()


async def test_groups_and_rights_are_changed_by_administrators_only(mcp_url: str, knowledge_of: Any) -> None:
    office = Office(await knowledge_of(mcp_server_url=mcp_url))
    assert (await office.call("set_group", name="hr", members=["ann"]))[0] == 200
    status, granted = await office.call("grant_right", **GRANT)
    assert (status, granted["grants"][-1]) == (200, {"kind": "group", "name": "hr", "right": "read"})
    status, known = await office.get("rights-of-all")
    assert (status, known["groups"]["groups"][0]["members"]) == (200, ["ann"])
    # What is refused is told by the tool, and what is no tool of these is none.
    assert (await office.call("set_group", name="", members=[]))[0] == 422
    assert (await office.call("sync_groups", user_id="ann", names=["x"]))[0] == 404
    for path in ("rights-of-all", "work"):
        assert (await office.get(path, "ann"))[0] == 403
    assert (await office.call("delete_group", "ann", name="hr"))[0] == 403
    assert len((await office.get("rights-of-all"))[1]["groups"]["groups"]) == 1


@pytest.mark.browser
async def test_groups_rights_and_keys_on_the_page(
    mcp_url: str, knowledge_base_url: str, knowledge_of: Any, browser: LentBrowser
) -> None:
    async with create_pool(knowledge_base_url) as pool, pool.connection() as connection:
        await create_api_key(connection, NewApiKey("laptop", "ann", ["kb:read"]))
        await connection.execute(CLIENT)
    office = Office(await knowledge_of(mcp_server_url=mcp_url))
    await office.call("set_group", name="hr", members=["ann"])
    await office.call("grant_right", **GRANT)
    page = await browser.new_page(locale="en-US")
    await page.set_extra_http_headers({"x-user": "local"})
    await page.goto(f"{office.url}/#/admin/rights")
    await page.get_by_label("New group").fill("sales")
    await page.get_by_label("People, separated by commas").last.fill("bob, cleo")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_role("heading", name="sales")).to_be_visible()
    form = page.get_by_role("form", name="Grant: handbook")
    await form.get_by_label("Whom").select_option("group")
    await form.get_by_label("Name of the group or person").fill("sales")
    await form.get_by_label("Right").select_option("add")
    await form.get_by_role("button", name="Grant").click()
    await expect(page.get_by_text("Group sales: read and add")).to_be_visible()
    await page.get_by_role("button", name="Take away: Group hr, handbook").click()
    await expect(page.get_by_text("Group hr: read", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Remove the group: sales").click()
    await page.get_by_role("dialog", name="Remove the group sales?").press("Escape")
    await page.get_by_role("button", name="Remove the group: hr").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove the group").click()
    await expect(page.get_by_role("heading", name="hr", exact=True)).to_have_count(0)
    await expect(page.get_by_role("heading", name="sales")).to_be_visible()
    await nothing_to_complain(page)
    await page.get_by_role("link", name="Keys and ingestion").click()
    revoke, answer = page.get_by_role("button", name="Revoke: laptop"), page.get_by_role("dialog")
    await revoke.click()
    await answer.get_by_role("button", name="Cancel").click()
    await expect(revoke).to_be_focused()
    await page.keyboard.press("Enter")
    await answer.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("cell", name="revoked")).to_be_visible()
    await nothing_to_complain(page)
    await page.close()
    handbook = (await office.get("rights-of-all"))[1]["rights"]["collections"]
    [grants] = [one["grants"] for one in handbook if one["collection"] == "handbook"]
    assert {"kind": "group", "name": "sales", "right": "add"} in grants


async def nothing_to_complain(page: Page) -> None:
    """axe finds nothing in light, dark and on a phone, and nothing is wider than the screen."""
    for scheme, width in (("light", 1200), ("dark", 1200), ("light", 390)):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        found = await Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
        assert found.violations_count == 0, found.generate_report()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
