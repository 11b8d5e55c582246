"""Calls of tools that were cut off, made again over a new connection: only where nothing is done twice.

A server that dies leaves open whether it did what it was asked. A call is repeated when its tool only reads,
says that a repetition changes nothing (`idempotentHint`), or recognises calls by their key.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR, CallToolResult, Tool

from agent_service.context import IDEMPOTENCY_KEY
from agent_service.errors import McpUnavailableError
from agent_service.tools.schemas import READING_TOOLS

logger = logging.getLogger("agent_service")

# How a tool says that it recognises calls by their key.
KNOWS_KEYS = "owflex/knows-keys"
# Seconds before each attempt: another replica answers at once, a server that is started again after a while.
PAUSES = (0.0, 1.0, 3.0)


class Caller(Protocol):
    """A connection over which a call is made once."""

    async def call_once(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        """The tool's result. Raises what the connection raises."""
        ...


Again = Callable[[], AbstractAsyncContextManager[Caller]]


def only_reads(tool: Tool) -> bool:
    """Whether a tool changes nothing: by its name where we know it, else as its server says."""
    says_so = tool.annotations is not None and tool.annotations.read_only_hint is True
    return tool.name in READING_TOOLS or says_so


def may_be_repeated(tool: Tool | None, name: str, meta: dict[str, Any] | None) -> bool:
    """Whether a call may be made twice; `tool` is what its server lists, None where it has not been asked."""
    if tool is None:
        return name in READING_TOOLS
    repeats_nothing = tool.annotations is not None and tool.annotations.idempotent_hint is True
    has_key = IDEMPOTENCY_KEY in (meta or {}) and (tool.meta or {}).get(KNOWS_KEYS) is True
    return only_reads(tool) or repeats_nothing or has_key


def is_cut_off(error: MCPError) -> bool:
    """Whether nobody answered: the connection ended, or a proxy says so. Too late is another thing."""
    return error.error.code in (CONNECTION_CLOSED, INTERNAL_ERROR)


async def once_more(
    again: Again,
    first: MCPError,
    tool_name: str,
    arguments: dict[str, Any] | None,
    meta: dict[str, Any] | None,
) -> CallToolResult:
    """The result of the call over another connection. Raises `first` when that does not bring one either."""
    logger.warning("A call of %s was cut off; it is made again", tool_name)
    for pause in PAUSES:
        await asyncio.sleep(pause)
        try:
            async with again() as server:
                return await server.call_once(tool_name, arguments, meta)
        except McpUnavailableError:
            continue
        except MCPError as error:
            if not is_cut_off(error):
                raise
    raise first
