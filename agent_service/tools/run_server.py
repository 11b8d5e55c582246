"""The connection that a run gets: its tools are remembered for a minute, its results bounded and in scope."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, TypeVar

import httpx2
from agents import AgentBase, RunContextWrapper
from agents import Tool as SdkTool
from agents.mcp import MCPServer, MCPServerStreamableHttp
from mcp import ClientSession
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool

from agent_service.context import RunContext
from agent_service.tools.bounded import bounded
from agent_service.tools.repeating import Again, is_cut_off, may_be_repeated, once_more, only_reads
from agent_service.tools.schemas import FILE_TOOLS, MadeChange, change_in, with_texts
from agent_service.tools.scope import Scope, ScopedCalls

FRESH_SECONDS = 60
# The setting with which no tool waits.
NOTHING_ASKS = "none"
# What the model reads instead of the result of a call that the user refused.
DENIED = "The user did not approve this call, so nothing was done. Say so in one sentence; do not try again."
MAX_LISTINGS = 1000
# The one argument of a call whose arguments could not be read.
UNREADABLE = "unreadable_arguments"
NOT_JSON = (
    "The arguments of this call are not JSON, so nothing was done. Call the tool once more, with one JSON "
    "object as its arguments."
)

CHECK_SECONDS = 2
# What a server says to a question that is none: it is there, and this is the address of MCP.
IS_THERE = {200, 204, 400, 405, 406}

Result = TypeVar("Result")
NeedsApproval = Callable[[RunContextWrapper[Any], dict[str, Any], str], Awaitable[bool]]


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
        if len(self._known) > MAX_LISTINGS:
            self._known.popitem(last=False)
        return listing


class RunServer(MCPServerStreamableHttp):
    """A run's connection; it begins with what is known of the server's tools, and never floods the model.

    `scoped` limits where its searches look. Calls of tools that fit one of the `patterns` wait for approval,
    and so does every change that the user's own words do not ask for; without patterns nothing waits.
    `http` carries its requests and is its own. `again` opens another connection like it: a call that was cut
    off is made again where that does nothing twice. `made_tools` is what the SDK made of the listed tools.
    `changes` has what the run changed, by task: the last change of each.
    """

    scoped: ScopedCalls | None = None
    changes: Mapping[int, MadeChange] = {}
    made_tools: list[SdkTool] | None = None

    def __init__(
        self,
        listings: ToolListings,
        user: str,
        scope: str,
        patterns: Sequence[str],
        http: httpx2.AsyncClient,
        again: Again | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._again = again
        self._waits = asks_for(patterns)
        self._asks = bool(patterns) and list(patterns) != [NOTHING_ASKS]
        self._listings = listings
        self._user = user
        self._scope = scope
        self._http = http
        self._running = 0
        self._has_failed = False
        self._listing: Listing | None = None

    @property
    def is_sound(self) -> bool:
        """Whether another run may use this connection: nothing went wrong, nothing is open, and the server
        keeps no session that could be gone the next time.
        """
        return not (self._has_failed or self._running or self.session_id)

    def begin_run(self, headers: dict[str, str]) -> None:
        """Be as new, with these headers in place of those of the run before."""
        self.scoped = None
        self.changes = {}
        if self._listing is not self._listings.fresh(self._user, self._scope):
            self.invalidate_tools_cache()
            self.made_tools = None
        self._http.headers = headers

    async def is_answered(self) -> bool:
        """Whether the server still answers at its address; no tool is asked for that."""
        try:
            answer = await self._http.head(self.params["url"], timeout=CHECK_SECONDS)
        except httpx2.HTTPError:
            return False
        return answer.status_code in IS_THERE

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        """The tool's result, bounded. Raises what the connection raises."""
        if arguments and UNREADABLE in arguments:
            return CallToolResult(content=[TextContent(type="text", text=NOT_JSON)], is_error=True)
        arguments = with_texts(tool_name, arguments)
        call = self._call_until_answered
        scoped = self.scoped
        made = (
            call(tool_name, arguments, meta)
            if scoped is None
            else scoped.run(call, tool_name, arguments, meta)
        )
        result = await self._watched(made)
        if (change := change_in(result)) is not None:
            self.changes = {**self.changes, change.task_id: change}
        return bounded(result)

    async def call_once(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        """The tool's result as it is, of one call. Raises what the connection raises."""
        return await self._watched(super().call_tool(tool_name, arguments, meta))

    async def _call_until_answered(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        try:
            return await super().call_tool(tool_name, arguments, meta)
        except MCPError as error:
            tool = self._listed(tool_name)
            if self._again is None or not is_cut_off(error) or not may_be_repeated(tool, tool_name, meta):
                raise
            self._has_failed = True
            # Where nobody comes back, the further calls of the run do not wait for it again.
            again, self._again = self._again, None
            result = await once_more(again, error, tool_name, arguments, meta)
            self._again = again
            return result

    def _listed(self, name: str) -> Tool | None:
        listing = self._listing or self._listings.fresh(self._user, self._scope)
        tools = [] if listing is None else listing.tools.tools
        return next((tool for tool in tools if tool.name == name), None)

    async def _watched(self, request: Awaitable[Result]) -> Result:
        """The request's result; one that fails or is cancelled leaves nothing to be relied on."""
        self._running += 1
        try:
            return await request
        except BaseException:
            self._has_failed = True
            raise
        finally:
            self._running -= 1

    def _get_needs_approval_for_tool(self, tool: Tool, agent: AgentBase | None) -> bool | NeedsApproval:
        # A policy of the SDK is asked about each call; where it cannot read the arguments, it lets it wait.
        if self.always_waits(tool.name):
            return readable
        return False if not self._asks or only_reads(tool) else partial(self._is_unasked, tool.name)

    def always_waits(self, tool: str) -> bool:
        """Whether calls of this tool wait whatever the user has asked for."""
        return self._waits(tool)

    async def _is_unasked(
        self, tool: str, context: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str
    ) -> bool:
        """Whether a change has to wait, because the user's own words do not ask for it."""
        turn = context.context
        if UNREADABLE in arguments:
            return False
        if not isinstance(turn, RunContext) or turn.asked_for is None:
            return True
        return not await turn.asked_for(tool, arguments, call_id, self)

    async def _list_tools_page(self, session: ClientSession, cursor: str | None = None) -> ListToolsResult:
        return await self._watched(self._page(session, cursor))

    async def _page(self, session: ClientSession, cursor: str | None) -> ListToolsResult:
        if cursor is not None:
            return await super()._list_tools_page(session, cursor)
        listing = self._listings.fresh(self._user, self._scope)
        tools = None if listing is None else _told(session, listing.tools)
        if listing is None or tools is None:
            tools = _for_chat(await super()._list_tools_page(session))
            if tools.next_cursor is not None:
                return tools
            listing = self._listings.keep(self._user, self._scope, tools)
        self._listing = listing
        # Compiling the schema of a result costs far more than checking a result with it.
        vars(session)["_tool_output_validators"] = listing.checks
        return tools


def _for_chat(listed: ListToolsResult) -> ListToolsResult:
    """The listing without the tools that are not for the chat's model."""
    tools = [tool for tool in listed.tools if tool.name not in FILE_TOOLS]
    return listed.model_copy(update={"tools": tools})


def asks_for(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether calls of a tool have to wait for the user; a pattern is a name, `*` stands for anything."""
    return lambda tool: any(fnmatchcase(tool, pattern) for pattern in patterns)


async def readable(context: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str) -> bool:
    """Whether there is something to approve: with unreadable arguments nothing is done."""
    return UNREADABLE not in arguments


def limit(server: MCPServer, scope: Scope | None) -> None:
    """Keep the searches of this connection within the scope. Raises `TypeError` where that is impossible."""
    if scope is None:
        return
    if not isinstance(server, RunServer):
        raise TypeError("Only a RunServer can be limited.")
    server.scoped = ScopedCalls(scope)
