"""Naming a collection in the message box of the page, over the real service."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(open_chat: "OpenChat", browser: LentBrowser) -> AsyncGenerator[Page]:
    """The page; the service answers for the documents what is set here."""
    chat = await open_chat("extractive")
    page = await browser.new_page(viewport={"width": 1000, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    handbook = {"document_id": 7, "title": "Handbook", "source": "hr/handbook.md", "collection": "hr"}
    collections = [{"name": "hr", "documents": 12}, {"name": "travel", "documents": 4}]
    await page.route(
        "**/knowledge/collections*", lambda route: route.fulfill(json={"collections": collections})
    )
    await page.route(
        "**/knowledge/documents?*",
        lambda route: route.fulfill(
            json={"documents": [] if "query=hr" in route.request.url else [handbook]}
        ),
    )
    await page.goto(chat.url)
    yield page
    await page.close()
    assert complaints == []


async def test_an_at_sign_lists_what_there_is_and_the_choice_limits_the_search(
    page: Page, knowledge: "FakeKnowledge"
) -> None:
    knowledge.add_passage("Managers have 30 days of leave.", chunk_id=30, collection="hr")
    box = page.get_by_role("textbox")
    await box.press_sequentially("@")
    options = page.get_by_role("listbox", name="Collections and documents").get_by_role("option")
    await expect(options).to_have_count(3)
    await box.press_sequentially("hr")
    await expect(options).to_have_count(1)
    await expect(box).to_have_attribute("aria-activedescendant", "option-0")
    await box.press("Tab")
    await expect(box).to_have_value("")
    await expect(page.get_by_role("button", name="Stop limiting to hr")).to_be_visible()
    await box.press_sequentially("How many days of leave?")
    await box.press("Enter")
    await page.get_by_role("button", name="Copy answer").wait_for()
    assert knowledge.calls[0][2]["collection"] == "hr"
    await expect(page.locator(".user")).to_contain_text("hr")
    await expect(page.locator(".user")).to_contain_text("How many days of leave?")


async def test_arrows_choose_escape_closes_and_backspace_takes_a_tag_away(page: Page) -> None:
    box = page.get_by_role("textbox")
    options = page.get_by_role("option")
    await box.press_sequentially("In @")
    await expect(options).to_have_count(3)
    await box.press("ArrowUp")
    await expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    await box.press("Escape")
    await expect(options).to_have_count(0)
    await expect(box).to_have_value("In @")
    await box.fill("")
    await box.press_sequentially("@")
    await options.nth(2).click()
    tag = page.get_by_role("button", name="Stop limiting to Handbook")
    await expect(tag).to_be_visible()
    await expect(box).to_be_focused()
    await box.press("Backspace")
    await expect(tag).to_have_count(0)


async def test_an_address_with_an_at_sign_opens_no_list(page: Page) -> None:
    box = page.get_by_role("textbox")
    await box.press_sequentially("ann@example.org")
    await expect(page.get_by_role("listbox")).to_have_count(0)
