"""The tasks extension on the wire (io.modelcontextprotocol/tasks, SEP-2663)."""

from datetime import datetime
from typing import Any, Literal

from mcp_types import RequestParams, Result
from pydantic import BaseModel, ConfigDict, Field, field_serializer
from pydantic.alias_generators import to_camel

TASKS = "io.modelcontextprotocol/tasks"
REQUIRED: dict[str, Any] = {"requiredCapabilities": {"extensions": {TASKS: {}}}}
TaskStatus = Literal["working", "completed", "cancelled"]


class TaskParams(RequestParams):
    """Which task `tasks/get` and `tasks/cancel` are about."""

    task_id: str = Field(max_length=200)


class UpdateTaskParams(TaskParams):
    """Answers to questions of a task; no task of ours asks anything."""

    input_responses: dict[str, Any]


class Task(BaseModel):
    """How a task stands; `result` is what the call would have answered, once it is completed."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    task_id: str
    status: TaskStatus
    status_message: str
    created_at: datetime
    last_updated_at: datetime
    ttl_ms: int
    poll_interval_ms: int
    result: dict[str, Any] | None = None

    @field_serializer("created_at", "last_updated_at")
    def _as_text(self, moment: datetime) -> str:
        return moment.isoformat()

    def on_the_wire(self, result_type: Literal["task", "complete"] | None = None) -> dict[str, Any]:
        """The task as JSON; a new one is a result of the type `task`, and holds none itself."""
        left_out = {"result"} if result_type == "task" else None
        task = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=left_out)
        return task if result_type is None else {"resultType": result_type, **task}


class TaskResult(Result, Task):  # pyright: ignore[reportIncompatibleVariableOverride]
    """The answer of `tasks/get`, for clients in Python."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
