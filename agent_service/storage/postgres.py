"""ChatKit's `Store` on Postgres: every statement names the user, so nobody reaches another's chats."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, FeedbackKind, Page, ThreadItem, ThreadMetadata, UserMessageItem
from psycopg_pool import PoolClosed

from agent_service.context import RequestContext
from agent_service.storage.feedback import load_feedback, save_feedback
from agent_service.storage.keyed_ids import id_under_key
from agent_service.storage.pages import (
    ATTACHMENT,
    ITEM,
    clamped,
    json_of,
    json_without_items,
    new_id,
    page_of,
)
from agent_service.storage.statements import ITEMS_DOWN, ITEMS_UP, THREADS_DOWN, THREADS_UP
from agent_service.storage.versions import put_away, show_version
from database.pool import Pool, fetch, fetch_as
from serving.requests import acting_now

# A pool that lost its connections tries again after 1, 3, 7 and 15 seconds.
PATIENCE_IN_TIMEOUTS = 1.7
PAUSE_SECONDS = 0.5


class PostgresStore(Store[RequestContext]):
    """Threads, items and attachments of each user.

    Ids are random and whole (122 bits). Lists are in order of arrival, at most 500 entries a page. What
    belongs to another user does not exist: reading and writing it raises `NotFoundError`.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def generate_thread_id(self, context: RequestContext) -> str:
        """A new thread id; under the key of a request always the same."""
        return id_under_key("thread", context)

    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext
    ) -> str:
        """A new item id; its prefix tells the type."""
        return new_id(item_type)

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        """The thread without its items."""
        rows = await self._rows(
            "select data::text from threads where id = %(thread_id)s and user_id = %(user_id)s",
            {"thread_id": thread_id, "user_id": context.user_id},
        )
        if not rows:
            raise NotFoundError(f"There is no thread {thread_id!r}.")
        return ThreadMetadata.model_validate_json(rows[0][0])

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Store the thread as it is now; items that hang on it are not stored here."""
        rows = await self._rows(
            """
            insert into threads (id, user_id, data)
            values (%(id)s, %(user_id)s, %(data)s)
            on conflict (id) do update set data = excluded.data, updated_at = now()
                where threads.user_id = excluded.user_id
            returning id
            """,
            {"id": thread.id, "user_id": context.user_id, "data": json_without_items(thread)},
        )
        if not rows:
            raise NotFoundError(f"There is no thread {thread.id!r}.")

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        """A page of the user's threads by age; `after` is the last thread id of the page before."""
        values = {"user_id": context.user_id, "after": after, "limit": clamped(limit) + 1}
        rows = await self._rows(THREADS_UP if order == "asc" else THREADS_DOWN, values)
        if not rows and after is not None:
            await self.load_thread(after, context)
        return page_of([ThreadMetadata.model_validate_json(row[0]) for row in rows], limit)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """Remove the thread with its items, attachments and votes."""
        rows = await fetch_as(
            self._pool,
            acting_now(context.user_id, "chat"),
            "delete from threads where id = %(thread_id)s and user_id = %(user_id)s returning id",
            {"thread_id": thread_id, "user_id": context.user_id},
        )
        if not rows:
            raise NotFoundError(f"There is no thread {thread_id!r}.")

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        """A page of the thread's items by arrival; `after` is the last item id of the page before."""
        values = {
            "thread_id": thread_id,
            "user_id": context.user_id,
            "after": after,
            "limit": clamped(limit) + 1,
        }
        rows = await self._rows(ITEMS_UP if order == "asc" else ITEMS_DOWN, values)
        if not rows:
            await self.load_thread(thread_id, context)
            if after is not None:
                await self.load_item(thread_id, after, context)
        return page_of([ITEM.validate_json(row[0]) for row in rows], limit)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        """One item."""
        rows = await self._rows(
            """
            select item.data::text
            from thread_items item
            join threads thread on thread.id = item.thread_id
            where item.thread_id = %(thread_id)s and item.id = %(item_id)s and thread.user_id = %(user_id)s
              and item.version_id is null
            """,
            {"thread_id": thread_id, "item_id": item_id, "user_id": context.user_id},
        )
        if not rows:
            raise NotFoundError(f"There is no item {item_id!r} in the thread {thread_id!r}.")
        return ITEM.validate_json(rows[0][0])

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Store the item at the end of the thread, or, when it is there already, in its old place."""
        rows = await self._rows(
            """
            insert into thread_items (thread_id, id, data)
            select id, %(item_id)s::text, %(data)s::json
            from threads
            where id = %(thread_id)s and user_id = %(user_id)s
            on conflict (thread_id, id) do update set data = excluded.data, updated_at = now()
                where thread_items.version_id is null
            returning id
            """,
            {
                "thread_id": thread_id,
                "item_id": item.id,
                "user_id": context.user_id,
                "data": json_of(item),
            },
        )
        if not rows:
            raise NotFoundError(f"There is no thread {thread_id!r}.")

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Store the item, new or changed."""
        await self.add_thread_item(thread_id, item, context)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        """Remove the item and its votes; an unknown item in a known thread is no error."""
        rows = await self._rows(
            """
            delete from thread_items item
            using threads thread
            where thread.id = item.thread_id and thread.user_id = %(user_id)s
              and item.thread_id = %(thread_id)s and item.id = %(item_id)s and item.version_id is null
            returning item.id
            """,
            {"thread_id": thread_id, "item_id": item_id, "user_id": context.user_id},
        )
        if not rows:
            await self.load_thread(thread_id, context)

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        """Store what is known of the attachment; it is deleted with its thread."""
        rows = await self._rows(
            """
            insert into attachments (id, user_id, thread_id, data)
            select %(id)s::text, %(user_id)s::text, %(thread_id)s::text, %(data)s::json
            where %(thread_id)s::text is null
               or exists (select 1 from threads where id = %(thread_id)s and user_id = %(user_id)s)
            on conflict (id) do update set thread_id = excluded.thread_id, data = excluded.data
                where attachments.user_id = excluded.user_id
            returning id
            """,
            {
                "id": attachment.id,
                "user_id": context.user_id,
                "thread_id": attachment.thread_id,
                "data": json_of(attachment),
            },
        )
        if not rows:
            raise NotFoundError(f"There is no place for the attachment {attachment.id!r}.")

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        """One attachment."""
        rows = await self._rows(
            "select data::text from attachments where id = %(id)s and user_id = %(user_id)s",
            {"id": attachment_id, "user_id": context.user_id},
        )
        if not rows:
            raise NotFoundError(f"There is no attachment {attachment_id!r}.")
        return ATTACHMENT.validate_json(rows[0][0])

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """Remove the attachment's record."""
        rows = await self._rows(
            "delete from attachments where id = %(id)s and user_id = %(user_id)s returning id",
            {"id": attachment_id, "user_id": context.user_id},
        )
        if not rows:
            raise NotFoundError(f"There is no attachment {attachment_id!r}.")

    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None:
        """Store the user's vote on the items; `NotFoundError` when none of them exists."""
        await save_feedback(self._pool, thread_id, item_ids, kind, context)

    async def load_feedback(self, thread_id: str, context: RequestContext) -> dict[str, FeedbackKind]:
        """The user's votes in the thread by item id."""
        return await load_feedback(self._pool, thread_id, context)

    async def has_halted_run(self, thread_id: str, context: RequestContext) -> bool:
        """Whether a run that the user has decided on went on and did not come to its end."""
        rows = await self._rows(
            """
            select 1 from approvals
            where thread_id = %(thread_id)s and user_id = %(user_id)s
              and outcome is not null and state is not null
            limit 1
            """,
            {"thread_id": thread_id, "user_id": context.user_id},
        )
        return bool(rows)

    async def put_away(self, message: UserMessageItem, context: RequestContext) -> None:
        """Keep the message as it is stored, with all that follows it, as a version."""
        await put_away(self._pool, message, context)

    async def show_version(
        self, message: UserMessageItem, number: int, context: RequestContext
    ) -> tuple[UserMessageItem, list[ThreadItem]]:
        """The message in one of its versions and what followed it there. Raises `NotFoundError`."""
        return await show_version(self._pool, message, number, context)

    async def _rows(self, statement: LiteralString, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return await fetch(self._pool, statement, values)


class PatientStore(PostgresStore):
    """Like `PostgresStore`, but what was already answered is not lost with a short outage.

    A question is not waited with: it was not answered yet, and whoever asked can send it again.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._patience_seconds = pool.timeout * PATIENCE_IN_TIMEOUTS

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Store the item, trying again while Postgres is away; the second time does no harm."""
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                await super().add_thread_item(thread_id, item, context)
                return
            except psycopg.OperationalError as error:
                is_final = isinstance(error, PoolClosed) or isinstance(item, UserMessageItem)
                if is_final or time.monotonic() > until:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
