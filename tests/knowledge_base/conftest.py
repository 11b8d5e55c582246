"""A knowledge base with a few passages whose vectors are known."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.embedding import Vectors
from knowledge_base.embedding_spaces import hold_space_in_use

Connection = AsyncConnection[TupleRow]


class PlaneEmbedder:
    """Vectors in the plane, so that a test can say how similar texts are: `0.5` has the cosine .5 to `1`."""

    model_name = "plane"
    dimensions = 2
    max_tokens = 256
    backend = "plane"
    tokenizer_json = ""

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> Vectors:
        cosine = float(text)
        return np.array([cosine, (1 - cosine**2) ** 0.5], dtype=np.float32)


Store = Callable[..., Awaitable[int]]


@pytest.fixture
def plane() -> PlaneEmbedder:
    return PlaneEmbedder()


@pytest.fixture
async def connection(knowledge_base_url: str) -> AsyncGenerator[Connection]:
    """A connection to a fresh knowledge base that can copy vectors."""
    async with open_ingest_pool(knowledge_base_url) as pool, pool.connection() as connection:
        yield connection


@pytest.fixture
def store(connection: Connection, plane: PlaneEmbedder) -> Store:
    """Stores a document whose chunks are given by their cosines with the question `1`."""

    async def store(source: str, *cosines: float, collection: str = "default", **metadata: Any) -> int:
        texts = [str(cosine) for cosine in cosines]
        chunks = tuple(Chunk(place, ("Top",), None, source, text, 1) for place, text in enumerate(texts))
        content = ChunkedDocument("", source, "text/plain", source.encode().hex(), metadata, (), chunks)
        vectors = {text_hash(chunk): HalfVector(plane.embed_query(chunk.content)) for chunk in chunks}
        await connection.execute(
            """
            insert into origins (collection, name, path) values (%(collection)s, 'tests', '')
            on conflict do nothing
            """,
            {"collection": collection},
        )
        async with connection.transaction():
            space_id = await hold_space_in_use(connection, plane)
            document = NewDocument(collection, "tests", source, "test", {}, content)
            await store_documents(connection, space_id, [document], vectors)
        rows = await connection.execute("select id from documents where source = %(s)s", {"s": source})
        row = await rows.fetchone()
        assert row is not None
        return row[0]

    return store
