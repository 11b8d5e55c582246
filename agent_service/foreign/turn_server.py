"""Another server as one turn sees it: tools that are known already, a connection only when one is called."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from agents import AgentBase, RunContextWrapper
from agents.mcp import MCPServer
from mcp_types import CallToolResult, GetPromptResult, ListPromptsResult, TextContent, Tool

from agent_service.foreign.offered import Offered, as_data
from agent_service.foreign.opening import Known, OtherServerFailedError, opened, why
from agent_service.tools.run_server import NOT_JSON, UNREADABLE, readable

logger = logging.getLogger("agent_service")

NOT_ANSWERED = (
    "The server “{name}” did not answer, and whether it did anything is unknown. Do not call its tools again "
    "in this turn: go on without it, and tell the user what did not work."
)


class TurnServer(MCPServer):
    """The tools of another server for one turn; whatever goes wrong with it becomes a result, never an error.

    `failed` says that it has failed in this turn. `note` is told why.
    """

    def __init__(
        self, known: Known, offered: Sequence[Offered], stack: AsyncExitStack, note: Callable[[str], None]
    ) -> None:
        super().__init__(use_structured_content=True)
        self._known = known
        self._offered = {one.tool.name: one for one in offered}
        self._stack = stack
        self._note = note
        self._opening = asyncio.Lock()
        self._server: MCPServer | None = None
        self.failed = False

    @property
    def name(self) -> str:
        """What the operator calls it."""
        return self._known.name

    async def connect(self) -> None:
        """Nothing: it is connected with the first call."""

    async def cleanup(self) -> None:
        """Nothing: the connection ends with the turn."""

    async def list_tools(
        self, run_context: RunContextWrapper[Any] | None = None, agent: AgentBase | None = None
    ) -> list[Tool]:
        """The tools that were known when the turn began."""
        return [one.tool for one in self._offered.values()]

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        """The tool's result, marked as data; of one that fails a sentence. No `meta` of ours is sent."""
        if arguments and UNREADABLE in arguments:
            return _error(NOT_JSON)
        if self.failed:
            return _error(NOT_ANSWERED.format(name=self.name))
        try:
            async with asyncio.timeout(self._known.connect_seconds + self._known.call_seconds):
                server = await self._connected()
                return as_data(
                    self.name, await server.call_tool(self._offered[tool_name].raw_name, arguments)
                )
        except Exception as error:  # noqa: BLE001 - what another server does wrong ends no turn
            self.failed = True
            problem = str(error) if isinstance(error, OtherServerFailedError) else why(self._known, error)
            logger.warning("The MCP server %s failed during a call: %s", self.name, problem)
            self._note(problem)
            return _error(NOT_ANSWERED.format(name=self.name))

    async def list_prompts(self) -> ListPromptsResult:
        """None: prompts of others are not offered."""
        return ListPromptsResult(prompts=[])

    async def get_prompt(self, name: str, arguments: dict[str, Any] | None = None) -> GetPromptResult:
        """Raises `KeyError`: there is none."""
        raise KeyError(name)

    async def _connected(self) -> MCPServer:
        async with self._opening:
            if self._server is None:
                self._server = await self._stack.enter_async_context(opened(self._known))
            return self._server

    def _get_needs_approval_for_tool(self, tool: Tool, agent: AgentBase | None) -> Any:
        return readable if self._offered[tool.name].waits else False


def _error(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
