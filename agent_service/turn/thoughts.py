"""The thoughts of a model: the user sees that it thinks and for how long, never what."""

import time
from collections.abc import Callable

from chatkit.types import (
    ThoughtTask,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)

from agent_service.i18n.catalog import say


class Thoughts:
    """Puts a title in the place of each thought; what it says is neither sent nor stored.

    The tasks are changed themselves: ChatKit goes on with them, and what is taken back is made of them.
    """

    def __init__(self, locale: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._locale = locale
        self._clock = clock
        self._begun: dict[str, float] = {}
        self._lasted: dict[str, float] = {}

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event without what was thought; nothing where it would only say that a thought goes on."""
        if isinstance(event, ThreadItemUpdatedEvent):
            update = event.update
            if isinstance(update, WorkflowTaskAdded | WorkflowTaskUpdated) and isinstance(
                update.task, ThoughtTask
            ):
                self._begin(event.item_id, update.task)
                return [event] if isinstance(update, WorkflowTaskAdded) else []
        elif isinstance(event, ThreadItemDoneEvent) and isinstance(event.item, WorkflowItem):
            self._end(event.item)
        return [event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []

    def _begin(self, item_id: str, task: ThoughtTask) -> None:
        now = self._clock()
        self._lasted[item_id] = now - self._begun.setdefault(item_id, now)
        task.content, task.status_indicator = "", "loading"
        task.title = say(self._locale, "step.thought.begun")

    def _end(self, item: WorkflowItem) -> None:
        workflow = item.workflow
        if workflow.type == "reasoning" and not workflow.tasks:
            # Some providers send thoughts in a way of which ChatKit shows nothing but that there are some.
            workflow.tasks.append(ThoughtTask(content=""))
        seconds = max(1, round(self._lasted.get(item.id, 0.0)))
        for task in workflow.tasks:
            if isinstance(task, ThoughtTask):
                task.content, task.status_indicator = "", "complete"
                task.title = say(self._locale, "step.thought.done", seconds=seconds)
