"""Lines of the service's own in a thread: clients draw them, they are stored, and models never see them."""

from datetime import datetime

from chatkit.store import Store
from chatkit.types import CustomSummary, CustomTask, TaskItem, UserMessageItem, Workflow, WorkflowItem

from agent_service.context import RequestContext
from agent_service.i18n.catalog import say


def note(item_id: str, thread_id: str, title: str, content: str | None = None) -> WorkflowItem:
    """A line of text as a workflow with one step; `content` says more when it is opened."""
    task = CustomTask(status_indicator="none", title=title, icon="info", content=content)
    return WorkflowItem(
        id=item_id,
        thread_id=thread_id,
        created_at=datetime.now(),  # noqa: DTZ005 - the protocol's times are naive
        workflow=Workflow(type="custom", tasks=[task], summary=CustomSummary(title=title, icon="info")),
    )


async def note_cut_off(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    """Put a note at the end of the thread when its process was killed: it ends with a question or steps.

    Raises `NotFoundError` for an unknown thread.
    """
    newest = await store.load_thread_items(thread_id, None, 1, "desc", context)
    if not newest.data or not isinstance(newest.data[0], UserMessageItem | WorkflowItem | TaskItem):
        return
    thread = await store.load_thread(thread_id, context)
    item_id = store.generate_item_id("workflow", thread, context)
    title, content = say(context.locale, "line.cut_off"), say(context.locale, "line.cut_off.why")
    await store.add_thread_item(thread_id, note(item_id, thread_id, title, content), context)
