"""How many tool calls a client may make."""

import logging
from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_access_token
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp_types import CallToolRequestParams

from serving.token_buckets import TokenBuckets

ClientKey = tuple[str, str]


class TooManyCallsError(ToolError):
    """A client has used up its allowance; the text says when to try again."""


class ToolCallLimit(Middleware):
    """Lets each user of each client make `per_minute` tool calls, `burst` of them at once.

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
        if seconds := self._buckets.take(calling_client()):
            raise TooManyCallsError(
                f"Too many calls: {self._per_minute} a minute are allowed. Try again in {seconds} seconds.",
                log_level=logging.INFO,
            )
        return await call_next(context)


def calling_client() -> ClientKey:
    """The user and the client of the call that is served; both are "local" for a client over stdio."""
    token = get_access_token()
    if token is None:
        return "local", "local"
    return token.subject or "", token.client_id
