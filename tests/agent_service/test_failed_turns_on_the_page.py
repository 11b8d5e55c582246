"""Failed and stopped turns on our own page, in a real browser, over the real service."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect

from tests.agent_service.scripted_provider import ScriptedProvider, call, say
from tests.agent_service.test_fallback import Line
from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from tests.agent_service.conftest import OpenChat, Serve

pytestmark = pytest.mark.browser

SEARCH = call("search_documents", query="leave")
WHOLE = say("25 days. [[12]]")
FAILED = "has a problem of its own. Try again in a minute."
STOPPED = "The answer was stopped before it was complete."


@pytest.fixture
def provider() -> ScriptedProvider:
    """The language model behind the page; its steps are set by the test."""
    return ScriptedProvider([500])


@pytest.fixture
async def page(
    open_chat: "OpenChat", serve: "Serve", browser: LentBrowser, provider: ScriptedProvider
) -> AsyncGenerator[Page]:
    """The page; it may not complain in the console."""
    async with AsyncExitStack() as stack:
        chat = await open_chat(await Line(serve, stack)(provider))
        page = await browser.new_page(viewport={"width": 1000, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(chat.url)
        yield page
        await page.close()
        assert complaints == []


async def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    await page.get_by_role("textbox").fill(question)
    await page.keyboard.press("Enter")


async def test_a_failed_turn_stays_with_its_sentence_and_can_be_asked_again_at_any_time(
    page: Page, provider: ScriptedProvider
) -> None:
    notes = page.get_by_role("group", name="No complete answer")
    again = notes.get_by_role("button", name="Try again")
    await ask(page, "How many days?")
    await expect(notes).to_contain_text(FAILED)
    await expect(page.get_by_role("status").filter(has_text=FAILED)).to_have_count(1)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(again).to_be_visible()
    provider.steps = [SEARCH, WHOLE]
    await ask(page, "And when?")
    await page.get_by_role("button", name="Copy answer").wait_for()
    for _ in range(2):
        await expect(notes).to_contain_text(FAILED)
        await expect(again).to_be_visible()
        await page.reload()
    provider.steps = [SEARCH, WHOLE]
    await again.click()
    await expect(page.get_by_role("button", name="Copy answer")).to_have_count(2)
    await expect(page.locator(".user p")).to_have_text(["How many days?", "And when?", "How many days?"])
    await expect(notes).to_have_count(1)


async def test_a_stopped_answer_says_so_and_asking_again_takes_its_place(
    page: Page, provider: ScriptedProvider
) -> None:
    provider.steps = [SEARCH, say("You have 25", "hang")]
    notes = page.get_by_role("group", name="No complete answer")
    await ask(page, "How many days?")
    await page.get_by_text("You have").wait_for()
    await page.get_by_role("button", name="Stop").click()
    await expect(notes).to_contain_text(STOPPED)
    await expect(page.locator(".answer")).to_contain_text("You have")
    await provider.was_left.wait()
    await page.reload()
    await expect(notes).to_contain_text(STOPPED)
    provider.steps = [SEARCH, WHOLE]
    await notes.get_by_role("button", name="Try again").click()
    await expect(page.locator(".answer")).to_contain_text("25 days.")
    await expect(notes).to_have_count(0)
    await expect(page.locator(".user p")).to_have_text(["How many days?"])
