"""How much the page does: `pytest -rP` shows the figures; counts are checked, times are not."""

import gzip
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from canned import STATIC
from playwright.async_api import Page, Request, expect
from test_answers import fill_thread

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser

MOST_BEFORE_PAINT = 60_000
# Conversations are fetched while the empty page is shown already.
MOST_LOADED = 80_000
DELTAS = 1400
# What the service sends at once: the newest page of a thread.
PAGE = 50
OBSERVE = """() => {
  window.drawn = 0; window.long = [];
  const root = document.querySelector("owflex-chat").shadowRoot;
  new MutationObserver(() => { window.drawn += 1; }).observe(root, { childList: true, subtree: true });
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: "longtask" });
}"""
PAINT = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({ type: "paint", buffered: true });
})"""


async def test_the_first_paint_stays_within_the_budget_and_loads_nothing_that_is_not_shown(
    watched: "Watched",
) -> None:
    asked: list[Request] = []
    watched.page.on("request", lambda request: asked.append(request))
    await watched.page.reload()
    await watched.page.get_by_text("What would you like to know?").wait_for()
    report("first_paint_ms", round(await watched.page.evaluate(PAINT)))
    await watched.page.wait_for_load_state("networkidle")
    paths = [urlsplit(request.url).path for request in asked]
    assert not [path for path in paths if "knowledge" in path or "official" in path]
    scripts = {path for path in paths if path.endswith(".js")}
    frame = _gzipped("/static/app.css") + _gzipped("/static/index.html")
    before_paint = frame + json.loads((STATIC / "sizes.json").read_text(encoding="utf-8"))["first_load"]
    loaded = frame + sum(_gzipped(path) for path in scripts)
    report("gzipped_before_first_paint", before_paint)
    report("gzipped_with_the_conversation", loaded)
    report("requests", len(paths))
    assert before_paint < MOST_BEFORE_PAINT
    assert loaded < MOST_LOADED
    assert Counter(paths)["/config.json"] == 1
    assert Counter(paths)["/chatkit"] == 1  # the list of chats
    assert len(scripts) <= 6


async def test_an_answer_of_1400_deltas_is_drawn_once_a_frame_at_most(watched: "Watched") -> None:
    await watched.page.evaluate(OBSERVE)
    await watched.ask("long text")
    await watched.answered()
    seen: dict[str, Any] = await watched.page.evaluate("({ drawn, long })")
    report("draws", seen["drawn"])
    report("tasks_over_50_ms", len(seen["long"]))
    report("longest_task_ms", round(max(seen["long"], default=0)))
    assert seen["drawn"] < DELTAS


async def test_a_thread_of_400_messages_opens_with_its_newest_page_only(watched: "Watched") -> None:
    thread = await fill_thread(watched, 400)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(_kind(request)))
    await watched.page.reload()
    await watched.page.get_by_text("Answer 199.").wait_for()
    report("open_400_ms", await _since_navigation(watched.page))
    assert watched.page.url.endswith(thread)
    await expect(watched.page.locator(".user, .answer")).to_have_count(PAGE)
    assert Counter(asked)["items.list"] == 1
    assert Counter(asked)["threads.get_by_id"] == 1
    nodes = await watched.page.evaluate(
        "document.querySelector('owflex-chat').shadowRoot.querySelectorAll('*').length"
    )
    report("elements", nodes)
    assert nodes < 100 * PAGE


def report(name: str, figure: object) -> None:
    """Shows a figure."""
    sys.stdout.write(f"{name}: {figure}\n")


def _kind(request: Request) -> str:
    body = request.post_data_json if request.method == "POST" else None
    return str(body["type"]) if body else urlsplit(request.url).path


def _gzipped(path: str) -> int:
    return len(gzip.compress((STATIC / path.removeprefix("/static/")).read_bytes(), 9))


async def _since_navigation(page: Page) -> int:
    return round(await page.evaluate("performance.now()"))
