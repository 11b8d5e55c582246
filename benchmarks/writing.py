"""Passages a second into the tables, and into the index over their vectors: `python benchmarks/writing.py`.

The passages are made up as for `search_latency.py` and come with their vectors, so that neither files nor
the model are measured. A third is stored first; the second third while nobody searches, the last one while
another process does, whose searches are compared with those between the two. Then the index is made, with
searches beside it.

Microseconds of the processor a passage say what bounds the speed: of this process, which counts words and
sends rows, and of its Postgres process, which keeps them. On a machine that does other work they are the
figures to go by.
"""

import argparse
import asyncio
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from ingest_memory import HashEmbedder
from pgvector import HalfVector
from search_latency import PASSAGE_WORDS, Library

sys.path.insert(0, str(Path(__file__).parent.parent))

from database.embedded import embedded_postgres
from database.home import open_data_folder
from database.pool import Pool
from ingest.pipeline import WINDOW, open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import Vectors, text_hash
from ingest.storing.documents import Connection, NewDocument, store_documents
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.search import SearchFilter, search
from knowledge_base.vector_index import ensure_vector_index, look_widely

PASSAGES, PASSAGES_PER_DOCUMENT = 30_000, 4
# Between two searches, in seconds; and how long is searched while nothing is written.
PAUSE, ALONE_SECONDS = 0.02, 10.0


@dataclass(frozen=True)
class Written:
    """What storing so many passages took: seconds, and seconds of this process and of Postgres."""

    passages: int
    seconds: float
    python: float
    postgres: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--alone-seconds", type=float, default=ALONE_SECONDS)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="owflex-bench-") as place,
        embedded_postgres(open_data_folder(Path(place) / "home"), "knowledge_base") as url,
    ):
        asyncio.run(_measure(url, Library(given.passages), given.alone_seconds))


async def _measure(url: str, library: Library, alone_seconds: float) -> None:
    await migrate_knowledge_base(url)
    third = library.passages // 3
    async with open_ingest_pool(url) as pool:
        async with pool.connection() as connection:
            await connection.execute(
                "insert into origins (collection, name, path) values ('default', 'benchmark', '')"
            )
        print("| stored | passages/s | µs: Python | Postgres | MB, peak |")
        print("|---|---:|---:|---:|---:|")
        _print_written("first third", await _store(pool, library, range(third)))
        _print_written("alone", await _store(pool, library, range(third, 2 * third)))
        async with pool.connection() as connection:
            await connection.execute("analyze")
        with searching(url, library) as alone:
            await asyncio.sleep(alone_seconds)
        with searching(url, library) as meanwhile:
            _print_written("beside searches", await _store(pool, library, range(2 * third, 3 * third)))
        with searching(url, library) as indexing:
            indexed = await _index(url)
    speed, dearness = indexed.passages / indexed.seconds, indexed.postgres / indexed.passages
    print(f"\n{indexed.passages} vectors indexed in {indexed.seconds:.1f} s: {speed:.0f} a second,", end=" ")
    print(f"{1e6 * dearness:.0f} µs of the processor each in all processes of Postgres\n")
    _print_searches({"nothing": alone, "storing": meanwhile, "indexing": indexing})
    print(f"\nload of the machine {os.getloadavg()[0]:.1f}")


async def _store(pool: Pool, library: Library, numbers: range) -> Written:
    """Store passages as the pipeline does: so many in one transaction. Making them up does not count."""
    seconds = python = postgres = 0.0
    # What the vectors are said to be of; the model itself is not needed.
    embedder = HashEmbedder()
    embedder.model_name = DEFAULT_MODEL
    for first in numbers[::WINDOW]:
        documents, vectors = _window(library, range(first, min(first + WINDOW, numbers.stop)))
        async with pool.connection() as connection:
            backend = psutil.Process(connection.info.backend_pid)
            before = time.perf_counter(), time.process_time(), _busy(backend)
            async with connection.transaction():
                space_id = await hold_space_in_use(connection, embedder)
                await store_documents(connection, space_id, documents, vectors)
            postgres += _busy(backend) - before[2]
        seconds += time.perf_counter() - before[0]
        python += time.process_time() - before[1]
    return Written(len(numbers), seconds, python, postgres)


def _window(library: Library, numbers: range) -> tuple[list[NewDocument], Vectors]:
    texts = {number: library.text(number, PASSAGE_WORDS) for number in numbers}
    documents = [
        _document(
            first, [texts[number] for number in numbers if first <= number < first + PASSAGES_PER_DOCUMENT]
        )
        for first in numbers[::PASSAGES_PER_DOCUMENT]
    ]
    chunks = [chunk for document in documents for chunk in document.content.chunks]
    vectors = {
        text_hash(chunk): HalfVector(library.vector(number))
        for number, chunk in zip(numbers, chunks, strict=True)
    }
    return documents, vectors


def _document(number: int, texts: Sequence[str]) -> NewDocument:
    name = f"benchmark/{number}"
    chunks = tuple(Chunk(place, (), None, name, text, PASSAGE_WORDS) for place, text in enumerate(texts))
    content_hash = hashlib.sha256(name.encode()).hexdigest()
    content = ChunkedDocument("", name, "text/plain", content_hash, {}, (), chunks)
    return NewDocument("default", "benchmark", name, "benchmark", {}, content)


def _busy(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


async def _index(url: str) -> Written:
    async with await Connection.connect(url, autocommit=True) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        before = time.perf_counter(), _busy(backend) + _ended(backend)
        assert await ensure_vector_index(connection, worth=1)
        seconds = time.perf_counter() - before[0]
        postgres = _busy(backend) + _ended(backend) - before[1]
        rows = await connection.execute("select count(*) from chunk_embeddings")
        row = await rows.fetchone()
    assert row is not None
    return Written(row[0], seconds, 0, postgres)


def _ended(backend: psutil.Process) -> float:
    """What processes of this Postgres used that have ended, as those that help with an index do."""
    server = backend.parent()
    assert server is not None
    used = server.cpu_times()
    return used.children_user + used.children_system


@contextmanager
def searching(url: str, library: Library) -> Generator[list[float]]:
    """Another process searches while in the block; then the list holds the milliseconds of each search."""
    command = [sys.executable, __file__, "search", url, str(library.passages)]
    taken: list[float] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield taken
        said, _ = process.communicate("stop\n")
        taken += map(float, said.split())


async def _search(url: str, library: Library) -> None:
    """Search until a line comes in, then say what each search took."""
    taken: list[float] = []
    async with open_ingest_pool(url) as pool, pool.connection() as connection:
        await connection.set_autocommit(True)
        await look_widely(connection)
        await _once(connection, library, 0)
        print("ready", flush=True)
        stop = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        while not stop.done():
            taken.append(await _once(connection, library, len(taken)))
            await asyncio.sleep(PAUSE)
    print(*taken)


async def _once(connection: Connection, library: Library, number: int) -> float:
    question = library.question(number)
    started = time.perf_counter()
    await search(connection, question, limit=10, min_similarity=-1, which=SearchFilter(), mode="hybrid")
    return 1000 * (time.perf_counter() - started)


def _print_written(name: str, written: Written) -> None:
    python, postgres = (1e6 * part / written.passages for part in (written.python, written.postgres))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = written.passages / written.seconds
    print(f"| {name} | {speed:.0f} | {python:.0f} | {postgres:.0f} | {peak:.0f} |", flush=True)


def _print_searches(taken: dict[str, list[float]]) -> None:
    print("| searches beside | number | p50 ms | p95 ms | p95, times |")
    print("|---|---:|---:|---:|---:|")
    alone = statistics.quantiles(taken["nothing"], n=20)[-1]
    for name, times in taken.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"| {name} | {len(times)} | {statistics.median(times):.1f} | {p95:.1f} | {p95 / alone:.2f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["search"]:
        asyncio.run(_search(sys.argv[2], Library(int(sys.argv[3]))))
    else:
        main()
