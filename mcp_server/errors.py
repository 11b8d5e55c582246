"""What can go wrong in the server, and how it reaches a client: a sentence that helps, never internals."""

import logging
from typing import Any

import psycopg
from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams
from psycopg_pool import PoolTimeout
from pydantic import ValidationError

from knowledge_base.errors import KnowledgeBaseError

logger = logging.getLogger("mcp_server")


class McpServerError(Exception):
    """Base of every error this package raises at start."""


class UnsafeBindError(McpServerError):
    """The server would be reachable from other machines without configured secrets."""


class PortTakenError(McpServerError):
    """Another program listens on the port, or the port is not allowed."""


class PlainErrors(Middleware):
    """Turns what a tool raises into a text a model can act on; details go to the log only."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> ToolResult:
        """The tool's result, or `ToolError` with a helpful text."""
        try:
            return await call_next(context)
        except Exception as error:
            text = explain(_root(error))
            if text is None:
                raise
            raise ToolError(text) from None


def explain(error: BaseException) -> str | None:
    """What to tell the client about an error; None when its own text is already meant for it."""
    if isinstance(error, KnowledgeBaseError):
        return str(error)
    if isinstance(error, ValidationError):
        return "Invalid arguments: " + "; ".join(_describe(problem) for problem in error.errors())
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "The search took too long and was stopped. Ask something narrower, or try again."
    if isinstance(error, psycopg.Error | PoolTimeout):
        logger.error("Postgres failed during a tool call: %s", type(error).__name__, exc_info=error)
        return "The knowledge base cannot be reached at the moment. Try again in a minute."
    return None


def _root(error: BaseException) -> BaseException:
    """The error that FastMCP wrapped, if it did."""
    return error.__cause__ if isinstance(error, ToolError) and error.__cause__ else error


def _describe(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
