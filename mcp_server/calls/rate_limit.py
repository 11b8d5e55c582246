"""How many tool calls and reads of resources a client may make."""

import logging
from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_access_token
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp import MCPError
from mcp_types import CallToolRequestParams, ReadResourceRequestParams

from serving.token_buckets import TokenBuckets

ClientKey = tuple[str, str]

# The code of JSON-RPC for errors of a server's own.
TOO_MANY_CODE = -32000


class TooManyCallsError(ToolError):
    """A client has used up its allowance; the text says when to try again."""


class ToolCallLimit(Middleware):
    """Lets each user of each client call tools and read resources `per_minute` times, `burst` at once.

    Everything else (listing the tools, greeting) is free.
    """

    def __init__(self, per_minute: int, burst: int) -> None:
        self._per_minute = per_minute
        self._buckets = TokenBuckets[ClientKey](per_minute, burst)

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result. Raises `TooManyCallsError`."""
        self._count()
        return await call_next(context)

    async def on_read_resource(
        self,
        context: MiddlewareContext[ReadResourceRequestParams],
        call_next: CallNext[ReadResourceRequestParams, Any],
    ) -> Any:
        """The resource's content. Raises `MCPError`, as a resource has no other way to say it."""
        try:
            self._count()
        except TooManyCallsError as error:
            raise MCPError(TOO_MANY_CODE, str(error)) from None
        return await call_next(context)

    def _count(self) -> None:
        if seconds := self._buckets.take(calling_client()):
            raise TooManyCallsError(
                f"Too many calls: {self._per_minute} a minute are allowed. Try again in {seconds} seconds.",
                log_level=logging.INFO,
            )


def calling_client() -> ClientKey:
    """The user and the client of the call that is served; both are "local" for a client over stdio."""
    token = get_access_token()
    if token is None:
        return "local", "local"
    return token.subject or "", token.client_id
