"""What a citation shows: a preview beside its mark, and the passage in its document."""

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser


@pytest.fixture
async def cited(watched: "Watched") -> "Watched":
    """The page with one answer that cites the handbook."""
    await watched.ask("holidays?")
    await watched.answered()
    return watched


async def test_a_mark_previews_its_source_for_the_pointer_and_the_keyboard(cited: "Watched") -> None:
    peek = cited.page.get_by_role("tooltip")
    mark = cited.page.get_by_role("button", name="Source 1")
    await mark.hover()
    await expect(peek).to_have_text("Staff handbookEverybody has 25 days a year.")
    await cited.page.mouse.move(1, 1)
    await expect(peek).to_be_hidden()
    await mark.focus()
    await expect(peek).to_be_visible()
    await expect(mark).to_have_attribute("aria-describedby", "peek")
    await cited.page.keyboard.press("Escape")
    await expect(peek).to_be_hidden()


async def test_a_mark_opens_its_passage_between_its_neighbours(cited: "Watched") -> None:
    await cited.page.get_by_role("button", name="Source 1").click()
    panel = cited.page.get_by_role("dialog", name="Passage: Staff handbook")
    await expect(panel.locator("mark")).to_have_text("Everybody has 25 days a year.")
    await expect(panel.locator(".text > div")).to_have_text(
        ["Leave is agreed with the team.", "They end in March."]
    )
    await expect(panel.locator(".meta")).to_have_text(
        "Leave › Holidays · hr/leave.md · page 4 · similarity 0.61"
    )
    await expect(panel.get_by_role("link")).to_have_count(0)


async def test_escape_closes_the_passage_and_the_mark_has_the_focus_again(cited: "Watched") -> None:
    mark = cited.page.get_by_role("button", name="Source 1")
    await mark.focus()
    await cited.page.keyboard.press("Enter")
    await expect(cited.page.get_by_role("button", name="Close the passage")).to_be_focused()
    await cited.page.keyboard.press("Escape")
    await expect(cited.page.get_by_role("dialog")).to_have_count(0)
    await expect(mark).to_be_focused()


async def test_without_its_neighbours_the_passage_is_shown_alone(cited: "Watched") -> None:
    await cited.page.route("**/knowledge/**", lambda route: route.fulfill(status=200, body="{}"))
    await cited.page.get_by_role("button", name="Show passage 1: Staff handbook").click()
    panel = cited.page.get_by_role("dialog")
    await expect(panel.locator("mark")).to_have_text("Everybody has 25 days a year.")
    await expect(panel.locator(".text > div")).to_have_count(0)


async def test_on_a_phone_the_passage_is_a_sheet_at_the_bottom(
    cited: "Watched", browser: LentBrowser
) -> None:
    phone = await browser.new_page(viewport={"width": 390, "height": 780})
    cited.watch(phone)
    await phone.goto(cited.page.url)
    await phone.get_by_role("button", name="Source 1").click()
    await expect(phone.locator("mark")).to_be_visible()
    await phone.locator(".panel").evaluate("panel => Promise.all(panel.getAnimations().map(a => a.finished))")
    box = await phone.locator(".panel").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] + box["height"] == pytest.approx(780, abs=2)
    await phone.mouse.click(200, 30)
    await expect(phone.get_by_role("dialog")).to_have_count(0)
    await phone.close()
