"""Files a second of a sync that finds nothing new: `python benchmarks/resync.py [--files 20000]`.

Beside each sync stands what the machine needs for the least of it in the same minute: listing the folder, and
reading every file for its SHA-256. The files are small: the work for each counts, not that for its bytes.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ingest_memory import Failures, HashEmbedder, write_documents

sys.path.insert(0, str(Path(__file__).parent.parent))

from database.embedded import embedded_postgres
from database.home import open_data_folder
from ingest.ingestion import Ingestion, Wanted, open_ingestion
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.bootstrap import migrate_knowledge_base


@dataclass(frozen=True)
class Took:
    """Seconds, and seconds of the processor in this process."""

    seconds: float
    python: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="owflex-bench-") as place:
        docs = Path(place) / "docs"
        write_documents(docs, given.files)
        with embedded_postgres(open_data_folder(Path(place) / "home"), "knowledge_base") as url:
            rounds = asyncio.run(_measure(docs, url, given.rounds))
    print(f"{given.files} files, none changed; load of the machine {os.getloadavg()[0]:.1f}\n")
    print("| round | sync: files/s | Python: µs a file | list and hash: files/s | sync takes, times |")
    print("|---|---:|---:|---:|---:|")
    for number, (sync, least) in enumerate(rounds, 1):
        print(
            f"| {number} | {given.files / sync.seconds:.0f} | {1e6 * sync.python / given.files:.0f} "
            f"| {given.files / least.seconds:.0f} | {sync.seconds / least.seconds:.2f} |"
        )
    ratio = statistics.median(sync.seconds / least.seconds for sync, least in rounds)
    speed = statistics.median(given.files / sync.seconds for sync, _ in rounds)
    print(f"| median | {speed:.0f} | | | {ratio:.2f} |")


async def _measure(docs: Path, url: str, rounds: int) -> list[tuple[Took, Took]]:
    await migrate_knowledge_base(url)
    watcher = Failures()
    settings = IngestSettings(_env_file=None)  # pyright: ignore[reportCallIssue]
    async with open_ingestion(settings, url, HashEmbedder(), watcher) as ingestion:
        await _sync(ingestion, docs)
        measured = [(await _sync(ingestion, docs), _least(docs)) for _ in range(rounds)]
    assert not watcher.reasons, watcher.reasons[0]
    return measured


async def _sync(ingestion: Ingestion, docs: Path) -> Took:
    started, busy = time.perf_counter(), time.process_time()
    task = await ingestion.folder_task(docs, Wanted(removals=True))
    await run_sync(ingestion.database, task, ingestion.pipeline.process, ingestion.watcher)
    await ingestion.finish()
    return Took(time.perf_counter() - started, time.process_time() - busy)


def _least(docs: Path) -> Took:
    started, busy = time.perf_counter(), time.process_time()
    for place, _, names in os.walk(docs):
        for name in names:
            hashlib.sha256(Path(place, name).read_bytes()).digest()
    return Took(time.perf_counter() - started, time.process_time() - busy)


if __name__ == "__main__":
    main()
