"""A conversation up to one of its items as a new one, which goes on by itself."""

import secrets
from datetime import datetime
from typing import LiteralString

from chatkit.store import NotFoundError
from chatkit.types import (
    AssistantMessageItem,
    TaskItem,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    WorkflowItem,
)

from agent_service.context import RequestContext
from agent_service.storage.pages import ITEM, json_of
from agent_service.storage.postgres import PostgresStore
from database.pool import Pool, fetch

# Cards and forms belong to the run that made them; what was said stands without them.
COPIED = UserMessageItem | AssistantMessageItem | WorkflowItem | TaskItem
PAGE_SIZE = 500
COPY_FILE: LiteralString = """
with file as (
    insert into attachments (id, user_id, thread_id, data)
    select %(new_id)s::text, user_id, %(thread_id)s::text, replace(data::text, id, %(new_id)s)::json
    from attachments
    where id = %(id)s and user_id = %(user_id)s
    returning id
)
insert into attachment_contents (attachment_id, content, text)
select file.id, content, text from file, attachment_contents where attachment_id = %(id)s
returning 1
"""


async def copy_thread(
    pool: Pool, store: PostgresStore, thread_id: str, item_id: str, context: RequestContext
) -> ThreadMetadata:
    """A new thread with what is said in another one up to an item, and its files; nothing else changes.

    Raises `NotFoundError` when there is no such thread or item.
    """
    thread = await store.load_thread(thread_id, context)
    items = await _items_to(store, thread_id, item_id, context)
    new_id = store.generate_thread_id(context)
    copy = thread.model_copy(update={"id": new_id, "created_at": datetime.now()})  # noqa: DTZ005 - as all are
    await store.save_thread(copy, context)
    for item in items:
        data = json_of(item.model_copy(update={"thread_id": new_id}))
        for attachment in item.attachments if isinstance(item, UserMessageItem) else ():
            file_id = f"atc_{secrets.token_hex(16)}"
            values = {"id": attachment.id, "new_id": file_id, "thread_id": new_id, "user_id": context.user_id}
            await fetch(pool, COPY_FILE, values)
            # Ids are random and long: nothing else is written like one.
            data = data.replace(attachment.id, file_id)
        await store.add_thread_item(new_id, ITEM.validate_json(data), context)
    return copy


async def _items_to(
    store: PostgresStore, thread_id: str, item_id: str, context: RequestContext
) -> list[ThreadItem]:
    found: list[ThreadItem] = []
    after: str | None = None
    while True:
        page = await store.load_thread_items(thread_id, after, PAGE_SIZE, "asc", context)
        for item in page.data:
            if isinstance(item, COPIED):
                found.append(item)
            if item.id == item_id:
                return found
        if not page.has_more:
            raise NotFoundError(f"There is no item {item_id!r} in the thread {thread_id!r}.")
        after = page.after
