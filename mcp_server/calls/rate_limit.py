"""How many requests a client may make, and how many calls are in work at once."""

import logging
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_access_token
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp import MCPError
from mcp_types import CallToolRequestParams, GetPromptRequestParams, ReadResourceRequestParams

from serving.fair_slots import FairSlots
from serving.slow_refusals import Penalties
from serving.token_buckets import TokenBuckets

ClientKey = tuple[str, str]

# The code of JSON-RPC for errors of a server's own.
TOO_MANY_CODE = -32000
CALL, READ, PROMPT = "tools/call", "resources/read", "prompts/get"
# Of what is cheaper than a call (greeting, listing) there may be so many times as much.
CHEAPER_BY = 10
# They wait for the ingestion worker, not for this server.
WAITING_TOOLS = frozenset({"add_document", "remove_document"})
# How many calls of a user who shares the server with others are in work at once.
BESIDE_OTHERS = 2


class TooManyCallsError(ToolError):
    """A client has used up its allowance; the text says when to try again."""


class ToolCallLimit(Middleware):
    """Lets each user of each client call tools, read resources and get prompts so often, `burst` at once.

    Everything else (listing the tools, greeting) may be asked for ten times as often.
    """

    def __init__(self, per_minute: int, burst: int) -> None:
        self._costly = _Allowance(per_minute, burst)
        self._cheap = _Allowance(per_minute * CHEAPER_BY, burst * CHEAPER_BY)

    async def on_request(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        """The answer. Raises `TooManyCallsError` for tools, else `MCPError`, as nothing else can be said."""
        if context.method == CALL:
            await self._costly.count()
            return await call_next(context)
        allowance = self._costly if context.method in (READ, PROMPT) else self._cheap
        try:
            await allowance.count()
        except TooManyCallsError as error:
            raise MCPError(TOO_MANY_CODE, str(error)) from None
        return await call_next(context)


class _Allowance:
    """So many requests a minute for each client."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self._per_minute = per_minute
        self._buckets = TokenBuckets[ClientKey](per_minute, burst)
        self._penalties = Penalties()

    async def count(self) -> None:
        """Count a request of the client that is served. Raises `TooManyCallsError`."""
        client = calling_client()
        if seconds := self._buckets.take(client):
            await self._penalties.pause(client)
            raise TooManyCallsError(
                f"Too many calls: {self._per_minute} a minute are allowed. Try again in {seconds} seconds.",
                log_level=logging.INFO,
            )


class CallsInTurn(Middleware):
    """Lets so many calls be in work at once; those that wait take turns by user.

    One user alone may have three quarters of the places, so that another finds one; beside others, two.
    """

    def __init__(self, at_once: int, wait_seconds: float) -> None:
        self._slots = FairSlots[str](at_once, each=max(1, at_once * 3 // 4), contended=BESIDE_OTHERS)
        self._wait_seconds = wait_seconds

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result. Raises `TooManyCallsError` when no place gets free in time."""
        if context.message.name in WAITING_TOOLS:
            return await call_next(context)
        async with self._place():
            return await call_next(context)

    async def on_read_resource(
        self,
        context: MiddlewareContext[ReadResourceRequestParams],
        call_next: CallNext[ReadResourceRequestParams, Any],
    ) -> Any:
        """The resource's content. Raises `MCPError` when no place gets free in time."""
        return await self._said_otherwise(context, call_next)

    async def on_list_resources(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        """The newest documents, which the database is asked for. Raises `MCPError` as reading does."""
        return await self._said_otherwise(context, call_next)

    async def on_get_prompt(
        self,
        context: MiddlewareContext[GetPromptRequestParams],
        call_next: CallNext[GetPromptRequestParams, Any],
    ) -> Any:
        """The prompt. Raises `MCPError` when no place gets free in time."""
        return await self._said_otherwise(context, call_next)

    async def _said_otherwise(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        try:
            async with self._place():
                return await call_next(context)
        except TooManyCallsError as error:
            raise MCPError(TOO_MANY_CODE, str(error)) from None

    def _place(self) -> AbstractAsyncContextManager[None]:
        user, _ = calling_client()
        return self._slots.one(user, self._wait_seconds, _waited_too_long)


def _waited_too_long() -> TooManyCallsError:
    return TooManyCallsError(
        "Too many calls at once: this one waited too long. Make fewer, or try again in a moment.",
        log_level=logging.INFO,
    )


def calling_client() -> ClientKey:
    """The user and the client of the call that is served; both are "local" for a client over stdio."""
    token = get_access_token()
    if token is None:
        return "local", "local"
    return token.subject or "", token.client_id
