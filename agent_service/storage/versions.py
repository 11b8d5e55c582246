"""Versions of a conversation: what followed a message before it was edited or asked again, and the way back.

A thread is a line of items. Where a message of the user got another answer, the earlier line from there on is
kept beside it, with the message as it was said then; to show it again is to exchange the two. What follows a
message stands behind it in the order of arrival, so that nothing has to be moved.

Called while no other request writes to the thread.
"""

from dataclasses import dataclass
from typing import LiteralString

from chatkit.store import NotFoundError
from chatkit.types import ThreadItem, UserMessageItem

from agent_service.context import RequestContext
from agent_service.storage.pages import ITEM, json_of
from database.pool import Pool, fetch

SHOWN: LiteralString = """
select version.message_id, version.number, count(other.id)
from thread_versions version
join threads thread on thread.id = version.thread_id
join thread_versions other
    on other.thread_id = version.thread_id and other.message_id = version.message_id
where version.thread_id = %(thread_id)s and thread.user_id = %(user_id)s and version.is_shown
group by version.id
order by version.id
"""
FIRST: LiteralString = """
insert into thread_versions (thread_id, message_id, number, message, is_shown)
select item.thread_id, item.id, 1, item.data, true
from thread_items item
join threads thread on thread.id = item.thread_id
where item.thread_id = %(thread_id)s and item.id = %(item_id)s and item.version_id is null
  and thread.user_id = %(user_id)s
on conflict (thread_id, message_id, number) do nothing
"""
PUT_AWAY: LiteralString = """
with kept as (
    update thread_versions version
    set is_shown = false, message = item.data
    from thread_items item
    join threads thread on thread.id = item.thread_id
    where item.thread_id = %(thread_id)s and item.id = %(item_id)s and item.version_id is null
      and thread.user_id = %(user_id)s
      and version.thread_id = item.thread_id and version.message_id = item.id and version.is_shown
    returning version.id, item.sequence
)
update thread_items
set version_id = kept.id
from kept
where thread_id = %(thread_id)s and thread_items.sequence > kept.sequence and version_id is null
"""
NEXT: LiteralString = """
insert into thread_versions (thread_id, message_id, number, message, is_shown)
select version.thread_id, version.message_id, max(version.number) + 1, %(message)s::json, true
from thread_versions version
join threads thread on thread.id = version.thread_id
where version.thread_id = %(thread_id)s and version.message_id = %(item_id)s and thread.user_id = %(user_id)s
group by version.thread_id, version.message_id
"""
SHOW: LiteralString = """
with chosen as (
    update thread_versions version
    set is_shown = true
    from threads thread
    where version.thread_id = %(thread_id)s and version.message_id = %(item_id)s
      and version.number = %(number)s and thread.id = version.thread_id and thread.user_id = %(user_id)s
    returning version.id, version.message
), said as (
    update thread_items set data = chosen.message, updated_at = now()
    from chosen
    where thread_id = %(thread_id)s and thread_items.id = %(item_id)s
), followed as (
    update thread_items set version_id = null from chosen where version_id = chosen.id
)
select message::text from chosen
"""
FOLLOWING: LiteralString = """
select item.data::text
from thread_items item
join threads thread on thread.id = item.thread_id
where item.thread_id = %(thread_id)s and thread.user_id = %(user_id)s and item.version_id is null
  and item.sequence > (select sequence from thread_items where thread_id = %(thread_id)s and id = %(item_id)s)
order by item.sequence
"""


@dataclass(frozen=True)
class ShownVersion:
    """Which of its versions (from 1 on) a message of the user is shown in."""

    item_id: str
    number: int
    count: int


async def versions_in(pool: Pool, thread_id: str, context: RequestContext) -> list[ShownVersion]:
    """The messages of the thread that have versions; none for an unknown thread."""
    rows = await fetch(pool, SHOWN, {"thread_id": thread_id, "user_id": context.user_id})
    return [ShownVersion(*row) for row in rows]


async def put_away(pool: Pool, message: UserMessageItem, context: RequestContext) -> None:
    """Keep the message as it is stored, with all that follows it; then it begins a new version.

    `message` has the words of that. What is kept is read no more, until it is shown again.
    """
    values = {"thread_id": message.thread_id, "item_id": message.id, "user_id": context.user_id}
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(FIRST, values)
        await connection.execute(PUT_AWAY, values)
        await connection.execute(NEXT, values | {"message": json_of(message)})


async def show_version(
    pool: Pool, message: UserMessageItem, number: int, context: RequestContext
) -> tuple[UserMessageItem, list[ThreadItem]]:
    """The message as it was said in one of its versions, and what followed it there, now in the thread.

    Raises `NotFoundError` when it has no such version.
    """
    values = {"thread_id": message.thread_id, "item_id": message.id, "user_id": context.user_id}
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(PUT_AWAY, values)
        shown = await (await connection.execute(SHOW, values | {"number": number})).fetchone()
        if shown is None:
            raise NotFoundError(f"There is no version {number} of {message.id!r}.")
        rows = await (await connection.execute(FOLLOWING, values)).fetchall()
    said = ITEM.validate_json(shown[0])
    assert isinstance(said, UserMessageItem)
    return said, [ITEM.validate_json(row[0]) for row in rows]
