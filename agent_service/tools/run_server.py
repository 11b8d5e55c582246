"""The connection that a run gets: its tools are remembered for a minute, its results bounded and in scope."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agents.mcp import MCPServer, MCPServerStreamableHttp
from mcp import ClientSession
from mcp_types import CallToolResult, ListToolsResult

from agent_service.tools.bounded_results import bounded
from agent_service.tools.scope import Scope, ScopedCalls

FRESH_SECONDS = 60
MOST_LISTINGS = 1000


def _told(session: ClientSession, tools: ListToolsResult) -> ListToolsResult | None:
    """The tools, once the session knows them as if it had asked; None when this version cannot be told."""
    absorb: Callable[..., ListToolsResult] | None = getattr(session, "_absorb_tool_listing", None)
    # It may put another list of tools into the result.
    return None if absorb is None else absorb(tools.model_copy(), complete=True)


@dataclass(frozen=True)
class Listing:
    """What a server listed, until when that holds, and the checks for results that were made of it so far."""

    tools: ListToolsResult
    until: float
    checks: dict[str, Any] = field(default_factory=dict[str, Any])


class ToolListings:
    """The listings of a server by who may see them: a user with the scopes of the token."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], Listing] = OrderedDict()
        self._last: dict[str, Listing] = {}

    def fresh(self, user: str, scope: str) -> Listing | None:
        """The listing if it is less than a minute old."""
        known = self._known.get((user, scope))
        return known if known is not None and known.until > self._clock() else None

    def keep(self, user: str, scope: str, tools: ListToolsResult) -> Listing:
        """Remember a whole listing; the checks stay while the tools are those listed last in this scope."""
        last = self._last.get(scope)
        checks = last.checks if last is not None and last.tools.tools == tools.tools else {}
        listing = Listing(tools, self._clock() + FRESH_SECONDS, checks)
        self._last[scope] = self._known[user, scope] = listing
        self._known.move_to_end((user, scope))
        if len(self._known) > MOST_LISTINGS:
            self._known.popitem(last=False)
        return listing


class RunServer(MCPServerStreamableHttp):
    """A run's connection; it begins with what is known of the server's tools, and never floods the model.

    `scoped` limits where its searches look.
    """

    scoped: ScopedCalls | None = None

    def __init__(self, listings: ToolListings, user: str, scope: str, **options: Any) -> None:
        super().__init__(**options)
        self._listings = listings
        self._user = user
        self._scope = scope

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        """The tool's result, bounded. Raises what the connection raises."""
        call = super().call_tool
        if self.scoped is None:
            return bounded(await call(tool_name, arguments, meta))
        return bounded(await self.scoped.run(call, tool_name, arguments, meta))

    async def _list_tools_page(self, session: ClientSession, cursor: str | None = None) -> ListToolsResult:
        if cursor is not None:
            return await super()._list_tools_page(session, cursor)
        listing = self._listings.fresh(self._user, self._scope)
        tools = None if listing is None else _told(session, listing.tools)
        if listing is None or tools is None:
            tools = await super()._list_tools_page(session)
            if tools.next_cursor is not None:
                return tools
            listing = self._listings.keep(self._user, self._scope, tools)
        # Compiling the schema of a result costs far more than checking a result with it.
        vars(session)["_tool_output_validators"] = listing.checks
        return tools


def limit(server: MCPServer, scope: Scope | None) -> None:
    """Keep the searches of this connection within the scope. Raises `TypeError` where that is impossible."""
    if scope is None:
        return
    if not isinstance(server, RunServer):
        raise TypeError("Only a RunServer can be limited.")
    server.scoped = ScopedCalls(scope)
