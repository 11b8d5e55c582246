"""Searches and evaluations of the knowledge view in a real browser, and whether all of it is accessible."""

import re
from typing import Any, cast

import knowing as view
import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from canned_report import a_report
from knowing import Knowing
from playwright.async_api import Page, ViewportSize, expect

from tests.support.browsing import LentBrowser

pytestmark = pytest.mark.browser

knowing = view.knowing
NARROW = ViewportSize(width=390, height=844)


async def test_the_search_says_why_each_passage_passes(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("search")
    await page.get_by_role("searchbox").fill("holiday policy")
    await page.keyboard.press("Enter")
    hits = page.locator("li.hit:not([data-held])")
    await expect(hits).to_have_count(3)
    assert "q=holiday+policy" in page.url
    await expect(hits.nth(0)).to_contain_text("Passes: 0.710 is at or above 0.30.")
    await expect(hits.nth(2)).to_contain_text("Passes by its words, though 0.120 is below 0.30.")
    assert await hits.nth(0).locator("mark").all_text_contents() == ["Holidays", "policies"]
    await expect(hits.nth(0)).to_contain_text("#1 by meaning")
    await expect(page.locator("li.hit[data-held]")).to_have_count(1)
    await page.get_by_text("As a table").click()
    await expect(page.locator(".behind tbody tr").nth(2)).to_contain_text("yes, by its words")
    await hits.nth(0).get_by_role("button", name="Show all").click()
    await expect(hits.nth(0).get_by_role("button", name="Show less")).to_have_attribute(
        "aria-expanded", "true"
    )
    await hits.nth(0).get_by_role("link").click()
    await expect(page.get_by_role("region", name="The passage that was found")).to_contain_text(
        "Passage number 5."
    )


async def test_the_threshold_moves_without_asking_and_is_kept_in_the_address(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("search?q=holiday&limit=5")
    hits = page.locator("li.hit:not([data-held])")
    await expect(hits).to_have_count(3)
    asked = len(knowing.known.searches)
    assert [search["limit"] for search in knowing.known.searches[-3:]] == [5, 5, 5]
    slider = page.get_by_role("slider")
    await slider.fill("0.5")
    await expect(hits).to_have_count(2)
    await expect(page.get_by_role("img", name=re.compile("passages: 2 of 4"))).to_be_visible()
    await slider.fill("0.1")
    await expect(hits).to_have_count(4)
    assert "t=0.10" in page.url
    assert len(knowing.known.searches) == asked
    await page.reload()
    await expect(hits).to_have_count(4)
    await page.get_by_role("button", name="Back to 0.30").click()
    await expect(hits).to_have_count(3)


async def test_a_search_without_results_passes_on_the_hint(knowing: Knowing) -> None:
    await knowing.go("search?q=nothing")
    await expect(knowing.page.get_by_text("The knowledge base is empty.")).to_be_visible()


async def test_the_figures_of_an_evaluation_stand_behind_their_plots(knowing: Knowing) -> None:
    knowing.known.evaluations["2026"] = a_report()
    page = knowing.page
    await knowing.go("evaluation")
    await expect(page.get_by_role("row", name=re.compile("recall@5"))).to_contain_text("0.760 – 0.910")
    await expect(page.get_by_role("img", name=re.compile("Precision, recall and F1"))).to_have_count(2)
    histogram = page.get_by_role("img", name="Answerable and unanswerable questions").first
    await expect(histogram.locator("rect.answerable")).to_have_count(20)
    await page.get_by_text("As a table").nth(1).click()
    await expect(page.get_by_role("row", name="0.50 0.55 8 0").first).to_be_visible()


async def test_without_evaluations_the_command_is_there_to_copy(knowing: Knowing) -> None:
    await knowing.go("evaluation")
    await expect(knowing.page.get_by_text("owflex evaluate questions.jsonl")).to_be_visible()


async def complaints_of_axe(page: Page) -> list[tuple[str, str]]:
    """What axe finds wrong in the view: the rules with the elements."""
    result = await Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
    found = cast(dict[str, Any], result.response)  # pyright: ignore[reportUnknownMemberType]
    nodes = [(rule["id"], str(node["target"])) for rule in found["violations"] for node in rule["nodes"]]
    return [(rule, target) for rule, target in nodes if "owflex-knowledge" in target]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "view", ["documents", "document/1", "document/1?at=7", "search?q=holiday", "evaluation"]
)
async def test_axe_finds_nothing_and_a_narrow_screen_does_not_scroll_sideways(
    knowing: Knowing, view: str, theme: str
) -> None:
    page = knowing.page
    knowing.known.evaluations["2026"] = a_report()
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    await knowing.go(view)
    await page.locator(".documents, .sheet, .hit, .metrics").first.wait_for()
    if view == "documents":
        await page.get_by_role("button", name="Add documents").click()
        await knowing.add_file("empty.md", b"")
    await page.locator("details").evaluate_all("all => all.forEach(details => details.open = true)")
    for size in (None, NARROW):
        if size:
            await page.set_viewport_size(size)
            wide = await page.locator("section.page").evaluate("page => page.scrollWidth > page.clientWidth")
            assert not wide
        assert await complaints_of_axe(page) == []


async def test_the_view_speaks_german(knowing: Knowing, browser: LentBrowser) -> None:
    context = await browser.new_context(locale="de-DE")
    page = await context.new_page()
    await page.goto(f"{knowing.url}/#/knowledge")
    await expect(page.get_by_role("link", name="Auswertung")).to_be_visible()
    await expect(page.get_by_role("button", name="Dokumente hinzufügen")).to_be_visible()
    await context.close()
