"""What is said while the service cannot be reached stays, and arrives once."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest
from agents.testing import ScriptedModel, assistant_message
from playwright.async_api import Page, Route, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from tests.agent_service.conftest import Chat, OpenChat

pytestmark = pytest.mark.browser

PATIENCE = 30_000
WAITS = "Waiting for the connection."


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    """The service; each answer is another one."""
    return await open_chat(ScriptedModel([[assistant_message(f"answer {n}")] for n in range(20)]))


@pytest.fixture
async def page(chat: "Chat", browser: LentBrowser) -> AsyncGenerator[Page]:
    """The page; it may not complain of itself in the console."""
    # The network of a context can be switched off.
    context = await browser.new_context(viewport={"width": 1000, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE)
    await page.goto(chat.url)
    await page.get_by_role("button", name="New chat").wait_for()
    yield page
    await context.close()
    assert complaints == []


async def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    await page.get_by_role("textbox").fill(question)
    await page.keyboard.press("Enter")


async def test_what_is_said_without_a_network_waits_can_be_changed_and_goes_out_once(
    page: Page,
) -> None:
    words, waiting = page.locator(".user p"), page.locator(".waiting")
    await page.context.set_offline(True)
    for question in ("One?", "Two?", "Three?"):
        await ask(page, question)
        await expect(words.last).to_have_text(question, timeout=PATIENCE)
    await expect(waiting.first).to_contain_text(WAITS, timeout=PATIENCE)
    await waiting.nth(1).get_by_role("button", name="Discard").click()
    await waiting.last.get_by_role("button", name="Edit message").click()
    await page.get_by_role("textbox", name="Edit message").fill("Drei?")
    await page.get_by_role("button", name="Send again").click()
    await expect(words).to_have_text(["One?", "Drei?"])
    await page.context.set_offline(False)
    await expect(page.get_by_role("button", name="Copy answer")).to_have_count(2, timeout=PATIENCE)
    await expect(words).to_have_text(["One?", "Drei?"])
    await expect(waiting).to_have_count(0)
    await page.reload()
    await expect(words).to_have_text(["One?", "Drei?"], timeout=PATIENCE)
    await expect(page.locator(".thread")).to_have_count(1)


async def test_what_waits_outlives_a_reload_and_goes_out_from_another_chat(page: Page) -> None:
    async def away(route: Route) -> None:
        if "add_user_message" in (route.request.post_data or ""):
            await route.fulfill(status=503, body="")
        else:
            await route.continue_()

    await ask(page, "First?")
    await expect(page.get_by_role("button", name="Copy answer")).to_have_count(1, timeout=PATIENCE)
    await page.route("**/chatkit", away)
    await ask(page, "Second?")
    waiting = page.locator(".waiting")
    await expect(waiting).to_contain_text(WAITS, timeout=60_000)
    await page.reload()
    await expect(waiting).to_contain_text("Second?", timeout=PATIENCE)
    await page.get_by_role("button", name="New chat").click()
    await expect(waiting).to_have_count(0)
    await page.unroute("**/chatkit")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.locator(".thread").first.click()
    await expect(page.locator(".user p")).to_have_text(["First?", "Second?"], timeout=PATIENCE)
    await expect(waiting).to_have_count(0, timeout=PATIENCE)
    await page.reload()
    await expect(page.locator(".user p")).to_have_text(["First?", "Second?"], timeout=PATIENCE)
    await expect(page.locator(".thread")).to_have_count(1)


async def test_an_earlier_answer_can_be_gone_back_to_and_a_new_chat_goes_on_from_it(page: Page) -> None:
    prose, words = page.locator(".answer .prose"), page.locator(".user p")
    switch = page.get_by_role("group", name="Versions")
    await ask(page, "One?")
    await expect(page.get_by_role("button", name="Copy answer")).to_have_count(1, timeout=PATIENCE)
    first = await prose.inner_text()
    await expect(switch).to_have_count(0)
    await page.get_by_role("button", name="Try again").click()
    await expect(switch).to_contain_text("2 / 2", timeout=PATIENCE)
    await expect(prose).not_to_have_text(first)
    await page.locator(".user").hover()
    await page.get_by_role("button", name="Edit message").click()
    await page.get_by_role("textbox", name="Edit message").fill("Uno?")
    await page.get_by_role("button", name="Send again").click()
    await expect(switch).to_contain_text("3 / 3", timeout=PATIENCE)
    await page.get_by_role("button", name="Earlier version").focus()
    await page.keyboard.press("Enter")
    await expect(switch).to_contain_text("2 / 3", timeout=PATIENCE)
    await page.keyboard.press("ArrowLeft")
    await expect(switch).to_contain_text("1 / 3", timeout=PATIENCE)
    await page.reload()
    await expect(switch).to_contain_text("1 / 3", timeout=PATIENCE)
    await expect(words).to_have_text(["One?"])
    await expect(prose).to_have_text(first)
    await page.get_by_role("button", name="Continue from here in a separate chat").click()
    await expect(page.locator(".thread")).to_have_count(2, timeout=PATIENCE)
    await expect(switch).to_have_count(0)
    await expect(prose).to_have_text(first)
