"""Memory and speed of ingestion by the number of documents: `python benchmarks/ingest_memory.py`.

The model is left out, so that the pipeline alone is measured: the vectors are made of a hash of the text. The
process that ingests is watched from another one, and Postgres runs beside it: neither counts.
"""

import argparse
import asyncio
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from database.embedded import embedded_postgres
from database.home import open_data_folder
from ingest.ingestion import Wanted, open_ingestion
from ingest.report import FileReport, Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL, Vectors
from knowledge_base.embedding.source import find_model

COUNTS = (1_000, 10_000, 100_000)
WORDS = 30
FILES_PER_FOLDER = 1_000
SECONDS_BETWEEN_SAMPLES = 0.2
DIMENSIONS = 384
MEGABYTE = 1024 * 1024
SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="Numbers of documents.")
    counts = parser.parse_args().counts
    print("Megabytes resident; pages that processes share count in each of them.\n")
    print(
        "| documents | documents/s | seconds | process: steady | peak | parsers: steady | peak | all: peak |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for count in counts:
        seconds, samples = measure(count)
        print(_row(count, seconds, samples), flush=True)


def measure(count: int) -> tuple[float, "list[Sample]"]:
    """Seconds of a first sync of so many documents, and what was resident meanwhile."""
    with tempfile.TemporaryDirectory(prefix="owflex-bench-") as place:
        docs = Path(place) / "docs"
        write_documents(docs, count)
        with embedded_postgres(open_data_folder(Path(place) / "home"), "knowledge_base") as url:
            return _watched([sys.executable, __file__, "--sync", str(docs), url])


def write_documents(folder: Path, count: int) -> None:
    """Write `count` text files of one paragraph each, no two of them alike."""
    for number in range(count):
        here = folder / f"{number // FILES_PER_FOLDER:04}"
        if number % FILES_PER_FOLDER == 0:
            here.mkdir(parents=True)
        (here / f"{number:07}.txt").write_text(" ".join(_words(number)) + ".\n", encoding="utf-8")


def _words(number: int) -> Iterator[str]:
    digest = hashlib.shake_128(str(number).encode()).digest(2 * WORDS)
    for first, second in zip(digest[::2], digest[1::2], strict=True):
        yield SYLLABLES[first % len(SYLLABLES)] + SYLLABLES[second % len(SYLLABLES)]


def _watched(command: list[str]) -> tuple[float, "list[Sample]"]:
    """Run the command; its last line says how many seconds its work took."""
    samples: list[Sample] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            samples.append(_sample(watched))
            time.sleep(SECONDS_BETWEEN_SAMPLES)
        assert process.stdout is not None
        answer = process.stdout.read().splitlines()
    if process.returncode:
        raise SystemExit(f"The sync ended with exit code {process.returncode}.")
    return float(answer[-1]), samples


def _sample(process: psutil.Process) -> "Sample":
    parsers = sum(_resident(child) for child in process.children(recursive=True))
    return Sample(_resident(process) / MEGABYTE, parsers / MEGABYTE)


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:  # it ended between being listed and being asked
        return 0


def _row(count: int, seconds: float, samples: "Sequence[Sample]") -> str:
    # The first half holds the start and the scan.
    steady = samples[len(samples) // 2 :]
    process = [sample.process for sample in samples]
    parsers = [sample.parsers for sample in samples]
    figures = (
        statistics.median(sample.process for sample in steady),
        max(process),
        statistics.median(sample.parsers for sample in steady),
        max(parsers),
        max(sample.process + sample.parsers for sample in samples),
    )
    cells = " | ".join(f"{figure:.0f}" for figure in figures)
    return f"| {count:,} | {count / seconds:,.0f} | {seconds:.1f} | {cells} |"


async def sync(folder: Path, url: str) -> float:
    """Bring the folder in; returns the seconds it took. Raises `SystemExit` when a file failed."""
    await migrate_knowledge_base(url)
    watcher = Failures()
    settings = IngestSettings(_env_file=None)  # pyright: ignore[reportCallIssue]
    async with open_ingestion(settings, url, HashEmbedder(), watcher) as ingestion:
        started = time.perf_counter()
        task = await ingestion.folder_task(folder, Wanted(removals=True))
        await run_sync(ingestion.database, task, ingestion.pipeline.process, watcher)
        await ingestion.finish()
        seconds = time.perf_counter() - started
    if watcher.reasons:
        raise SystemExit(f"{len(watcher.reasons)} files failed: {watcher.reasons[0]}")
    return seconds


@dataclass(frozen=True)
class Sample:
    """Megabytes of the process that ingests, and of its parsers together."""

    process: float
    parsers: float


class Failures(Silent):
    """Why files failed."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def file(self, report: FileReport) -> None:
        """Remember a failure."""
        if report.outcome == "failed":
            self.reasons.append(f"{report.source}: {report.reason}")


class HashEmbedder:
    """Vectors in no time: of length 1, the same for the same text, and without any meaning."""

    def __init__(self) -> None:
        self.model_name = "hash"
        self.backend = "none"
        self.dimensions = DIMENSIONS
        self.max_tokens = 256
        folder = find_model(DEFAULT_MODEL)
        assert folder is not None
        self.tokenizer_json = (folder / "tokenizer.json").read_text(encoding="utf-8")

    def count_tokens(self, text: str) -> int:
        """Roughly."""
        return len(text.split())

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each question."""
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> Vectors:
        """The vector of a text."""
        numbers = hashlib.shake_128(text.encode()).digest(DIMENSIONS)
        vector = np.frombuffer(numbers, dtype=np.uint8).astype(np.float32)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sync"]:
        print(asyncio.run(sync(Path(sys.argv[2]), sys.argv[3])))
    else:
        main()
