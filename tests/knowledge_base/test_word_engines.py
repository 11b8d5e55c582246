"""Words searched by pg_textsearch, on a real server that has it: slow, run by `make test-engines`."""

import random
from collections.abc import AsyncGenerator, Iterator
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from psycopg import sql

from database.migrations import migrate
from ingest.pipeline import open_ingest_pool
from ingest.storing.catalog import find_faults
from ingest.storing.word_faults import repair_postings
from knowledge_base import engine_proposals, posting_merge, search_scope
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.engine_words import kept_engine
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Mode, Question, SearchFilter, rank
from knowledge_base.word_engine_watch import EngineWatch
from knowledge_base.word_engines import BUILT_IN, WordEngine, ensure_word_engine
from tests.knowledge_base.test_word_index import COLLECTIONS, VOCABULARY, Oracle, lets_through
from tests.support.engine_server import EngineServer

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[EngineServer]:
    """A server with pg_textsearch; skipped where its package cannot be had."""
    with EngineServer.running() as server:
        yield server


@pytest.fixture
async def url(server: EngineServer) -> str:
    """A fresh knowledge base in which an administrator has created the extension."""
    name = f"words_{uuid4().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    url = server.url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create extension pg_textsearch")
    await migrate(url, files("knowledge_base") / "migrations")
    await prepare_server_role(url)
    return url


@pytest.fixture
async def connection(url: str) -> AsyncGenerator["Connection"]:
    """A connection that can copy vectors."""
    async with open_ingest_pool(url) as pool, pool.connection() as connection:
        yield connection


class Counting(EngineWatch):
    """Counts the searches that were made by an engine."""

    asked = 0

    async def _look(self, connection: "Connection") -> WordEngine | None:
        engine = await super()._look(connection)
        if engine is None:
            return None
        best = engine.best

        async def counted(*arguments: object) -> list[int]:
            self.asked += 1
            return await best(*arguments)  # pyright: ignore[reportArgumentType]

        object.__setattr__(engine, "best", counted)
        return engine


async def found(
    connection: "Connection", watch: EngineWatch, question: str, which: SearchFilter, mode: Mode = "keyword"
) -> list[float]:
    """The scores of the ten best."""
    asked = Question(question, np.array([1, 0], np.float32), "plane")
    ranked = await rank(connection, asked, 10, which, mode, engine=await watch.current(connection))
    return [one.score for one in ranked.best]


@pytest.mark.parametrize("seed", range(3))
async def test_an_engine_finds_what_plain_counting_finds(
    connection: "Connection",
    plane: "PlaneEmbedder",
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    generator = random.Random(seed)  # noqa: S311
    monkeypatch.setattr(posting_merge, "BLOCK", 40)
    monkeypatch.setattr(search_scope, "MAX_LISTED", 0)
    monkeypatch.setattr(search_scope, "SURELY_MANY", 0)
    monkeypatch.setattr(engine_proposals, "LEAST_SHARE", [0.1, 0, 0][seed])
    oracle = Oracle(connection, plane, generator)
    watch = Counting("auto")
    assert await ensure_word_engine(connection, "auto") == "pg_textsearch 0.6.1"
    async with open_server_pool(url) as pool:
        for _ in range(6):
            await oracle.store(generator.choice(COLLECTIONS), generator.randint(1, 60))
            await oracle.remove(generator.randint(0, 10))
            if generator.random() < 0.5:
                await merge_pending(connection, at_least=1)
            assert not (await find_faults(connection)).any
            seen = generator.sample(COLLECTIONS, generator.randint(1, 3))
            which = [
                SearchFilter(restricted=True),
                SearchFilter(seen[0], restricted=True),
                SearchFilter(metadata={"tenth": [1, 3, 4]}, restricted=True),
            ]
            modes: list[Mode] = ["hybrid", "keyword"]
            for narrowing, mode in product(which, modes):
                question = generator.sample(VOCABULARY[:30], 4)
                async with acting_for(pool, Access("ann", frozenset(seen)), at_once=True) as acting:
                    scores = await found(acting, watch, " ".join(question), narrowing, mode)
                wanted = {
                    place: text
                    for place, text in oracle.texts.items()
                    if place[0] in seen and lets_through(narrowing, *place)
                }
                assert scores == pytest.approx(oracle.expected(question, seen, wanted, mode), abs=2e-3)
    assert watch.problem is None
    assert watch.asked > 15


async def test_switching_back_and_forth_loses_nothing(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    oracle = Oracle(connection, plane, random.Random(7))  # noqa: S311
    question = " ".join(VOCABULARY[:4])
    everything = SearchFilter(metadata=None)
    await oracle.store("one", 60)
    await merge_pending(connection, at_least=1)
    built_in = await found(connection, EngineWatch(BUILT_IN), question, everything)
    watch = EngineWatch("pg_textsearch")
    assert await watch.current(connection) is None
    assert watch.as_words.startswith("built-in (the index of pg_textsearch 0.6.1 is not made yet, ")
    for _ in range(2):
        assert await ensure_word_engine(connection, "pg_textsearch") == "pg_textsearch 0.6.1"
        assert await found(connection, Counting("auto"), question, everything) == built_in
        # What is stored and removed in either state is known in the other.
        await oracle.store("two", 40)
        await merge_pending(connection, at_least=1)
        assert await ensure_word_engine(connection, "built-in") == BUILT_IN
        assert await kept_engine(connection) is None
        await oracle.remove(30)
        await merge_pending(connection, at_least=1)
        assert not (await find_faults(connection)).any
        built_in = await found(connection, EngineWatch(BUILT_IN), question, everything)


@pytest.mark.parametrize(
    "broken",
    [
        "drop extension pg_textsearch cascade",
        "drop index words_by_engine",
        "drop function best_in_engine",
        "update pg_index set indisvalid = false where indexrelid = 'words_by_engine'::regclass",
        "delete from engine_words where chunk_id % 2 = 0",
    ],
)
async def test_where_an_engine_breaks_the_built_in_way_goes_on_and_says_so(
    connection: "Connection", plane: "PlaneEmbedder", broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    oracle = Oracle(connection, plane, random.Random(3))  # noqa: S311
    await oracle.store("one", 80)
    await merge_pending(connection, at_least=1)
    await ensure_word_engine(connection, "auto")
    watch, question, everything = EngineWatch("auto"), " ".join(VOCABULARY[:4]), SearchFilter()
    built_in = await found(connection, EngineWatch(BUILT_IN), question, everything)
    assert await found(connection, watch, question, everything) == built_in
    await connection.execute(broken.encode())
    async with connection.transaction():
        assert await found(connection, watch, question, everything) == built_in
    if "indisvalid" not in broken:
        assert "the built-in way is used instead" in caplog.text
        assert watch.as_words.startswith("built-in (pg_textsearch 0.6.1 failed: ")
    # Documents are stored and removed as ever.
    await oracle.store("two", 30)
    await merge_pending(connection, at_least=1)
    again = EngineWatch("auto")
    assert await found(connection, again, question, everything) == await found(
        connection, EngineWatch(BUILT_IN), question, everything
    )


async def test_repair_makes_an_engine_whole_again(
    connection: "Connection", plane: "PlaneEmbedder", url: str
) -> None:
    oracle = Oracle(connection, plane, random.Random(5))  # noqa: S311
    await oracle.store("one", 50)
    await merge_pending(connection, at_least=1)
    await ensure_word_engine(connection, "auto")
    await connection.execute("delete from engine_words where chunk_id % 5 = 0")
    faults = await find_faults(connection)
    assert faults.any
    assert faults.chunks_wrong_in_word_engine == 10
    async with open_ingest_pool(url) as pool:
        await repair_postings(pool)
    await ensure_word_engine(connection, "auto")
    assert not (await find_faults(connection)).any
    assert await kept_engine(connection) == "pg_textsearch"


@pytest.mark.parametrize("how", ["fast", "immediate"])
async def test_when_postgres_was_started_again_an_engine_is_made_anew_before_it_is_used(
    connection: "Connection", plane: "PlaneEmbedder", url: str, server: EngineServer, how: str
) -> None:
    oracle = Oracle(connection, plane, random.Random(9))  # noqa: S311
    await oracle.store("one", 100)
    await merge_pending(connection, at_least=1)
    await ensure_word_engine(connection, "auto")
    # Those come into the index one by one.
    await oracle.store("two", 100)
    await merge_pending(connection, at_least=1)
    question = " ".join(VOCABULARY[:4])
    before = await found(connection, EngineWatch(BUILT_IN), question, SearchFilter())
    server.stop_and_start(how)
    async with open_ingest_pool(url) as pool, pool.connection() as fresh:
        watch = Counting("auto")
        assert await found(fresh, watch, question, SearchFilter()) == before
        assert (watch.asked, watch.problem) == (0, None)
        await ensure_word_engine(fresh, "auto")
        watch = Counting("auto")
        assert await found(fresh, watch, question, SearchFilter()) == before
        assert (watch.asked, watch.problem) == (1, None)
