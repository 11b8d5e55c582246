"""ChatKit's `Store` in memory: for tests and trials; everything is gone with the process."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, FeedbackKind, Page, ThreadItem, ThreadMetadata

from agent_service.context import RequestContext
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


def _slice(ids: list[str], after: str | None, limit: int, order: str) -> list[str]:
    """At most `limit` ids and one more, from behind `after` on, in the given direction."""
    ordered = ids if order == "asc" else ids[::-1]
    start = 0 if after is None else ordered.index(after) + 1
    return ordered[start : start + clamped(limit) + 1]


@dataclass(frozen=True)
class _Thread:
    """A user's thread: entries are kept as JSON, so that nobody changes them from outside."""

    user_id: str
    data: list[str]
    items: dict[str, str] = field(default_factory=dict[str, str])
    votes: dict[str, FeedbackKind] = field(default_factory=dict[str, FeedbackKind])


class MemoryStore(Store[RequestContext]):
    """Keeps the same promises as `PostgresStore`, as long as the process lives."""

    def __init__(self) -> None:
        self._threads: dict[str, _Thread] = {}
        self._attachments: dict[str, tuple[str, Attachment]] = {}

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
        return ThreadMetadata.model_validate_json(self._thread(thread_id, context).data[0])

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Store the thread as it is now; items that hang on it are not stored here."""
        kept = self._threads.setdefault(thread.id, _Thread(context.user_id, [""]))
        if kept.user_id != context.user_id:
            raise NotFoundError(f"There is no thread {thread.id!r}.")
        kept.data[0] = json_without_items(thread)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        """A page of the user's threads by age; `after` is the last thread id of the page before."""
        if after is not None:
            self._thread(after, context)
        mine = [name for name, kept in self._threads.items() if kept.user_id == context.user_id]
        found = [self._threads[name].data[0] for name in _slice(mine, after, limit, order)]
        return page_of([ThreadMetadata.model_validate_json(data) for data in found], limit)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """Remove the thread with its items, attachments and votes."""
        self._thread(thread_id, context)
        del self._threads[thread_id]
        for name, (_, kept) in list(self._attachments.items()):
            if kept.thread_id == thread_id:
                del self._attachments[name]

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        """A page of the thread's items by arrival; `after` is the last item id of the page before."""
        items = self._thread(thread_id, context).items
        if after is not None and after not in items:
            raise NotFoundError(f"There is no item {after!r} in the thread {thread_id!r}.")
        found = [items[name] for name in _slice(list(items), after, limit, order)]
        return page_of([ITEM.validate_json(data) for data in found], limit)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        """One item."""
        data = self._thread(thread_id, context).items.get(item_id)
        if data is None:
            raise NotFoundError(f"There is no item {item_id!r} in the thread {thread_id!r}.")
        return ITEM.validate_json(data)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Store the item at the end of the thread, or, when it is there already, in its old place."""
        self._thread(thread_id, context).items[item.id] = json_of(item)

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Store the item, new or changed."""
        await self.add_thread_item(thread_id, item, context)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        """Remove the item and its votes; an unknown item in a known thread is no error."""
        kept = self._thread(thread_id, context)
        kept.items.pop(item_id, None)
        kept.votes.pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        """Store what is known of the attachment; it is deleted with its thread."""
        owner, _ = self._attachments.get(attachment.id, (context.user_id, attachment))
        if owner != context.user_id:
            raise NotFoundError(f"There is no place for the attachment {attachment.id!r}.")
        if attachment.thread_id is not None:
            self._thread(attachment.thread_id, context)
        copy = ATTACHMENT.validate_json(json_of(attachment))
        self._attachments[attachment.id] = (context.user_id, copy)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        """One attachment."""
        owner, attachment = self._attachments.get(attachment_id, (None, None))
        if attachment is None or owner != context.user_id:
            raise NotFoundError(f"There is no attachment {attachment_id!r}.")
        return attachment.model_copy(deep=True)

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """Remove the attachment's record."""
        await self.load_attachment(attachment_id, context)
        del self._attachments[attachment_id]

    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None:
        """Store the user's vote on the items; `NotFoundError` when none of them exists."""
        kept = self._thread(thread_id, context)
        known = [item_id for item_id in item_ids if item_id in kept.items]
        if not known:
            raise NotFoundError(f"There are no such items in the thread {thread_id!r}.")
        kept.votes.update(dict.fromkeys(known, kind))

    async def load_feedback(self, thread_id: str, context: RequestContext) -> dict[str, FeedbackKind]:
        """The user's votes in the thread by item id."""
        kept = self._threads.get(thread_id)
        return dict(kept.votes) if kept is not None and kept.user_id == context.user_id else {}

    def _thread(self, thread_id: str, context: RequestContext) -> _Thread:
        kept = self._threads.get(thread_id)
        if kept is None or kept.user_id != context.user_id:
            raise NotFoundError(f"There is no thread {thread_id!r}.")
        return kept
