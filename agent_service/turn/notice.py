"""Lines of the service's own in a thread: clients draw them, they are stored, and models never see them."""

from datetime import datetime
from typing import Literal

from chatkit.store import Store
from chatkit.types import (
    CustomSummary,
    CustomTask,
    TaskItem,
    ThreadMetadata,
    UserMessageItem,
    Workflow,
    WorkflowItem,
)

from agent_service.context import RequestContext
from agent_service.i18n.catalog import say
from agent_service.storage.postgres import PostgresStore

# A failure that asking again may mend, an answer that was stopped, and a failure that will come again.
Icon = Literal["reload", "play", "info"]
FAILED: Icon = "reload"
STOPPED: Icon = "play"
FINAL: Icon = "info"


def note(item_id: str, thread_id: str, title: str) -> WorkflowItem:
    """A line of text as a workflow with one step."""
    task = CustomTask(status_indicator="none", title=title, icon="info")
    return WorkflowItem(
        id=item_id,
        thread_id=thread_id,
        created_at=_now(),
        workflow=Workflow(type="custom", tasks=[task], summary=CustomSummary(title=title, icon="info")),
    )


def line_of(item: WorkflowItem) -> str | None:
    """What a `note` says; None for the steps of an answer."""
    summary, tasks = item.workflow.summary, item.workflow.tasks
    if not isinstance(summary, CustomSummary) or len(tasks) != 1 or not isinstance(tasks[0], CustomTask):
        return None
    return summary.title if tasks[0].title == summary.title and summary.icon == "info" else None


def failure_note(
    item_id: str, thread_id: str, sentence: str, content: str | None = None, *, icon: Icon = FAILED
) -> TaskItem:
    """The line where an answer should be and is not; its icon tells clients why, and whether to ask again.

    It is a task and no workflow: the SDK takes a workflow at the end of a thread for one to go on with.
    """
    task = CustomTask(status_indicator="none", title=sentence, icon=icon, content=content)
    return TaskItem(id=item_id, thread_id=thread_id, created_at=_now(), task=task)


async def lacks_answer(store: Store[RequestContext], thread_id: str, context: RequestContext) -> bool:
    """Whether the thread ends with a question or with steps. Raises `NotFoundError` for an unknown thread."""
    newest = await store.load_thread_items(thread_id, None, 1, "desc", context)
    return bool(newest.data) and isinstance(newest.data[0], UserMessageItem | WorkflowItem)


async def note_stopped(store: Store[RequestContext], thread: ThreadMetadata, context: RequestContext) -> None:
    """Put a note at the end of the thread: the user stopped the answer, or went away from it."""
    item_id = store.generate_item_id("task", thread, context)
    note = failure_note(item_id, thread.id, say(context.locale, "line.stopped"), icon=STOPPED)
    await store.add_thread_item(thread.id, note, context)


async def note_cut_off(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    """Put a note at the end of the thread when its process was killed before there was an answer.

    Raises `NotFoundError` for an unknown thread.
    """
    is_halted = isinstance(store, PostgresStore) and await store.has_halted_run(thread_id, context)
    if not is_halted and not await lacks_answer(store, thread_id, context):
        return
    thread = await store.load_thread(thread_id, context)
    item_id = store.generate_item_id("task", thread, context)
    title, content = say(context.locale, "line.cut_off"), say(context.locale, "line.cut_off.why")
    await store.add_thread_item(thread_id, failure_note(item_id, thread_id, title, content), context)


def _now() -> datetime:
    return datetime.now()  # noqa: DTZ005 - the protocol's times are naive
