"""All tools, with their titles, hints, scopes and time limits."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.auth import require_scopes
from mcp_types import ToolAnnotations
from pydantic import BaseModel

from database.pool import Pool
from mcp_server.apps import Apps
from mcp_server.auth.scopes import ADMIN_SCOPE, CONNECT_SCOPE, READ_SCOPE, TASKS_SCOPE, WRITE_SCOPE
from mcp_server.tool_errors import with_tool_errors
from mcp_server.tools.administration import AdministrationTools
from mcp_server.tools.clients_of_people import ClientsOfPeopleTools
from mcp_server.tools.connections import ConnectionTools
from mcp_server.tools.connectors import ConnectorTools
from mcp_server.tools.documents import DocumentTools
from mcp_server.tools.files import FileTools
from mcp_server.tools.reading import ReadingTools
from mcp_server.tools.tasks import TaskTools
from mcp_server.tools.writing import WritingTools

Tool = Callable[..., Awaitable[BaseModel]]

# Hints for clients that ask their user before a call. What is so without a hint is not said: that a tool is
# not idempotent, and open to the world.
GENTLE = {"destructive_hint": False, "idempotent_hint": True}
OVERWRITING = {"destructive_hint": True, "idempotent_hint": True}
# Without arguments it undoes one change more each time.
REPEATABLE = {"destructive_hint": True}
READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)
CHANGING = ToolAnnotations(destructive_hint=True, idempotent_hint=True, open_world_hint=False)

# What the tools of other classes use.
NO_TOOLS = frozenset({"outcome"})
# All that there are: one that is not found although it is here is not open to the caller.
TOOLS = frozenset(
    name
    for kind in (
        DocumentTools,
        ReadingTools,
        FileTools,
        WritingTools,
        TaskTools,
        AdministrationTools,
        ClientsOfPeopleTools,
        ConnectionTools,
        ConnectorTools,
    )
    for name, member in vars(kind).items()
    if iscoroutinefunction(member) and not name.startswith("_") and name not in NO_TOOLS
)
# Calls of these tools are known by their `owflex/idempotency-key`: made again, they do nothing twice.
KNOWS_KEYS = {"owflex/knows-keys": True}


def add_document_tools(
    server: FastMCP, tools: DocumentTools, reading: ReadingTools, apps: Apps, timeout: float
) -> None:
    """Searching and reading."""
    functions: list[tuple[Tool, str]] = [
        (tools.search_documents, "Search the documents"),
        (reading.read_chunks, "Read around a passage"),
        (reading.get_document, "Read a document"),
        (reading.list_documents, "List the documents"),
        (reading.list_collections, "List the collections"),
    ]
    for function, title in functions:
        _add_reading_tool(server, function, title, timeout, apps.meta_of(function.__name__))


def add_file_tools(server: FastMCP, tools: FileTools, timeout: float) -> None:
    """Finding and looking as among files."""
    functions: list[tuple[Tool, str]] = [
        (tools.grep, "Find exact text"),
        (tools.ls, "List a folder"),
        (tools.outline, "Outline a document"),
    ]
    for function, title in functions:
        _add_reading_tool(server, function, title, timeout)


def add_connector_tools(server: FastMCP, tools: ConnectorTools, timeout: float) -> None:
    """The pair that ChatGPT's connectors ask for."""
    _add_reading_tool(server, tools.search, "Search", timeout)
    _add_reading_tool(server, tools.fetch, "Fetch", timeout)


def _add_reading_tool(
    server: FastMCP,
    function: Tool,
    title: str,
    timeout: float,
    meta: dict[str, Any] | None = None,
) -> None:
    annotations = READING.model_copy(update={"title": title})
    _add_tool(server, function, annotations, "documents", READ_SCOPE, timeout, meta)


def _add_tool(
    server: FastMCP,
    function: Tool,
    annotations: ToolAnnotations,
    kind: str,
    scope: str,
    timeout: float,
    meta: dict[str, Any] | None = None,
) -> None:
    """Offer one tool of this kind to whose token has the scope."""
    server.tool(
        with_tool_errors(function),
        annotations=annotations,
        meta=meta or None,
        timeout=timeout,
        tags={kind},
        auth=require_scopes(scope),
    )


def add_writing_tools(server: FastMCP, tools: WritingTools, timeout: float) -> None:
    """Adding and removing documents."""
    functions: list[tuple[Tool, ToolAnnotations]] = [
        (tools.add_document, ToolAnnotations(title="Add a document", **OVERWRITING)),
        (tools.get_upload, ToolAnnotations(title="Check an upload", read_only_hint=True)),
        (tools.remove_document, ToolAnnotations(title="Remove a document", **OVERWRITING)),
    ]
    for function, annotations in functions:
        _add_tool(server, function, annotations, "documents", WRITE_SCOPE, timeout)


def add_task_tools(server: FastMCP, tools: TaskTools, apps: Apps, timeout: float) -> None:
    """The task list."""
    functions: list[tuple[Tool, ToolAnnotations]] = [
        (tools.add_task, ToolAnnotations(title="Add a task", destructive_hint=False)),
        (tools.list_tasks, ToolAnnotations(title="List tasks", read_only_hint=True)),
        (tools.complete_task, ToolAnnotations(title="Complete a task", **GENTLE)),
        (tools.update_task, ToolAnnotations(title="Change a task", **OVERWRITING)),
        (tools.delete_task, ToolAnnotations(title="Delete a task", **OVERWRITING)),
        (tools.undo_task_change, ToolAnnotations(title="Undo a change", **REPEATABLE)),
    ]
    for function, annotations in functions:
        closed = annotations.model_copy(update={"open_world_hint": False})
        meta = apps.meta_of(function.__name__) or (None if annotations.read_only_hint else KNOWS_KEYS)
        _add_tool(server, function, closed, "tasks", TASKS_SCOPE, timeout, meta)


def add_administration_tools(server: FastMCP, pool: Pool, timeout: float) -> None:
    """For the chat's administrators alone."""
    tools, clients = AdministrationTools(pool), ClientsOfPeopleTools(pool)
    functions: list[tuple[Tool, ToolAnnotations]] = [
        (tools.list_groups, READING),
        (tools.set_group, CHANGING),
        (tools.delete_group, CHANGING),
        (tools.sync_groups, CHANGING),
        (tools.list_rights, READING),
        (tools.grant_right, CHANGING),
        (tools.revoke_right, CHANGING),
        (tools.set_default_right, CHANGING),
        (tools.list_api_keys, READING),
        (tools.revoke_api_key, CHANGING),
        (tools.list_ingestion, READING),
        (clients.list_clients_of_all, READING),
        (clients.disconnect_client_of_person, CHANGING),
        (clients.set_shut_out, CHANGING),
        (clients.sync_shut_out, CHANGING),
    ]
    for function, annotations in functions:
        _add_tool(server, function, annotations, "administration", ADMIN_SCOPE, timeout)


def add_connection_tools(server: FastMCP, tools: ConnectionTools, timeout: float) -> None:
    """Letting clients in, for the page alone."""
    functions: list[tuple[Tool, ToolAnnotations]] = [
        (tools.get_connection_request, ToolAnnotations(title="See who asks to come in", read_only_hint=True)),
        (tools.answer_connection_request, ToolAnnotations(title="Let a client in or not", **OVERWRITING)),
        (tools.list_connected_clients, ToolAnnotations(title="List the clients", read_only_hint=True)),
        (tools.disconnect_client, ToolAnnotations(title="Disconnect a client", **OVERWRITING)),
    ]
    for function, annotations in functions:
        closed = annotations.model_copy(update={"open_world_hint": False})
        _add_tool(server, function, closed, "connections", CONNECT_SCOPE, timeout)
