"""The page over the canned knowledge routes, opened at one of its views."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
from canned import CannedServer, MemoryStore, create_canned_app
from canned_knowledge import CannedKnowledge, add_knowledge_routes
from conftest import Watched
from playwright.async_api import FilePayload, Page
from starlette.types import ASGIApp

from tests.support.browsing import LentBrowser

CONFIG = {
    "title": "OwFlex",
    "greeting": "What would you like to know?",
    "prompts": [],
    "model": {"name": "extractive", "extractive": False},
    "locales": ["de"],
}


@dataclass
class Knowing:
    """The page, and what the service behind it knows."""

    page: Page
    url: str
    known: CannedKnowledge

    async def go(self, view: str = "documents") -> None:
        """Open a view by its address."""
        await self.page.goto(f"{self.url}/#/knowledge/{view}")
        await self.page.reload()
        await self.page.get_by_role("navigation", name="Knowledge").wait_for()

    async def add_file(self, name: str, content: bytes = b"some text") -> None:
        """Choose a file in the panel."""
        file = FilePayload(name=name, mimeType="text/plain", buffer=content)
        await self.page.locator("input[type=file]").set_input_files([file])


@pytest.fixture
async def knowing(
    browser: LentBrowser, serve: Callable[[ASGIApp], AbstractAsyncContextManager[str]]
) -> AsyncGenerator[Knowing]:
    """Three documents in two collections; the page may not complain, run foreign code or ask other hosts."""
    known = CannedKnowledge()
    known.add("Staff handbook", "hr/leave.md")
    known.add("Travel policy", "hr/travel.md", updated_at="2026-11-21T08:00:00Z")
    known.add("Printer", "it/printer.pdf", "manuals", media_type="application/pdf")
    server = CannedServer(MemoryStore())
    app = create_canned_app(server)
    add_knowledge_routes(app, known, CONFIG)
    async with serve(app) as url:
        page = await browser.new_page(viewport={"width": 1200, "height": 900}, locale="en-US")
        watched = Watched(page, url, server)
        watched.watch(page)
        yield Knowing(page, url, known)
        hacked = await page.evaluate("window.hacked")
        await page.close()
    assert hacked is None
    assert watched.strangers == []
    assert [text for text in watched.complaints if "503" not in text] == []
