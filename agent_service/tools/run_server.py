"""The connection that a run gets: its tools are remembered for a minute, its results bounded and in scope."""

import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar, cast

import httpx2
from agents import AgentBase, RunContextWrapper
from agents import Tool as SdkTool
from agents.mcp import MCPServer, MCPServerStreamableHttp
from mcp import ClientSession
from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool

from agent_service.tools.scope import Scope, ScopedCalls

FRESH_SECONDS = 60
# What the model reads instead of the result of a call that the user refused.
DENIED = "The user did not approve this call, so nothing was done. Say so in one sentence; do not try again."
MAX_CHARACTERS = 60_000
MAX_TEXT_CHARACTERS = 8_000
KEPT_END = 200
TOO_LARGE = "The result is too large to be shown. Ask for less: a narrower query, or a smaller limit."
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

    `scoped` limits where its searches look; `waits` says of a tool's name whether its calls need approval.
    `http` carries its requests and is its own. `made_tools` is what the SDK made of the listed tools.
    """

    scoped: ScopedCalls | None = None
    made_tools: list[SdkTool] | None = None

    def __init__(
        self,
        listings: ToolListings,
        user: str,
        scope: str,
        waits: Callable[[str], bool],
        http: httpx2.AsyncClient,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._waits = waits
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
        call = super().call_tool
        if self.scoped is None:
            return bounded(await self._watched(call(tool_name, arguments, meta)))
        return bounded(await self._watched(self.scoped.run(call, tool_name, arguments, meta)))

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
        return _readable if self._waits(tool.name) else False

    async def _list_tools_page(self, session: ClientSession, cursor: str | None = None) -> ListToolsResult:
        return await self._watched(self._page(session, cursor))

    async def _page(self, session: ClientSession, cursor: str | None) -> ListToolsResult:
        if cursor is not None:
            return await super()._list_tools_page(session, cursor)
        listing = self._listings.fresh(self._user, self._scope)
        tools = None if listing is None else _told(session, listing.tools)
        if listing is None or tools is None:
            tools = await super()._list_tools_page(session)
            if tools.next_cursor is not None:
                return tools
            listing = self._listings.keep(self._user, self._scope, tools)
        self._listing = listing
        # Compiling the schema of a result costs far more than checking a result with it.
        vars(session)["_tool_output_validators"] = listing.checks
        return tools


def asks_for(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether calls of a tool have to wait for the user; a pattern is a name, `*` stands for anything."""
    return lambda tool: any(fnmatchcase(tool, pattern) for pattern in patterns)


async def _readable(context: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str) -> bool:
    """Whether there is something to approve: with unreadable arguments nothing is done."""
    return UNREADABLE not in arguments


def limit(server: MCPServer, scope: Scope | None) -> None:
    """Keep the searches of this connection within the scope. Raises `TypeError` where that is impossible."""
    if scope is None:
        return
    if not isinstance(server, RunServer):
        raise TypeError("Only a RunServer can be limited.")
    server.scoped = ScopedCalls(scope)


def bounded(result: CallToolResult, most: int = MAX_CHARACTERS) -> CallToolResult:
    """The result with at most about `most` characters: long texts cut, then entries at the end left out."""
    if result.structured_content is not None and result.is_error is not True:
        return _bounded_structure(result, cast(dict[str, Any], result.structured_content), most)
    texts = [part for part in result.content if isinstance(part, TextContent)]
    others = [part for part in result.content if not isinstance(part, TextContent)]
    size = sum(len(part.text) for part in texts) + sum(_size(part.model_dump(mode="json")) for part in others)
    if size <= most:
        return result
    whole = "\n".join(part.text for part in texts)
    return result.model_copy(update={"content": [TextContent(type="text", text=_cut(whole, most))]})


def _bounded_structure(result: CallToolResult, content: dict[str, Any], most: int) -> CallToolResult:
    if _size(content) <= most:
        return result
    smaller = cast(dict[str, Any], _with_short_texts(content))
    lists = [cast(list[Any], value) for value in smaller.values() if isinstance(value, list)]
    longest: list[Any] = max(lists, key=_size) if lists else []
    sizes = [_size(entry) + 2 for entry in longest]
    surplus = _size(smaller) - most
    dropped = 0
    while longest and surplus > 0:
        longest.pop()
        surplus -= sizes.pop()
        dropped += 1
    if surplus > 0:
        smaller = {"error": TOO_LARGE}
    else:
        smaller["shortened"] = f"Long texts were cut and {dropped} entries at the end left out: too large."
    return result.model_copy(
        update={
            "structured_content": smaller,
            "content": [TextContent(type="text", text=json.dumps(smaller))],
        }
    )


def _with_short_texts(value: object) -> object:
    if isinstance(value, str):
        return _cut(value, MAX_TEXT_CHARACTERS)
    if isinstance(value, list):
        return [_with_short_texts(entry) for entry in cast(list[object], value)]
    if isinstance(value, dict):
        return {key: _with_short_texts(entry) for key, entry in cast(dict[str, object], value).items()}
    return value


def _cut(text: str, most: int) -> str:
    """The beginning, and a little of the end: it closes the tags around document text."""
    if len(text) <= most:
        return text
    return f"{text[: most - KEPT_END]}\n[… left out …]\n{text[-KEPT_END:]}"


def _size(value: object) -> int:
    return len(json.dumps(value, default=str))
