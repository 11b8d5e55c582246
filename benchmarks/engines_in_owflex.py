"""OwFlex's own word search beside the same by pg_textsearch, over the same tables of one server.

What is timed is a whole search by words: counting how rare they are, proposing, and scoring what is proposed.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).parent.parent))

from made_passages import Made, Passages

from database.pool import Pool
from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Question, SearchFilter, rank
from knowledge_base.settings import EngineSetting
from knowledge_base.word_engine_watch import EngineWatch
from knowledge_base.word_engines import BUILT_IN, drop_engine, ensure_word_engine

STORED_AT_ONCE, WARM_UP, WRITTEN = 500, 20, 5_000
WAYS: Sequence[EngineSetting] = ("built-in", "pg_textsearch")
EVERYBODY = Access("bench")
CASES = {
    "none": (SearchFilter(), EVERYBODY),
    "half": (SearchFilter(metadata={"half": "yes"}), EVERYBODY),
    "tenth": (SearchFilter(metadata={"tenth": "yes"}), EVERYBODY),
    "hundredth": (SearchFilter(metadata={"hundredth": "yes"}), EVERYBODY),
    "only half the collections open": (
        SearchFilter(restricted=True),
        Access("bench", frozenset({"collection 0"})),
    ),
}


@dataclass
class Way:
    """What was measured of one way of searching: milliseconds by case, and its ten best of each question."""

    name: str
    milliseconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    top: list[list[float]] = field(default_factory=list[list[float]])
    build_seconds: float = 0.0
    more_bytes: int = 0
    written_per_second: float = 0.0


def print_table(server: str, made: Made, questions: int) -> None:
    """Fill a knowledge base on the server, and print what both ways take."""
    name = f"owflex_{made.size}"
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    url = f"{server} dbname={name}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create extension pg_textsearch")
    _print(made, asyncio.run(_measured(url, made, questions)))


async def _measured(url: str, made: Made, questions: int) -> list[Way]:
    await migrate_knowledge_base(url)
    await prepare_server_role(url)
    async with open_ingest_pool(url) as pool:
        for block in made.blocks:
            await _store(pool, block)
        async with pool.connection() as connection:
            await merge_pending(connection, at_least=1)
            await connection.execute("truncate chunks_awaiting_vectors")
            await connection.execute("vacuum analyze")
        return [await _way(url, pool, made, setting, questions) for setting in WAYS]


async def _way(url: str, pool: Pool, made: Made, setting: EngineSetting, questions: int) -> Way:
    way, began = Way(setting), time.perf_counter()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        way.name = await ensure_word_engine(connection, setting)
        way.build_seconds = time.perf_counter() - began
        size = await connection.execute("select pg_total_relation_size('engine_words')")
        way.more_bytes = (await size.fetchone() or [0])[0]
        await _search(url, way, made.questions(questions + WARM_UP).texts, setting)
        way.written_per_second = await _written(pool, made)
        if setting != BUILT_IN:
            await drop_engine(connection)
    return way


async def _search(url: str, way: Way, asked: Sequence[str], setting: EngineSetting) -> None:
    watch = EngineWatch(setting)
    async with open_server_pool(url) as pool:
        for name, (which, access) in CASES.items():
            taken: list[float] = []
            for text in asked:
                async with acting_for(pool, access, at_once=True) as connection:
                    engine = await watch.current(connection)
                    began = time.perf_counter()
                    question = Question(text, None, DEFAULT_MODEL)
                    ranked = await rank(connection, question, 10, which, "keyword", engine=engine)
                    taken.append((time.perf_counter() - began) * 1000)
                if name == "none":
                    way.top.append([one.score for one in ranked.best])
            way.milliseconds[name] = taken[WARM_UP:]
    assert watch.problem is None, watch.problem


async def _written(pool: Pool, made: Made) -> float:
    """Passages stored and merged in a second, which are removed again."""
    began = time.perf_counter()
    for first in range(0, min(WRITTEN, made.size), 1_000):
        await _store(pool, made.block(first), origin="again")
    async with pool.connection() as connection:
        await merge_pending(connection, at_least=1)
        seconds = time.perf_counter() - began
        await connection.execute("delete from documents where origin = 'again'")
        await merge_pending(connection, at_least=1)
        await connection.execute("truncate chunks_awaiting_vectors")
        await connection.execute("vacuum analyze")
    return min(WRITTEN, made.size) / seconds


async def _store(pool: Pool, block: Passages, origin: str = "made") -> None:
    documents = [
        NewDocument(
            f"collection {number % 2}",
            origin,
            f"{origin}/{number}",
            "",
            {},
            ChunkedDocument(
                "", f"Passage {number}", "text/plain", "00", about, (), (Chunk(0, (), None, "", text, 90),)
            ),
        )
        for number, (text, about) in enumerate(zip(block.texts, block.metadata, strict=True), block.first)
    ]
    async with pool.connection() as connection:
        for collection in ("collection 0", "collection 1"):
            await connection.execute(
                "insert into origins (collection, name, path) values (%s, %s, '') on conflict do nothing",
                [collection, origin],
            )
        for start in range(0, len(documents), STORED_AT_ONCE):
            await store_documents(connection, None, documents[start : start + STORED_AT_ONCE], {})


def _print(made: Made, ways: Sequence[Way]) -> None:
    print(f"\nOwFlex, {made.size} passages, load {os.getloadavg()[0]:.1f}\n")
    heads = " | ".join(CASES)
    print(
        "| words by | built in s | more MB | passages/s stored and merged | its ten best scores "
        f"in those of built-in | {heads}: p50 / p95 ms |"
    )
    print(f"|---|{'---:|' * (4 + len(CASES))}")
    for way in ways:
        cells = [_cell(way.milliseconds[name]) for name in CASES]
        print(
            f"| {way.name} | {way.build_seconds:.1f} | {way.more_bytes / 1e6:.1f} "
            f"| {way.written_per_second:.0f} | {_agreement(ways[0], way):.3f} | {' | '.join(cells)} |"
        )


def _cell(taken: Sequence[float]) -> str:
    return f"{statistics.median(taken):.1f} / {statistics.quantiles(taken, n=20)[-1]:.1f}"


def _agreement(one: Way, other: Way) -> float:
    """The part of the ten best scores of one way that the other has: other passages may score the same."""
    parts = [
        sum(abs(a - b) < 1e-6 for a, b in zip(first, second, strict=False)) / max(len(first), 1)
        for first, second in zip(one.top, other.top, strict=True)
    ]
    return statistics.mean(parts)
