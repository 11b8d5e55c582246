"""`owflex import`: puts an export into an installation; what is there already stays as it is.

Each document, each conversation and each task is one transaction, and one that is there is left out: an
import that was interrupted is repeated. Documents are stored with the passages they had, so that nothing is
parsed anew; vectors are made by the worker or the next ingestion.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

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
from owflex.keeping import import_queries
from owflex.keeping.bundles import BundleReader, lines
from owflex.keeping.errors import ArchiveError
from owflex.keeping.export import file_of

Connection = AsyncConnection[TupleRow]
MAX_FILE_BYTES = 1 << 30

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
        await self._each(written.GROUPS, self._group)
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

    async def _group(self, line: str) -> None:
        await self.knowledge_base.execute(import_queries.GROUP, {"line": line})

    async def _collection(self, line: str) -> None:
        async with self.knowledge_base.transaction():
            made = await self.knowledge_base.execute(import_queries.COLLECTION, {"line": line})
            if await made.fetchone() is not None:
                await self.knowledge_base.execute(import_queries.RIGHTS_SAID, {"line": line})
                await self.knowledge_base.execute(import_queries.RIGHTS, {"line": line})

    async def _origin(self, line: str) -> None:
        await self.knowledge_base.execute(import_queries.ORIGIN, {"line": line})

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
            await self.knowledge_base.execute(import_queries.TIMES, given)
            for one in given["members"]:
                source = f"{given['source']}/{one['path']}"
                values = {**one["document"], "collection": given["collection"], "source": source}
                await self.knowledge_base.execute(import_queries.TIMES, values)
        self.done.documents += 1

    async def _chat(self, line: str) -> None:
        async with self.chat.transaction():
            added = await self.chat.execute(import_queries.THREAD, {"line": line})
            if await added.fetchone() is None:
                self.done.there_already += 1
                return
            files = await (await self.chat.execute(import_queries.OF_THREAD, {"line": line})).fetchall()
            await self.chat.execute(import_queries.VERSIONS_OF_THREAD, {"line": line})
            await self.chat.execute(import_queries.VOTES_OF_THREAD, {"line": line})
            for (attachment_id,) in files:
                await self._file(attachment_id, line)
        self.done.chats += 1

    async def _file(self, attachment_id: str, line: str) -> None:
        with self.bundle.opened(file_of(attachment_id)) as file:
            if file is None:
                return
            content = file.read(MAX_FILE_BYTES)
        await self.chat.execute(import_queries.FILE, {"id": attachment_id, "content": content, "line": line})
        self.done.files += 1

    async def _task_statement(self) -> sql.Composed:
        rows = await self.knowledge_base.execute(import_queries.TASK_COLUMNS)
        columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in await rows.fetchall())
        return import_queries.TASK.format(columns=columns, line=sql.Placeholder("line"))

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
