"""Forms, cards and pictures in an answer."""

from typing import TYPE_CHECKING, Any

import pytest
from chatkit.types import StructuredInputItem
from playwright.async_api import expect

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser


def form_of(watched: "Watched") -> StructuredInputItem:
    """The form as the server has it."""
    items = [item for thread in watched.server.memory.items.values() for item in thread.values()]
    return next(item for item in items if isinstance(item, StructuredInputItem))


async def test_a_form_is_answered_and_shows_what_was_said(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("a form")
    await page.get_by_role("radio", name="2026").check(force=True)
    await page.get_by_role("checkbox", name="Sales").check(force=True)
    await page.get_by_role("checkbox", name="Legal").check(force=True)
    await page.get_by_role("textbox", name="Which teams?: Something else").fill("Facilities")
    await page.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.locator(".questions dd")).to_have_text(["2026", "Sales, Legal, Facilities", "Skipped"])
    form = form_of(watched)
    assert form.status == "answered"
    answers = [one.answer.values if one.answer else None for one in form.inputs]
    assert answers == [["2026"], ["Sales", "Legal", "Facilities"], []]


async def test_a_form_can_be_skipped(watched: "Watched") -> None:
    await watched.ask("a form")
    await watched.page.get_by_role("button", name="Skip", exact=True).click()
    await expect(watched.page.locator(".questions dd")).to_have_text(["Skipped"] * 3)
    assert form_of(watched).status == "skipped"


async def test_an_empty_form_is_not_sent(watched: "Watched") -> None:
    await watched.ask("a form")
    await watched.page.get_by_role("button", name="Answer", exact=True).click()
    await expect(watched.page.locator("form.questions")).to_be_visible()
    assert form_of(watched).status == "pending"


async def test_a_card_sends_its_fields_with_its_confirmation(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("a card")
    await page.get_by_role("radio", name="Plan B").check()
    await page.get_by_label("Notes").fill("With a screen")
    await page.get_by_role("checkbox", name="Send a mail").uncheck()
    await page.get_by_role("button", name="Book").click()
    await expect(page.get_by_role("button", name="Book")).to_be_enabled()
    fields = {"plan": "b", "notes": "With a screen", "mail": False}
    assert watched.server.actions == [("book", {"room": 4} | fields)]
    await expect(page.get_by_role("row", name="Feb")).to_contain_text("30")


async def test_actions_go_where_the_card_says(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("a card")
    await page.evaluate(
        "addEventListener('owflex-action', event => (window.seen = event.detail.action.type))"
    )
    await page.get_by_role("button", name="Not now").click()
    assert await page.evaluate("window.seen") == "later"
    async with page.expect_response("**/chatkit"):
        await page.get_by_role("button", name="Refresh").click()
    assert watched.server.actions == [("refresh", "at once")]


async def test_pictures_of_other_hosts_are_links(watched: "Watched") -> None:
    await watched.ask("pictures")
    await expect(watched.page.locator(".answer img")).to_have_count(1)
    link = watched.page.locator(".answer a")
    await expect(link).to_have_attribute("href", "https://elsewhere.example/cat.png")
    await expect(watched.page.get_by_text("This part of the answer cannot be shown here.")).to_be_visible()


async def test_effects_reach_the_site_and_a_notice_has_its_level(watched: "Watched") -> None:
    seen: Any = "addEventListener('owflex-effect', event => (window.seen = event.detail))"
    await watched.page.evaluate(seen)
    await watched.ask("an effect")
    await watched.answered()
    assert await watched.page.evaluate("window.seen") == {"name": "highlight", "data": {"row": 3}}
    notice = watched.page.locator('.notice[data-level="warning"]')
    await expect(notice).to_contain_text("The index is old.")
    await notice.get_by_role("button", name="Dismiss").click()
    await expect(notice).to_have_count(0)


async def test_a_locked_chat_says_why_and_offers_a_new_one(watched: "Watched") -> None:
    await watched.ask("be locked")
    note = watched.page.locator(".notice")
    await expect(note).to_contain_text("Somebody looks into this.")
    await note.get_by_role("button", name="New chat").click()
    await expect(watched.page.get_by_text("What would you like to know?")).to_be_visible()
