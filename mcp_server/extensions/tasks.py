"""The tasks extension: a call that takes long is answered by the id of a task at once.

The client says with each request that it knows tasks; others wait for the answer as ever. The work is an
upload (`knowledge_base.uploads`), which a worker of ingestion does: it needs no process of this server, and
any of them says how it stands.
"""

from collections.abc import Sequence
from typing import Any, cast

from fastmcp.server.dependencies import get_http_request
from fastmcp.server.extensions import MethodBinding, ServerExtension, read_client_extension_settings
from fastmcp.tools import ToolResult
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    TextContent,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from knowledge_base.access import acting_for
from knowledge_base.background_calls import BackgroundCall, begin_call, cancel_call, find_call
from knowledge_base.errors import UploadNotFoundError
from knowledge_base.uploads import Upload, get_upload
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.auth.scopes import WRITE_SCOPE
from mcp_server.extensions.task_models import REQUIRED, TASKS, Task, TaskParams, TaskStatus, UpdateTaskParams
from mcp_server.tools.detached import need_not_wait
from mcp_server.tools.writing import WritingTools

CALL = "tools/call"
# What may take longer than a call should.
LONG_TOOLS = frozenset({"add_document", "remove_document"})
POLL_MS = 1000
MAX_NOTE = 10_000
VERSIONS = frozenset(MODERN_PROTOCOL_VERSIONS)

Request = ServerRequestContext[Any, Any]


class Tasks(ServerExtension):
    """Long calls as tasks, and `tasks/get`, `tasks/update` and `tasks/cancel`.

    It also stands around all requests (`around`), since a task takes the place of a tool's result.
    """

    identifier = TASKS

    def __init__(self, writing: WritingTools) -> None:
        self._writing = writing
        self._pool = writing.reads.primary

    def methods(self) -> Sequence[MethodBinding]:
        """What the extension adds to the protocol."""
        return [
            MethodBinding("tasks/get", TaskParams, self._get, VERSIONS),
            MethodBinding("tasks/update", UpdateTaskParams, self._update, VERSIONS),
            MethodBinding("tasks/cancel", TaskParams, self._cancel, VERSIONS),
        ]

    async def around(self, ctx: Request, call_next: CallNext) -> HandlerResult:
        """The answer; for a long call of a client that knows tasks a task, once its work is written down."""
        name = (ctx.params or {}).get("name")
        if ctx.method != CALL or name not in LONG_TOOLS or not _knows_tasks(ctx):
            return await call_next(ctx)
        with need_not_wait() as detached:
            answer = await call_next(ctx)
        if detached.upload_id is None or not isinstance(answer, dict) or answer.get("isError"):
            return answer
        caller = current_caller(self._writing.stdio_caller)
        said = cast("dict[str, Any]", answer.get("structuredContent") or {})
        note = str(said.get("note") or "")[:MAX_NOTE]
        async with acting_for(self._pool, caller.access) as connection:
            call = await begin_call(connection, caller.user, detached.upload_id, note)
            upload = await get_upload(connection, caller.user, detached.upload_id)
        return (await self._task(caller, call, upload)).on_the_wire("task")

    async def state_of(self, caller: Caller, task_id: str) -> Task | None:
        """How the caller's task stands; None where they have none of this id (any more)."""
        if WRITE_SCOPE not in caller.scopes:
            return None
        async with acting_for(self._pool, caller.access) as connection:
            call = await find_call(connection, caller.user, task_id)
            if call is None:
                return None
            try:
                upload = await get_upload(connection, caller.user, call.upload_id)
            except UploadNotFoundError:
                # It went to a collection that this token does not open.
                return None
        return await self._task(caller, call, upload)

    async def _get(self, ctx: Request, params: TaskParams) -> dict[str, Any]:
        return (await self._known(ctx, params)).on_the_wire("complete")

    async def _update(self, ctx: Request, params: UpdateTaskParams) -> dict[str, Any]:
        await self._known(ctx, params)
        return {"resultType": "complete"}

    async def _cancel(self, ctx: Request, params: TaskParams) -> dict[str, Any]:
        task = await self._known(ctx, params)
        if task.status == "working":
            caller = current_caller(self._writing.stdio_caller)
            async with acting_for(self._pool, caller.access) as connection:
                call = await find_call(connection, caller.user, params.task_id)
                if call is not None:
                    await cancel_call(connection, call)
        return {"resultType": "complete"}

    async def _known(self, ctx: Request, params: TaskParams) -> Task:
        """The caller's task. Raises `MCPError`."""
        check_knows_tasks(ctx)
        _check_route(params.task_id)
        task = await self.state_of(current_caller(self._writing.stdio_caller), params.task_id)
        if task is None:
            raise MCPError(
                INVALID_PARAMS,
                "There is no such task (any more): tasks are kept for 24 hours, for the user who began them. "
                "Call the tool again, with the same idempotency_key where it had one.",
            )
        return task

    async def _task(self, caller: Caller, call: BackgroundCall, upload: Upload) -> Task:
        status, message = _status(call, upload)
        entry = await self._writing.entry_of(caller, upload)
        content = entry.model_dump(mode="json") | ({"note": call.note} if call.note else {})
        return Task(
            task_id=call.task_id,
            status=status,
            status_message=message,
            created_at=call.created_at,
            last_updated_at=max(call.changed_at, call.created_at),
            ttl_ms=round(call.ttl.total_seconds() * 1000),
            poll_interval_ms=POLL_MS,
            result=_as_called(content) if status == "completed" else None,
        )


def check_knows_tasks(ctx: Request) -> None:
    """Raise `MCPError` for a client that did not say with this request that it knows tasks."""
    if not _knows_tasks(ctx):
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            f"Name the extension {TASKS} among the client's capabilities in this request's _meta.",
            REQUIRED,
        )


def _knows_tasks(ctx: Request) -> bool:
    modern = ctx.protocol_version in VERSIONS
    return modern and read_client_extension_settings(ctx, TASKS) is not None


def _check_route(task_id: str) -> None:
    """Raise `MCPError` where the header by which proxies find their way names another task."""
    try:
        named = get_http_request().headers.get(MCP_NAME_HEADER)
    except RuntimeError:
        # Over stdio there are no headers.
        return
    if named is not None and decode_header_value(named) != task_id:
        raise MCPError(HEADER_MISMATCH, f"The header {MCP_NAME_HEADER} names another task.")


def _status(call: BackgroundCall, upload: Upload) -> tuple[TaskStatus, str]:
    if call.cancelled_at is not None:
        return "cancelled", "It was cancelled before a worker took it."
    match upload.status:
        case "waiting":
            before = f", {call.ahead} before it" if call.ahead else ""
            return "working", f"It waits for a worker{before}."
        case "working":
            return "working", "A worker is working on it."
        case "done":
            return "completed", f"{str(upload.outcome).capitalize()}, {upload.chunks} passages."
        case "failed":
            # The tool answers so, too: that something could not be brought in is no error of the protocol.
            return "completed", upload.reason or "It failed."


def _as_called(content: dict[str, Any]) -> dict[str, Any]:
    """What the tool would have answered had the call waited."""
    result = ToolResult(structured_content=content)
    texts = [block for block in result.content if isinstance(block, TextContent)]
    answer = CallToolResult(content=[*texts], structured_content=content, is_error=False)
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)
