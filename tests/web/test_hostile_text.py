"""Text that tries to become more than text, wherever text is shown."""

from typing import TYPE_CHECKING

import pytest
from canned_items import PAYLOADS
from playwright.async_api import Page, expect

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser

# Every element of the page, also inside of other elements' own trees.
ALL = """
const all = root => [...root.querySelectorAll('*')]
  .flatMap(e => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
"""
BAD_ELEMENTS = "script, iframe, object, embed, base, meta, link, style, video, audio, marquee, math, template"
HARMFUL = f"""() => {{ {ALL}
  const inside = all(document.querySelector('owflex-chat').shadowRoot);
  return inside.filter(e => e.matches({BAD_ELEMENTS!r}) || [...e.attributes].some(a => /^on/i.test(a.name))
    || (e.matches('img') && !e.src.startsWith('data:image/') && new URL(e.src).origin !== location.origin)
    || (e.matches('a[href]') && !/^(https?:|mailto:|#)/i.test(e.getAttribute('href')))
    || (e.getAttribute('style') || '').includes('hacked')).map(e => e.outerHTML.slice(0, 200));
}}"""


async def check(page: Page) -> None:
    """Nothing was run, and nothing on the page could run."""
    assert await page.evaluate("window.hacked") is None
    assert await page.evaluate(HARMFUL) == []


async def test_no_payload_runs_in_answers_titles_cards_forms_steps_or_notices(watched: "Watched") -> None:
    assert len(PAYLOADS) >= 40
    # An address of our own host that is no picture is asked for, and is not there.
    await watched.page.route("**/%**", lambda route: route.fulfill(status=200, body=""))
    await watched.ask("payloads")
    await watched.page.locator(".suggestions button").first.wait_for()
    await expect(watched.page.locator(".answer").first).to_contain_text("<script>window.hacked=1</script>")
    await check(watched.page)
    watched.complaints = [line for line in watched.complaints if "404" not in line]


async def test_no_payload_runs_in_previews_and_passages(watched: "Watched") -> None:
    await watched.ask("payloads")
    await watched.page.locator(".suggestions button").first.wait_for()
    sources = watched.page.locator(".source")
    for place in range(0, len(PAYLOADS), 8):
        await sources.nth(place).click()
        await expect(watched.page.locator("owflex-passage mark")).to_be_visible()
        await check(watched.page)
    watched.complaints = [line for line in watched.complaints if "404" not in line]


async def test_no_payload_runs_in_what_the_user_writes(watched: "Watched") -> None:
    question = " ".join(PAYLOADS).replace("\x00", "")
    await watched.ask(question)
    await watched.answered()
    await expect(watched.page.locator(".user p")).to_contain_text("<img src=x onerror=window.hacked=1>")
    await check(watched.page)


async def test_strange_markdown_of_50_kb_is_shown_to_its_end(watched: "Watched") -> None:
    await watched.ask("strange")
    await watched.answered()
    await expect(watched.page.locator(".answer").last).to_contain_text("The end.")


async def test_heaps_of_accents_long_words_and_turned_text_neither_stop_nor_break_the_page(
    watched: "Watched",
) -> None:
    await watched.ask("accents")
    await watched.answered()
    last = watched.page.locator(".answer").last
    await expect(last).to_contain_text("The end.")
    size = await last.evaluate("e => [e.scrollWidth - e.clientWidth, e.textContent.length]")
    assert size[0] <= 1
    assert size[1] < 8000
    assert await watched.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_links_show_where_they_lead(watched: "Watched") -> None:
    await watched.ask("links")
    await watched.answered()
    last = watched.page.locator(".answer").last
    await expect(last).to_contain_text("Click (evil.example)")
    await expect(last.locator("a", has_text="Click")).to_have_attribute(
        "title", "http://evil.example/?d=SECRET"
    )
    assert await last.locator("a[href*='@']").count() == 0
