"""A browser whose profile and renderer outlive the tests: making them costs as much as most tests need.

The first page of a test is in a profile that tests before it used, and that holds nothing of theirs. Further
pages of the test, another device or another person, have profiles of their own.
"""

from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    BrowserType,
    CDPSession,
    Error,
    Page,
    Request,
    Route,
    ViewportSize,
)

from tests.support.patience import PATIENCE_SECONDS

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A renderer in waiting is started with each page, and none is needed.
    "--disable-features=SpareRendererForSitePerProcess",
    "--renderer-process-limit=1",
    # Pages of one site share a renderer, whatever the port: that of the page which a profile keeps open.
    "--process-per-site",
]
KEPT_OPEN = "http://127.0.0.1/"
# What cannot be taken back from a profile.
FOR_GOOD = (
    "add_init_script",
    "expose_binding",
    "expose_function",
    "route_from_har",
    "route_web_socket",
    "set_default_navigation_timeout",
    "set_default_timeout",
    "set_extra_http_headers",
    "set_geolocation",
    "set_offline",
)


def _refused(*_: object, **__: object) -> NoReturn:
    raise AssertionError("The next test would get it too: open the page in a `browser.new_context()`.")


async def _empty(route: Route) -> None:
    await route.fulfill(body="<title>Kept open</title>", content_type="text/html")


async def command(session: CDPSession, method: str, **parameters: str) -> Any:
    """Chromium's answer to a command of its own protocol."""
    untyped: Any = session
    return await untyped.send(method, parameters)


def patient(context: BrowserContext) -> BrowserContext:
    """It, with pages that wait as long as tests do."""
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    return context


class Profile:
    """A profile with a page that stays open, so that its renderer does."""

    def __init__(self, context: BrowserContext, kept: CDPSession, browser: CDPSession) -> None:
        self.context = context
        self.lent = False
        self._kept = kept
        self._browser = browser
        self._origins: set[str] = set()
        context.on("request", self._note)
        for name in FOR_GOOD:
            setattr(context, name, _refused)

    @classmethod
    async def opened(cls, browser: Browser, options: dict[str, Any]) -> "Profile":
        """A new one, with options of Playwright's `new_context`."""
        context = patient(await browser.new_context(**options))
        kept = await context.new_page()
        await kept.route(KEPT_OPEN, _empty)
        await kept.goto(KEPT_OPEN)
        await kept.unroute_all()
        return cls(context, await context.new_cdp_session(kept), await browser.new_browser_cdp_session())

    async def clean(self) -> None:
        """Close its pages, and forget what they were allowed, stored and fetched."""
        await self._close_pages()
        for origin in self._origins:
            await command(self._kept, "Storage.clearDataForOrigin", origin=origin, storageTypes="all")
        self._origins.clear()
        await command(self._kept, "Network.clearBrowserCache")
        await self.context.clear_cookies()
        await self.context.clear_permissions()
        await self.context.unroute_all()
        self.lent = False

    async def _close_pages(self) -> None:
        """All but the one that is kept, also those just opening, of which Playwright does not tell yet."""
        for page in self.context.pages[1:]:
            await page.close()
        while others := await self._others():
            for target in others:
                # It may have closed meanwhile.
                with suppress(Error):
                    await command(self._browser, "Target.closeTarget", targetId=target)

    async def _others(self) -> list[str]:
        """Ids of the pages that are open beside the one that is kept."""
        kept = (await command(self._kept, "Target.getTargetInfo"))["targetInfo"]
        targets = (await command(self._browser, "Target.getTargets"))["targetInfos"]
        profile = (kept["browserContextId"], "page")
        pages = [one["targetId"] for one in targets if (one.get("browserContextId"), one["type"]) == profile]
        return [page for page in pages if page != kept["targetId"]]

    def _note(self, request: Request) -> None:
        if request.is_navigation_request():
            address = urlsplit(request.url)
            self._origins.add(f"{address.scheme}://{address.netloc}")


class LentBrowser:
    """Opens pages as Playwright's `Browser` does, the first of a test in a profile that is used again."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._profiles: dict[str | None, Profile] = {}

    @property
    def browser_type(self) -> BrowserType:
        """For a test that starts a browser of its own."""
        return self._browser.browser_type

    async def new_page(self, *, viewport: ViewportSize | None = None, locale: str | None = None) -> Page:
        """An empty page, in a profile where nothing is stored and nothing was allowed."""
        if locale not in self._profiles:
            options = {} if locale is None else {"locale": locale}
            self._profiles[locale] = await Profile.opened(self._browser, options)
        profile = self._profiles[locale]
        if profile.lent:
            return await patient(await self._browser.new_context(viewport=viewport, locale=locale)).new_page()
        profile.lent = True
        page = await profile.context.new_page()
        if viewport:
            await page.set_viewport_size(viewport)
        return page

    async def new_context(self, **options: Any) -> BrowserContext:
        """A profile of the test's own."""
        return patient(await self._browser.new_context(**options))

    async def clean(self) -> None:
        """Let the next test find nothing of this one."""
        kept = [profile.context for profile in self._profiles.values()]
        for context in self._browser.contexts:
            if context not in kept:
                await context.close()
        for profile in self._profiles.values():
            if profile.lent:
                await profile.clean()
