"""The profile that tests of the page share does not let one of them see another."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from itertools import count

import psutil
import pytest
from playwright.async_api import BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.support.browsing import FOR_GOOD, KEPT_OPEN, LentBrowser, command
from tests.support.serving import Serve

LEAVE_TRACES = """
async () => {
    localStorage.setItem("left", "1")
    sessionStorage.setItem("left", "1")
    document.cookie = "left=1"
    window.name = "left"
    await (await caches.open("left")).put("/left", new Response("1"))
    await new Promise(done => { indexedDB.open("left").onsuccess = done })
    await navigator.serviceWorker.register("/worker.js")
}
"""
TRACES = """
async () => [
    localStorage.length, sessionStorage.length, document.cookie, window.name, (await caches.keys()).length,
    (await indexedDB.databases()).length, (await navigator.serviceWorker.getRegistrations()).length,
    (await navigator.permissions.query({ name: "geolocation" })).state,
    await (await fetch("/kept")).json(),
]
"""
NOTHING = [0, 0, "", "", 0, 0, 0, "prompt"]


@pytest.fixture
async def site(serve: Serve) -> AsyncGenerator[str]:
    """A page, a service worker, and a number that is another one whenever it is fetched anew."""
    numbers = count(1)

    async def page(_: Request) -> Response:
        return HTMLResponse("<title>A page</title>")

    async def worker(_: Request) -> Response:
        return Response("// does nothing", media_type="text/javascript")

    async def kept(_: Request) -> Response:
        return JSONResponse(next(numbers), headers={"cache-control": "max-age=3600"})

    routes = [Route("/", page), Route("/worker.js", worker), Route("/kept", kept)]
    async with serve(Starlette(routes=routes)) as url:
        yield url


async def visit(browser: LentBrowser, url: str) -> Page:
    page = await browser.new_page()
    await page.goto(url)
    return page


async def addresses(page: Page) -> list[str]:
    """Those of all pages in the browser."""
    assert page.context.browser is not None
    session = await page.context.browser.new_browser_cdp_session()
    targets = (await command(session, "Target.getTargets"))["targetInfos"]
    await session.detach()
    return sorted(target["url"] for target in targets if target["type"] == "page")


def renderers() -> set[int]:
    """Process ids of the renderers of this worker's browser."""
    found: set[int] = set()
    for child in psutil.Process().children(recursive=True):
        # One that ends meanwhile is none.
        with suppress(psutil.Error):
            if "--type=renderer" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


@pytest.mark.browser
async def test_the_next_test_finds_nothing_that_a_page_stored_was_allowed_or_fetched(
    browser: LentBrowser, site: str
) -> None:
    page = await visit(browser, site)
    assert await page.evaluate(TRACES) == [*NOTHING, 1]
    await page.evaluate(LEAVE_TRACES)
    await page.context.grant_permissions(["geolocation"])
    assert await page.evaluate(TRACES) == [1, 1, "left=1", "left", 1, 1, 1, "granted", 1]
    await browser.clean()
    again = await visit(browser, site)
    assert again.context == page.context
    assert await again.evaluate(TRACES) == [*NOTHING, 2]


@pytest.mark.browser
async def test_what_a_test_put_in_the_way_of_requests_and_into_pages_is_gone(
    browser: LentBrowser, site: str
) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 780})
    await page.add_init_script("window.put_in = true")
    await page.emulate_media(color_scheme="dark")
    await page.context.route("**/kept", lambda route: route.fulfill(json="in the way"))
    await page.goto(site)
    assert await page.evaluate("window.put_in")
    assert await page.evaluate("async () => (await fetch('/kept')).json()") == "in the way"
    await page.evaluate("window.open('/')")
    await browser.clean()
    assert page.is_closed()
    again = await visit(browser, site)
    assert again.viewport_size == {"width": 1280, "height": 720}
    assert await again.evaluate("window.put_in") is None
    assert not await again.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert await again.evaluate("async () => (await fetch('/kept')).json()") == 1
    # Each way of looking at pages that a test before this one wanted has a page that is kept open.
    assert set(await addresses(again)) == {KEPT_OPEN, f"{site}/"}


@pytest.mark.browser
@pytest.mark.parametrize("name", FOR_GOOD)
async def test_what_cannot_be_taken_back_from_the_shared_profile_is_refused(
    browser: LentBrowser, name: str
) -> None:
    page = await browser.new_page()
    assert callable(getattr(BrowserContext, name))
    with pytest.raises(AssertionError, match="new_context"):
        getattr(page.context, name)("anything")


@pytest.mark.browser
async def test_a_second_page_of_a_test_is_that_of_somebody_else(browser: LentBrowser, site: str) -> None:
    first = await visit(browser, site)
    await first.evaluate(LEAVE_TRACES)
    second = await visit(browser, site)
    assert (await second.evaluate(TRACES))[:-1] == NOTHING


@pytest.mark.browser
async def test_pages_of_the_shared_profile_share_a_renderer(browser: LentBrowser, site: str) -> None:
    await visit(browser, site)
    await browser.clean()
    before = renderers()
    assert before
    page = await visit(browser, site)
    await page.evaluate("1")
    assert renderers() & before == before
