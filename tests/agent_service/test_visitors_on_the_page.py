"""A shop's page in a real browser, on another origin: its visitors ask without a login."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from agent_service.visitors import known
from agent_service.visitors.sites import NewSite, add_site, revoke_site
from database.pool import Pool, fetch
from tests.agent_service.test_visitors import JWT
from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from tests.agent_service.conftest import OpenChat

pytestmark = pytest.mark.browser

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
KEPT = "Object.keys(localStorage).filter((name) => name.startsWith('owflex-visitor:')).length"


class Shop:
    """A page with the chat in it."""

    tags = ""

    def app(self) -> ASGIApp:
        """The page as a web application."""

        async def index(_: Request) -> Response:
            head = '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>'
            return HTMLResponse(head + self.tags)

        return Starlette(routes=[Route("/", index)])


async def ask(page: Page, question: str) -> None:
    """Send a message."""
    await page.get_by_role("textbox").fill(question)
    await page.get_by_role("textbox").press("Enter")


async def test_a_visitor_asks_comes_back_and_is_shut_out(
    open_chat: "OpenChat", serve: Serve, browser: LentBrowser, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "FRESH_SECONDS", 0.0)
    shop = Shop()
    async with serve(shop.app()) as origin, serve(shop.app()) as elsewhere:
        async with pool.connection() as connection:
            site = await add_site(connection, NewSite("shop", [origin], ["handbook"], 50, 50).checked())
        chat = await open_chat("extractive", **JWT)
        shop.tags = (
            f'<script type="module" src="{chat.url}/static/owflex-chat.js"></script>'
            f'<owflex-chat site-key="{site.key}" style="height: 40rem"></owflex-chat>'
        )
        page = await browser.new_page()
        await page.goto(origin)
        await ask(page, "How many days of annual leave does everybody have?")
        await expect(page.get_by_text("25 days of annual leave").first).to_be_visible()
        await expect(page.get_by_role("button", name="Good answer")).to_be_visible()
        for closed in ("Attach", "Add to tasks", "Dictate"):
            assert await page.get_by_role("button", name=closed).count() == 0
        [[owner]] = await fetch(pool, "select user_id from threads", {})
        assert owner.startswith("visitor:shop:")
        assert (await page.evaluate(KEPT), await page.context.cookies()) == (1, [])
        # Who comes back is known, and finds the chat.
        await page.reload()
        await ask(page, "How many days of annual leave does everybody have?")
        await expect(page.get_by_role("button", name="Good answer")).to_be_visible()
        assert await fetch(pool, "select distinct user_id from threads", {}) == [(owner,)]
        async with pool.connection() as connection:
            await revoke_site(connection, "shop")
        await ask(page, "And how many days of sick leave?")
        await expect(page.get_by_text("This site key is not known here").first).to_be_visible()
        # The same page elsewhere gets not even the script.
        await page.goto(elsewhere)
        assert await page.evaluate("customElements.get('owflex-chat') === undefined")
        await page.close()
