"""Compares ingestion with that of other libraries: `make benchmark-ingest`.

The same passages, the same model (all-MiniLM-L6-v2) and the same Postgres, each system with its defaults and
in a process of its own; they take turns, so that what else the machine does slows all of them down alike.
OwFlex begins with the files: it reads and cuts them within its time. The others are given the passages ready
made.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).parent.parent))

from databases import fresh_database

from database.embedded import embedded_postgres
from database.home import open_data_folder
from ingest.ingestion import Wanted, open_ingestion
from ingest.reading.chunked_document import ReadRequest, chunk_tokens
from ingest.reading.process import ParserProcess, ReadLimits
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL, Embedder, create_embedder
from knowledge_base.embedding.source import find_model

HERE = Path(__file__).parent
OWFLEX = "OwFlex"
# Where each system keeps its vectors, to count them.
TABLES = {
    OWFLEX: "chunk_embeddings",
    "langchain-postgres": "langchain_pg_embedding",
    "llama-index": "data_llamaindex",
}


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="owflex-bench-") as place:
        folder = Path(place)
        docs = options.docs or _editions(HERE.parent / "docs", folder / "docs", options.chunks)
        texts = asyncio.run(passages(_files(docs)))
        (folder / "passages.json").write_text(json.dumps(texts), encoding="utf-8")
        print(f"{len(texts)} passages ({len(set(texts))} different), {options.rounds} rounds\n")
        # The first start on a machine converts the model: once, so it is not measured.
        subprocess.run(_command(OWFLEX, options, folder, docs), stdin=DEVNULL, stdout=DEVNULL, check=True)
        with embedded_postgres(open_data_folder(folder / "home"), "benchmark") as url:
            systems = [_System(name, _command(name, options, folder, docs)) for name in TABLES]
            rows = measure(systems, url, options.rounds, len(texts))
    _print(rows)


def measure(systems: "Sequence[_System]", url: str, rounds: int, chunks: int) -> "list[Row]":
    """Let the systems take turns, each time with a fresh database; one row a system."""
    seconds: dict[str, list[float]] = {system.name: [] for system in systems}
    for number in range(rounds):
        for system in systems:
            database = fresh_database(url, f"round_{number}_{TABLES[system.name]}")
            seconds[system.name].append(system.ask(database))
            _check_complete(database, system.name, chunks)
    for system in systems:
        system.end()
    return [Row(system.name, system.notes, system.start, chunks, seconds[system.name]) for system in systems]


async def passages(files: Sequence[Path]) -> list[str]:
    """What a model reads of the files, as OwFlex cuts them. Raises `SystemExit` when one cannot be read."""
    model = find_model(DEFAULT_MODEL)
    assert model is not None
    parser = ParserProcess(ReadLimits(model / "tokenizer.json", chunk_tokens(256)))
    texts: list[str] = []
    for path in files:
        answer = await parser.read(ReadRequest(str(path), path.name))
        if answer.content is None:
            raise SystemExit(f"{path}: {answer.problem}")
        for document in answer.content.documents:
            texts.extend(chunk.embedded_text for chunk in document.chunks)
    await parser.close()
    return texts


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def serve(folder: Path, docs: Path) -> None:
    """Be OwFlex: ingest `docs` into each database whose URL comes in."""
    started = time.perf_counter()
    embedder = create_embedder(DEFAULT_MODEL)
    embedder.embed_query("ready")
    print(json.dumps({"start": time.perf_counter() - started, "notes": embedder.backend}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": asyncio.run(_ingest(docs, line.strip(), embedder))}), flush=True)


async def _ingest(docs: Path, url: str, embedder: Embedder) -> float:
    await migrate_knowledge_base(url)
    settings = IngestSettings(_env_file=None)  # pyright: ignore[reportCallIssue]
    started = time.perf_counter()
    async with open_ingestion(settings, url, embedder, Silent()) as ingestion:
        task = await ingestion.folder_task(docs, Wanted(removals=True))
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        await ingestion.finish()
        return time.perf_counter() - started


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, help="A folder; default: this repository's docs, several times.")
    parser.add_argument("--chunks", type=int, default=600, help="About so many passages, without --docs.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peers-python", required=True, help="The Python of an environment with requirements-peers.txt."
    )
    return parser.parse_args()


def _editions(handbook: Path, folder: Path, fewest: int) -> Path:
    """The handbook, repeated until there are enough passages, no two of them alike."""
    edition = chunks = 0
    while chunks < fewest:
        edition += 1
        target = folder / f"{edition:03}"
        target.mkdir(parents=True)
        for file in sorted(handbook.glob("*.md")):
            # The title is above every passage when the model reads it.
            title, _, rest = file.read_text(encoding="utf-8").partition("\n")
            (target / file.name).write_text(f"{title}, edition {edition}\n{rest}", encoding="utf-8")
        chunks += len(asyncio.run(passages(_files(target))))
    return folder


def _command(name: str, options: argparse.Namespace, folder: Path, docs: Path) -> list[str]:
    if name == OWFLEX:
        return [sys.executable, __file__, "--serve", str(folder), str(docs)]
    script = str(HERE / "ingest_peers.py")
    return [options.peers_python, script, name, str(find_model(DEFAULT_MODEL)), str(folder / "passages.json")]


def _check_complete(url: str, name: str, chunks: int) -> None:
    count = sql.SQL("select count(*) from {}").format(sql.Identifier(TABLES[name]))
    with psycopg.connect(url) as connection:
        row = connection.execute(count).fetchone()
    if row != (chunks,):
        raise SystemExit(f"{name} has stored {row and row[0]} of {chunks} passages.")


def _print(rows: "Sequence[Row]") -> None:
    print(
        "| system | chunks/s (median) | OwFlex is faster by | rounds (s) | model load (s) | computes with |"
    )
    print("|---|---:|---:|---|---:|---|")
    for row in rows:
        # Of neighbours in time, not of the medians: the load of the machine changes between rounds.
        ratio = statistics.median(
            slow / fast for slow, fast in zip(row.seconds, rows[0].seconds, strict=True)
        )
        speed = row.chunks / statistics.median(row.seconds)
        rounds = ", ".join(f"{seconds:.1f}" for seconds in row.seconds)
        print(f"| {row.name} | {speed:.1f} | {ratio:.2f}x | {rounds} | {row.start:.1f} | {row.notes} |")


@dataclass(frozen=True)
class Row:
    """What was measured of a system."""

    name: str
    notes: str
    start: float
    chunks: int
    seconds: Sequence[float]


class _System:
    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._process = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True)
        ready = self._answer()
        self.start: float = ready["start"]
        self.notes: str = ready["notes"]

    def ask(self, url: str) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{url}\n")
        self._process.stdin.flush()
        return self._answer()["seconds"]

    def end(self) -> None:
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"{self.name} ended with exit code {self._process.wait()}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
