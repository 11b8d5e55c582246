"""What words are searched by: the choice, its name, and an engine that fails. The engine is played."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest

from ingest.pipeline import open_ingest_pool
from ingest.storing.catalog import find_faults
from ingest.storing.word_faults import repair_postings
from knowledge_base import word_engine_watch, word_engines
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.engine_words import TIMES, kept_engine, question_of, text_of
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Question, SearchFilter, rank
from knowledge_base.word_codes import key_of
from knowledge_base.word_engine_watch import EngineInUse, EngineWatch
from knowledge_base.word_engines import BUILT_IN, ensure_word_engine
from tests.knowledge_base.test_hybrid_search import store
from tests.knowledge_base.test_word_index import VOCABULARY, Oracle, coded

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

QUESTION = " ".join(VOCABULARY[:4])


class PlayedEngine:
    """Finds what it is told to find, in the text that a real engine would index."""

    name = "played 1"

    def __init__(self, failing: Callable[[list[int]], list[int]] = lambda ids: ids) -> None:
        self.asked: list[int] = []
        self._failing = failing

    async def best(
        self, connection: "Connection", question: str, count: int, collection: str | None
    ) -> list[int]:
        """The ids of all passages with one of the words, most of them first."""
        self.asked.append(count)
        rows = await connection.execute(
            """
            select chunk_id
            from engine_words
            cross join lateral (
                select count(*) as said
                from regexp_split_to_table(words, ' ') as word
                where word = any (%(keys)s)
            ) as counted
            where said > 0 and vocabulary_id = any (
                array(select id from vocabularies where %(in)s::text is null or collection = %(in)s)
            )
            order by said desc, chunk_id
            limit %(count)s
            """,
            {"keys": question.split(), "count": count, "in": collection},
        )
        return self._failing([row[0] for row in await rows.fetchall()])


async def found(
    connection: "Connection", in_use: EngineInUse | None, which: SearchFilter | None = None
) -> list[float]:
    """The scores of the ten best by words."""
    question = Question(QUESTION, np.array([1, 0], np.float32), "plane")
    ranked = await rank(connection, question, 10, which or SearchFilter(), "keyword", engine=in_use)
    return [one.score for one in ranked.best]


@pytest.fixture
async def oracle(connection: "Connection", plane: "PlaneEmbedder") -> Oracle:
    """Passages of which a played engine keeps the words."""
    await connection.execute("insert into word_engine (name) values ('played')")
    oracle = Oracle(connection, plane, random.Random(4))  # noqa: S311
    await oracle.store("one", 80)
    await oracle.store("two", 40)
    await merge_pending(connection, at_least=1)
    return oracle


def test_an_engine_gets_the_same_words_as_often_as_they_count() -> None:
    text = text_of(coded({"réseau": 0.4, "東京": 1.0, "KB-ERR_52": 1.6}))
    assert text.replace(" ", "").isalpha()
    assert text.isascii()
    counts = [text.split().count(question_of([key_of(word)])) for word in ("réseau", "東京", "KB-ERR_52")]
    assert counts == [1, 2, 8]
    assert sorted(TIMES) == TIMES
    assert question_of([key_of("a"), key_of("b")]).count(" ") == 1


async def test_what_an_engine_proposes_is_scored_as_ever(connection: "Connection", oracle: Oracle) -> None:
    engine, watch = PlayedEngine(), EngineWatch("auto")
    in_use = EngineInUse(engine, watch)
    assert await found(connection, in_use) == await found(connection, None)
    # What is not merged yet is found, and what is removed is not.
    await oracle.store("three", 50)
    await oracle.remove(40)
    assert await found(connection, in_use) == await found(connection, None)
    assert await found(connection, in_use, SearchFilter("two")) == await found(
        connection, None, SearchFilter("two")
    )
    assert (engine.asked, watch.problem) == ([150, 150], None)
    await merge_pending(connection, at_least=1)
    assert not (await find_faults(connection)).any
    assert await found(connection, in_use) == await found(connection, None)


async def test_an_engine_is_asked_for_the_words_of_every_language(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await connection.execute("insert into word_engine (name) values ('played')")
    for language, texts in {
        "english": {"dies": "Old houses die.", "stands": "The house stands.", "else": "Nothing of the kind."},
        "german": {"häuser": "Die Häuser stehen.", "haus": "Das Haus steht.", "sonst": "Etwas anderes."},
    }.items():
        await store(connection, plane, texts, language=language)
    await merge_pending(connection, at_least=1)
    engine, watch = PlayedEngine(), EngineWatch("auto")
    question = Question("Do old houses die, und stehen Häuser?", np.array([1, 0], np.float32), "plane")
    by_engine, built_in = [
        (await rank(connection, question, 10, SearchFilter(), "keyword", engine=in_use)).best
        for in_use in (EngineInUse(engine, watch), None)
    ]
    assert by_engine == built_in
    assert [one.language for one in by_engine].count("german") == 2
    # In German "die" is a stop word.
    assert {word for one in by_engine if one.language == "german" for word in one.matched} == {"haus", "steh"}
    assert (len(engine.asked), watch.problem) == (1, None)


async def test_a_caller_is_proposed_nothing_that_is_not_open(
    connection: "Connection", oracle: Oracle, knowledge_base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del connection, oracle
    monkeypatch.setattr("knowledge_base.search_scope.MAX_LISTED", 0)
    engine = PlayedEngine()
    in_use = EngineInUse(engine, EngineWatch("auto"))
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as pool:
        access = Access("ann", frozenset({"two"}))
        async with acting_for(pool, access, at_once=True) as acting:
            which = SearchFilter(restricted=True)
            assert await found(acting, in_use, which) == await found(acting, None, which)
            best = await engine.best(acting, question_of(map(key_of, VOCABULARY)), 999, None)
            rows = await acting.execute("select count(*) from chunks")
            assert (len(best),) == await rows.fetchone()
        # Without anybody's name nothing is there.
        async with pool.connection() as nobody:
            assert await engine.best(nobody, question_of(map(key_of, VOCABULARY)), 999, None) == []


def _broken(_: list[int]) -> list[int]:
    raise psycopg.errors.UndefinedFunction("function best_in_engine does not exist")


def _every_second(ids: list[int]) -> list[int]:
    return ids[::2]


def _nothing(_: list[int]) -> list[int]:
    return []


@pytest.mark.parametrize("failing", [_broken, _every_second, _nothing])
async def test_an_engine_that_fails_or_loses_passages_is_not_searched_by(
    connection: "Connection",
    oracle: Oracle,
    failing: Callable[[list[int]], list[int]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    del oracle
    watch = EngineWatch("auto")
    in_use = EngineInUse(PlayedEngine(failing), watch)
    assert await found(connection, in_use) == await found(connection, None)
    assert "the built-in way is used instead" in caplog.text
    assert watch.as_words.startswith("built-in (played 1 failed: ")
    assert watch.problem is not None


async def test_documents_are_stored_where_an_engine_takes_no_words(
    connection: "Connection", oracle: Oracle, caplog: pytest.LogCaptureFixture
) -> None:
    await connection.execute("alter table engine_words add constraint full_up check (false) not valid")
    await oracle.store("three", 20)
    assert await merge_pending(connection, at_least=1) >= 20
    assert "takes no words any more" in caplog.text
    assert await kept_engine(connection) is None
    assert not (await find_faults(connection)).any


async def test_words_that_an_engine_lacks_are_a_fault(
    connection: "Connection", oracle: Oracle, knowledge_base_url: str
) -> None:
    del oracle
    await connection.execute("delete from engine_words where chunk_id in (1, 2)")
    assert (await find_faults(connection)).chunks_wrong_in_word_engine == 2
    async with open_ingest_pool(knowledge_base_url) as pool:
        await repair_postings(pool)
    assert not (await find_faults(connection)).any


async def test_without_the_extension_the_built_in_way_is_used_and_named(connection: "Connection") -> None:
    for setting, said in (
        ("built-in", BUILT_IN),
        ("auto", BUILT_IN),
        ("pg_textsearch", "built-in (KNOWLEDGE_BASE_WORD_ENGINE is pg_textsearch, which is not in this"),
    ):
        assert setting in ("built-in", "auto", "pg_textsearch")
        watch = EngineWatch(setting)
        assert await watch.current(connection) is None
        assert watch.as_words.startswith(said)
        assert (watch.problem is None) == (said == BUILT_IN)
        assert await ensure_word_engine(connection, setting) == BUILT_IN


async def test_an_engine_that_is_not_wanted_leaves_nothing_behind(
    connection: "Connection", oracle: Oracle
) -> None:
    del oracle
    await ensure_word_engine(connection, "built-in")
    assert await kept_engine(connection) is None
    rows = await connection.execute("select count(*) from engine_words")
    assert await rows.fetchone() == (0,)


async def test_an_engine_that_cannot_be_made_is_done_without(
    connection: "Connection", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def there(_: "Connection") -> word_engines.PgTextsearch:
        return word_engines.PgTextsearch("0.6.1", "public")

    # The embedded Postgres has no such access method.
    for module in (word_engines, word_engine_watch):
        monkeypatch.setattr(module, "installed", there)
    watch = EngineWatch("auto")
    assert await watch.current(connection) is None
    assert watch.as_words.startswith("built-in (the index of pg_textsearch 0.6.1 is not made yet")
    assert await ensure_word_engine(connection, "auto") == BUILT_IN
    assert "pg_textsearch 0.6.1 is not used" in caplog.text
