"""How ingestion stands, for administrators: what was handed in by whom, and where documents come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class UploadState:
    """An upload of anybody; `name` and `reason` are left out for what is in a person's own collection."""

    upload_id: int
    user_id: str
    collection: str
    kind: str
    name: str | None
    status: str
    outcome: str | None
    reason: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class OriginState:
    """A folder, page or sitemap: when all of it was synced last, how many documents it has, how many files
    could not be read.
    """

    collection: str
    name: str
    kind: str
    synced_at: datetime | None
    documents: int
    problems: int


async def uploads_of_all(connection: Connection, limit: int) -> Sequence[UploadState]:
    """Up to `limit` uploads: those that are not over, then the newest."""
    async with connection.cursor(row_factory=class_row(UploadState)) as cursor:
        await cursor.execute("select * from uploads_of_all(%(limit)s)", {"limit": limit})
        return await cursor.fetchall()


async def origins_of_all(connection: Connection) -> Sequence[OriginState]:
    """Where documents come from by themselves, by collection and name, a thousand at most."""
    async with connection.cursor(row_factory=class_row(OriginState)) as cursor:
        await cursor.execute("select * from origins_of_all()")
        return await cursor.fetchall()
