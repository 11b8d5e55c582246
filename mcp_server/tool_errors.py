"""What can go wrong during a call, and how it reaches a client: a sentence that helps, never internals."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

import psycopg
from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp import MCPError
from mcp_types import CallToolRequestParams
from psycopg_pool import PoolTimeout

from database.pool import first_line
from knowledge_base.errors import KnowledgeBaseError

logger = logging.getLogger("mcp_server")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class InvalidArgumentsError(ToolError):
    """The arguments of a call are not what the tool takes."""


class NotOpenError(ToolError):
    """The collection that a call names is not open to its caller."""

    def __init__(self, collection: str, message: str) -> None:
        super().__init__(message)
        self.collection = collection


class ToolTimeoutError(ToolError):
    """A call, or a statement of it, took longer than it may."""

    def __init__(self) -> None:
        super().__init__("This took too long and was stopped. Ask something narrower, or try again.")


class KnowledgeBaseAwayError(ToolError):
    """Postgres does not answer, or fails."""

    def __init__(self) -> None:
        super().__init__("The knowledge base cannot be reached right now. Try again in a minute.")


class DiskFullError(ToolError):
    """Postgres has no room for what is to be stored."""

    def __init__(self) -> None:
        super().__init__(
            "The disk of the knowledge base is full: nothing can be stored until there is room on it. "
            "Searching and reading go on."
        )


class PlainTimeouts(Middleware):
    """Says what took too long."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result. Raises `ToolTimeoutError`."""
        try:
            return await call_next(context)
        except ToolError as error:
            # FastMCP hides the end of its time limit as if it were a defect.
            cause = error.__cause__
            if not (isinstance(cause, MCPError) and isinstance(cause.__context__, TimeoutError)):
                raise
            raise ToolTimeoutError from None


def with_tool_errors(tool: Callable[Arguments, Awaitable[Result]]) -> Callable[Arguments, Awaitable[Result]]:
    """The tool, with our errors as texts a model can act on; what went wrong inside goes to the log only."""

    @functools.wraps(tool)
    async def translated(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await tool(*args, **kwargs)
        except KnowledgeBaseError as error:
            raise ToolError(str(error), log_level=logging.INFO) from None
        except psycopg.errors.QueryCanceled:
            raise ToolTimeoutError from None
        except psycopg.errors.DiskFull:
            logger.error("The disk is full: %s could not store anything", tool.__name__)
            raise DiskFullError from None
        except (psycopg.Error, PoolTimeout) as error:
            # A database that is away has no interesting stack; a statement that is refused has one.
            expected = isinstance(error, (psycopg.OperationalError, PoolTimeout))
            logger.error(
                "Postgres failed during %s: %s", tool.__name__, first_line(error), exc_info=not expected
            )
            raise KnowledgeBaseAwayError from None

    return translated
