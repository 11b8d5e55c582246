"""OwFlex as `search_peers.py` measures it: filled through its own functions, searched by its own search."""

import argparse
import asyncio
import hashlib
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from pgvector import HalfVector

sys.path.insert(0, str(Path(__file__).parent.parent))

from made_passages import DIMENSIONS, Floats, Made, Passages
from search_given import LIMIT, Given, Question, System, read_given, serve

from database.pool import Pool
from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base import search as searching
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.search import Mode, SearchFilter
from knowledge_base.vector_index import IndexWatch, ensure_vector_index

ORIGIN = "made"
STORED_AT_ONCE = 500
NO_THRESHOLD = -1.0


class GivenEmbedder:
    """Looks the vectors of questions up: what is measured is the search, with the same vectors for all."""

    model_name, dimensions, max_tokens, backend, tokenizer_json = DEFAULT_MODEL, DIMENSIONS, 256, "given", ""

    def __init__(self, vectors: Mapping[str, Floats]) -> None:
        self._vectors = vectors

    def count_tokens(self, text: str) -> int:
        """Words, which is what the passages were counted by."""
        return len(text.split())

    def embed_query(self, text: str) -> Floats:
        """The vector that was given; that a server asks for one to warm up is no question."""
        return self._vectors.get(text, np.zeros(DIMENSIONS, dtype=np.float32))

    def embed_queries(self, texts: Sequence[str]) -> Floats:
        """Those that were given."""
        return np.array([self.embed_query(text) for text in texts])

    def embed_documents(self, texts: Sequence[str]) -> Floats:
        """Passages are stored with their vectors: nobody asks for them."""
        raise NotImplementedError


async def fill(url: str, made: Made) -> dict[str, float]:
    """Store the passages as ingestion does, each as a document; seconds, and bytes of the whole database.

    Nothing is done where an earlier process has filled the database.
    """
    await migrate_knowledge_base(url)
    async with open_ingest_pool(url) as pool:
        if await _one(pool, "select count(*) from documents"):
            return {}
        began = time.perf_counter()
        for block in made.blocks:
            await _store(pool, block)
        stored = time.perf_counter()
        async with pool.connection() as connection:
            await ensure_vector_index(connection)
            await connection.execute("vacuum analyze")
        return {
            "rows_seconds": stored - began,
            "index_seconds": time.perf_counter() - stored,
            "bytes": await _one(pool, "select pg_database_size(current_database())"),
        }


@asynccontextmanager
async def in_process(url: str, mode: Mode) -> AsyncGenerator[System]:
    """The library's search, on connections as the MCP server has them: held to row-level security."""
    await prepare_server_role(url)
    watch, access = IndexWatch(), Access("benchmark")
    async with open_server_pool(url) as pool:

        async def ask(question: Question, which: str | None, client: int) -> list[int]:
            del client
            async with acting_for(pool, access) as connection:
                outcome = await searching.search(
                    connection,
                    searching.Question(question.text, question.vector, DEFAULT_MODEL),
                    limit=LIMIT,
                    min_similarity=NO_THRESHOLD,
                    which=SearchFilter(metadata={which: "yes"}) if which else SearchFilter(),
                    mode=mode,
                    index=await watch.current(connection, DEFAULT_MODEL),
                )
            return [number_of(hit.source) for hit in outcome.hits]

        yield System(ask)


def number_of(source: str) -> int:
    """The number of the passage that a document holds."""
    return int(source.rpartition("/")[2])


def serve_mcp(file: Path) -> None:
    """The real MCP server with settings from the environment, and the given vectors for a model's."""
    from mcp_server import app
    from mcp_server.settings import McpServerSettings

    embedder = GivenEmbedder(read_given(file).vectors)

    async def given(*_: object) -> GivenEmbedder:
        return embedder

    app.embedder_for = cast("Any", given)
    app.serve_http(McpServerSettings())  # pyright: ignore[reportCallIssue]


async def _store(pool: Pool, block: Passages) -> None:
    embedder = GivenEmbedder({})
    documents = [_document(block, place) for place in range(len(block.texts))]
    vectors = {
        text_hash(document.content.chunks[0]): HalfVector(vector)
        for document, vector in zip(documents, block.vectors, strict=True)
    }
    async with pool.connection() as connection:
        await connection.execute(
            """
            insert into origins (collection, name, path) values ('default', %(name)s, '')
            on conflict do nothing
            """,
            {"name": ORIGIN},
        )
        for first in range(0, len(documents), STORED_AT_ONCE):
            async with connection.transaction():
                space_id = await hold_space_in_use(connection, embedder)
                await store_documents(
                    connection, space_id, documents[first : first + STORED_AT_ONCE], vectors
                )


def _document(block: Passages, place: int) -> NewDocument:
    text, name = block.texts[place], f"{ORIGIN}/{block.first + place}"
    chunk = Chunk(0, (), None, name, text, len(text.split()))
    content_hash = hashlib.sha256(name.encode()).hexdigest()
    content = ChunkedDocument("", name, "text/plain", content_hash, block.metadata[place], (), (chunk,))
    return NewDocument("default", ORIGIN, name, ORIGIN, {}, content)


async def _one(pool: Pool, statement: Any) -> int:
    async with pool.connection() as connection:
        row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return row[0]


async def _serve(url: str, given: Given, mode: Mode) -> None:
    setup = await fill(url, given.made)
    async with in_process(url, mode) as system:
        await serve(System(system.ask, setup=setup), given)


def main() -> None:
    """Be one of the systems."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["hybrid", "vector", "keyword", "mcp"])
    parser.add_argument("given", type=Path)
    parser.add_argument("url", nargs="?")
    options = parser.parse_args()
    if options.what == "mcp":
        serve_mcp(options.given)
    else:
        asyncio.run(_serve(options.url, read_given(options.given), options.what))


if __name__ == "__main__":
    main()
