"""Whatever ends a run, and whenever: what is stored is whole, and the next run makes it right."""

import asyncio
import contextlib
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
import psycopg
import pytest

from ingest.report import Silent
from ingest.sync_run import run_sync
from knowledge_base.embedding import Vectors
from knowledge_base.search import Question, SearchFilter, search
from tests.ingest.changing_library import FILES, Library
from tests.ingest.quick_ingest import (
    READY,
    SYNC,
    QuickEmbedder,
    database_like,
    everything,
    quick_ingestion,
    quick_sync,
)
from tests.support.patience import PATIENCE_SECONDS

MARK = re.compile(r"file(\d+)version(\d+)")
NewDatabase = Callable[[], str]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A folder of files of several types."""
    library = Library(tmp_path / "library", random.Random(7))  # noqa: S311
    for number in range(FILES):
        library.add(number)
    return library


@pytest.fixture
def new_database(knowledge_base_url: str) -> NewDatabase:
    """Makes databases like the fixture's, empty."""
    return lambda: database_like(knowledge_base_url)


def start_sync(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """A sync in a process of its own, which has just loaded its modules."""
    command = [sys.executable, "-P", "-m", "tests.ingest.quick_ingest", url, str(folder)]
    root = Path(__file__).parents[2]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root)
    assert run.stdout is not None
    if run.stdout.readline() != READY:
        _, errors = run.communicate()
        pytest.fail(errors.decode())
    return run


def kill_after(run: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill it, and nobody else, after so long; its children must end by themselves. False: it was done."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(seconds)
    finished = run.poll() is not None
    children = [] if finished else psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.communicate()
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_SECONDS)
    assert not alive, "A parser outlives its run."
    return not finished


def check_whole(url: str, library: Library) -> None:
    """Every visible document has all its passages, of one version, each with a vector or awaiting it."""
    with psycopg.connect(url) as connection:
        documents = connection.execute(
            """
            select coalesce(parent_id, id), chunk_count,
                   (select count(*) from chunks where document_id = documents.id),
                   (select count(*) from chunks
                    left join chunk_embeddings on chunk_embeddings.chunk_id = chunks.id
                    left join chunks_awaiting_vectors as awaiting on awaiting.chunk_id = chunks.id
                    where document_id = documents.id
                      and (chunk_embeddings.chunk_id is null) <> (awaiting.chunk_id is null)),
                   (select coalesce(max(position) + 1, 0) from chunks where document_id = documents.id),
                   (select string_agg(content, ' ' order by position) from chunks
                    where document_id = documents.id)
            from documents
            """
        ).fetchall()
    contents: dict[int, str] = {}
    for whole, count, chunks, vectors, length, content in documents:
        assert count == chunks == vectors == length
        contents[whole] = f"{contents.get(whole, '')} {content}"
    for content in contents.values():
        check_one_version(content, library)


def check_one_version(content: str, library: Library) -> None:
    """All lines are there, and none of another file or version."""
    marks = set(MARK.findall(content))
    assert len(marks) == 1, marks
    number, version = (int(part) for part in marks.pop())
    assert 1 <= version <= library.versions[number]
    found = sorted(int(line) for line in re.findall(r"version\d+[ ,]+(?:\| )?line[ ,](\d+)", content))
    assert found == list(range(library.counts[number, version]))


async def check_killed_runs(library: Library, new_database: NewDatabase, rounds: int) -> int:
    """Kill runs at any moment, look, change files, kill; at the end compare with a run nobody disturbed."""
    url = new_database()
    started = time.monotonic()
    await quick_sync(url, library.root)
    length = time.monotonic() - started
    killed = 0
    for _ in range(rounds):
        library.shuffle()
        run = start_sync(url, library.root)
        killed += kill_after(run, library.rng.uniform(0, length))
        check_whole(url, library)
    await quick_sync(url, library.root)
    clean = new_database()
    await quick_sync(clean, library.root)
    assert everything(url) == everything(clean)
    return killed


async def test_a_run_that_is_killed_at_any_moment_loses_nothing(
    library: Library, new_database: NewDatabase
) -> None:
    assert await check_killed_runs(library, new_database, rounds=12) >= 6


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_two_hundred_killed_runs_lose_nothing(library: Library, new_database: NewDatabase) -> None:
    assert await check_killed_runs(library, new_database, rounds=200) >= 100


class GatedEmbedder(QuickEmbedder):
    """Goes on when it is allowed to."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.allowed = threading.Event()

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors, not before `allowed`."""
        self.begun.set()
        assert self.allowed.wait(60)
        return super().embed_documents(texts)


class WaitingSeen(Silent):
    """Lets the other run go on as soon as this one waits for it."""

    def __init__(self, other: GatedEmbedder) -> None:
        self.waited = 0
        self._other = other

    def waiting(self, name: str) -> None:
        """Count, and open the gate."""
        self.waited += 1
        self._other.allowed.set()


async def test_of_two_syncs_of_one_folder_the_second_waits_for_the_first(
    library: Library, new_database: NewDatabase
) -> None:
    url, gated = new_database(), GatedEmbedder()
    second = WaitingSeen(gated)
    async with asyncio.TaskGroup() as group:
        group.create_task(quick_sync(url, library.root, embedder=gated))
        assert await asyncio.to_thread(gated.begun.wait, 60)
        library.shuffle()
        group.create_task(quick_sync(url, library.root, second))
    assert second.waited == 1
    check_whole(url, library)
    clean = new_database()
    await quick_sync(clean, library.root)
    assert everything(url) == everything(clean)


async def test_a_search_never_sees_a_part_of_a_document(tmp_path: Path, new_database: NewDatabase) -> None:
    url, folder = new_database(), tmp_path / "folder"
    folder.mkdir()
    library = Library(folder, random.Random(1))  # noqa: S311
    for number in (0, 1, 7):  # the last one is an archive, with documents inside
        library.add(number)
    await quick_sync(url, folder)
    reading = asyncio.create_task(read_until_stopped(url, library, stop := asyncio.Event()))
    async with quick_ingestion(url) as ingestion:
        for _ in range(15):
            for number in library.places:
                library.change(number)
            task = await ingestion.folder_task(folder, SYNC)
            await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
    stop.set()
    assert len(await reading) > 3


async def read_until_stopped(url: str, library: Library, stop: asyncio.Event) -> set[str]:
    """Search for everything again and again; returns the versions that were seen."""
    seen: set[str] = set()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while not stop.is_set():
            found = await search(
                connection,
                # A word that each passage has: those without a vector are found by it.
                Question("line", np.ones(QuickEmbedder.dimensions, dtype=np.float32), "quick"),
                limit=10_000,
                min_similarity=-1,
                which=SearchFilter(),
            )
            by_file: dict[str, list[str]] = {}
            for hit in found.hits:
                by_file.setdefault("/".join(hit.source.split("/")[:3]), []).append(hit.content)
            assert len(by_file) == len(library.places)
            for contents in by_file.values():
                check_one_version(" ".join(contents), library)
            seen.update(mark.group() for hit in found.hits for mark in MARK.finditer(hit.content))
    return seen
