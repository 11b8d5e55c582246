"""Votes on answers, with reasons, that outlive a reload."""

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser


def votes(watched: "Watched") -> list[tuple[str, str | None]]:
    """Kind and reason of each stored vote."""
    return [(vote["kind"], vote["reason"]) for vote in watched.server.saved_votes.values()]


async def test_a_vote_is_kept_shown_after_a_reload_and_taken_back(watched: "Watched") -> None:
    await watched.ask("holidays?")
    await watched.answered()
    good = watched.page.get_by_role("button", name="Good answer")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    assert votes(watched) == [("positive", None)]
    await watched.page.reload()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "false")
    assert votes(watched) == []


async def test_a_bad_vote_asks_for_a_reason_and_stores_it(watched: "Watched") -> None:
    await watched.ask("holidays?")
    await watched.answered()
    await watched.page.get_by_role("button", name="Bad answer").click()
    await watched.page.get_by_role("checkbox", name="Incomplete").check(force=True)
    await watched.page.get_by_role("textbox", name="In your own words").fill("Nothing about 2027.")
    await watched.page.keyboard.press("Enter")
    await expect(watched.page.locator(".why")).to_have_count(0)
    assert votes(watched) == [("negative", "Incomplete; Nothing about 2027.")]
    bad = watched.page.get_by_role("button", name="Bad answer")
    await expect(bad).to_have_attribute("aria-pressed", "true")


async def test_the_question_for_a_reason_can_be_left_with_escape(watched: "Watched") -> None:
    await watched.ask("holidays?")
    await watched.answered()
    await watched.page.get_by_role("button", name="Bad answer").click()
    await watched.page.get_by_role("textbox", name="In your own words").press("Escape")
    await expect(watched.page.locator(".why")).to_have_count(0)
    assert votes(watched) == [("negative", None)]
