"""Apps: pages that a client shows beside what a tool answered, by the extension MCP Apps (docs/apps.md).

They are built from `chat_page/src/apps`; what they show comes from the tools, to which they add nothing.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mcp_types
from fastmcp import FastMCP
from fastmcp.resources import Resource, ResourceContent, ResourceResult
from fastmcp.server.auth import require_scopes
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool

from mcp_server.auth.scopes import READ_SCOPE, TASKS_SCOPE
from mcp_server.calls.app_clients import UI_MIME_TYPE, is_of_2026, shows_apps

FOLDER = Path(__file__).parent / "static"
SCHEME = "ui://"
# How a tool names its app, and how it did before the specification was stable: older clients look there.
NAMED, NAMED_BEFORE = "ui", "ui/resourceUri"
# A page needs nothing from outside itself; clients make their Content-Security-Policy of this.
OF_PAGES: Mapping[str, Any] = {
    "ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}
}
NOT_BUILT = (
    "No app is offered to clients: %s is missing. The tools work without. Building the chat page builds the "
    "apps too: python build_page.py"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class App:
    """A page, and the tool whose answers it shows to who has the scope."""

    name: str
    tool: str
    scope: str
    title: str
    description: str

    @property
    def uri(self) -> str:
        """The address of the page."""
        return f"{SCHEME}owflex/{self.name}.html"


APPS = (
    App(
        "search",
        "search_documents",
        READ_SCOPE,
        "Search results",
        "Shows the passages that were found as cards, and the document around each.",
    ),
    App(
        "passage",
        "read_chunks",
        READ_SCOPE,
        "A passage in its document",
        "Shows what stands around a passage, with the passage marked.",
    ),
    App(
        "tasks",
        "list_tasks",
        TASKS_SCOPE,
        "Tasks",
        "Shows the tasks, with buttons to complete, to reopen and to undo.",
    ),
)


@dataclass(frozen=True)
class Apps:
    """The apps that were built, with the HTML of each."""

    pages: Mapping[App, str] = field(default_factory=dict[App, str])

    @classmethod
    def built(cls, folder: Path = FOLDER) -> "Apps":
        """All, or none with a warning where a page is missing."""
        try:
            return cls({app: (folder / f"{app.name}.html").read_text(encoding="utf-8") for app in APPS})
        except OSError as missing:
            logger.warning(NOT_BUILT, missing.filename or folder)
            return cls()

    def meta_of(self, tool: str) -> dict[str, Any]:
        """What a tool says of its app; empty where it has none."""
        uri = next((app.uri for app in self.pages if app.tool == tool), None)
        return {} if uri is None else {NAMED: {"resourceUri": uri}, NAMED_BEFORE: uri}

    def add_to(self, server: FastMCP) -> None:
        """Offer the pages, to those who may call the tool."""
        for app, page in self.pages.items():
            offer = server.resource(
                app.uri,
                name=app.name,
                title=app.title,
                description=app.description,
                mime_type=UI_MIME_TYPE,
                meta=dict(OF_PAGES),
                auth=require_scopes(app.scope),
            )
            offer(_serving(page))


class AppsWhereShown(Middleware):
    """Lets only those clients know of apps that show some, in the form that they read."""

    async def on_list_tools(
        self,
        context: MiddlewareContext[mcp_types.ListToolsRequest],
        call_next: CallNext[mcp_types.ListToolsRequest, Sequence[Tool]],
    ) -> Sequence[Tool]:
        """The tools, each with what the client is to know of its app."""
        tools = await call_next(context)
        about = context.fastmcp_context
        # None where no client asks, but the program itself.
        request = None if about is None else about.request_context
        if request is None or not is_of_2026(request.session):
            return tools
        unread = {NAMED_BEFORE} if shows_apps(request.session) else {NAMED, NAMED_BEFORE}
        return [_without(tool, unread) for tool in tools]

    async def on_list_resources(
        self,
        context: MiddlewareContext[mcp_types.ListResourcesRequest],
        call_next: CallNext[mcp_types.ListResourcesRequest, Sequence[Resource]],
    ) -> Sequence[Resource]:
        """What there is to read, without the pages: a client finds them by the tools that name them."""
        return [one for one in await call_next(context) if not str(one.uri).startswith(SCHEME)]


def _serving(page: str) -> Callable[[], Awaitable[ResourceResult]]:
    async def serve() -> ResourceResult:
        return ResourceResult([ResourceContent(page, UI_MIME_TYPE, dict(OF_PAGES))])

    return serve


def _without(tool: Tool, keys: set[str]) -> Tool:
    if not tool.meta or not keys & tool.meta.keys():
        return tool
    left = {key: value for key, value in tool.meta.items() if key not in keys}
    return tool.model_copy(update={"meta": left or None})
