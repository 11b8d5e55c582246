"""One line in the log and one count in the metrics for each tool call; never what was asked or answered."""

import asyncio
import logging
import time
from typing import Any, cast

from fastmcp.exceptions import NotFoundError, ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp import MCPError
from mcp_types import CallToolRequestParams

from database.audit import Attempt
from mcp_server.calls.rate_limit import TOO_MANY_CODE, TooManyCallsError, calling_client
from mcp_server.metrics import Metrics
from mcp_server.tool_errors import (
    InvalidArgumentsError,
    KnowledgeBaseAwayError,
    NotOpenError,
    ToolTimeoutError,
)
from serving.refused_attempts import RIGHT_REFUSED, RefusedAttempts
from serving.requests import NO_REQUEST, acting_now, new_request_id, request_id

logger = logging.getLogger("mcp_server.calls")

SEARCH = "search_documents"
UNKNOWN = "unknown"
OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (asyncio.CancelledError, "cancelled"),
    (TooManyCallsError, "refused"),
    (InvalidArgumentsError, "invalid"),
    (ToolTimeoutError, "timeout"),
    (KnowledgeBaseAwayError, "failed"),
    (NotFoundError, "not_found"),
)


def outcome_of(error: BaseException) -> str:
    """One word for how a call ended that raised this."""
    for kind, outcome in OUTCOMES:
        if isinstance(error, kind):
            return outcome
    # Our own errors say all they know; one with a cause hides a defect, whose stack FastMCP has logged.
    return "error" if isinstance(error, ToolError) and error.__cause__ is None else "failed"


class RefusedTools:
    """Notes that somebody called a tool, or named a collection, that is not open to them."""

    def __init__(self, attempts: RefusedAttempts, tools: frozenset[str]) -> None:
        self._attempts = attempts
        self._tools = tools

    def note(self, tool: str, error: BaseException) -> None:
        """What a call ended with; other ends are none of ours."""
        match error:
            case NotOpenError():
                target = f"{tool}: {error.collection}"
            case NotFoundError() if tool in self._tools:
                target = tool
            case _:
                return
        who = acting_now(calling_client()[0] or UNKNOWN, "mcp")
        self._attempts.note(
            Attempt(RIGHT_REFUSED, who.actor, who.through, target, who.request_id, who.trace_id)
        )


class LoggedCalls(Middleware):
    """Logs and counts the tool calls; `refused` is told of those that a right was missing for."""

    def __init__(self, metrics: Metrics, refused: RefusedTools) -> None:
        self._metrics = metrics
        self._refused = refused
        # Names come from clients: only those of real tools may become labels.
        self._known: set[str] = set()

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result, or its error as it was."""
        began = time.perf_counter()
        try:
            result = await call_next(context)
        except BaseException as error:
            self._refused.note(context.message.name, error)
            self._note(context.message.name, outcome_of(error), time.perf_counter() - began)
            raise
        self._note(context.message.name, "ok", time.perf_counter() - began)
        if context.message.name == SEARCH:
            self._note_search(result)
        return result

    async def on_request(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        """The answer; what was refused because there were too many is counted, whatever was asked for."""
        try:
            return await call_next(context)
        except MCPError as error:
            if error.code == TOO_MANY_CODE:
                self._metrics.limited()
            raise

    def _note(self, tool: str, outcome: str, seconds: float) -> None:
        if outcome not in ("refused", "not_found"):
            self._known.add(tool)
        if outcome == "refused":
            self._metrics.limited()
        name = tool if tool in self._known else UNKNOWN
        self._metrics.called(name, outcome, seconds)
        user, client = calling_client()
        fields = {"tool": name, "user": user, "client": client, "outcome": outcome}
        if request_id.get() == NO_REQUEST:
            # Over stdio there is no header that could carry one.
            fields["request_id"] = new_request_id(None)
        logger.info(
            "tool=%s user=%r client=%r seconds=%.3f outcome=%s",
            name,
            user,
            client,
            seconds,
            outcome,
            extra=fields | {"seconds": round(seconds, 4)},
        )

    def _note_search(self, result: object) -> None:
        found = result.structured_content if isinstance(result, ToolResult) else None
        if found:
            searched = cast("dict[str, Any]", found["searched"])
            self._metrics.searched(str(searched["mode"]), empty=not found["results"])
