"""Calls of the MCP server's tools that no model asked for."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, cast

from agents.mcp import MCPServer
from mcp_types import TextContent
from pydantic import ValidationError

from agent_service.errors import ToolRefusedError
from agent_service.tools.for_people import for_people
from agent_service.tools.schemas import Task, TaskList

PAGE_SIZE = 200
MAX_PAGES = 10


async def call_tool(
    server: MCPServer, tool: str, arguments: dict[str, Any], meta: dict[str, Any] | None = None
) -> Mapping[str, Any]:
    """The structured result. Raises `ToolRefusedError` with the reason, and what the connection raises."""
    result = await server.call_tool(tool, arguments, meta)
    if result.is_error or result.structured_content is None:
        reason = for_people(" ".join(part.text for part in result.content if isinstance(part, TextContent)))
        raise ToolRefusedError("tool.refused" if reason else "tool.failed", reason=reason)
    return cast(Mapping[str, Any], result.structured_content)


async def find_tasks(server: MCPServer, task_ids: Sequence[int]) -> list[Task]:
    """The tasks with these ids in their order; those that are gone are left out. Raises as `call_tool`."""
    wanted = set(task_ids)
    found: dict[int, Task] = {}
    async for page in _pages(server):
        found |= {task.task_id: task for task in page if task.task_id in wanted}
        if len(found) == len(wanted):
            break
    return [found[task_id] for task_id in task_ids if task_id in found]


async def every_task(server: MCPServer) -> list[Task]:
    """All tasks of the user, at most two thousand. Raises as `call_tool`."""
    return [task async for page in _pages(server) for task in page]


async def _pages(server: MCPServer) -> AsyncGenerator[list[Task]]:
    arguments: dict[str, Any] = {"status": "all", "limit": PAGE_SIZE}
    for _ in range(MAX_PAGES):
        answer = await call_tool(server, "list_tasks", arguments)
        yield task_list(answer).tasks
        if not answer.get("next_cursor"):
            return
        arguments = arguments | {"cursor": answer["next_cursor"]}


def task_list(answer: Mapping[str, Any]) -> TaskList:
    """The answer of `list_tasks`. Raises `ToolRefusedError` when it is something else."""
    try:
        return TaskList.model_validate(answer)
    except ValidationError:
        raise ToolRefusedError("tool.unreadable_tasks") from None
