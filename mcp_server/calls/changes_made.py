"""What a call tells programs beside its result, such as the change that it made; no model is bothered."""

from contextvars import ContextVar
from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams

CHANGE_IN_META = "owflex/change"

_beside: ContextVar[dict[str, Any] | None] = ContextVar("beside_the_result", default=None)


class ChangesInMeta(Middleware):
    """Puts what `tell` was told during a call into the `_meta` of its result."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """The tool's result. Raises what the call raises."""
        # The tool may run in a task of its own: what it is given here it can fill, but not replace.
        told: dict[str, Any] = {}
        token = _beside.set(told)
        try:
            result = await call_next(context)
        finally:
            _beside.reset(token)
        if told:
            result.meta = {**(result.meta or {}), **told}
        return result


def tell(name: str, value: Any) -> None:
    """Say this beside the result of the running call; nothing where no call runs."""
    told = _beside.get()
    if told is not None:
        told[name] = value


def tell_change(change_id: int | None, task_id: int, title: str) -> None:
    """Say that the running call made this change of a task; None: it made none."""
    if change_id is not None:
        tell(CHANGE_IN_META, {"change_id": change_id, "task_id": task_id, "title": title})
