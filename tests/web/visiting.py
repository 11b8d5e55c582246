"""Visits to a page that may load the vendor's script, with a scripted stand-in for that script."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from canned import STATIC, CannedServer, MemoryStore, create_canned_app
from fastapi import FastAPI
from playwright.async_api import Page, Route, expect

from agent_service.models.providers import choose_model
from agent_service.routes.page import web_routes
from agent_service.settings.settings import AgentServiceSettings

VENDOR = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
# What the stand-in does is decided by `when_set`: `this` is the element that got its options.
STAND_IN = """
window.allOptions = [];
const seen = document.documentElement.dataset;
customElements.define("openai-chatkit", class extends HTMLElement {
  setOptions(options) {
    window.allOptions.push(options);
    seen.themes = window.allOptions.map((one) => one.theme.colorScheme).join();
    if (window.allOptions.length > 1) return;
    this.textContent = "component at work";
    %s
  }
  async setThreadId(id) { seen.thread = id; }
  say(name, detail) { this.dispatchEvent(new CustomEvent("chatkit." + name, { detail })); }
  fail(name) { this.say("error", { error: Object.assign(new Error("not allowed"), { name }) }); }
});
"""
READY = 'setTimeout(() => this.say("ready"), 10);'
BUILT_IN = "What would you like to know?"


@dataclass
class Visit:
    """A page that may load the vendor's script, which is scripted here."""

    page: Page
    url: str
    server: CannedServer
    asked: list[str] = field(default_factory=list[str])

    async def vendor(self, when_set: str) -> None:
        """Answer with a component that does this when it gets its options."""
        await self.vendor_script(STAND_IN % when_set)

    async def vendor_script(self, script: str) -> None:
        """Answer with this script."""
        await self.page.route(VENDOR, lambda route: _script(route, script))

    async def open(self, path: str = "/") -> None:
        """Go to the page."""
        await self.page.goto(f"{self.url}{path}")

    async def is_built_in(self) -> None:
        """Wait for our own chat, with nothing left of the component."""
        await expect(self.page.get_by_text(BUILT_IN)).to_be_visible()
        await expect(self.page.locator("openai-chatkit")).to_have_count(0)

    async def is_official(self) -> None:
        """Wait for the component, with nothing to be seen of our own chat."""
        await expect(self.page.get_by_text("component at work")).to_be_visible()
        assert await self.page.evaluate("customElements.get('owflex-chat') === undefined")
        await expect(self.page.locator("owflex-chat")).to_be_hidden()

    @property
    def strangers(self) -> list[str]:
        """Requests to others than the service."""
        return [url for url in self.asked if urlsplit(url).netloc != urlsplit(self.url).netloc]


Open = Callable[[str | None], Awaitable[Visit]]


def official_app(server: CannedServer, domain_key: str | None) -> FastAPI:
    """The shipped page and configuration over canned answers."""
    values = {"model_name": "extractive", "transcription": "off", "chatkit_domain_key": domain_key}
    settings = AgentServiceSettings.model_validate(values)
    app = create_canned_app(server)
    # The first route that fits answers: these are the shipped ones.
    app.router.routes[:0] = web_routes(settings, lambda: choose_model(settings), STATIC)
    return app


def new_server() -> CannedServer:
    """A server without any chat."""
    return CannedServer(MemoryStore())


async def make_thread(visit: Visit) -> str:
    """A thread with one answer, made by a request of the component's kind; its id."""
    await visit.page.evaluate(
        """async () => {
          const content = [{ type: "input_text", text: "holidays?" }];
          const input = { content, attachments: [], inference_options: {} };
          const body = JSON.stringify({ type: "threads.create", params: { input } });
          await (await allOptions[0].api.fetch(allOptions[0].api.url, { method: "POST", body })).text();
        }"""
    )
    return next(iter(visit.server.memory.threads))


async def _script(route: Route, script: str) -> None:
    await route.fulfill(content_type="text/javascript", body=script)
