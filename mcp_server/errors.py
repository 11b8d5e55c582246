"""What can go wrong in the server, and how it reaches a client: a sentence that helps, never internals."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

import psycopg
import pydantic
from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp_types import CallToolRequestParams
from psycopg_pool import PoolTimeout

from database.pool import first_line
from knowledge_base.errors import KnowledgeBaseError

logger = logging.getLogger("mcp_server")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class McpServerError(Exception):
    """Base of every error this package raises at start."""


class UnsafeBindError(McpServerError):
    """The server would be reachable from other machines without configured secrets."""


class PlainValidationErrors(Middleware):
    """Says which argument is wrong and why, without the validator's internals."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result, or `ToolError` naming the bad arguments."""
        try:
            return await call_next(context)
        except ValidationError as error:
            if not isinstance(error.__cause__, pydantic.ValidationError):
                raise
            problems = "; ".join(_describe(problem) for problem in error.__cause__.errors())
            raise ToolError(f"Invalid arguments: {problems}", log_level=logging.INFO) from None


def in_plain_words(tool: Callable[Arguments, Awaitable[Result]]) -> Callable[Arguments, Awaitable[Result]]:
    """The tool, with our errors as texts a model can act on; what went wrong inside goes to the log only."""

    @functools.wraps(tool)
    async def translated(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await tool(*args, **kwargs)
        except KnowledgeBaseError as error:
            raise ToolError(str(error), log_level=logging.INFO) from None
        except psycopg.errors.QueryCanceled:
            raise ToolError(
                "This took too long and was stopped. Ask something narrower, or try again."
            ) from None
        except (psycopg.Error, PoolTimeout) as error:
            logger.error("Postgres failed during %s: %s", tool.__name__, first_line(error))
            raise ToolError(
                "The knowledge base cannot be reached at the moment. Try again in a minute."
            ) from None

    return translated


def _describe(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
