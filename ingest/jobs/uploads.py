"""Brings in what clients handed in, and removes what they want gone. See `knowledge_base.uploads`."""

import hashlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from procrastinate.exceptions import ConnectorException
from psycopg.rows import class_row

from database.acting import Acting, Through, act_as
from database.pool import Pool
from ingest.errors import DatabaseGoneError, IngestError
from ingest.ingestion import Ingestion, spool_folder
from ingest.origins import Connection, Options, find_origin, remember
from ingest.planning import ScannedFile, Scope
from ingest.report import FileReport, Silent
from ingest.sources.web import fetched_page
from ingest.sync_run import OUT_OF_REACH, SyncTask, run_sync
from knowledge_base.errors import EmbeddingSpaceMismatchError, KnowledgeBaseError
from knowledge_base.uploads import ADDED_BY, Kind, Result, origin_of
from parsing.errors import FileProblemError, FileTooLargeError
from parsing.formats import named_type

logger = logging.getLogger("ingest")

# How long it is known how an upload ended; as long its idempotency key holds.
KEEP_FINISHED = timedelta(days=7)
# None of these is the document's fault, nor lasts: a worker changes to the model of the index.
TRY_AGAIN = (*OUT_OF_REACH, ConnectorException, DatabaseGoneError, EmbeddingSpaceMismatchError)
SOMETHING_WRONG = "Something went wrong; the worker's log says what. Nothing was changed."


@dataclass(frozen=True)
class Task:
    """An upload as a worker needs it."""

    upload_id: int
    user_id: str
    collection: str
    kind: Kind
    name: str
    content: bytes | None
    url: str | None
    media_type: str | None
    metadata: Mapping[str, Any]
    document_id: int | None
    through: Through
    request_id: str | None
    trace_id: str | None

    @property
    def acting(self) -> Acting:
        """Who has handed it in."""
        return Acting(self.user_id, self.through, self.request_id or "", self.trace_id or "")

    @property
    def origin(self) -> str:
        """Where its document comes from."""
        return origin_of(self.user_id)

    @property
    def source(self) -> str:
        """What its document is called."""
        return f"{self.origin}/{self.name}"


@dataclass(frozen=True)
class Ending:
    """How an upload ended: with an outcome, or a reason why not."""

    outcome: Result | None = None
    reason: str | None = None
    document_ids: Sequence[int] = ()
    chunks: int = 0


class LastReport(Silent):
    """A watcher that remembers what became of the one file; None: it was unchanged."""

    report: FileReport | None = None

    def file(self, report: FileReport) -> None:
        """Keep it."""
        self.report = report


async def do_uploads(ingestion: Ingestion, collection: str, user_id: str) -> None:
    """Do all uploads of a user in a collection that are not over, in their order; each says how it ended.

    Raises one of `TRY_AGAIN` when they can be done later.
    """
    while (task := await _next(ingestion.pool, collection, user_id)) is not None:
        await _end(ingestion.pool, task.upload_id, await _ending(ingestion, task))


async def queue_forgotten(pool: Pool) -> None:
    """Put uploads on the queue that no job is about: they came before the queue, or their job gave up."""
    async with pool.connection() as connection:
        found = await connection.execute(
            """
            update uploads
            set status = 'waiting'
            where status in ('waiting', 'working')
              and not exists (
                  select 1
                  from procrastinate_jobs
                  where task_name = 'ingest:uploads'
                    and status in ('todo', 'doing')
                    and args = jsonb_build_object('collection', collection, 'user_id', user_id)
              )
            """
        )
    if found.rowcount:
        logger.info("%s uploads had no job and got one.", found.rowcount)


async def remove_old_uploads(pool: Pool) -> None:
    """Forget uploads that ended long ago; their documents stay."""
    async with pool.connection() as connection:
        await connection.execute(
            "delete from uploads where finished_at < now() - %(kept)s", {"kept": KEEP_FINISHED}
        )


async def _next(pool: Pool, collection: str, user_id: str) -> Task | None:
    """The first upload that is not over, now in work."""
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(
            """
            update uploads
            set status = 'working'
            where id = (
                select id
                from uploads
                where collection = %(collection)s
                  and user_id = %(user_id)s
                  and status in ('waiting', 'working')
                order by id
                limit 1
            )
            returning id as upload_id, user_id, collection, kind, name, content, url, media_type, metadata,
                      document_id, through, request_id, trace_id
            """,
            {"collection": collection, "user_id": user_id},
        )
        return await cursor.fetchone()


async def _end(pool: Pool, upload_id: int, ending: Ending) -> None:
    async with pool.connection() as connection:
        await connection.execute(
            """
            update uploads
            set status = case when %(outcome)s::text is null then 'failed' else 'done' end,
                outcome = %(outcome)s,
                reason = %(reason)s,
                document_ids = %(document_ids)s,
                chunks = %(chunks)s,
                content = null,
                finished_at = now()
            where id = %(upload_id)s
            """,
            {
                "upload_id": upload_id,
                "outcome": ending.outcome,
                "reason": ending.reason,
                "document_ids": list(ending.document_ids),
                "chunks": ending.chunks,
            },
        )


async def _ending(ingestion: Ingestion, task: Task) -> Ending:
    try:
        return await _do(ingestion, task)
    except TRY_AGAIN:
        raise
    except (IngestError, FileProblemError, KnowledgeBaseError) as error:
        return Ending(reason=str(error))
    except Exception:
        # The uploads after it are not to blame.
        logger.exception("Upload %s could not be done.", task.upload_id)
        return Ending(reason=SOMETHING_WRONG)


async def _do(ingestion: Ingestion, task: Task) -> Ending:
    if task.kind == "remove":
        return await _remove(ingestion.pool, task)
    watcher = LastReport()
    with spool_folder() as folder:
        file = await _file(ingestion, task, folder)
        sync = await _sync_task(ingestion, task, file)
        await run_sync(ingestion.database, sync, ingestion.pipeline.process, watcher)
    report = watcher.report
    if report is not None and report.outcome == "failed":
        return Ending(reason=report.reason)
    outcome = "unchanged" if report is None else "updated" if report.outcome == "updated" else "added"
    return await _brought_in(ingestion.pool, task, outcome)


async def _file(ingestion: Ingestion, task: Task, folder: Path) -> ScannedFile:
    """What was handed in as a file in `folder`. Raises `FileProblemError`."""
    if task.url is not None:
        page = await fetched_page(task.url, ingestion.fetch_limits, folder)
        return replace(page, source=task.source)
    data = task.content or b""
    limit = ingestion.settings.ingest_max_file_bytes
    if len(data) > limit:
        raise FileTooLargeError(f"The text is larger than {limit} bytes. Raise INGEST_MAX_FILE_BYTES.")
    path = folder / "text"
    path.write_bytes(data)
    known = task.media_type or named_type(task.name) or "text/markdown"
    return ScannedFile(task.source, str(path), hashlib.sha256(data).digest(), media_type=known)


async def _sync_task(ingestion: Ingestion, task: Task, file: ScannedFile) -> SyncTask:
    async with ingestion.pool.connection() as connection:
        await _check_place(connection, task)
        origin = await remember(connection, task.collection, task.origin, task.origin, "text", None)
    # Metadata belongs to this document, not to all that the user handed in.
    origin = replace(origin, options=Options(metadata=task.metadata))
    scope = Scope(origin, task.source, await ingestion.recipe_of(task.collection), removals=False)

    async def only() -> AsyncGenerator[Sequence[ScannedFile]]:
        yield [file]

    return SyncTask(scope, only, whole=False)


async def _check_place(connection: Connection, task: Task) -> None:
    """Raise `FileProblemError` when a folder has the names of these documents already."""
    parts = task.origin.split("/")
    for name in ("/".join(parts[: count + 1]) for count in range(len(parts))):
        known = await find_origin(connection, task.collection, name)
        if known is not None and known.kind != "text":
            raise FileProblemError(
                f'The collection "{task.collection}" holds a folder called {name}, the name of what clients '
                "add. Ask an administrator to give the folder another name, or use another collection."
            )


async def _brought_in(pool: Pool, task: Task, outcome: Result) -> Ending:
    async with pool.connection() as connection:
        rows = await connection.execute(
            """
            select documents.id, documents.chunk_count
            from documents
            left join documents as holder on holder.id = documents.parent_id
            where documents.collection = %(collection)s
              and coalesce(holder.source, documents.source) = %(source)s
            order by documents.parent_id nulls first, documents.id
            """,
            {"collection": task.collection, "source": task.source},
        )
        found = await rows.fetchall()
    return Ending(outcome, document_ids=[row[0] for row in found], chunks=sum(row[1] for row in found))


async def _remove(pool: Pool, task: Task) -> Ending:
    async with pool.connection() as connection, connection.transaction():
        await act_as(connection, task.acting, once=True)
        # The id of a document never stands for another one; that the user may remove it is checked again.
        rows = await connection.execute(
            """
            delete from documents
            where id = %(document_id)s
              and collection = %(collection)s
              and (
                  origin = %(origin)s
                  or (starts_with(origin, %(handed_in)s) and manages_collection(%(user_id)s, collection))
              )
            returning id, chunk_count
            """,
            {
                "document_id": task.document_id,
                "collection": task.collection,
                "origin": task.origin,
                "handed_in": f"{ADDED_BY}/",
                "user_id": task.user_id,
            },
        )
        row = await rows.fetchone()
    if row is None:
        return Ending(reason=f"The document {task.document_id} is already gone.")
    return Ending("removed", document_ids=[row[0]], chunks=row[1])
