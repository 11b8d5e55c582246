"""One worker of the queue against two: `python benchmarks/workers.py [--files 300]`.

Every worker is a process that may use one core only, with its parsers, so that two of them are like two
machines with one core each; Postgres uses whatever core is free. One and two workers take turns on the same
files, each time in a fresh database, and the ratio is that of neighbours in time: until the last file is
found by its words, and until the last passage has its vector. The model is the real one, and loaded before.

The last columns say why the ratio is what it is: seconds of the processor that all workers used for a file,
which two should not need more of than one.
"""

import argparse
import asyncio
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
    print("| round | words (s): 1, 2 workers | ratio | vectors (s): 1, 2 | ratio | CPU ms a file: 1, 2 |")
    print("|---|---:|---:|---:|---:|---:|")
    for number, (one, two) in enumerate(runs, 1):
        print(_row(str(number), one, two, options.files))
    words, whole = (statistics.median(ratios) for ratios in zip(*map(_ratios, runs), strict=True))
    print(f"| median | | {words:.2f}x | | {whole:.2f}x | |")


def serve(url: str, home: Path, core: int) -> None:
    """Be a worker on one core: say when the model is loaded, work until nothing is left, say what it cost."""
    os.sched_setaffinity(0, {core})
    asyncio.run(_work(url, _embedder(home)))
    # The parsers have ended by now.
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(sum(used.ru_utime + used.ru_stime for used in spent), flush=True)


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


@dataclass(frozen=True)
class Run:
    """Seconds until all words were there, until all vectors were; seconds of the processor."""

    words: float
    vectors: float
    cpu: float


def _ratios(run: tuple[Run, Run]) -> tuple[float, float]:
    one, two = run
    return one.words / two.words, one.vectors / two.vectors


def _row(name: str, one: Run, two: Run, files: int) -> str:
    words, vectors = _ratios((one, two))
    return (
        f"| {name} | {one.words:.1f}, {two.words:.1f} | {words:.2f}x | {one.vectors:.1f}, {two.vectors:.1f} "
        f"| {vectors:.2f}x | {1000 * one.cpu / files:.0f}, {1000 * two.cpu / files:.0f} |"
    )


def _embedder(home: Path) -> Embedder:
    embedder = create_embedder(DEFAULT_MODEL)
    embedder.embed_query("ready")
    return embedder


async def _measure_all(url: str, home: Path, library: Path, rounds: int) -> list[tuple[Run, Run]]:
    embedder = _embedder(home)
    runs: list[tuple[Run, Run]] = []
    for number in range(rounds):
        order = (1, 2) if number % 2 == 0 else (2, 1)
        measured = {count: await _measure(url, home, library, embedder, count) for count in order}
        runs.append((measured[1], measured[2]))
    return runs


async def _measure(url: str, home: Path, library: Path, embedder: Embedder, workers: int) -> Run:
    with _fresh_database(url) as fresh:
        await _leave_to_workers(fresh, library, embedder)
        with ExitStack() as stack:
            cores = sorted(os.sched_getaffinity(0))[:workers]
            processes = [stack.enter_context(_worker(fresh, home, core)) for core in cores]
            started = time.perf_counter()
            for process in processes:
                _say(process, "go\n")
            said = [_heard(process) for process in processes]
            # Whoever says it first waits for the others: no passage is without its vector then.
            seconds = time.perf_counter() - started
            cpu = sum(
                float(_heard(process)) - float(before)
                for process, before in zip(processes, said, strict=True)
            )
        status = await queue_status(fresh)
        assert status.succeeded, status
        assert (status.todo, status.failed, status.awaiting, dict(status.problems)) == (0, 0, 0, {}), status
        return Run(_seconds(fresh), seconds, cpu)


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _seconds(url: str) -> float:
    """From the first job to the last, which ends when its file is found by its words."""
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
        assert _heard(process) == "ready\n"
        yield process


async def _work(url: str, embedder: Embedder) -> None:
    async with open_ingestion(_settings(), url, embedder, Silent()) as ingestion:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        before = time.process_time()
        await run_worker(ingestion, concurrency=CONCURRENCY, every=None, wait=False)
        print(before, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
