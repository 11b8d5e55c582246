"""A host that shows an app of the real server in a browser, as the specification of MCP Apps asks."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp.client import advertise
from playwright.async_api import Frame, Page, Request, Route

HTML = "text/html;profile=mcp-app"
PAGES = Path(__file__).parent / "app_pages"
HOST, SANDBOX = "http://host.example/", "http://sandbox.example/"
# A loaded machine starts frames slowly.
PATIENCE_MS = 30_000
CAPABILITIES: dict[str, Any] = {"openLinks": {}, "serverTools": {}, "updateModelContext": {"text": {}}}
CONTEXT: dict[str, Any] = {"theme": "light", "locale": "en-US", "availableDisplayModes": ["inline"]}


def announcing(url: str, token: str, *kinds: str, mode: str = "auto") -> Client[StreamableHttpTransport]:
    """A client that announces that it shows these kinds of pages; without any it announces nothing."""
    shown = [advertise("io.modelcontextprotocol/ui", {"mimeTypes": list(kinds)})] if kinds else []
    transport = StreamableHttpTransport(f"{url}/mcp", auth=token)
    return Client(transport, extensions=shown, mode=mode)  # pyright: ignore[reportArgumentType]


def policy_of(csp: dict[str, list[str]]) -> str:
    """The policy that a host makes of what a page declares."""
    resources = " ".join(csp.get("resourceDomains", []))
    return (
        f"default-src 'none'; script-src 'self' 'unsafe-inline' {resources}; "
        f"style-src 'self' 'unsafe-inline' {resources}; img-src 'self' data: {resources}; "
        f"connect-src {' '.join(csp.get('connectDomains', [])) or chr(39) + 'none' + chr(39)}; "
        "frame-src 'self'; object-src 'none'; base-uri 'self'"
    )


@dataclass
class AppHost:
    """The host's page, with what it was told, and what the app should never do."""

    page: Page
    client: Client[StreamableHttpTransport]
    complaints: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    async def show(
        self,
        tool: str,
        arguments: dict[str, Any],
        *,
        width: int = 500,
        change: Callable[[dict[str, Any]], None] | None = None,
        capabilities: dict[str, Any] = CAPABILITIES,
        **context: Any,
    ) -> Frame:
        """Call the tool and show its answer, changed or not, in its app; returns the app's frame."""
        [listed] = [one for one in await self.client.list_tools() if one.name == tool]
        [page] = await self.client.read_resource((listed.meta or {})["ui"]["resourceUri"])
        csp = (page.meta or {})["ui"]["csp"]
        await self._open(policy_of(csp))
        result = json.loads(await self._call(tool, json.dumps(arguments)))
        if change is not None:
            change(result["structuredContent"])
        given: dict[str, Any] = {
            "sandbox": SANDBOX,
            "html": getattr(page, "text", ""),
            "width": width,
            "capabilities": capabilities,
            "context": CONTEXT | context,
            "input": arguments,
            "result": result,
        }
        await self.page.evaluate("start", given)
        view = self.page.frame_locator("iframe").frame_locator("iframe")
        await view.locator("h1").wait_for(timeout=PATIENCE_MS)
        return self.page.frames[-1]

    async def seen(self, what: str) -> Any:
        """What came from the app: calls, links, sizes, contexts, order or modes."""
        return await self.page.evaluate(f"seen.{what}")

    async def _open(self, policy: str) -> None:
        self.page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("request", self._note_request)
        await self.page.expose_function("callTool", self._call)  # pyright: ignore[reportUnknownMemberType]
        await self.page.route(f"{HOST}**", _serving("host.html"))
        await self.page.route(f"{SANDBOX}**", _serving("sandbox.html", policy))
        await self.page.goto(HOST)

    async def _call(self, tool: str, arguments: str) -> str:
        result = await self.client.call_tool_mcp(tool, json.loads(arguments))
        return result.model_dump_json(by_alias=True, exclude_none=True)

    def _note(self, complaint: str) -> None:
        self.complaints.append(complaint)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((HOST, SANDBOX, "about:")):
            self.strangers.append(request.url)


def _serving(name: str, policy: str | None = None) -> Any:
    headers = {} if policy is None else {"content-security-policy": policy}

    async def serve(route: Route) -> None:
        await route.fulfill(path=PAGES / name, content_type="text/html", headers=headers)

    return serve


async def clean(frame: Frame) -> None:
    """Fails with what axe-core has found, and when the app is wider than its frame."""
    found = await Axe().run(frame)  # pyright: ignore[reportUnknownMemberType, reportArgumentType]
    assert found.violations_count == 0, found.generate_report()
    assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
