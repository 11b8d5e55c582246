"""`owflex import`: puts an export into an installation; what is there already stays as it is.

Each document, each conversation and each task is one transaction, and one that is there is left out: an
import that was interrupted is repeated. Documents are stored with the passages they had, so that nothing is
parsed anew; vectors are made by the worker or the next ingestion.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, LiteralString

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from pydantic import TypeAdapter, ValidationError

from database.pool import first_line
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.documents import NewDocument, store_documents
from owflex.keeping import export as written
from owflex.keeping.bundles import BundleReader, lines
from owflex.keeping.errors import ArchiveError
from owflex.keeping.export import file_of

Connection = AsyncConnection[TupleRow]
MAX_FILE_BYTES = 1 << 30

COLLECTION: LiteralString = """
insert into collections (name, language, language_is_fixed)
select line ->> 'name', line ->> 'language', (line ->> 'language_is_fixed')::boolean
from (select %(line)s::json as line) as given
on conflict do nothing
"""
ORIGIN: LiteralString = """
insert into origins (collection, name, path, kind, options)
select line ->> 'collection', line ->> 'name', line ->> 'path', line ->> 'kind', (line -> 'options')::jsonb
from (select %(line)s::json as line) as given
on conflict do nothing
"""
THREAD: LiteralString = """
insert into threads (id, user_id, data, created_at, updated_at)
select line ->> 'id', line ->> 'user_id', line -> 'data',
       (line ->> 'created_at')::timestamptz, (line ->> 'updated_at')::timestamptz
from (select %(line)s::json as line) as given
on conflict do nothing
returning id
"""
OF_THREAD: LiteralString = """
with given as (select %(line)s::json as line),
items as (
    insert into thread_items (thread_id, id, data, created_at, updated_at)
    select line ->> 'id', item ->> 'id', item -> 'data',
           (item ->> 'created_at')::timestamptz, (item ->> 'updated_at')::timestamptz
    from given, json_array_elements(line -> 'items') with ordinality as items (item, place)
    order by place
)
insert into attachments (id, user_id, thread_id, data, created_at)
select file ->> 'id', file ->> 'user_id', line ->> 'id', file -> 'data', (file ->> 'created_at')::timestamptz
from given, json_array_elements(line -> 'attachments') as file
on conflict do nothing
returning id
"""
VOTES_OF_THREAD: LiteralString = """
insert into feedback (thread_id, item_id, user_id, kind, reason, created_at)
select line ->> 'id', vote ->> 'item_id', vote ->> 'user_id', vote ->> 'kind', vote ->> 'reason',
       (vote ->> 'created_at')::timestamptz
from (select %(line)s::json as line) as given, json_array_elements(line -> 'votes') as vote
"""
FILE: LiteralString = """
insert into attachment_contents (attachment_id, content, text, uploaded_at)
select %(id)s, %(content)s, file ->> 'text', (file ->> 'uploaded_at')::timestamptz
from (select %(line)s::json as line) as given, json_array_elements(line -> 'attachments') as file
where file ->> 'id' = %(id)s
"""
TASK_COLUMNS = """
select attname::text
from pg_attribute
where attrelid = 'tasks'::regclass and attnum > 0 and not attisdropped and attidentity = ''
order by attnum
"""
# The same task of the same moment is the same task.
TASK = sql.SQL(
    """
    insert into tasks ({columns})
    select {columns} from jsonb_populate_record(null::tasks, {line}::jsonb) as task
    where not exists (
        select from tasks
        where tasks.user_id = task.user_id and tasks.title = task.title and tasks.created_at = task.created_at
    )
    on conflict do nothing
    """
)


TIMES = """
update documents set created_at = %(created_at)s, updated_at = %(updated_at)s
where collection = %(collection)s and source = %(source)s
"""
# What Postgres says of values that it cannot take.
REFUSED = (psycopg.DataError, psycopg.IntegrityError)


@dataclass
class Imported:
    """What was put in, and what was there already."""

    documents: int = 0
    chats: int = 0
    files: int = 0
    tasks: int = 0
    there_already: int = 0


@dataclass(frozen=True)
class About:
    """What an export says of itself."""

    format: int
    owflex: str


ABOUT = TypeAdapter(About)


@dataclass(frozen=True)
class Importer:
    """Puts what a bundle holds into two databases whose tables are up to date."""

    chat: Connection
    knowledge_base: Connection
    bundle: BundleReader
    done: Imported = field(default_factory=Imported)

    async def run(self) -> Imported:
        """Put everything in. Raises `ArchiveError`, `psycopg.Error`."""
        self._check()
        await register_vector_async(self.knowledge_base)
        await self._each(written.COLLECTIONS, self._collection)
        await self._each(written.ORIGINS, self._origin)
        await self._each(written.DOCUMENTS, self._document)
        await self._each(written.CHATS, self._chat)
        statement = await self._task_statement()
        await self._each(written.TASKS, partial(self._task, statement))
        return self.done

    def _check(self) -> None:
        with self.bundle.opened(written.ABOUT) as file:
            if file is None:
                raise ArchiveError("That is no export of OwFlex. Name what owflex export has written.")
            try:
                about = ABOUT.validate_json(file.read(1 << 20))
            except ValidationError:
                raise ArchiveError(f"{written.ABOUT} is damaged. Export again.") from None
        if about.format > written.FORMAT:
            raise ArchiveError(
                f"The export was made by OwFlex {about.owflex}. Install that version or a newer one."
            )

    async def _each(self, name: str, put_in: Callable[[str], Awaitable[None]]) -> None:
        with self.bundle.opened(name) as file:
            for number, line in enumerate(lines(file, name) if file else (), start=1):
                try:
                    await put_in(line.decode())
                except (ValueError, KeyError, TypeError, AttributeError, *REFUSED) as error:
                    raise ArchiveError(
                        f"Line {number} of {name} cannot be put in ({_reason(error)}). What stands before it "
                        "is in. Correct the line, or export again, and repeat the import."
                    ) from None

    async def _collection(self, line: str) -> None:
        await self.knowledge_base.execute(COLLECTION, {"line": line})

    async def _origin(self, line: str) -> None:
        await self.knowledge_base.execute(ORIGIN, {"line": line})

    async def _document(self, line: str) -> None:
        given = json.loads(line)
        place = (given["collection"], given["source"])
        found = await self.knowledge_base.execute(
            "select 1 from documents where collection = %s and source = %s", place
        )
        if await found.fetchone() is not None:
            self.done.there_already += 1
            return
        members = [_content(one["document"], one["path"]) for one in given["members"]]
        document = NewDocument(
            given["collection"],
            given["origin"],
            given["source"],
            given["recipe"],
            given["given"],
            _content(given, "", members),
        )
        async with self.knowledge_base.transaction():
            await store_documents(self.knowledge_base, None, [document], {})
            await self.knowledge_base.execute(TIMES, given)
            for one in given["members"]:
                source = f"{given['source']}/{one['path']}"
                values = {**one["document"], "collection": given["collection"], "source": source}
                await self.knowledge_base.execute(TIMES, values)
        self.done.documents += 1

    async def _chat(self, line: str) -> None:
        async with self.chat.transaction():
            added = await self.chat.execute(THREAD, {"line": line})
            if await added.fetchone() is None:
                self.done.there_already += 1
                return
            files = await (await self.chat.execute(OF_THREAD, {"line": line})).fetchall()
            await self.chat.execute(VOTES_OF_THREAD, {"line": line})
            for (attachment_id,) in files:
                await self._file(attachment_id, line)
        self.done.chats += 1

    async def _file(self, attachment_id: str, line: str) -> None:
        with self.bundle.opened(file_of(attachment_id)) as file:
            if file is None:
                return
            content = file.read(MAX_FILE_BYTES)
        await self.chat.execute(FILE, {"id": attachment_id, "content": content, "line": line})
        self.done.files += 1

    async def _task_statement(self) -> sql.Composed:
        rows = await self.knowledge_base.execute(TASK_COLUMNS)
        columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in await rows.fetchall())
        return TASK.format(columns=columns, line=sql.Placeholder("line"))

    async def _task(self, statement: sql.Composed, line: str) -> None:
        added = (await self.knowledge_base.execute(statement, {"line": line})).rowcount
        self.done.tasks += added
        self.done.there_already += 1 - added


def _content(
    given: dict[str, Any], path: str, members: "list[ChunkedDocument] | None" = None
) -> ChunkedDocument:
    chunks = tuple(
        Chunk(
            position,
            tuple(one["heading_path"]),
            one["page"],
            one["context"],
            one["content"],
            one["token_count"],
        )
        for position, one in enumerate(given["passages"])
    )
    return ChunkedDocument(
        path,
        given["title"],
        given["media_type"],
        given["content_hash"],
        given["metadata"],
        tuple(given["notes"]),
        chunks,
        tuple(members or ()),
        given["language"],
    )


def _reason(error: Exception) -> str:
    match error:
        case psycopg.Error():
            return first_line(error)
        case KeyError():
            return f"{error} is missing"
        case json.JSONDecodeError():
            return "it is no JSON"
        case _:
            return "it is not as an export writes it"
