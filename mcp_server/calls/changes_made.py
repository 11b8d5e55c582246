"""Which change a call made, told beside its result: a program can offer to undo it, no model is bothered."""

from contextvars import ContextVar
from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams

CHANGE_IN_META = "owflex/change"

_made: ContextVar[dict[str, Any] | None] = ContextVar("change_made", default=None)


class ChangesInMeta(Middleware):
    """Puts what `tell_change` was told during a call into the `_meta` of its result."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """The tool's result. Raises what the call raises."""
        # The tool may run in a task of its own: what it is given here it can fill, but not replace.
        change: dict[str, Any] = {}
        token = _made.set(change)
        try:
            result = await call_next(context)
        finally:
            _made.reset(token)
        if change:
            result.meta = {**(result.meta or {}), CHANGE_IN_META: change}
        return result


def tell_change(change_id: int | None, task_id: int, title: str) -> None:
    """Say that the running call made this change of a task; None: it made none."""
    change = _made.get()
    if change is not None and change_id is not None:
        change |= {"change_id": change_id, "task_id": task_id, "title": title}
