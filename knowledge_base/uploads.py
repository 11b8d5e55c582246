"""Documents that clients hand in: written down here by the MCP server, brought in by workers of ingestion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from knowledge_base.errors import (
    DocumentNotFoundError,
    NotRemovableError,
    TooManyUploadsError,
    UploadKeyUsedError,
    UploadNotFoundError,
)

Connection = AsyncConnection[TupleRow]
Kind = Literal["text", "url", "remove"]
Status = Literal["waiting", "working", "done", "failed"]
Result = Literal["added", "updated", "unchanged", "removed"]

# Begins the source of every document that a client handed in.
ADDED_BY = "added-by"
# Uploads of one user that may wait at once.
MAX_WAITING = 200


@dataclass(frozen=True)
class NewUpload:
    """What is handed in: a text, an address, or the id of a document that is to go."""

    collection: str
    kind: Kind
    name: str
    content: bytes | None = None
    url: str | None = None
    media_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    document_id: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Upload:
    """How an upload stands; `reason` says why it failed, `document_ids` and `chunks` what came of it."""

    upload_id: int
    user_id: str
    collection: str
    kind: Kind
    name: str
    status: Status
    outcome: Result | None
    reason: str | None
    document_ids: Sequence[int]
    chunks: int
    created_at: datetime

    @property
    def source(self) -> str:
        """What its document is called in the knowledge base."""
        return self.name if self.kind == "remove" else f"{origin_of(self.user_id)}/{self.name}"

    @property
    def over(self) -> bool:
        """Whether it was brought in, or never will be."""
        return self.status in ("done", "failed")


def origin_of(user_id: str) -> str:
    """The origin of all documents that a user handed in; no two users have the same."""
    return f"{ADDED_BY}/{quote(user_id, safe='@')}"


async def add_upload(connection: Connection, user_id: str, new: NewUpload) -> Upload:
    """The upload that now waits for a worker, or the earlier one with the same idempotency key.

    Raises `TooManyUploadsError`, `UploadKeyUsedError`.
    """
    if new.idempotency_key is not None:
        earlier = await _find(connection, user_id, key=new.idempotency_key)
        if earlier is not None:
            return earlier
    await _check_room(connection, user_id)
    rows = await connection.execute(
        """
        insert into uploads (
            user_id, collection, kind, name, content, url, media_type, metadata, document_id, idempotency_key
        )
        values (
            %(user_id)s, %(collection)s, %(kind)s, %(name)s, %(content)s, %(url)s, %(media_type)s,
            %(metadata)s, %(document_id)s, %(idempotency_key)s
        )
        on conflict (user_id, idempotency_key) where idempotency_key is not null do nothing
        returning id
        """,
        {
            "user_id": user_id,
            "collection": new.collection,
            "kind": new.kind,
            "name": new.name,
            "content": new.content,
            "url": new.url,
            "media_type": new.media_type,
            "metadata": Jsonb(dict(new.metadata)),
            "document_id": new.document_id,
            "idempotency_key": new.idempotency_key,
        },
    )
    row = await rows.fetchone()
    # Without a row the same key came in at the same moment.
    made = await _find(connection, user_id, upload_id=row[0] if row else None, key=new.idempotency_key)
    if made is None:
        raise UploadKeyUsedError
    return made


async def get_upload(connection: Connection, user_id: str, upload_id: int) -> Upload:
    """How an upload of the user stands. Raises `UploadNotFoundError`."""
    upload = await _find(connection, user_id, upload_id=upload_id)
    if upload is None:
        raise UploadNotFoundError(upload_id)
    return upload


async def added_to(connection: Connection) -> frozenset[str] | None:
    """The collections that the caller of this transaction may add to; None: all that are open to them."""
    rows = await connection.execute(
        """
        select current_setting('owflex.all_rights', true) = 'yes',
               nullif(current_setting('owflex.added_to', true), '')::text[]
        """
    )
    row = await rows.fetchone()
    assert row is not None
    everywhere, named = row
    return None if everywhere else frozenset(named or ())


async def removal_of(connection: Connection, user_id: str, document_id: int) -> NewUpload:
    """The upload that removes a document which this user handed in, or another where the caller of this
    transaction manages the collection.

    Raises `DocumentNotFoundError`, and `NotRemovableError` for any other document.
    """
    rows = await connection.execute(
        """
        select documents.collection, documents.source, documents.origin, holder.id, holder.source,
               right_of_caller(documents.collection) = 'manage'
        from documents
        left join documents as holder on holder.id = documents.parent_id
        where documents.id = %(document_id)s
        """,
        {"document_id": document_id},
    )
    row = await rows.fetchone()
    if row is None:
        raise DocumentNotFoundError(document_id)
    collection, source, origin, holder_id, holder, manages = row
    if origin != origin_of(user_id) and not (manages and origin.startswith(f"{ADDED_BY}/")):
        raise NotRemovableError(_why_not(document_id, source, origin))
    if holder_id is not None:
        raise NotRemovableError(
            f"Document {document_id} is part of {holder}. Remove that with document_id {holder_id}."
        )
    return NewUpload(collection, "remove", source, document_id=document_id)


def _why_not(document_id: int, source: str, origin: str) -> str:
    if origin.startswith(f"{ADDED_BY}/"):
        return (
            f"Document {document_id} ({source}) was added by another user; only they can remove it, and "
            "those who manage the collection."
        )
    return (
        f"Document {document_id} ({source}) was not added by a client: it comes from {origin} and would "
        "come back with the next sync. Remove it there, or ask an administrator to run "
        "`owflex ingest remove`."
    )


async def _check_room(connection: Connection, user_id: str) -> None:
    rows = await connection.execute(
        "select count(*) from uploads where user_id = %(user_id)s and status in ('waiting', 'working')",
        {"user_id": user_id},
    )
    row = await rows.fetchone()
    if row is not None and row[0] >= MAX_WAITING:
        raise TooManyUploadsError(row[0])


async def _find(
    connection: Connection, user_id: str, *, upload_id: int | None = None, key: str | None = None
) -> Upload | None:
    """By id where one is given, else by idempotency key."""
    async with connection.cursor(row_factory=class_row(Upload)) as cursor:
        await cursor.execute(
            """
            select id as upload_id, user_id, collection, kind, name, status, outcome, reason, document_ids,
                   chunks, created_at
            from uploads
            where user_id = %(user_id)s
              and case
                      when %(upload_id)s::bigint is null then idempotency_key = %(key)s::text
                      else id = %(upload_id)s
                  end
            """,
            {"user_id": user_id, "upload_id": upload_id, "key": key},
        )
        return await cursor.fetchone()
