"""What a thread shows where the process that wrote its answer was killed."""

from chatkit.store import Store
from chatkit.types import TaskItem, UserMessageItem, WorkflowItem

from agent_service.context import RequestContext
from agent_service.i18n.catalog import say
from agent_service.turn.notice import note


async def note_cut_off(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    """Put a note at the end of the thread when it ends with a question or steps, so without an answer.

    Raises `NotFoundError` for an unknown thread.
    """
    newest = await store.load_thread_items(thread_id, None, 1, "desc", context)
    if not newest.data or not isinstance(newest.data[0], UserMessageItem | WorkflowItem | TaskItem):
        return
    thread = await store.load_thread(thread_id, context)
    item_id = store.generate_item_id("workflow", thread, context)
    title, content = say(context.locale, "line.cut_off"), say(context.locale, "line.cut_off.why")
    await store.add_thread_item(thread_id, note(item_id, thread_id, title, content), context)
