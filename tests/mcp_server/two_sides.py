"""Two users with a collection and tasks each, who must not learn anything of one another."""

import json
import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastmcp import Client
from fastmcp.exceptions import FastMCPError
from mcp import MCPError
from mcp_types import TextContent
from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.api_keys import NewApiKey, create_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.embedding_spaces import hold_space_in_use

Connection = AsyncConnection[TupleRow]

SCOPES = ("kb:read", "kb:write", "tasks")
# What differs from call to call without saying anything.
MARKER, MOMENT = r"document-text-[0-9a-f]{8}", r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|\+00:00)"


@dataclass(frozen=True)
class Target:
    """What an attempt aims at: names and ids, of the other side or of nothing at all."""

    collection: str
    source: str
    title: str
    team: str
    tag: str
    key: str
    document_id: int
    chunk_id: int
    task_id: int
    upload_id: int


NOTHING = Target(
    "nothing-desk",
    "nothing-files/nothing-rota.md",
    "Nothing-title",
    "nothing-team",
    "nothing-tag",
    "nothing-key",
    8_800_001,
    8_800_002,
    8_800_003,
    8_800_004,
)


@dataclass(frozen=True)
class Side:
    """One of the two: who they are, what is theirs, and words that stand nowhere else."""

    word: str
    secret_key: str
    target: Target
    document_ids: frozenset[int]
    chunk_ids: frozenset[int]
    task_ids: frozenset[int]

    @property
    def user(self) -> str:
        """The name of the user."""
        return f"{self.word}-user"

    @property
    def ids(self) -> frozenset[int]:
        """The ids of all that is theirs."""
        return self.document_ids | self.chunk_ids | self.task_ids | {self.target.upload_id}


async def make_side(
    url: str, embedder: SentenceTransformerEmbedder, word: str, *, documents: int, first_id: int
) -> Side:
    """A user with `documents` documents of three passages and as many tasks; ids begin at `first_id`."""
    async with open_ingest_pool(url) as pool, pool.connection() as connection:
        for table in ("documents", "chunks", "tasks", "uploads"):
            await connection.execute(f"alter table {table} alter column id restart with {first_id}".encode())
            first_id += 1000
        await _store(connection, embedder, [_document(word, number) for number in range(documents)])
        for number in range(documents):
            await connection.execute(
                "insert into tasks (user_id, title, notes, tags, idempotency_key) "
                "values (%s, %s, %s, %s, %s)",
                [
                    f"{word}-user",
                    f"{word}-task {number}",
                    f"{word}-notes",
                    [f"{word}-tag"],
                    f"{word}-key" if number == 0 else None,
                ],
            )
        await connection.execute(
            """
            insert into uploads (user_id, collection, kind, name, status, reason, idempotency_key)
            values (%s, %s, 'text', %s, 'failed', %s, %s)
            """,
            [f"{word}-user", f"{word}-desk", f"{word}-upload", f"{word}-reason", f"{word}-key"],
        )
        new = NewApiKey(f"key of {word}", f"{word}-user", SCOPES, [f"{word}-desk"])
        _, secret = await create_api_key(connection, new)
        return await _read_side(connection, word, secret)


def _document(word: str, number: int) -> NewDocument:
    texts = [f"The {word} moves at {number + 3} o'clock; this is passage {place}." for place in range(3)]
    chunks = tuple(
        Chunk(place, (f"{word}-heading",), 1, f"{word}-title", text, 12) for place, text in enumerate(texts)
    )
    name = f"{word}-files/{word}-rota.md" if number == 0 else f"{word}-files/{number}.md"
    content = ChunkedDocument(
        "", f"{word}-title {number}", "text/plain", name.encode().hex(), {"team": f"{word}-team"}, (), chunks
    )
    return NewDocument(f"{word}-desk", f"{word}-files", name, "test", {}, content)


async def _store(
    connection: Connection, embedder: SentenceTransformerEmbedder, documents: list[NewDocument]
) -> None:
    first = documents[0]
    await connection.execute(
        "insert into origins (collection, name, path) values (%s, %s, '')", [first.collection, first.origin]
    )
    chunks = [chunk for document in documents for chunk in document.content.chunks]
    made = embedder.embed_documents([chunk.embedded_text for chunk in chunks])
    vectors = {
        text_hash(chunk): HalfVector(np.asarray(vector)) for chunk, vector in zip(chunks, made, strict=True)
    }
    async with connection.transaction():
        space_id = await hold_space_in_use(connection, embedder)
        await store_documents(connection, space_id, documents, vectors)


async def _read_side(connection: Connection, word: str, secret: str) -> Side:
    async def ids(statement: str, owner: str) -> frozenset[int]:
        rows = await connection.execute(statement.encode(), [f"{word}-{owner}"])
        return frozenset([number async for (number,) in rows])

    documents = await ids("select id from documents where collection = %s", "desk")
    chunks = await ids(
        "select id from chunks where document_id in (select id from documents where collection = %s)", "desk"
    )
    tasks = await ids("select id from tasks where user_id = %s", "user")
    uploads = await ids("select id from uploads where user_id = %s", "user")
    target = Target(
        f"{word}-desk",
        f"{word}-files/{word}-rota.md",
        f"{word.capitalize()}-title",
        f"{word}-team",
        f"{word}-tag",
        f"{word}-key",
        min(documents),
        min(chunks),
        min(tasks),
        min(uploads),
    )
    return Side(word, secret, target, documents, chunks, tasks)


async def belongings(connection: Connection, side: Side) -> list[tuple[Any, ...]]:
    """Every row of a side, to see whether anything changed."""
    found: list[tuple[Any, ...]] = []
    for statement, owner in (
        (
            "select to_jsonb(documents) - 'search_text' from documents where collection = %s order by id",
            "desk",
        ),
        ("select to_jsonb(tasks) from tasks where user_id = %s order by id", "user"),
        ("select to_jsonb(uploads) from uploads where user_id = %s order by id", "user"),
        (
            "select chunks.id, chunks.content from chunks join documents on documents.id = document_id "
            "where collection = %s order by chunks.id",
            "desk",
        ),
    ):
        rows = await connection.execute(statement.encode(), [f"{side.word}-{owner}"])
        found += await rows.fetchall()
    return found


async def answer_of(client: Client[Any], tool: str, arguments: Mapping[str, Any]) -> str:
    """All that a client learns from a call: content, structured content and errors, as JSON."""
    try:
        result = await client.call_tool(tool, dict(arguments), raise_on_error=False)
    except (MCPError, FastMCPError) as error:
        return json.dumps({"refused": str(error)})
    texts = [part.text for part in result.content if isinstance(part, TextContent)]
    told = {"error": result.is_error, "texts": texts, "structured": result.structured_content}
    return json.dumps(told, default=str)


async def said_to(asking: Awaitable[object]) -> str:
    """All that a client learns from asking for a resource or a prompt."""
    try:
        return str(await asking)
    except (MCPError, FastMCPError) as error:
        return str(error)


def unnamed(answer: str, target: Target) -> str:
    """The answer with what it was asked for, and what is different each time, left out."""
    values = sorted(map(str, vars(target).values()), key=len, reverse=True)
    for value in values:
        answer = re.sub(rf"(?<![\w.]){re.escape(value)}(?!\w)", "<asked>", answer)
    return re.sub(MOMENT, "<moment>", re.sub(MARKER, "<marker>", answer))


def leaks(answer: str, arguments: Mapping[str, Any], other: Side) -> list[str]:
    """Words and ids of the other side in an answer that were not in the question."""
    asked = json.dumps(arguments, default=str).lower()
    words = set(re.findall(rf"{other.word}[\w-]*(?:/[\w.-]+)?", answer.lower()))
    numbers = {str(number) for number in other.ids} & set(re.findall(r"\d+", answer))
    return sorted(found for found in words | numbers if found not in asked)
