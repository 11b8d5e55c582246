"""One worker of the queue against two: `python benchmarks/workers.py [--files 300]`.

Every worker is a process that may use one core only, so that two of them are like two machines with one core
each; Postgres uses whatever core is free. One and two workers take turns on the same files, each time in a
fresh database, and the ratio is that of neighbours in time. The model is the real one.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from database.embedded import embedded_postgres
from database.home import open_data_folder
from ingest.ingestion import Wanted, open_ingestion
from ingest.jobs.queue import open_queue, queue_status, run_worker
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import Embedder, create_embedder
from knowledge_base.embedding.source import DEFAULT_MODEL

WORDS_PER_FILE = 400
CONCURRENCY = 16


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        home = open_data_folder(Path(folder) / "home")
        library = write_library(Path(folder) / "library", options.files)
        with embedded_postgres(home, "benchmark") as url:
            runs = asyncio.run(_measure_all(url, home, library, options.rounds))
    print(f"{options.files} files of {WORDS_PER_FILE} words; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{'round':8}{'1 worker':>14}{'2 workers':>14}{'ratio':>8}")
    for number, (one, two) in enumerate(runs, 1):
        _print_row(str(number), options.files / one, options.files / two, one / two)
    one, two = (options.files / statistics.median(seconds) for seconds in zip(*runs, strict=True))
    _print_row("median", one, two, statistics.median(one / two for one, two in runs))


def serve(url: str, home: Path, core: int) -> None:
    """Be a worker on one core: say when the model is loaded, then work until the queue is empty."""
    os.sched_setaffinity(0, {core})
    asyncio.run(_work(url, _embedder(home)))


def write_library(folder: Path, count: int) -> Path:
    """Files of words from the handbook of this repository, each in an order of its own."""
    handbook = (Path(__file__).parent.parent / "docs").glob("*.md")
    words = " ".join(file.read_text(encoding="utf-8") for file in sorted(handbook)).split()
    chance = random.Random(5)  # noqa: S311
    folder.mkdir()
    for number in range(count):
        text = " ".join(chance.sample(words, WORDS_PER_FILE))
        (folder / f"{number}.md").write_text(f"# File {number}\n\n{text}\n", encoding="utf-8")
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _settings() -> IngestSettings:
    return IngestSettings()  # pyright: ignore[reportCallIssue]


def _print_row(name: str, one: float, two: float, ratio: float) -> None:
    print(f"{name:8}{one:9.1f} f/s{two:10.1f} f/s{ratio:7.2f}x", flush=True)


def _embedder(home: Path) -> Embedder:
    embedder = create_embedder(DEFAULT_MODEL)
    embedder.embed_query("ready")
    return embedder


async def _measure_all(url: str, home: Path, library: Path, rounds: int) -> list[tuple[float, float]]:
    embedder = _embedder(home)
    runs: list[tuple[float, float]] = []
    for number in range(rounds):
        order = (1, 2) if number % 2 == 0 else (2, 1)
        seconds = {count: await _measure(url, home, library, embedder, count) for count in order}
        runs.append((seconds[1], seconds[2]))
    return runs


async def _measure(url: str, home: Path, library: Path, embedder: Embedder, workers: int) -> float:
    """Seconds from the first job to the last."""
    with _fresh_database(url) as fresh:
        await _leave_to_workers(fresh, library, embedder)
        with ExitStack() as stack:
            cores = sorted(os.sched_getaffinity(0))[:workers]
            processes = [stack.enter_context(_worker(fresh, home, core)) for core in cores]
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            for process in processes:
                process.wait()
        status = await queue_status(fresh)
        assert status.succeeded, status
        assert (status.todo, status.failed, dict(status.problems)) == (0, 0, {}), status
        return _seconds(fresh)


def _seconds(url: str) -> float:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            """
            select extract(epoch from max(at) filter (where procrastinate_events.type = 'succeeded')
                                    - min(at) filter (where procrastinate_events.type = 'started'))
            from procrastinate_events
            join procrastinate_jobs on procrastinate_jobs.id = job_id
            where task_name = 'ingest:file'
            """
        ).fetchone()
    assert row is not None
    return float(row[0])


@contextmanager
def _fresh_database(url: str) -> Generator[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create database measured")
        yield url.replace("/benchmark?", "/measured?")
        connection.execute("drop database measured with (force)")


async def _leave_to_workers(url: str, library: Path, embedder: Embedder) -> None:
    await migrate_knowledge_base(url)
    async with (
        open_ingestion(_settings(), url, embedder, Silent()) as ingestion,
        open_queue(url) as queue,
    ):
        task = await ingestion.folder_task(library, Wanted())
        await run_sync(ingestion.database, task, queue.add, Silent())


@contextmanager
def _worker(url: str, home: Path, core: int) -> Generator["subprocess.Popen[str]"]:
    """A worker that has loaded its model and waits to be told to begin."""
    command = [sys.executable, __file__, "serve", url, str(home), str(core)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


async def _work(url: str, embedder: Embedder) -> None:
    async with open_ingestion(_settings(), url, embedder, Silent()) as ingestion:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await run_worker(ingestion, concurrency=CONCURRENCY, every=None, wait=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
