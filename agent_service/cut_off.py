"""What a thread shows where the process that wrote its answer was killed."""

from datetime import datetime

from chatkit.store import Store
from chatkit.types import CustomSummary, CustomTask, TaskItem, UserMessageItem, Workflow, WorkflowItem

from agent_service.request_context import RequestContext

TITLES = {"de": "Die Antwort wurde unterbrochen", "en": "The answer was cut off"}
CONTENTS = {
    "de": "Der Dienst wurde beendet, während die Antwort entstand. Fragen Sie noch einmal.",
    "en": "The service stopped while the answer was being written. Ask again.",
}


async def note_cut_off(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    """Put a note at the end of the thread when it ends with a question or steps, so without an answer.

    Raises `NotFoundError` for an unknown thread.
    """
    newest = await store.load_thread_items(thread_id, None, 1, "desc", context)
    if not newest.data or not isinstance(newest.data[0], UserMessageItem | WorkflowItem | TaskItem):
        return
    thread = await store.load_thread(thread_id, context)
    note = _note(store.generate_item_id("workflow", thread, context), thread_id, context.locale)
    await store.add_thread_item(thread_id, note, context)


def _note(item_id: str, thread_id: str, locale: str) -> WorkflowItem:
    """A workflow: clients draw it, and models never get to see it."""
    language = locale.partition("-")[0].lower()
    title = TITLES.get(language, TITLES["en"])
    task = CustomTask(
        status_indicator="none", title=title, icon="info", content=CONTENTS.get(language, CONTENTS["en"])
    )
    return WorkflowItem(
        id=item_id,
        thread_id=thread_id,
        created_at=datetime.now(),  # noqa: DTZ005 - the protocol's times are naive
        workflow=Workflow(type="custom", tasks=[task], summary=CustomSummary(title=title, icon="info")),
    )
