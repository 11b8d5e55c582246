"""A document is found by its words as soon as it is read; its vectors follow, whatever happens meanwhile."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest

from database.migrations import migrate
from ingest import following_vectors
from ingest.cli.display import report_as_json
from ingest.ingestion import Wanted
from ingest.jobs.queue import queue_status, run_worker
from ingest.report import Report, Silent
from ingest.storing.catalog import find_faults
from ingest.storing.documents import remove_documents
from ingest.storing.repair import repair
from ingest.sync_run import run_sync
from knowledge_base.embedding import Vectors
from knowledge_base.errors import EmbeddingModelError
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search
from tests.ingest.quick_ingest import QuickEmbedder, everything, quick_ingestion, quick_sync

if TYPE_CHECKING:
    from conftest import KnowledgeBase

WAITING = "select count(*) from chunks_awaiting_vectors"
VECTORS = "select count(*) from chunk_embeddings"


class SlowModel(QuickEmbedder):
    """Makes no vector before it is told to."""

    def __init__(self) -> None:
        self.begun, self.allowed = threading.Event(), threading.Event()
        self.texts: list[str] = []

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors, once they may be made."""
        self.begun.set()
        assert self.allowed.wait(60)
        self.texts += texts
        return super().embed_documents(texts)


class MissingModel(QuickEmbedder):
    """Cannot be loaded."""

    def embed_query(self, text: str) -> Vectors:
        """Not known."""
        raise EmbeddingModelError("The embedding model is not there.")


def number(url: str, statement: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


async def ask(url: str, text: str, *, with_model: bool = True) -> SearchOutcome:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        vector = np.ones(QuickEmbedder.dimensions, dtype=np.float32) if with_model else None
        return await search(
            connection,
            Question(text, vector, QuickEmbedder.model_name),
            limit=10,
            min_similarity=0.3,
            which=SearchFilter(),
        )


async def words_of(url: str, embedder: QuickEmbedder, folder: Path) -> None:
    """Bring the folder in and stop before the vectors are made."""
    async with quick_ingestion(url, embedder=embedder) as ingestion:
        task = await ingestion.folder_task(folder, Wanted(removals=True))
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents that share a passage, and a longer one."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "wombat.md").write_text("# Wombats\n\nWombats dig burrows.\n")
    (folder / "okapi.md").write_text("# Okapi\n\nThe okapi eats leaves.\n")
    parts = [f"## Part {part}\n\n" + f"The dragon {part} flies. " * 60 for part in range(6)]
    (folder / "tale.md").write_text("# Tale\n\n" + "\n\n".join(parts))
    return folder


async def test_words_are_found_while_the_model_has_not_said_a_word(
    knowledge_base_url: str, folder: Path
) -> None:
    slow = SlowModel()
    async with quick_ingestion(knowledge_base_url, embedder=slow) as ingestion:
        task = await ingestion.folder_task(folder, Wanted())
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        early = await ask(knowledge_base_url, "wombats dig")
        assert [hit.source for hit in early.hits] == ["docs/wombat.md"]
        assert early.hits[0].estimated
        assert (early.chunks_by_meaning, early.waits_for) == (0, "vectors")
        assert early.chunks_searched == number(knowledge_base_url, WAITING) > 8
        slow.allowed.set()
        await ingestion.finish()
    late = await ask(knowledge_base_url, "wombats dig")
    assert (late.chunks_by_meaning, late.waits_for) == (late.chunks_searched, None)
    assert number(knowledge_base_url, WAITING) == 0


async def test_a_new_version_takes_the_old_ones_place_at_once_and_keeps_known_vectors(
    knowledge_base_url: str, folder: Path
) -> None:
    await quick_sync(knowledge_base_url, folder)
    (folder / "tale.md").write_text((folder / "tale.md").read_text() + "\n\n## End\n\nThe griffin sleeps.\n")
    slow = SlowModel()
    await words_of(knowledge_base_url, slow, folder)
    found = await ask(knowledge_base_url, "griffin sleeps")
    assert [hit.source for hit in found.hits][:1] == ["docs/tale.md"]
    # Of the new version all passages but the changed one have their vectors; nothing is left of the old one.
    assert number(knowledge_base_url, WAITING) == 1
    assert number(knowledge_base_url, VECTORS) == found.chunks_searched - 1 > 8
    assert found.chunks_by_meaning == found.chunks_searched - 1
    # What was given up may still be at work, and is not counted.
    slow.allowed.set()
    quick = SlowModel()
    quick.allowed.set()
    await quick_sync(knowledge_base_url, folder, embedder=quick)
    assert ["griffin" in text for text in quick.texts] == [True]


@pytest.mark.parametrize("who", ["next run", "worker", "repair"])
async def test_what_a_stopped_run_left_is_made_by_whoever_comes_next(
    knowledge_base_url: str, folder: Path, who: str
) -> None:
    await words_of(knowledge_base_url, SlowModel(), folder)
    left = number(knowledge_base_url, WAITING)
    assert left > 8
    assert (await queue_status(knowledge_base_url)).awaiting == left
    async with quick_ingestion(knowledge_base_url) as ingestion:
        async with ingestion.pool.connection() as connection:
            faults = await find_faults(connection)
        assert (faults.chunks_awaiting_vectors, faults.any) == (left, False)
        if who == "worker":
            await run_worker(ingestion, concurrency=1, every=None, wait=False)
        elif who == "repair":
            assert await repair(ingestion.pool, ingestion.embedder) == left
    if who == "next run":
        await quick_sync(knowledge_base_url, folder)
    assert number(knowledge_base_url, WAITING) == 0
    assert number(knowledge_base_url, VECTORS) == left


async def test_a_worker_leaves_to_another_process_what_that_is_working_on(
    knowledge_base_url: str, folder: Path
) -> None:
    slow = SlowModel()
    await words_of(knowledge_base_url, SlowModel(), folder)
    async with quick_ingestion(knowledge_base_url, embedder=slow) as first:
        finishing = asyncio.create_task(first.finish())
        assert await asyncio.to_thread(slow.begun.wait, 60)
        idle = SlowModel()
        async with quick_ingestion(knowledge_base_url, embedder=idle) as second:
            await second.vectors.wake_if_left_alone()
            assert not second.vectors.is_wanted
            # Whoever has to wait for the end of it waits, and makes nothing twice.
            waiting = asyncio.create_task(second.finish())
            slow.allowed.set()
            await asyncio.gather(finishing, waiting)
        assert idle.texts == []
    assert number(knowledge_base_url, WAITING) == 0
    assert len(slow.texts) == len(set(slow.texts))


async def test_two_processes_share_the_blocks(
    knowledge_base_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_vectors, "BLOCK", 2)
    await words_of(knowledge_base_url, SlowModel(), folder)
    left = number(knowledge_base_url, WAITING)
    one, other = SlowModel(), SlowModel()
    async with (
        quick_ingestion(knowledge_base_url, embedder=one) as first,
        quick_ingestion(knowledge_base_url, embedder=other) as second,
    ):
        both = asyncio.gather(first.finish(), second.finish())
        for model in (one, other):
            assert await asyncio.to_thread(model.begun.wait, 60)
        one.allowed.set()
        other.allowed.set()
        await both
    assert one.texts
    assert other.texts
    assert len(one.texts) + len(other.texts) == left == number(knowledge_base_url, VECTORS)


async def test_a_document_that_goes_while_its_vectors_are_made_is_gone(
    knowledge_base_url: str, folder: Path
) -> None:
    slow = SlowModel()
    await words_of(knowledge_base_url, SlowModel(), folder)
    async with quick_ingestion(knowledge_base_url, embedder=slow) as ingestion:
        finishing = asyncio.create_task(ingestion.finish())
        assert await asyncio.to_thread(slow.begun.wait, 60)
        tale = number(knowledge_base_url, "select id from documents where source = 'docs/tale.md'")
        async with ingestion.pool.connection() as connection:
            await remove_documents(connection, [tale])
        slow.allowed.set()
        await finishing
    left = number(knowledge_base_url, "select count(*) from chunks")
    assert number(knowledge_base_url, VECTORS) == left == 2


async def test_a_model_that_is_not_there_is_said_and_the_words_stay(
    knowledge_base_url: str, folder: Path
) -> None:
    with pytest.raises(EmbeddingModelError, match="not there"):
        await quick_sync(knowledge_base_url, folder, embedder=MissingModel())
    found = await ask(knowledge_base_url, "the okapi", with_model=False)
    assert [hit.source for hit in found.hits] == ["docs/okapi.md"]
    assert (found.chunks_by_meaning, found.waits_for) == (0, "model")
    await quick_sync(knowledge_base_url, folder)
    assert number(knowledge_base_url, WAITING) == 0


def test_a_run_that_was_stopped_says_how_many_vectors_are_missing() -> None:
    report = Report(chunks=10, embedded=4, reused=1)
    assert report.awaiting == 5
    assert '"chunks_awaiting_vectors": 5' in report_as_json(report, 1.0)
    # Left by earlier runs, and made by this one; made by another process.
    assert Report(chunks=1, embedded=4).awaiting == 0
    assert Report(chunks=10, embedded=4, is_complete=True).awaiting == 0


async def test_passages_without_a_vector_of_an_older_database_wait_for_theirs(
    knowledge_base_url: str, folder: Path, tmp_path: Path
) -> None:
    await quick_sync(knowledge_base_url, folder)
    clean = everything(knowledge_base_url)
    shipped = files("knowledge_base") / "migrations"
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute("drop table chunks_awaiting_vectors")
        connection.execute("delete from schema_migrations where name like '0007%'")
        connection.execute("delete from chunk_embeddings where chunk_id % 2 = 0")
        lost = connection.execute("select count(*) from chunks where id % 2 = 0").fetchone()
    assert await migrate(knowledge_base_url, shipped) == ["0007_words_first.sql"]
    assert (number(knowledge_base_url, WAITING),) == lost
    await quick_sync(knowledge_base_url, folder)
    assert everything(knowledge_base_url) == clean


async def test_no_search_sees_a_version_half_old_and_half_new(
    kb: "KnowledgeBase", tmp_path: Path, counting: Callable[..., Any]
) -> None:
    folder = tmp_path / "versions"
    folder.mkdir()
    for version in range(4):
        parts = [f"## Part {part}\n\nversion{version} " + "word " * 200 for part in range(5)]
        (folder / "a.md").write_text("# A\n\n" + "\n\n".join(parts))
        slow = counting("counting")
        if version % 2:
            slow.embed_documents = None  # it fails: the words have to do
            with pytest.raises(TypeError):
                await kb.sync(folder, slow)
        else:
            await kb.sync(folder, slow)
        text = (await kb.texts())["versions/a.md"]
        assert {f"version{other}" in text for other in range(4) if other != version} == {False}
        assert text.count(f"version{version}") == 5
