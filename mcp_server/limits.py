"""How many tool calls a client may make."""

import logging
import math
from collections import OrderedDict
from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_access_token
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.server.middleware.rate_limiting import TokenBucketRateLimiter
from mcp_types import CallToolRequestParams

# Whoever was not seen for longest is forgotten first, and has mostly his full allowance again by then.
MOST_CLIENTS = 10_000

ClientKey = tuple[str, str]


class TooManyCallsError(ToolError):
    """A client has used up its allowance; the text says when to try again."""


class ToolCallLimit(Middleware):
    """Lets each user of each client make `per_minute` tool calls, `burst` of them at once.

    Everything else (listing the tools, greeting) is free.
    """

    def __init__(self, per_minute: int, burst: int, *, most_clients: int = MOST_CLIENTS) -> None:
        self._per_minute = per_minute
        self._burst = burst
        self._most_clients = most_clients
        self._buckets: OrderedDict[ClientKey, TokenBucketRateLimiter] = OrderedDict()

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result. Raises `TooManyCallsError`."""
        bucket = self.bucket(calling_client())
        if not await bucket.consume():
            seconds = max(1, math.ceil((1 - bucket.tokens) / bucket.refill_rate))
            raise TooManyCallsError(
                f"Too many calls: {self._per_minute} a minute are allowed. Try again in {seconds} seconds.",
                log_level=logging.INFO,
            )
        return await call_next(context)

    @property
    def clients(self) -> int:
        """How many clients are remembered."""
        return len(self._buckets)

    def bucket(self, key: ClientKey) -> TokenBucketRateLimiter:
        """What this client may still do."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucketRateLimiter(self._burst, self._per_minute / 60)
            if len(self._buckets) > self._most_clients:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket


def calling_client() -> ClientKey:
    """The user and the client of the call that is served; both are "local" for a client over stdio."""
    token = get_access_token()
    if token is None:
        return "local", "local"
    return token.subject or "", token.client_id
