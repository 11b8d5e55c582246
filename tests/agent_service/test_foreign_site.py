"""A page of another origin in a real browser: what CORS_ORIGINS lets it do, and what it does not."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from tests.agent_service.conftest import OpenChat

pytestmark = pytest.mark.browser

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
SEND = """async ([url, method, type, body]) => {
  try {
    const headers = { authorization: "Bearer x", "accept-language": "de" };
    if (type) headers["content-type"] = type;
    return (await fetch(url, { method, headers, body: body ?? undefined })).status;
  } catch (error) { return String(error); }
}"""
LIST = '{"type": "threads.list", "params": {}}'
REQUESTS = [
    ("chatkit", "POST", "application/json", LIST),
    ("config.json", "GET", "", None),
    ("feedback?thread_id=thr_1", "GET", "", None),
    ("feedback", "POST", "application/json", '{"thread_id": "t", "item_id": "i", "kind": "positive"}'),
    ("attachments/atc_1", "GET", "", None),
    ("attachments/atc_1", "PUT", "text/plain", "abc"),
    ("knowledge/collections", "GET", "", None),
    ("knowledge/documents/1", "DELETE", "", None),
    ("static/owflex-chat.js", "GET", "", None),
    ("static/locales/de.json", "GET", "", None),
]


async def _site(request: Request) -> Response:
    return HTMLResponse('<!doctype html><link rel="icon" href="data:,"><title>The site</title>')


async def statuses(page: Page, service: str) -> dict[str, Any]:
    """What the site gets for each request: a status, or why it got nothing."""
    return {
        f"{method} {path}": await page.evaluate(SEND, [f"{service}/{path}", method, kind, body])
        for path, method, kind, body in REQUESTS
    }


async def test_a_site_that_is_let_in_reaches_every_route_and_another_none(
    open_chat: "OpenChat", serve: Serve, browser: LentBrowser
) -> None:
    site = Starlette(routes=[Route("/", _site)])
    async with serve(site) as known, serve(site) as stranger:
        chat = await open_chat("extractive", cors_origins=[known])
        page = await browser.new_page()
        await page.goto(known)
        found = await statuses(page, chat.url)
        assert all(isinstance(status, int) and status != 403 for status in found.values()), found
        assert found["POST chatkit"] == found["GET config.json"] == found["GET static/locales/de.json"] == 200
        await page.goto(stranger)
        refused = await statuses(page, chat.url)
        assert all("TypeError" in str(status) for status in refused.values()), refused
        await page.close()
