"""A knowledge base with a few passages whose vectors are known."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ingest.chunking import Chunk
from ingest.pipeline import open_ingest_pool
from ingest.storing import NewDocument, StoredVersion, store_document
from knowledge_base.embedding import Vectors
from knowledge_base.search import use_embedding_space

Connection = AsyncConnection[TupleRow]


class PlaneEmbedder:
    """Vectors in the plane, so that a test can say how similar texts are: `0.5` has the cosine .5 to `1`."""

    model_name = "plane"
    dimensions = 2
    max_tokens = 256

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32)

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
        document = NewDocument(
            collection=collection,
            source=source,
            title=source,
            media_type="text/plain",
            version=StoredVersion(source.encode(), "test"),
            metadata=metadata,
            chunks=[Chunk(place, ("Top",), None, source, text, 1) for place, text in enumerate(texts)],
            vectors=plane.embed_documents(texts),
        )
        return await store_document(connection, await use_embedding_space(connection, plane), document)

    return store
