"""Milliseconds of a search by mode, filter and caller: `python benchmarks/search_latency.py`.

The passages are made up: 90 words, four in ten of them stop words, the others as frequent as in a
language (Zipf); vectors from a hash, in clusters. Questions are some words of a passage and a vector near
its own, asked one at a time as the MCP server asks them, without their embedding. With `--home` the knowledge
base is kept, and used again by the next run.
"""

import argparse
import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

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
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL, Vectors, create_embedder
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Mode, Question, SearchFilter, find
from knowledge_base.vector_index import ensure_vector_index, vector_index

DIMENSIONS, CLUSTER = 384, 100
VOCABULARY, PASSAGE_WORDS, QUESTION_WORDS = 200_000, 90, 7
# The most frequent words of a language are its stop words, four in ten of a text.
STOP_WORDS, STOPPED = (
    ["the", "of", "and", "to", "in", "is", "that", "for", "it", "with", "as", "was", "on", "be", "by", "at"],
    0.4,
)
MOST_FREQUENT = 100
STORED_AT_ONCE = 500
WARM_UP = 20
SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]
# Of so many passages one is let through.
FILTERS = {"50 %": 2, "10 %": 10, "1 %": 100, "0.1 %": 1_000, "0.01 %": 10_000}
# One passage of ten is in a collection of its own.
COLLECTIONS = ("large", "small")


@dataclass(frozen=True)
class Library:
    """Made-up passages, always the same ones."""

    passages: int

    @cached_property
    def _frequencies(self) -> NDArray[np.float64]:
        weights = 1 / np.arange(MOST_FREQUENT, VOCABULARY + MOST_FREQUENT)
        return np.cumsum(weights / weights.sum())

    def text(self, number: int, words: int) -> str:
        """So many words; common ones are common."""
        generator = np.random.default_rng([1, number])
        drawn = np.searchsorted(self._frequencies, generator.random(words))
        stopped = generator.random(words) < STOPPED
        return " ".join(
            STOP_WORDS[int(place) % len(STOP_WORDS)] if stop else _word(int(place))
            for place, stop in zip(drawn, stopped, strict=True)
        )

    def vector(self, number: int) -> Vectors:
        """A vector near those of its cluster."""
        center = _hashed(f"center {number % max(1, self.passages // CLUSTER)}")
        return _normalized(center + 0.7 * _hashed(f"passage {number}"))

    def question(self, number: int) -> Question:
        """Some words of a passage, and a vector near its own."""
        about = (number * 7919) % self.passages
        said = [word for word in self.text(about, PASSAGE_WORDS).split() if word not in STOP_WORDS]
        vector = _normalized(self.vector(about) + 0.5 * _hashed(f"question {number}"))
        return Question(" ".join(said[:: max(1, len(said) // QUESTION_WORDS)]), vector, DEFAULT_MODEL)


@dataclass(frozen=True)
class Case:
    """How is searched, by whom, with what filter."""

    name: str
    mode: Mode = "hybrid"
    which: SearchFilter = field(default_factory=SearchFilter)
    access: Access = field(default_factory=lambda: Access("bench"))


def _cases() -> Iterator[Case]:
    yield Case("hybrid")
    yield Case("by meaning", "vector")
    yield Case("by words", "keyword")
    for name in FILTERS:
        yield Case(f"hybrid, filter of {name}", which=SearchFilter(metadata={name: True}))
    for name in COLLECTIONS:
        yield Case(f"hybrid, collection: the {name} one", which=SearchFilter(name))
    for name in COLLECTIONS:
        access = Access("bench", frozenset({name}))
        yield Case(
            f"hybrid, only the {name} collection is open", which=SearchFilter(restricted=True), access=access
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="owflex-bench-") as place,
        embedded_postgres(open_data_folder(given.home or Path(place) / "home"), "knowledge_base") as url,
    ):
        asyncio.run(_measure(url, Library(given.passages), given.questions))


async def _measure(url: str, library: Library, questions: int) -> None:
    await migrate_knowledge_base(url)
    await prepare_server_role(url)
    async with open_ingest_pool(url) as pool:
        started = time.perf_counter()
        await _store(pool, library)
        stored = time.perf_counter()
        async with pool.connection() as connection:
            await merge_pending(connection, at_least=1)
            merged = time.perf_counter()
            await connection.execute("select set_config('statement_timeout', '0', false)")
            await ensure_vector_index(connection)
            indexed = time.perf_counter()
            if stored - started > 1:
                await connection.execute("vacuum analyze")
        print(
            f"{library.passages} passages, {stored - started:.0f} s to store them, "
            f"{merged - stored:.0f} s to merge "
            f"the last postings, {indexed - merged:.0f} s to index the vectors\n"
        )
    await _print_sizes(url, library)
    print("| search | median ms | p95 ms | found of 10 |")
    print("|---|---:|---:|---:|")
    async with open_server_pool(url, statement_timeout_ms=60_000) as pool:
        for case in _cases():
            print(await _row(pool, library, case, questions), flush=True)


async def _print_sizes(url: str, library: Library) -> None:
    async with open_ingest_pool(url) as pool, pool.connection() as connection:
        rows = await connection.execute(
            """
            select relname, pg_table_size(oid), pg_indexes_size(oid)
            from pg_class
            where relkind = 'r' and relnamespace = 'public'::regnamespace
            order by pg_total_relation_size(oid) desc
            limit 6
            """
        )
        print("| table | bytes a passage | its indexes |\n|---|---:|---:|")
        async for name, table, indexes in rows:
            print(f"| {name} | {table / library.passages:.0f} | {indexes / library.passages:.0f} |")
        rows = await connection.execute("select pg_database_size(current_database())")
        row = await rows.fetchone()
        assert row is not None
        print(f"| the whole database | {row[0] / library.passages:.0f} | |\n")


async def _store(pool: Pool, library: Library) -> None:
    embedder = create_embedder(DEFAULT_MODEL)
    async with pool.connection() as connection:
        rows = await connection.execute("select count(*) from documents")
        there = await rows.fetchone()
        assert there is not None
        for collection in COLLECTIONS:
            await connection.execute(
                """
                insert into origins (collection, name, path) values (%(collection)s, 'benchmark', '')
                on conflict do nothing
                """,
                {"collection": collection},
            )
        for first in range(there[0], library.passages, STORED_AT_ONCE):
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
    collection = COLLECTIONS[number % 10 == 3]
    return NewDocument(collection, "benchmark", name, "benchmark", {}, content)


async def _row(pool: Pool, library: Library, case: Case, questions: int) -> str:
    taken: list[float] = []
    found: list[int] = []
    async with pool.connection() as connection:
        index = await vector_index(connection, DEFAULT_MODEL)
    for number in range(WARM_UP + questions):
        question = library.question(number)
        started = time.perf_counter()
        async with acting_for(pool, case.access, at_once=True) as connection:
            passages = await find(connection, question, 10, case.which, case.mode, index)
        outcome = await passages.outcome(10, min_similarity=-1)
        taken.append((time.perf_counter() - started) * 1000)
        found.append(len(outcome.hits) + len(outcome.below))
    return _line(case.name, taken[WARM_UP:], found[WARM_UP:])


def _line(name: str, taken: Sequence[float], found: Sequence[int]) -> str:
    p95 = statistics.quantiles(taken, n=20)[-1]
    return f"| {name} | {statistics.median(taken):.1f} | {p95:.1f} | {statistics.mean(found):.1f} |"


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
