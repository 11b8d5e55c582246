"""Calls of the MCP tools in a user's name, outside of any answer; their errors in plain words."""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from agents.exceptions import UserError
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent

from agent_service.context import RequestContext
from agent_service.errors import McpUnavailableError, RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import CLEANUP_SECONDS, SCOPE, McpConnector
from agent_service.tools.for_people import for_people
from serving.fair_slots import FairSlots

logger = logging.getLogger("agent_service")

AWAY = "knowledge.away"
TOO_SLOW = "knowledge.too_slow"
MAX_REASON_CHARACTERS = 500


class Meaning(NamedTuple):
    """What a tool's error is over HTTP, and its sentence, or one with the tool's own in it, in English."""

    pattern: re.Pattern[str]
    status: int
    code: str
    key: str = "tool.refused"


# Tools have no codes for their errors, only sentences, and these are meant for a model.
MEANINGS = (
    Meaning(
        re.compile(r"Document \d+ not found"),
        404,
        "not_found",
        "knowledge.no_document",
    ),
    Meaning(
        re.compile(r"Passage \d+ not found"),
        404,
        "not_found",
        "knowledge.no_passage",
    ),
    Meaning(
        re.compile(r"Upload \d+ not found"),
        404,
        "not_found",
        "knowledge.no_upload",
    ),
    Meaning(re.compile(r"This connection request is not there"), 404, "not_found", "connect.gone"),
    Meaning(re.compile(r"There is no connected client"), 404, "not_found", "connect.no_client"),
    Meaning(
        re.compile(r"Unknown tool|is not available|[Ii]nsufficient"),
        501,
        "not_supported",
        "knowledge.not_supported",
    ),
    Meaning(re.compile(r"The knowledge base cannot be reached"), 503, "unavailable", AWAY),
    Meaning(re.compile(r"This took too long"), 504, "too_slow", TOO_SLOW),
    Meaning(re.compile(r"Too many|\d+ of your documents are still waiting"), 429, "rate_limited"),
    Meaning(re.compile(r"Document \d+ \(.*(was added by another|was not added by)"), 403, "not_yours"),
)


class KnowledgeCalls:
    """Calls tools over a connection of their own, each with the token of its user."""

    def __init__(self, settings: AgentServiceSettings, connector: McpConnector) -> None:
        self._connector = connector
        # Each begins with a connection, which costs: one after the other beside others.
        self._slots = FairSlots[str](8, each=4, contended=1)
        self._seconds = (
            settings.mcp_connect_timeout_seconds + settings.mcp_session_timeout_seconds + CLEANUP_SECONDS
        )

    async def call(
        self, context: RequestContext, tool: str, arguments: Mapping[str, Any], *, scope: str = SCOPE
    ) -> Mapping[str, Any]:
        """The tool's structured content. Raises `RequestRefusedError`."""
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            async with (
                self._slots.one(context.user_id, self._seconds, _too_many),
                asyncio.timeout(self._seconds),
                self._connector.connect(context, scope) as server,
            ):
                result = await server.call_tool(tool, given)
        except TimeoutError:
            raise RequestRefusedError(TOO_SLOW, status=504, code="too_slow") from None
        except (McpUnavailableError, MCPError, UserError) as error:
            logger.error("%s could not be called: %s: %s", tool, type(error).__name__, str(error)[:300])
            raise RequestRefusedError(AWAY, status=503, code="unavailable") from None
        if result.is_error or result.structured_content is None:
            raise _refusal(_reason(result))
        return cast(Mapping[str, Any], result.structured_content)


def _too_many() -> RequestRefusedError:
    return RequestRefusedError("limits.too_many_at_once", status=429, code="too_many_at_once", retry_after=1)


def _reason(result: CallToolResult) -> str:
    texts = " ".join(part.text for part in result.content if isinstance(part, TextContent))
    return " ".join(texts.split())[:MAX_REASON_CHARACTERS]


def _refusal(reason: str) -> RequestRefusedError:
    said = for_people(reason.removeprefix("Invalid arguments: "), MAX_REASON_CHARACTERS)
    for meaning in MEANINGS:
        if meaning.pattern.match(reason):
            return RequestRefusedError(meaning.key, status=meaning.status, code=meaning.code, reason=said)
    return RequestRefusedError("tool.refused" if said else "tool.failed", status=422, reason=said)
