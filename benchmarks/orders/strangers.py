"""Requests to others: what a listener is asked, and what the page in a browser would ask for."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from attack_tools import login
from playwright.async_api import Browser, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CHROMIUM = os.environ.get("OWFLEX_CHROMIUM", "/usr/bin/chromium")
SETTLE_SECONDS = 0.7


@dataclass
class Listener:
    """A server that is asked for nothing, unless data are carried away."""

    asked: list[str] = field(default_factory=list[str])

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/{path:path}", self._note, methods=["GET", "POST", "HEAD"])])

    async def _note(self, request: Request) -> Response:
        self.asked.append(str(request.url))
        return Response("x")


@dataclass(frozen=True)
class Page:
    """The chat's page in a browser."""

    browser: Browser
    chat: str

    async def requests_to_others(self, user: str, thread: str) -> list[str]:
        """What the page asks other hosts for while it shows a thread."""
        context = await self.browser.new_context(extra_http_headers=login(user))
        page = await context.new_page()
        others: list[str] = []
        own = urlsplit(self.chat).netloc
        page.on("request", lambda request: others.append(request.url) if _leaves(request.url, own) else None)
        try:
            await page.goto(f"{self.chat}/#{thread}")
            await page.locator(".answer").first.wait_for(timeout=20_000)
            await asyncio.sleep(SETTLE_SECONDS)
        finally:
            await context.close()
        return others


def _leaves(url: str, own: str) -> bool:
    return urlsplit(url).scheme not in ("data", "blob", "about") and urlsplit(url).netloc != own


@asynccontextmanager
async def browsing(chat: str) -> AsyncGenerator[Page | None]:
    """The page in Chromium; None where there is none."""
    if shutil.which(CHROMIUM) is None:
        yield None
        return
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            yield Page(browser, chat)
        finally:
            await browser.close()
