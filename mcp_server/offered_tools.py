"""Which tools clients are offered: one set for all of them, chosen when the server starts.

The chat always has what it needs. It has instructions, cards and checks for each of its tools, and none for
`search` and `fetch`, whose results it could not keep within what a user limited a question to.
"""

from collections.abc import Sequence
from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool
from mcp_types import CallToolRequestParams, ListToolsRequest
from mcp_types import Tool as MCPTool

from mcp_server.auth.callers import Caller, is_chat
from mcp_server.calls.listed_schemas import has_all_of, listed_arguments, listed_result
from mcp_server.settings import ToolSet

# The pair of ChatGPT's connectors; beside search_documents it would be a second way to do the same.
CONNECTOR_TOOLS = frozenset({"search", "fetch"})
# Searching and reading, for models with little room.
FEW_TOOLS = frozenset({"search_documents", "read_chunks", "get_document"})
NOT_OFFERED = "This server does not offer the tool"


class NotOfferedError(ToolError):
    """The tool is there, but not in the set that clients are offered."""

    def __init__(self, tool: str, chosen: ToolSet) -> None:
        super().__init__(
            f"{NOT_OFFERED} {tool}: its set of tools is {chosen!r}. Call one of those that tools/list names; "
            "whoever runs it chooses the set with MCP_TOOL_SET."
        )


class ListedTool(Tool):
    """A tool as it is shown; it is never run."""

    def get_meta(self) -> dict[str, Any]:
        """What we say of it, without FastMCP's own notes. None is what leaves it out, whatever its type."""
        return self.meta  # pyright: ignore[reportReturnType]

    def to_mcp_tool(self, **overrides: Any) -> MCPTool:
        """The tool on the wire, with its title once: among the annotations, where all clients look."""
        return super().to_mcp_tool(**{"title": None, **overrides})


class OfferedTools(Middleware):
    """Lists and lets through the tools of the chosen set, in the form that costs a model least."""

    def __init__(self, chosen: ToolSet, stdio_caller: Caller | None) -> None:
        self._chosen: ToolSet = chosen
        self._over_stdio = stdio_caller is not None

    async def on_list_tools(
        self,
        context: MiddlewareContext[ListToolsRequest],
        call_next: CallNext[ListToolsRequest, Sequence[Tool]],
    ) -> Sequence[Tool]:
        """The tools of the set, of those that the caller may use."""
        tools = [tool for tool in await call_next(context) if self._offers(tool.name)]
        seen: list[dict[str, Any]] = []
        return [self._listed(tool, seen) for tool in tools]

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result. Raises `NotOfferedError`."""
        name = context.message.name
        # Of a name that no tool has something else is said.
        if not self._offers(name) and await self._is_there(context):
            raise NotOfferedError(name, self._chosen)
        return await call_next(context)

    def _offers(self, tool: str) -> bool:
        match "default" if self._is_for_chat() else self._chosen:
            case "default":
                return tool not in CONNECTOR_TOOLS
            case "openai":
                return tool in CONNECTOR_TOOLS
            case "compact":
                return tool in FEW_TOOLS
            case "all":
                return True

    def _is_for_chat(self) -> bool:
        return not self._over_stdio and is_chat()

    def _is_short(self) -> bool:
        """Whether results are not described at all: models read them without."""
        return self._chosen == "compact" and not self._is_for_chat()

    async def _is_there(self, context: MiddlewareContext[CallToolRequestParams]) -> bool:
        server = context.fastmcp_context
        return server is None or await server.fastmcp.get_tool(context.message.name) is not None

    def _listed(self, tool: Tool, seen: list[dict[str, Any]]) -> Tool:
        result = None if self._is_short() else tool.output_schema
        # What other tools return, too, was explained with the first of them.
        explained = result is not None and any(has_all_of(other, result) for other in seen)
        if result is not None and not explained:
            seen.append(result)
        return ListedTool(
            name=tool.name,
            title=tool.title,
            # As a docstring is broken into lines says nothing to a model.
            description=" ".join((tool.description or "").split()),
            parameters=listed_arguments(tool.parameters),
            output_schema=None if result is None else listed_result(result, explained=explained),
            annotations=tool.annotations,
            # For the chat, which repeats calls by it.
            meta=tool.meta if self._is_for_chat() else None,
        )
