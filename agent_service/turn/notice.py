"""Lines of the service's own in a thread: clients draw them, they are stored, and models never see them."""

from datetime import datetime

from chatkit.types import CustomSummary, CustomTask, Workflow, WorkflowItem


def note(item_id: str, thread_id: str, title: str, content: str | None = None) -> WorkflowItem:
    """A line of text as a workflow with one step; `content` says more when it is opened."""
    task = CustomTask(status_indicator="none", title=title, icon="info", content=content)
    return WorkflowItem(
        id=item_id,
        thread_id=thread_id,
        created_at=datetime.now(),  # noqa: DTZ005 - the protocol's times are naive
        workflow=Workflow(type="custom", tasks=[task], summary=CustomSummary(title=title, icon="info")),
    )
