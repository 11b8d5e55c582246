"""Votes on answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatkit.store import NotFoundError
from chatkit.types import FeedbackKind

from agent_service.context import RequestContext
from database.pool import Pool, fetch


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
        on conflict (thread_id, item_id, user_id) do update set kind = excluded.kind, created_at = now(),
            reason = case when feedback.kind = excluded.kind then feedback.reason end
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


@dataclass(frozen=True)
class Vote:
    """A user's vote on an item, with the reason they gave, if any."""

    item_id: str
    kind: FeedbackKind
    reason: str | None


async def votes_in(pool: Pool, thread_id: str, context: RequestContext) -> list[Vote]:
    """The user's votes in one of their threads, oldest first. Raises `NotFoundError`."""
    rows = await fetch(
        pool,
        """
        select vote.item_id, vote.kind, vote.reason
        from threads thread
        left join feedback vote on vote.thread_id = thread.id and vote.user_id = thread.user_id
        where thread.id = %(thread_id)s and thread.user_id = %(user_id)s
        order by vote.created_at, vote.item_id
        """,
        {"thread_id": thread_id, "user_id": context.user_id},
    )
    if not rows:
        raise NotFoundError(f"There is no thread {thread_id!r}.")
    return [Vote(*row) for row in rows if row[0] is not None]


async def change_vote(
    pool: Pool,
    thread_id: str,
    item_id: str,
    kind: FeedbackKind | None,
    reason: str | None,
    context: RequestContext,
) -> None:
    """Store a vote with its reason; `kind` None takes it back. Raises `NotFoundError`."""
    values = {"thread_id": thread_id, "item_id": item_id, "user_id": context.user_id, "reason": reason}
    if kind is not None:
        await save_feedback(pool, thread_id, [item_id], kind, context)
        await fetch(
            pool,
            "update feedback set reason = %(reason)s where thread_id = %(thread_id)s "
            "and item_id = %(item_id)s and user_id = %(user_id)s returning 1",
            values,
        )
        return
    await votes_in(pool, thread_id, context)
    await fetch(
        pool,
        "delete from feedback where thread_id = %(thread_id)s and item_id = %(item_id)s "
        "and user_id = %(user_id)s returning 1",
        values,
    )
