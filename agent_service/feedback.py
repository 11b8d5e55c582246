"""Votes on answers."""

from collections.abc import Sequence

from chatkit.store import NotFoundError
from chatkit.types import FeedbackKind

from agent_service.queries import fetch
from agent_service.request_context import RequestContext
from database.pool import Pool


async def save_feedback(
    pool: Pool, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
) -> None:
    """Store the user's vote on items of one of their threads; a later vote on an item replaces it.

    Raises `NotFoundError` when none of the items exists.
    """
    rows = await fetch(
        pool,
        """
        insert into feedback (thread_id, item_id, user_id, kind)
        select item.thread_id, item.id, thread.user_id, %(kind)s::text
        from thread_items item
        join threads thread on thread.id = item.thread_id
        where item.thread_id = %(thread_id)s and item.id = any (%(item_ids)s) and thread.user_id = %(user_id)s
        on conflict (thread_id, item_id, user_id) do update set kind = excluded.kind, created_at = now()
        returning item_id
        """,
        {"thread_id": thread_id, "item_ids": list(item_ids), "user_id": context.user_id, "kind": kind},
    )
    if not rows:
        raise NotFoundError(f"There are no such items in the thread {thread_id!r}.")


async def load_feedback(pool: Pool, thread_id: str, context: RequestContext) -> dict[str, FeedbackKind]:
    """The user's votes in the thread by item id."""
    rows = await fetch(
        pool,
        "select item_id, kind from feedback where thread_id = %(thread_id)s and user_id = %(user_id)s",
        {"thread_id": thread_id, "user_id": context.user_id},
    )
    return {str(item_id): kind for item_id, kind in rows}
