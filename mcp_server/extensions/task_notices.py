"""`notifications/tasks`: subscribers hear how their tasks go on (the tasks extension)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp_types import INVALID_PARAMS, SubscriptionFilter
from pydantic import BaseModel

from knowledge_base.changes import Changes
from mcp_server.auth.callers import Caller
from mcp_server.extensions.task_models import Task
from mcp_server.extensions.tasks import Tasks, check_knows_tasks

MAX_TASKS = 200

Request = ServerRequestContext[Any, Any]
Told = dict[str, Task]


class TaskNotification(BaseModel):
    """How a task stands, as `tasks/get` would say it."""

    method: Literal["notifications/tasks"] = "notifications/tasks"
    params: dict[str, Any]


@dataclass(frozen=True)
class TaskNotices:
    """Tells subscribers of the tasks that they named."""

    tasks: Tasks

    def asked_for(self, ctx: Request, asked: SubscriptionFilter) -> Sequence[str]:
        """The ids that a subscription names. Raises `MCPError`."""
        given: object = (asked.model_extra or {}).get("taskIds")
        if given is None:
            return []
        check_knows_tasks(ctx)
        if not isinstance(given, list) or len(given) > MAX_TASKS:  # pyright: ignore[reportUnknownArgumentType]
            raise MCPError(INVALID_PARAMS, f"taskIds: must be a list of at most {MAX_TASKS} ids.")
        return [str(one) for one in given]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    async def known(self, caller: Caller, task_ids: Sequence[str]) -> Told:
        """How those of them stand that are the caller's."""
        states = {task_id: await self.tasks.state_of(caller, task_id) for task_id in dict.fromkeys(task_ids)}
        return {task_id: task for task_id, task in states.items() if task is not None}

    async def tell(
        self, ctx: Request, caller: Caller, told: Told, changes: Changes, meta: Mapping[str, Any]
    ) -> None:
        """Tell how those tasks stand that are not as they were when the client was told last."""
        if not (changes.uploads or changes.missed):
            return
        for task_id, before in list(told.items()):
            if before.status != "working":
                continue
            now = await self.tasks.state_of(caller, task_id)
            if now is not None and now != before:
                told[task_id] = now
                notice = TaskNotification(params={**now.on_the_wire(), "_meta": dict(meta)})
                # The SDK has no type for it, and sends what it is given.
                await ctx.session.send_notification(cast("Any", notice), related_request_id=ctx.request_id)
