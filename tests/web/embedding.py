"""A site of another origin with the chat in it, for the tests of the element."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.support.browsing import LentBrowser

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
EVENTS = [
    "ready",
    "thread-change",
    "response-start",
    "response-end",
    "error",
    "effect",
    "open",
    "close",
    "login",
]
# What the chat tells is written down where a test can read it.
NOTE_EVENTS = "window.told = [];" + "".join(
    f"addEventListener('owflex-{name}', (event) => told.push(['{name}', event.detail]));" for name in EVENTS
)


@dataclass
class Site:
    """A site that others own: its page, its style sheet, its script and its policy."""

    body: str = ""
    css: str = ""
    script: str = ""
    policy: str = ""
    service: str = ""
    complaints: list[str] = field(default_factory=list[str])

    def app(self) -> ASGIApp:
        """The site as a web application."""

        async def index(request: Request) -> Response:
            policy = self.policy.replace("SERVICE", self.service)
            return HTMLResponse(self._html(), headers={"Content-Security-Policy": policy} if policy else {})

        async def sheet(request: Request) -> Response:
            return PlainTextResponse(self.css, media_type="text/css")

        async def script(request: Request) -> Response:
            return PlainTextResponse(f"{NOTE_EVENTS}\n{self.script}", media_type="text/javascript")

        return Starlette(
            routes=[Route("/", index), Route("/site.css", sheet), Route("/site.js", script)],
        )

    def _html(self) -> str:
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The site</title>'
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            '<link rel="stylesheet" href="/site.css"><script src="/site.js"></script>'
            f'<script type="module" src="{self.service}/static/owflex-chat.js"></script></head>'
            f"<body>{self.body}</body></html>"
        )


@asynccontextmanager
async def opened(
    site: Site, make: Callable[[str], ASGIApp], serve: Serve, browser: LentBrowser, *, locale: str = "en-US"
) -> AsyncGenerator[Page]:
    """The site in a browser; `make` gets its origin and makes the service."""
    async with serve(site.app()) as origin, serve(make(origin)) as service:
        site.service = service
        page = await browser.new_page(viewport={"width": 1000, "height": 800}, locale=locale)
        page.on("pageerror", lambda error: site.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: site.complaints.append(message.text) if message.type == "error" else None,
        )
        await page.goto(origin)
        yield page
        await page.close()
