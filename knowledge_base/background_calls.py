"""Tool calls that go on after they were answered: tasks of the extension io.modelcontextprotocol/tasks.

The work is an upload, which a worker of ingestion does; what is kept here is under which id its client asks
for it, in any process and after any restart.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

Connection = AsyncConnection[TupleRow]

# How long a client can ask for a task, from its beginning.
KEPT = timedelta(hours=24)
TASK_ID_BYTES = 32


@dataclass(frozen=True)
class BackgroundCall:
    """A call in the background. `ahead`: how many uploads of the user in this collection come before it."""

    task_id: str
    upload_id: int
    note: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    cancelled_at: datetime | None
    ahead: int

    @property
    def ttl(self) -> timedelta:
        """How long it is kept, from its beginning."""
        return self.expires_at - self.created_at


FIND = """
select task_id, upload_id, note, calls.created_at, uploads.changed_at, expires_at, cancelled_at,
       (
           select count(*) from uploads as earlier
           where earlier.user_id = uploads.user_id and earlier.collection = uploads.collection
             and earlier.status in ('waiting', 'working') and earlier.id < uploads.id
       ) as ahead
from background_calls as calls
join uploads on uploads.id = upload_id
where calls.user_id = %(user_id)s and expires_at > now()
"""


async def begin_call(connection: Connection, user_id: str, upload_id: int, note: str) -> BackgroundCall:
    """The call whose work is this upload of the user: a new one, or the one that is about it already."""
    await connection.execute(
        "delete from background_calls where user_id = %(user_id)s and expires_at <= now()",
        {"user_id": user_id},
    )
    task_id = secrets.token_urlsafe(TASK_ID_BYTES)
    await connection.execute(
        """
        insert into background_calls (task_id, user_id, upload_id, note, expires_at)
        select %(task_id)s, %(user_id)s, %(upload_id)s, %(note)s, now() + %(kept)s
        where not exists (
            select from background_calls where user_id = %(user_id)s and upload_id = %(upload_id)s
        )
        """,
        {"task_id": task_id, "user_id": user_id, "upload_id": upload_id, "note": note, "kept": KEPT},
    )
    async with connection.cursor(row_factory=class_row(BackgroundCall)) as cursor:
        await cursor.execute(
            FIND + "and upload_id = %(upload_id)s order by calls.created_at limit 1",
            {"user_id": user_id, "upload_id": upload_id},
        )
        begun = await cursor.fetchone()
    assert begun is not None
    return begun


async def find_call(connection: Connection, user_id: str, task_id: str) -> BackgroundCall | None:
    """The user's call with this id, or None where there is none (any more)."""
    async with connection.cursor(row_factory=class_row(BackgroundCall)) as cursor:
        await cursor.execute(FIND + "and task_id = %(task_id)s", {"user_id": user_id, "task_id": task_id})
        return await cursor.fetchone()


async def cancel_call(connection: Connection, call: BackgroundCall) -> bool:
    """Take the work back where no worker has begun it; whether that was so."""
    rows = await connection.execute(
        "select withdraw_upload(%(upload_id)s::bigint)", {"upload_id": call.upload_id}
    )
    row = await rows.fetchone()
    if row is None or not row[0]:
        return False
    await connection.execute(
        "update background_calls set cancelled_at = now() where task_id = %(task_id)s",
        {"task_id": call.task_id},
    )
    return True
