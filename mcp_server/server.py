"""The server: tools, health routes and protections put together in one place."""

from fastmcp import FastMCP
from fastmcp.server.auth import AuthProvider
from fastmcp.server.middleware import Middleware
from mcp_types import Icon, SubscriptionsListenRequestParams

from database.pool import Pool
from database.process import is_loopback
from database.replicas import Replicas
from knowledge_base.changes import ChangeFeed
from knowledge_base.embedding.reranking import Reranker
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.query_embedding import QueryEmbedder
from knowledge_base.reads import Reads
from mcp_server.apps import Apps, AppsWhereShown
from mcp_server.auth.callers import Caller
from mcp_server.auth.oauth.server import AuthorizationServer
from mcp_server.calls.call_log import LoggedCalls, RefusedTools
from mcp_server.calls.changes_made import ChangesInMeta
from mcp_server.calls.prepared_lists import PreparedToolLists
from mcp_server.calls.rate_limit import CallsInTurn, ToolCallLimit
from mcp_server.calls.tolerated_calls import ToleratedCalls, whole_arguments
from mcp_server.extensions.skills import add_skills
from mcp_server.extensions.subscriptions import Subscriptions
from mcp_server.extensions.task_notices import TaskNotices
from mcp_server.extensions.tasks import Tasks
from mcp_server.health import Health
from mcp_server.http.monitoring import add_monitoring_routes
from mcp_server.http.server_card import add_discovery_routes
from mcp_server.instructions import INSTRUCTIONS
from mcp_server.manual import add_manual
from mcp_server.offered_tools import OfferedTools
from mcp_server.page_links import page_links
from mcp_server.prompts import add_prompts
from mcp_server.resources import Resources, add_resources
from mcp_server.settings import McpServerSettings
from mcp_server.tool_errors import PlainTimeouts
from mcp_server.tool_registry import (
    TOOLS,
    add_administration_tools,
    add_connection_tools,
    add_connector_tools,
    add_document_tools,
    add_file_tools,
    add_task_tools,
    add_writing_tools,
)
from mcp_server.tools.connections import ConnectionTools
from mcp_server.tools.connectors import ConnectorTools
from mcp_server.tools.documents import DocumentTools, Reranking
from mcp_server.tools.files import FileTools
from mcp_server.tools.reading import ReadingTools
from mcp_server.tools.tasks import TaskTools
from mcp_server.tools.writing import WritingTools

# The sign of the page, without a file that a client would have to fetch.
ICON = Icon(
    src="data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2032%2032'%3E%3Crect"
    "%20width='32'%20height='32'%20rx='9'%20fill='%232f6f5e'/%3E%3Cg%20fill='none'%20stroke='%23fff'"
    "%20stroke-width='2.2'%3E%3Ccircle%20cx='11.5'%20cy='14'%20r='4.2'/%3E%3Ccircle%20cx='20.5'%20cy='14'"
    "%20r='4.2'/%3E%3Cpath%20d='M14.4%2021.5%2016%2023.8l1.6-2.3'%20stroke-linecap='round'"
    "%20stroke-linejoin='round'/%3E%3C/g%3E%3C/svg%3E",
    mime_type="image/svg+xml",
    sizes=["any"],
)


def create_server(
    settings: McpServerSettings,
    *,
    pool: Pool,
    embedder: FollowingEmbedder,
    health: Health,
    replicas: Replicas | None = None,
    version: str,
    auth: AuthProvider | None = None,
    stdio_caller: Caller | None = None,
) -> FastMCP:
    """The MCP server over an open pool; `auth` (HTTP) or `stdio_caller` says who is calling.

    What only reads documents goes to the `replicas` where there are such.
    """
    server = FastMCP(
        "OwFlex",
        instructions=INSTRUCTIONS[settings.mcp_tool_set],
        version=version,
        icons=[ICON],
        auth=auth,
        middleware=_middleware(settings, health, stdio_caller),
        mask_error_details=True,
        on_duplicate="error",
    )
    apps = Apps.built()
    reads = Reads(pool, replicas)
    documents = DocumentTools(
        reads,
        QueryEmbedder(embedder),
        settings.vector_similarity_threshold,
        settings.search_token_budget,
        stdio_caller,
        _reranking(settings),
        word_engines=health.word_engines,
    )
    budget = settings.search_token_budget
    reading, files = ReadingTools(reads, budget, stdio_caller), FileTools(reads, budget, stdio_caller)
    add_document_tools(server, documents, reading, apps, settings.tool_timeout_seconds)
    add_file_tools(server, files, settings.tool_timeout_seconds)
    if settings.mcp_tool_set in ("openai", "all"):
        connectors = ConnectorTools(documents, page_links(settings), stdio_caller)
        add_connector_tools(server, connectors, settings.tool_timeout_seconds)
    writing = WritingTools(reads, stdio_caller, settings.tool_timeout_seconds)
    add_writing_tools(server, writing, settings.tool_timeout_seconds)
    tasks = TaskTools(pool, stdio_caller, budget, settings.task_time_zone)
    add_task_tools(server, tasks, apps, settings.tool_timeout_seconds)
    if stdio_caller is None:
        # Over stdio no scope is asked for: all tools would be the language model's.
        add_administration_tools(server, pool, settings.tool_timeout_seconds)
    if isinstance(auth, AuthorizationServer):
        add_connection_tools(server, ConnectionTools(pool, auth.addresses), settings.tool_timeout_seconds)
    add_resources(server, Resources(reads, budget, stdio_caller))
    _add_changes(server, settings, writing, health, auth)
    add_manual(server)
    add_skills(server)
    add_prompts(server, settings.mcp_tool_set)
    apps.add_to(server)
    add_discovery_routes(server, settings.mcp_public_url, version)
    add_monitoring_routes(server, health, auth, metrics_are_open=is_loopback(settings.mcp_server_host))
    server._mcp_server.middleware.insert(0, whole_arguments)  # pyright: ignore[reportPrivateUsage]
    server._mcp_server.middleware.append(PreparedToolLists())  # pyright: ignore[reportPrivateUsage]
    # Without this hook every call lists all tools again, to look for header parameters; ours have none.
    server._mcp_server.get_tool_input_schema = _no_header_parameters  # pyright: ignore[reportPrivateUsage]
    return server


def _add_changes(
    server: FastMCP,
    settings: McpServerSettings,
    writing: WritingTools,
    health: Health,
    auth: AuthProvider | None,
) -> None:
    """Long calls as tasks, and subscriptions to what changes."""
    tasks = Tasks(writing)
    server.add_extension(tasks)
    listen = Subscriptions(
        writing.reads,
        ChangeFeed(writing.reads.primary),
        health.running,
        TaskNotices(tasks),
        auth,
        writing.stdio_caller,
        each=settings.mcp_subscriptions_each,
        total=max(settings.mcp_subscriptions_each, settings.mcp_max_connections // 4),
    )
    low_level = server._mcp_server  # pyright: ignore[reportPrivateUsage]
    low_level.middleware.append(tasks.around)
    low_level.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, listen)


def _middleware(settings: McpServerSettings, health: Health, stdio_caller: Caller | None) -> list[Middleware]:
    """From the outside to the inside."""
    limit = ToolCallLimit(settings.mcp_rate_limit_per_minute, settings.mcp_rate_limit_burst)
    return [
        LoggedCalls(health.metrics, RefusedTools(health.attempts, TOOLS)),
        *([limit] if settings.mcp_rate_limit_per_minute else []),
        OfferedTools(settings.mcp_tool_set, stdio_caller),
        CallsInTurn(settings.mcp_calls_at_once, settings.tool_timeout_seconds),
        ToleratedCalls(refuse_unknown=settings.mcp_unknown_arguments == "refuse"),
        AppsWhereShown(),
        ChangesInMeta(),
        PlainTimeouts(),
    ]


def _reranking(settings: McpServerSettings) -> Reranking | None:
    if settings.rerank_model is None:
        return None
    reranker = Reranker(settings.rerank_model)
    # A wrong name is said now, not at the first question.
    reranker.load()
    return Reranking(reranker, settings.rerank_candidates, settings.rerank_seconds)


def _no_header_parameters(tool_name: str) -> None:
    return None
