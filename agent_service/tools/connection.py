"""Connections to the MCP server, each in the name of one user and for one run at a time."""

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Literal

import httpx2
import jwt
from agents import RunContextWrapper
from agents.exceptions import ModelBehaviorError
from agents.mcp import MCPServerManager, MCPToolMetaContext
from agents.mcp.util import HttpClientFactory
from agents.tool_context import ToolContext
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from agent_service.context import BATCH, IDEMPOTENCY_KEY, RequestContext, RunContext, call_key
from agent_service.errors import McpUnavailableError
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.run_server import NOT_JSON, RunServer, ToolListings
from agent_service.tools.sessions import LIFETIME_SECONDS, Connected, Sessions
from agent_service.visitors.sites import Site
from serving.certificates import certificates_for
from serving.requests import outgoing_headers

logger = logging.getLogger("agent_service")

ISSUER = "owflex-agent-service"
AUDIENCE = "owflex-mcp-server"
# The chat reads the documents and keeps tasks; it never changes documents.
SCOPE = "kb:read tasks"
# For programs, which get answers and nothing else.
READING_SCOPE = "kb:read"
# For what a user does in the knowledge view, never for a language model.
WRITING_SCOPE = "kb:read kb:write"
# For groups, rights, keys and the state of ingestion; `administration_scope` gives it out.
ADMIN_SCOPE = "admin"
# For the pages on which people let MCP clients in.
CONNECT_SCOPE = "connections"
CLEANUP_SECONDS = 5
DIAGNOSIS_SECONDS = 2
MAX_SECONDS_APART = 60
# Shorter than any server keeps one, lest a call is sent on a connection that is just being closed.
LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=3)
TOOL_FAILED = (
    "The tool did not answer. Do not call it again with the same arguments: "
    "a change may have been made. Tell the user what did not work."
)
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "owflex-agent-service", "version": "1"},
    },
}


class ServerReadiness(BaseModel):
    """How the MCP server is: `reason` says why it is degraded, the other parts why it is unavailable."""

    model_config = ConfigDict(extra="allow")

    state: Literal["ready", "degraded", "unavailable"]
    reason: str | None = None

    @property
    def problem(self) -> str | None:
        """What keeps it from answering, in one sentence; None when it answers."""
        if self.state != "unavailable":
            return None
        parts = {part: said for part, said in (self.model_extra or {}).items() if isinstance(said, str)}
        missing = ", ".join(
            f"{part}: {said}" for part, said in parts.items() if said not in ("ok", "loading")
        )
        return f"the MCP server is not ready ({missing}); its log says more"


class McpConnector:
    """Connects runs to the MCP server at `settings.mcp_server_url`, each with its user's token."""

    def __init__(
        self, settings: AgentServiceSettings, signing_key: SecretStr, sessions: Sessions | None = None
    ) -> None:
        self._settings = settings
        self._signing_key = signing_key
        self.listings = ToolListings()
        self.sessions = sessions or Sessions()

    def key_for(self, purpose: str) -> SecretStr:
        """A key of its own for another purpose, the same in all processes with this signing key."""
        signing_key = self._signing_key.get_secret_value().encode()
        return SecretStr(hmac.new(signing_key, purpose.encode(), "sha256").hexdigest())

    @asynccontextmanager
    async def connect(self, context: RequestContext, scope: str = SCOPE) -> AsyncGenerator[RunServer]:
        """A connected server to give to `Agent(mcp_servers=[...])`. Raises `McpUnavailableError`.

        The connection lives in a task of its own: what happens to it never cancels the run's task.
        """
        if context.site is not None:
            # Whatever is asked for: visitors read, and nothing else.
            scope = READING_SCOPE
        headers = self._headers(context, scope)
        open_one = partial(self._open, context, scope, headers)
        async with self.sessions.one((context.user_id, scope), headers, open_one) as server:
            yield server

    async def _open(self, context: RequestContext, scope: str, headers: dict[str, str]) -> Connected:
        server = self._server(context, scope, headers)
        manager = MCPServerManager(
            [server],
            connect_timeout_seconds=self._settings.mcp_connect_timeout_seconds,
            cleanup_timeout_seconds=CLEANUP_SECONDS,
            connect_in_parallel=True,
        )
        try:
            await manager.connect_all()
        except BaseException:
            await manager.cleanup_all()
            raise
        if not manager.active_servers:
            await manager.cleanup_all()
            logger.error("MCP server unavailable: %s", await self.problem(context))
            raise McpUnavailableError
        return server, manager

    async def problem(self, context: RequestContext) -> str | None:
        """Why the server cannot be used, in one sentence with the cure; None when it answers."""
        url = self._settings.mcp_server_url
        try:
            async with asyncio.timeout(DIAGNOSIS_SECONDS), http_client(url) as http:
                answer = await http.post(url, json=INITIALIZE, headers=self._headers(context))
        except (TimeoutError, httpx2.TimeoutException):
            return f"{url} accepts connections but does not answer; restart the MCP server"
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return f"nothing answers at {url} ({type(error).__name__}); start it or correct MCP_SERVER_URL"
        if answer.status_code == 401 and (seconds := _apart(answer.headers.get("date"))) > MAX_SECONDS_APART:
            return (
                f"{url} refuses this service's token: the two clocks are {seconds:.0f} seconds apart; "
                "set the one that is wrong"
            )
        return _meaning_of(answer.status_code, url)

    async def readiness(self) -> ServerReadiness | None:
        """What the server's `/ready` says; None where it cannot be asked, as behind some proxies."""
        url = f"{self._settings.mcp_server_url.rstrip('/').rpartition('/')[0]}/ready"
        try:
            async with asyncio.timeout(DIAGNOSIS_SECONDS), http_client(url) as http:
                answer = await http.get(url)
            return ServerReadiness.model_validate_json(answer.content)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValidationError):
            return None

    def _server(self, context: RequestContext, scope: str, headers: dict[str, str]) -> RunServer:
        settings = self._settings
        seconds = settings.mcp_connect_timeout_seconds
        http = http_client(
            settings.mcp_server_url,
            headers,
            httpx2.Timeout(seconds, read=settings.mcp_session_timeout_seconds + CLEANUP_SECONDS),
        )
        return RunServer(
            self.listings,
            context.user_id,
            scope,
            settings.approval_tools,
            http,
            again=partial(self.connect, context, scope),
            params={"url": settings.mcp_server_url, "httpx_client_factory": _giving(http)},
            name="owflex",
            cache_tools_list=True,
            client_session_timeout_seconds=settings.mcp_session_timeout_seconds,
            use_structured_content=True,
            # A repeated call could repeat a write that only seemed to fail; `again` is for those that cannot.
            max_retry_attempts=0,
            tool_meta_resolver=_call_meta,
            failure_error_function=_tool_failed,
        )

    def _headers(self, context: RequestContext, scope: str = SCOPE) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {mint_token(self._signing_key, context.user_id, scope, context.site)}",
            "Accept": "application/json, text/event-stream",
        } | outgoing_headers()


def administration_scope(*, is_admin: bool) -> str:
    """The scope of a token for a request that an administrator makes themselves, never for a language model.

    Raises `PermissionError` for anybody else: who asks for it has looked who is asking.
    """
    if not is_admin:
        raise PermissionError("Only an administrator's own request gets a token that administers.")
    return ADMIN_SCOPE


def mint_token(signing_key: SecretStr, user_id: str, scope: str = SCOPE, site: Site | None = None) -> str:
    """A bearer token (HS256 JWT) for `user_id`, good for ten minutes; one for a visitor of `site` opens its
    collections only, by the rights of the site.

    Raises `PermissionError` for a visitor without a site.
    """
    if user_id.startswith("visitor:") and site is None:
        raise PermissionError("A visitor's token is made for their site only.")
    now = int(time.time())
    claims: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, "iat": now}
    claims["exp"] = now + int(LIFETIME_SECONDS)
    claims["scope"] = scope
    if site is not None:
        claims |= {"collections": list(site.collections), "rights_of": site.rights_of}
    return jwt.encode(claims, signing_key.get_secret_value(), algorithm="HS256")


def http_client(
    url: str, headers: dict[str, str] | None = None, timeout: httpx2.Timeout | float = DIAGNOSIS_SECONDS
) -> httpx2.AsyncClient:
    """A client for this address with connections of its own."""
    return httpx2.AsyncClient(headers=headers, timeout=timeout, verify=certificates_for(url), limits=LIMITS)


def _giving(http: httpx2.AsyncClient) -> HttpClientFactory:
    """What the SDK asks for a client: this one, whatever it wishes for."""

    def give(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        return http

    return give


def _call_meta(call: MCPToolMetaContext) -> dict[str, Any] | None:
    context = call.run_context
    turn = context.context
    if not isinstance(context, ToolContext) or not isinstance(turn, RunContext) or turn.message_id is None:
        return None
    message = f"{turn.thread.id}/{turn.message_id}"
    number = turn.calls.number_for(context.tool_call_id, call.tool_name, call.arguments)
    key = call_key(message, call.tool_name, call.arguments, number)
    return {IDEMPOTENCY_KEY: key, BATCH: call_key(message, BATCH, None)}


def _tool_failed(context: RunContextWrapper[Any], error: Exception) -> str:
    """What the model reads when a call brought no result at all."""
    if isinstance(error, ModelBehaviorError):
        return NOT_JSON
    logger.warning("A tool call failed: %s: %s", type(error).__name__, str(error)[:500])
    if isinstance(context, ToolContext) and isinstance(context.context, RunContext):
        context.context.calls.forget(context.tool_call_id)
    return TOOL_FAILED


def _apart(date: str | None) -> float:
    """Seconds between our clock and that of a server, by the `Date` of its answer; 0 when it says none."""
    try:
        return 0.0 if date is None else abs(time.time() - parsedate_to_datetime(date).timestamp())
    except ValueError:
        return 0.0


def _meaning_of(status: int, url: str) -> str | None:
    if status == 401:
        return f"{url} refuses this service's token; MCP_SIGNING_KEY must be the same for both programs"
    if status == 404:
        return f"there is no MCP server at {url}; correct MCP_SERVER_URL"
    if status in (405, 501):
        return f"another program answers at {url}; stop it, or correct MCP_SERVER_PORT and MCP_SERVER_URL"
    if status in (403, 421):
        return f"{url} does not accept this host name; add it to MCP_ALLOWED_HOSTS of the MCP server"
    return None if status < 300 else f"{url} answers with the HTTP status {status}"
