"""The whole screen, and the whole window where the browser refuses the screen."""

from typing import TYPE_CHECKING

import pytest
from canned import CannedServer, MemoryStore, create_canned_app
from embedding import Serve, Site, opened
from playwright.async_api import Frame, Page, expect
from starlette.types import ASGIApp

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser

# The site shows itself in a frame, which it allows nothing.
FRAMED = """
if (top === self) addEventListener("DOMContentLoaded", () => {
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: "/?", allow: "fullscreen 'none'", width: 700, height: 500 });
  document.body.replaceChildren(frame);
});
"""


def canned(origin: str) -> ASGIApp:
    """The canned service, which `origin` may use."""
    return create_canned_app(CannedServer(MemoryStore()), [origin])


async def is_full(page: Page | Frame) -> bool:
    """Whether the chat covers all of its window."""
    size = "e => { const r = e.getBoundingClientRect(); return [r.width, r.height] }"
    found = await page.locator("owflex-chat .root").evaluate(size)
    return found == await page.evaluate("[innerWidth, innerHeight]")


async def test_the_button_and_the_keys_fill_the_screen_and_keep_what_was_typed(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("holidays?")
    await watched.answered()
    box = page.get_by_role("textbox", name="Ask your documents")
    await box.fill("half a question")
    await page.get_by_role("button", name="Full screen").click()
    await expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
    await page.wait_for_function("document.fullscreenElement !== null")
    assert await is_full(page)
    await expect(box).to_have_value("half a question")
    await page.keyboard.press("Control+Shift+F")
    await expect(page.get_by_role("button", name="Full screen", exact=True)).to_be_visible()
    await page.wait_for_function("document.fullscreenElement === null")
    await expect(box).to_have_value("half a question")
    await expect(page.locator(".answer")).to_be_visible()


async def test_a_frame_without_the_permission_is_filled_and_escape_leaves(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site(
        '<p>Above</p><owflex-chat id="chat"></owflex-chat>', css="#chat { height: 300px }", script=FRAMED
    )
    async with opened(site, canned, serve, browser) as page:
        frame = page.frame_locator("iframe")
        await frame.get_by_role("button", name="Full screen").click()
        inner = page.frames[1]
        await expect(frame.get_by_role("button", name="Leave full screen")).to_be_visible()
        assert await is_full(inner)
        await page.keyboard.press("Escape")
        await expect(frame.get_by_role("button", name="Full screen", exact=True)).to_be_visible()
        assert not await is_full(inner)


async def test_a_change_of_the_theme_keeps_place_and_text(watched: "Watched") -> None:
    page = watched.page
    for number in range(3):
        await watched.ask(f"question {number}")
        await watched.answered(number + 1)
    box = page.get_by_role("textbox", name="Ask your documents")
    await box.fill("half a question")
    log = page.locator(".log")
    await log.evaluate("e => { e.scrollTop = 40 }")
    for name in ("Theme: system", "Theme: light", "Theme: dark"):
        await page.get_by_role("button", name=name).click()
    assert await log.evaluate("e => e.scrollTop") == 40
    await expect(box).to_have_value("half a question")
    await expect(page.locator(".answer")).to_have_count(3)
