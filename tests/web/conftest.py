"""The built page in headless Chromium."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page
from starlette.types import ASGIApp

sys.path.insert(0, str(Path(__file__).parent))
from canned import STATIC, CannedServer, MemoryStore, create_canned_app

from tests.support.browsing import LentBrowser


@dataclass
class Watched:
    """A page, the canned server behind it, and what the page should never do."""

    page: Page
    url: str
    server: CannedServer
    complaints: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    def watch(self, page: Page) -> None:
        """Note console errors and requests to other hosts."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("request", lambda request: self._note(request.url))

    async def ask(self, question: str) -> None:
        """Type a question and press Enter."""
        await self.page.get_by_role("textbox").fill(question)
        await self.page.keyboard.press("Enter")

    async def answered(self, count: int = 1) -> None:
        """Wait until this many answers are complete."""
        buttons = self.page.get_by_role("button", name="Copy answer")
        await buttons.nth(count - 1).wait_for()

    def _note(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.url).netloc and urlsplit(url).scheme != "data":
            self.strangers.append(url)


@pytest.fixture
async def watched(
    browser: LentBrowser, serve: Callable[[ASGIApp], AbstractAsyncContextManager[str]]
) -> AsyncGenerator[Watched]:
    """The page over the canned server; fails when the page complained or asked another host."""
    assert (STATIC / "index.html").is_file(), "Build the page first: python build_page.py"
    server = CannedServer(MemoryStore())
    async with serve(create_canned_app(server)) as url:
        page = await browser.new_page(viewport={"width": 1100, "height": 800})
        found = Watched(page, url, server)
        found.watch(page)
        await page.goto(url)
        await page.get_by_text("What would you like to know?").wait_for()
        yield found
        server.finish.set()
        await page.close()
        await asyncio.sleep(0)
    assert found.strangers == []
    assert found.complaints == []
