"""ChatKit's `Store` on Postgres: every statement names the user, so nobody reaches another's chats."""

from typing import Any, LiteralString, TypeVar
from uuid import uuid4

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, Thread, ThreadItem, ThreadMetadata
from pydantic import BaseModel, TypeAdapter

from agent_service.queries import fetch
from agent_service.request_context import RequestContext
from database.pool import Pool

MOST_ENTRIES = 500

ITEM = TypeAdapter[ThreadItem](ThreadItem)
ATTACHMENT = TypeAdapter[Attachment](Attachment)
Entry = TypeVar("Entry", ThreadMetadata, ThreadItem)

ID_PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "task": "tsk",
    "workflow": "wf",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}


THREADS_UP = """
select data::text
from threads
where user_id = %(user_id)s
  and (%(after)s::text is null
       or sequence > (select sequence from threads where id = %(after)s and user_id = %(user_id)s))
order by sequence
limit %(limit)s
"""

THREADS_DOWN = """
select data::text
from threads
where user_id = %(user_id)s
  and (%(after)s::text is null
       or sequence < (select sequence from threads where id = %(after)s and user_id = %(user_id)s))
order by sequence desc
limit %(limit)s
"""

ITEMS_UP = """
select item.data::text
from thread_items item
join threads thread on thread.id = item.thread_id
where item.thread_id = %(thread_id)s and thread.user_id = %(user_id)s
  and (%(after)s::text is null
       or item.sequence > (select sequence from thread_items
                           where thread_id = %(thread_id)s and id = %(after)s))
order by item.sequence
limit %(limit)s
"""

ITEMS_DOWN = """
select item.data::text
from thread_items item
join threads thread on thread.id = item.thread_id
where item.thread_id = %(thread_id)s and thread.user_id = %(user_id)s
  and (%(after)s::text is null
       or item.sequence < (select sequence from thread_items
                           where thread_id = %(thread_id)s and id = %(after)s))
order by item.sequence desc
limit %(limit)s
"""


def _clamped(limit: int) -> int:
    return max(1, min(limit, MOST_ENTRIES))


def _page(entries: list[Entry], limit: int) -> Page[Entry]:
    """The first `limit` entries; one more than that says that the page is not the last."""
    shown = entries[: _clamped(limit)]
    has_more = len(entries) > len(shown)
    return Page(data=shown, has_more=has_more, after=shown[-1].id if has_more else None)


def _json(entry: BaseModel) -> str:
    return entry.model_dump_json(by_alias=True)


def _without_items(thread: ThreadMetadata) -> str:
    return thread.model_dump_json(
        exclude_none=True, exclude={"items"} if isinstance(thread, Thread) else None
    )


class PostgresStore(Store[RequestContext]):
    """Threads, items and attachments of each user.

    Ids are random and whole (122 bits). Lists are in order of arrival, at most 500 entries a page. What
    belongs to another user does not exist: reading and writing it raises `NotFoundError`.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def generate_thread_id(self, context: RequestContext) -> str:
        """A new thread id."""
        return f"{ID_PREFIXES['thread']}_{uuid4().hex}"

    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext
    ) -> str:
        """A new item id; its prefix tells the type."""
        return f"{ID_PREFIXES[item_type]}_{uuid4().hex}"

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
            {"id": thread.id, "user_id": context.user_id, "data": _without_items(thread)},
        )
        if not rows:
            raise NotFoundError(f"There is no thread {thread.id!r}.")

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        """A page of the user's threads by age; `after` is the last thread id of the page before."""
        values = {"user_id": context.user_id, "after": after, "limit": _clamped(limit) + 1}
        rows = await self._rows(THREADS_UP if order == "asc" else THREADS_DOWN, values)
        if not rows and after is not None:
            await self.load_thread(after, context)
        return _page([ThreadMetadata.model_validate_json(row[0]) for row in rows], limit)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """Remove the thread with its items, attachments and votes."""
        rows = await self._rows(
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
            "limit": _clamped(limit) + 1,
        }
        rows = await self._rows(ITEMS_UP if order == "asc" else ITEMS_DOWN, values)
        if not rows:
            await self.load_thread(thread_id, context)
            if after is not None:
                await self.load_item(thread_id, after, context)
        return _page([ITEM.validate_json(row[0]) for row in rows], limit)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        """One item."""
        rows = await self._rows(
            """
            select item.data::text
            from thread_items item
            join threads thread on thread.id = item.thread_id
            where item.thread_id = %(thread_id)s and item.id = %(item_id)s and thread.user_id = %(user_id)s
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
            returning id
            """,
            {
                "thread_id": thread_id,
                "item_id": item.id,
                "user_id": context.user_id,
                "data": _json(item),
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
              and item.thread_id = %(thread_id)s and item.id = %(item_id)s
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
                "data": _json(attachment),
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

    async def _rows(self, statement: LiteralString, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return await fetch(self._pool, statement, values)
