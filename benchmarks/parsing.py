"""What reading every file of a folder gives and costs: `python benchmarks/parsing.py FOLDER…`.

Each file has a parser process of its own, with the limits that hold for users. The seconds are those of the
file, without the start of the process; the megabytes are the most that its process had resident.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ingest.reading.chunked_document import ReadRequest, chunk_tokens
from ingest.reading.process import ParserProcess, ReadAnswer, ReadLimits
from ingest.settings import IngestSettings
from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.embedding.source import find_model

MODEL_TOKENS = 256
MAX_OUTCOME_CHARACTERS = 120
# What `ru_maxrss` counts in: kilobytes, but bytes on macOS.
UNITS_PER_MEGABYTE = 1024 * 1024 if sys.platform == "darwin" else 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="Folders, or files.")
    folders = parser.parse_args().folders
    print("| file | outcome | chunks | seconds | MB |")
    print("|---|---|---:|---:|---:|")
    # The children of a process share one record of what they needed: so one process watches one file only.
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as watchers:
        for row in watchers.imap(read_one, files_of(folders), chunksize=1):
            print(row.as_markdown(), flush=True)


def files_of(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every file at or below the folders, in order, with its name in the table."""
    for folder in folders:
        found = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
        yield from ((file, file.relative_to(folder.parent).as_posix()) for file in found if file.is_file())


def read_one(file: tuple[Path, str]) -> "Row":
    """The line of the table for a file; called in a process that has read no other one."""
    path, name = file
    answer, seconds = asyncio.run(_timed(path))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / UNITS_PER_MEGABYTE
    chunks = answer.content.chunk_count if answer.content else 0
    return Row(name, _outcome(answer), chunks, seconds, peak)


async def _timed(path: Path) -> tuple[ReadAnswer, float]:
    parser = ParserProcess(_limits())
    try:
        with tempfile.NamedTemporaryFile(suffix=".txt") as nothing:
            await parser.read(ReadRequest(nothing.name, "nothing.txt"))
        started = time.perf_counter()
        answer = await parser.read(ReadRequest(str(path), path.name))
        return answer, time.perf_counter() - started
    finally:
        await parser.close()


def _limits() -> ReadLimits:
    settings = IngestSettings(_env_file=None)  # pyright: ignore[reportCallIssue]
    model = find_model(DEFAULT_MODEL)
    assert model is not None
    return ReadLimits(
        tokenizer_file=model / "tokenizer.json",
        max_tokens=chunk_tokens(MODEL_TOKENS),
        max_file_bytes=settings.ingest_max_file_bytes,
        seconds=settings.ingest_file_seconds,
        memory_mb=settings.ingest_file_memory_mb,
    )


def _outcome(answer: ReadAnswer) -> str:
    if answer.content is None:
        return f"refused: {answer.problem}"
    notes = [note for document in answer.content.documents for note in document.notes]
    inner = f" with {len(answer.content.members)} inside" if answer.content.members else ""
    return f"read{inner}" + (f"; {len(notes)} notes: {notes[0]}" if notes else "")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    outcome: str
    chunks: int
    seconds: float
    megabytes: float

    def as_markdown(self) -> str:
        """The line as it is printed."""
        outcome = self.outcome.replace("|", "/").replace("\n", " ")[:MAX_OUTCOME_CHARACTERS]
        name = self.name.replace("|", "/")
        return f"| {name} | {outcome} | {self.chunks} | {self.seconds:.2f} | {self.megabytes:.0f} |"


if __name__ == "__main__":
    main()
