"""Milliseconds of a search by mode and filter: `python benchmarks/search_latency.py`.

The passages are made up: words as frequent as in a language (Zipf), vectors from a hash, in clusters.
Questions are asked one at a time, without their embedding; the vectors have an index when there are passages
enough for one.
"""

import argparse
import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

sys.path.insert(0, str(Path(__file__).parent.parent))

from database.embedded import embedded_postgres
from database.home import open_data_folder
from database.pool import Pool
from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import Connection, NewDocument, store_documents
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL, Vectors, create_embedder
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.search import Mode, Question, SearchFilter, search
from knowledge_base.vector_index import ensure_vector_index, look_widely, vector_index

DIMENSIONS, CLUSTER = 384, 100
VOCABULARY, PASSAGE_WORDS, QUESTION_WORDS = 30_000, 90, 7
STORED_AT_ONCE = 500
WARM_UP = 5
SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]
# Of so many passages one is let through.
FILTERS = {"none": 1, "50 %": 2, "1 %": 100, "0.01 %": 10_000}


@dataclass(frozen=True)
class Library:
    """Made-up passages, always the same ones."""

    passages: int

    @cached_property
    def _frequencies(self) -> NDArray[np.float64]:
        weights = 1 / np.arange(2, VOCABULARY + 2)
        return np.cumsum(weights / weights.sum())

    def text(self, number: int, words: int) -> str:
        """So many words; common ones are common."""
        drawn = np.searchsorted(self._frequencies, np.random.default_rng([1, number]).random(words))
        return " ".join(_word(int(place)) for place in drawn)

    def vector(self, number: int) -> Vectors:
        """A vector near those of its cluster."""
        center = _hashed(f"center {number % max(1, self.passages // CLUSTER)}")
        return _normalized(center + 0.7 * _hashed(f"passage {number}"))

    def question(self, number: int) -> Question:
        """Some words of a passage, and a vector near its own."""
        about = (number * 7919) % self.passages
        words = self.text(about, PASSAGE_WORDS).split()[:: PASSAGE_WORDS // QUESTION_WORDS]
        vector = _normalized(self.vector(about) + 0.5 * _hashed(f"question {number}"))
        return Question(" ".join(words), vector, DEFAULT_MODEL)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=100)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="owflex-bench-") as place,
        embedded_postgres(open_data_folder(Path(place) / "home"), "knowledge_base") as url,
    ):
        asyncio.run(_measure(url, Library(given.passages), given.questions))


async def _measure(url: str, library: Library, questions: int) -> None:
    await migrate_knowledge_base(url)
    async with open_ingest_pool(url) as pool:
        started = time.perf_counter()
        await _store(pool, library)
        stored = time.perf_counter()
        async with pool.connection() as connection:
            await connection.execute("vacuum analyze")
            made = await ensure_vector_index(connection)
            indexed = f", {time.perf_counter() - stored:.0f} s to index the vectors" if made else ", no index"
            print(f"{library.passages} passages, {stored - started:.0f} s to store them{indexed}\n")
            print("| mode | passages let through | median ms | p95 ms | found of 10 |")
            print("|---|---:|---:|---:|---:|")
            for mode in get_args(Mode):
                for name, one_of in FILTERS.items():
                    print(await _row(connection, library, mode, name, one_of, questions), flush=True)


async def _store(pool: Pool, library: Library) -> None:
    embedder = create_embedder(DEFAULT_MODEL)
    async with pool.connection() as connection:
        await connection.execute(
            "insert into origins (collection, name, path) values ('default', 'benchmark', '')"
        )
        for first in range(0, library.passages, STORED_AT_ONCE):
            numbers = range(first, min(first + STORED_AT_ONCE, library.passages))
            async with connection.transaction():
                space_id = await hold_space_in_use(connection, embedder)
                documents = [_document(library, number) for number in numbers]
                vectors = {
                    text_hash(document.content.chunks[0]): HalfVector(library.vector(number))
                    for number, document in zip(numbers, documents, strict=True)
                }
                await store_documents(connection, space_id, documents, vectors)


def _document(library: Library, number: int) -> NewDocument:
    name = f"benchmark/{number}"
    chunk = Chunk(0, (), None, name, library.text(number, PASSAGE_WORDS), PASSAGE_WORDS)
    metadata = {key: number % one_of == 0 for key, one_of in FILTERS.items()}
    content_hash = hashlib.sha256(name.encode()).hexdigest()
    content = ChunkedDocument("", name, "text/plain", content_hash, metadata, (), (chunk,))
    return NewDocument("default", "benchmark", name, "benchmark", {}, content)


async def _row(
    connection: Connection, library: Library, mode: Mode, name: str, one_of: int, questions: int
) -> str:
    await look_widely(connection)
    index = await vector_index(connection, DEFAULT_MODEL)
    which = SearchFilter(metadata={name: True}) if one_of > 1 else SearchFilter()
    taken: list[float] = []
    found: list[int] = []
    for question in _with_warm_up(library, questions):
        started = time.perf_counter()
        outcome = await search(
            connection, question, limit=10, min_similarity=-1, which=which, mode=mode, index=index
        )
        taken.append((time.perf_counter() - started) * 1000)
        found.append(len(outcome.hits) + len(outcome.below))
    return _line(mode, name, taken[WARM_UP:], found[WARM_UP:])


def _with_warm_up(library: Library, questions: int) -> Iterator[Question]:
    return (library.question(number) for number in range(WARM_UP + questions))


def _line(mode: Mode, name: str, taken: Sequence[float], found: Sequence[int]) -> str:
    p95 = statistics.quantiles(taken, n=20)[-1]
    return f"| {mode} | {name} | {statistics.median(taken):.1f} | {p95:.1f} | {statistics.mean(found):.1f} |"


def _word(number: int) -> str:
    word = ""
    for _ in range(3):
        number, place = divmod(number, len(SYLLABLES))
        word += SYLLABLES[place]
    return word


def _hashed(text: str) -> Vectors:
    """A direction that depends on nothing but the text."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return _normalized(np.random.default_rng(seed).standard_normal(DIMENSIONS))


def _normalized(vector: NDArray[Any]) -> Vectors:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


if __name__ == "__main__":
    main()
