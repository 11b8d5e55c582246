"""The list of chats: order, search, renaming in place, deletion with a way back, keyboard and drawer."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from chatkit.types import ThreadMetadata
from playwright.async_api import Page, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from canned import MemoryStore
    from conftest import Watched

pytestmark = pytest.mark.browser


def add_thread(watched: "Watched", title: str, days: int = 0) -> ThreadMetadata:
    """A chat that began so many days ago; the last one added comes first."""
    store = cast("MemoryStore", watched.server.store)
    begun = datetime.now() - timedelta(days=days)  # noqa: DTZ005 - the protocol's times are naive
    thread = ThreadMetadata(id=f"thr_{len(store.threads)}", title=title, created_at=begun)
    store.threads[thread.id] = thread
    store.items[thread.id] = {}
    return thread


async def show(watched: "Watched", *titles: str) -> Page:
    """The page with these chats, the first on top."""
    for title in reversed(titles):
        add_thread(watched, title)
    await watched.page.reload()
    await expect(watched.page.locator(".thread")).to_have_text(list(titles))
    return watched.page


def titles_in(watched: "Watched") -> list[str | None]:
    """What the service has."""
    return [thread.title for thread in cast("MemoryStore", watched.server.store).threads.values()]


async def test_chats_are_grouped_by_the_day_they_began(watched: "Watched") -> None:
    long_ago = add_thread(watched, "long ago", 800).created_at
    for title, days in [("last week", 3), ("yesterday", 1), ("today", 0)]:
        add_thread(watched, title, days)
    await watched.page.reload()
    groups = watched.page.locator("owflex-history h2")
    expected = ["Today", "Yesterday", "Last 7 days", f"{long_ago:%B %Y}"]
    await expect(groups).to_have_text(expected)
    await expect(watched.page.get_by_role("list", name="Yesterday")).to_contain_text("yesterday")


async def test_the_search_finds_titles_on_pages_that_were_not_listed_yet(watched: "Watched") -> None:
    add_thread(watched, "The needle")
    for number in range(120):
        add_thread(watched, f"straw {number}")
    page = watched.page
    await page.reload()
    await page.get_by_role("searchbox", name="Search chats").fill("NEEDLE")
    await expect(page.locator(".thread")).to_have_text(["The needle"])
    await page.get_by_role("searchbox").fill("no such thing")
    await expect(page.get_by_text("No matching chats.")).to_be_visible()


async def test_scrolling_to_the_end_fetches_more(watched: "Watched") -> None:
    for number in range(60):
        add_thread(watched, f"chat {number}")
    await watched.page.reload()
    threads = watched.page.locator(".thread")
    await expect(threads).to_have_count(50)
    await threads.last.scroll_into_view_if_needed()
    await expect(threads).to_have_count(60)
    await expect(watched.page.get_by_role("button", name="Older chats")).to_have_count(0)


async def test_a_title_is_changed_in_place_with_f2_and_escape_keeps_the_old_one(watched: "Watched") -> None:
    page = await show(watched, "pears", "apples")
    await page.locator(".thread").nth(1).focus()
    await page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="Rename this chat")
    await field.fill("nothing")
    await page.keyboard.press("Escape")
    await expect(page.locator(".thread").nth(1)).to_be_focused()
    await page.keyboard.press("F2")
    await field.fill("fruit")
    await page.keyboard.press("Enter")
    await expect(page.locator(".thread")).to_have_text(["pears", "fruit"])
    await expect(page.locator(".thread").nth(1)).to_be_focused()
    assert titles_in(watched) == ["fruit", "pears"]


async def test_a_deleted_chat_comes_back_with_undo_and_the_service_never_hears_of_it(
    watched: "Watched",
) -> None:
    await watched.page.clock.install()
    page = await show(watched, "pears", "apples")
    await page.locator(".thread").first.focus()
    await page.keyboard.press("Delete")
    await expect(page.locator(".thread")).to_have_text(["apples"])
    await expect(page.locator(".thread").first).to_be_focused()
    await expect(page.get_by_text("“pears” was deleted.")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".thread")).to_have_text(["pears", "apples"])
    await page.keyboard.press("Delete")
    await page.keyboard.press("Control+z")
    await expect(page.locator(".thread")).to_have_text(["pears", "apples"])
    await page.clock.fast_forward(10_000)
    assert titles_in(watched) == ["apples", "pears"]


async def test_after_six_seconds_the_chat_is_deleted(watched: "Watched") -> None:
    await watched.page.clock.install()
    page = await show(watched, "pears", "apples")
    await page.locator(".thread").first.focus()
    await page.keyboard.press("Delete")
    await expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert titles_in(watched) == ["apples", "pears"]
    async with page.expect_request_finished(lambda request: "threads.delete" in (request.post_data or "")):
        await page.clock.fast_forward(6100)
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert titles_in(watched) == ["apples"]


async def test_leaving_the_page_carries_the_deletion_out(watched: "Watched") -> None:
    page = await show(watched, "pears", "apples")
    await page.locator(".thread").first.focus()
    await page.keyboard.press("Delete")
    await page.get_by_role("button", name="Undo").wait_for()
    await page.reload()
    await expect(page.locator(".thread")).to_have_text(["apples"])


async def test_deleting_the_open_chat_leaves_it_and_undo_opens_it_again(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("apples")
    await watched.answered()
    await page.get_by_role("button", name="Delete: apples").click()
    await expect(page.get_by_text("What would you like to know?")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".user p")).to_have_text("apples")


async def test_arrows_walk_through_the_chats_from_the_search_on(watched: "Watched") -> None:
    page = await show(watched, "one", "two", "three")
    threads = page.locator(".thread")
    await page.get_by_role("searchbox").focus()
    await page.keyboard.press("ArrowDown")
    await expect(threads.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(threads.nth(1)).to_be_focused()
    await page.keyboard.press("End")
    await expect(threads.nth(2)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(threads.nth(1)).to_have_attribute("aria-current", "true")


async def test_the_drawer_of_a_phone_keeps_the_focus_and_gives_it_back(
    watched: "Watched", browser: LentBrowser
) -> None:
    add_thread(watched, "one")
    phone = await browser.new_page(viewport={"width": 390, "height": 780})
    watched.watch(phone)
    await phone.goto(watched.url)
    opener = phone.get_by_role("button", name="Show chats")
    await opener.focus()
    await phone.keyboard.press("Enter")
    new = phone.get_by_role("button", name="New chat")
    await expect(new).to_be_focused()
    await phone.keyboard.press("Shift+Tab")
    await expect(phone.get_by_role("button", name="Delete: one")).to_be_focused()
    await phone.keyboard.press("Tab")
    await expect(new).to_be_focused()
    await phone.keyboard.press("Escape")
    await expect(new).to_be_hidden()
    await expect(opener).to_be_focused()
    await phone.close()
