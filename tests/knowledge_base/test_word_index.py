"""The index of words against plain counting: whatever was added, replaced, removed and merged."""

import asyncio
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pgvector import HalfVector

from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.catalog import find_faults
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, remove_documents, store_documents
from knowledge_base import posting_lists, posting_merge, proposals, search_scope, word_search
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.asked_words import AskedWords
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.lexemes import words
from knowledge_base.passage_words import CONTEXT_WEIGHT, ORDINARY_LENGTH, B
from knowledge_base.posting_lists import Asking, Lists, PostingList, read_lists
from knowledge_base.posting_merge import merge_block, merge_pending
from knowledge_base.search import Mode, Question, SearchFilter, rank
from knowledge_base.word_codes import (
    EVERY_PASSAGE,
    IMPACT_STEP,
    K1,
    RANGE,
    code_impacts,
    decode_postings,
    decode_words,
    encode_passages,
    encode_postings,
    impacts_of,
    key_of,
)
from knowledge_base.word_search import best_by_words

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

# Neither stop words nor changed by stemming.
VOCABULARY = [f"{one}a{other}o" for one in "bdfgkmprtz" for other in "bdgkpt"]
COLLECTIONS = ("one", "two", "three")


def coded(words_of_it: Mapping[str, float]) -> bytes:
    """What a passage keeps of lexemes with these impacts."""
    ordered = sorted((key_of(lexeme), impact) for lexeme, impact in words_of_it.items())
    keys = np.array([key for key, _ in ordered], np.uint64)
    impacts = np.array([impact for _, impact in ordered], np.float64)
    return encode_passages(keys, code_impacts(impacts), np.array([len(ordered)]))[0]


def impact_of(text: str, lexeme: str) -> float:
    """BM25's part of a passage, by its formula."""
    found = words(text)
    weight = found[lexeme] + (CONTEXT_WEIGHT if lexeme == "title" else 0)
    if not weight:
        return 0
    exact = weight * (K1 + 1) / (weight + K1 * (1 - B + B * found.total() / ORDINARY_LENGTH))
    return round(exact / IMPACT_STEP) * IMPACT_STEP


class Oracle:
    """What was stored, and what a search of it must find."""

    def __init__(self, connection: "Connection", plane: "PlaneEmbedder", generator: random.Random) -> None:
        self.connection = connection
        self._plane = plane
        self._random = generator
        self.texts: dict[tuple[str, str], str] = {}
        self.cosines: dict[tuple[str, str], float] = {}

    async def store(self, collection: str, count: int) -> None:
        """New documents, or new texts of such as are there."""
        await self.connection.execute(
            "insert into origins (collection, name, path) values (%(c)s, 'tests', '') on conflict do nothing",
            {"c": collection},
        )
        documents: list[NewDocument] = []
        vectors: dict[bytes, HalfVector] = {}
        for number in self._random.sample(range(200), count):
            source = f"d{number}"
            # Common words are common.
            drawn = [
                VOCABULARY[int(60 * self._random.random() ** 3)] for _ in range(self._random.randint(3, 40))
            ]
            text, cosine = " ".join(drawn), round(self._random.random(), 3)
            chunk = Chunk(0, (), None, "title", text, len(drawn))
            content = ChunkedDocument("", source, "text/plain", "00", labels_for(number), (), (chunk,))
            documents.append(NewDocument(collection, "tests", source, "test", {}, content))
            vectors[text_hash(chunk)] = HalfVector(self._plane.embed_query(str(cosine)))
            self.texts[collection, source], self.cosines[collection, source] = text, cosine
        async with self.connection.transaction():
            space_id = await hold_space_in_use(self.connection, self._plane)
            await store_documents(self.connection, space_id, documents, vectors)

    async def remove(self, count: int) -> None:
        """Some of the documents."""
        for collection, source in self._random.sample(sorted(self.texts), min(count, len(self.texts))):
            rows = await self.connection.execute(
                "select id from documents where (collection, source) = (%(c)s, %(s)s)",
                {"c": collection, "s": source},
            )
            await remove_documents(self.connection, [row[0] for row in await rows.fetchall()])
            del self.texts[collection, source]

    def expected(
        self, question: Sequence[str], seen: Sequence[str], wanted: Mapping[tuple[str, str], str], mode: Mode
    ) -> list[float]:
        """The scores of the ten best, before they are read."""
        visible = {place: text for place, text in self.texts.items() if place[0] in seen}
        weights = {
            lexeme: math.log(1 + (len(visible) - count + 0.5) / (count + 0.5))
            for lexeme in question
            for count in [sum(impact_of(text, lexeme) > 0 for text in visible.values())]
        }
        scores: list[float] = []
        for place, text in wanted.items():
            bm25 = sum(weight * impact_of(text, lexeme) for lexeme, weight in weights.items())
            bm25 /= sum(weights.values())
            if mode == "keyword" and bm25:
                scores.append(bm25 / 1.2)
            if mode == "hybrid":
                scores.append(0.7 * self.cosines[place] + 0.3 / 1.2 * bm25)
        return sorted(scores, reverse=True)[:10]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_was_done_a_search_finds_what_plain_counting_finds(
    connection: "Connection",
    plane: "PlaneEmbedder",
    knowledge_base_url: str,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    generator = random.Random(seed)  # noqa: S311
    # All ways of searching come into play among a few passages.
    monkeypatch.setattr(posting_merge, "BLOCK", 40)
    monkeypatch.setattr(posting_lists, "READ_AT_FIRST", 40 * seed)
    for module in (proposals, word_search):
        monkeypatch.setattr(module, "MAX_CANDIDATES", [600, 20, 0, 60][seed])
    monkeypatch.setattr(search_scope, "MAX_LISTED", [5_000, 0, 30, 100][seed])
    monkeypatch.setattr(search_scope, "PAIRS_WORTH_COMPARING", 0)
    monkeypatch.setattr(search_scope, "SURELY_MANY", [10_000, 0, 60, 200][seed])
    monkeypatch.setattr(posting_lists, "READ_OF_LABELS", [300_000, 0, 20, 300_000][seed])
    oracle = Oracle(connection, plane, generator)
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as pool:
        for _ in range(8):
            await oracle.store(generator.choice(COLLECTIONS), generator.randint(1, 60))
            await oracle.remove(generator.randint(0, 10))
            if generator.random() < 0.3:
                await merge_block(connection)
            # A merge that ends early has done nothing.
            async with connection.transaction(force_rollback=True):
                await connection.execute("delete from chunks where id % 3 = 0")
                await merge_pending(connection, at_least=1)
            assert not (await find_faults(connection)).any
            seen = generator.sample(COLLECTIONS, generator.randint(1, 3))
            which = [
                SearchFilter(restricted=True),
                SearchFilter(seen[0], restricted=True),
                SearchFilter(metadata={"tenth": [1, 3, 4]}, restricted=True),
                SearchFilter(seen[0], {"tenth": [2, 7], "third": 1}, restricted=True),
                SearchFilter(source="d7", restricted=True),
            ]
            modes: list[Mode] = ["hybrid", "keyword"]
            for narrowing, mode in product(which, modes):
                question = generator.sample(VOCABULARY[:30], 4)
                async with acting_for(pool, Access("ann", frozenset(seen))) as acting:
                    ranked = await rank(
                        acting,
                        Question(" ".join(question), np.array([1, 0], np.float32), "plane"),
                        10,
                        narrowing,
                        mode,
                    )
                wanted = {
                    place: text
                    for place, text in oracle.texts.items()
                    if place[0] in seen and lets_through(narrowing, *place)
                }
                expected = oracle.expected(question, seen, wanted, mode)
                assert [one.score for one in ranked.best] == pytest.approx(expected, abs=2e-3)
                assert ranked.scope.estimated or ranked.scope.passages == len(wanted)


async def test_a_passage_that_is_removed_while_it_is_merged_leaves_nothing(
    connection: "Connection", plane: "PlaneEmbedder", knowledge_base_url: str
) -> None:
    oracle = Oracle(connection, plane, random.Random(1))  # noqa: S311
    await oracle.store("one", 30)
    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%documents%'"
    )
    async with open_ingest_pool(knowledge_base_url) as pool, pool.connection() as merging:
        async with merging.transaction():
            assert await merge_block(merging) == 30
            # Nobody else merges meanwhile, and nobody waits to.
            async with pool.connection() as other:
                assert await merge_block(other) == 0
                removing = asyncio.create_task(oracle.remove(30))
                while (await (await other.execute(waiting)).fetchone()) == (0,):  # noqa: ASYNC110
                    await asyncio.sleep(0)
        await removing
        assert await merge_block(merging) == 30
        rows = await merging.execute("select count(*) from postings")
        assert await rows.fetchone() == (0,)
        assert not (await find_faults(merging)).any


async def test_what_was_stored_first_may_come_into_the_lists_last(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    oracle = Oracle(connection, plane, random.Random(2))  # noqa: S311
    await oracle.store("one", 6)
    await connection.execute("create temporary table late as select * from pending_postings limit 0")
    # Another process has stored these, and commits after those that follow.
    await connection.execute(
        """
        with first as (
            delete from pending_postings
            where chunk_id in (select chunk_id from pending_postings order by chunk_id limit 3)
            returning *
        )
        insert into late select * from first
        """
    )
    assert await merge_pending(connection, at_least=1) == 3
    await connection.execute("insert into pending_postings select * from late")
    assert await merge_pending(connection, at_least=1) == 3
    rows = await connection.execute(
        "select passages, list from postings where lexeme = %(every)s", {"every": EVERY_PASSAGE}
    )
    ((count, listed),) = await rows.fetchall()
    places, _ = decode_postings(listed)
    assert count == len({*places.tolist()}) == 6
    assert not (await find_faults(connection)).any
    lists = await read_lists(connection, AskedWords({}, frozenset()), Asking(None, most_listed=6))
    ids = lists.ids
    assert ids is not None
    assert ids.tolist() == sorted(ids.tolist())
    assert len(ids) == 6
    await oracle.remove(6)
    await merge_pending(connection, at_least=1)
    rows = await connection.execute("select count(*) from postings")
    assert await rows.fetchone() == (0,)


def labels_for(number: int) -> dict[str, int]:
    """The metadata of a document of the oracle."""
    return {"tenth": number % 10, "third": number % 3}


def lets_through(which: SearchFilter, collection: str, source: str) -> bool:
    """Whether a document of the oracle may be found."""
    return (
        which.collection in (None, collection)
        and which.source in (None, source)
        and all(
            labels_for(int(source[1:]))[key] in (wanted if isinstance(wanted, list) else [wanted])
            for key, wanted in (which.metadata or {}).items()
        )
    )


def test_words_of_passages_come_back_as_they_were_coded() -> None:
    passages = [{"wombat": 1.3, "dig": 0.2}, {}, {"okapi": 1.6, "dig": 1.0}]
    kept = [coded(each) for each in passages]
    assert [len(each) for each in kept] == [14, 0, 14]
    keys = np.array(sorted(map(key_of, ["dig", "okapi", "nobody"])), np.uint64)
    found = impacts_of(kept, keys)
    for row, passage in zip(found, passages, strict=True):
        for impact, key in zip(row, keys, strict=True):
            wanted = {key_of(lexeme): value for lexeme, value in passage.items()}.get(int(key), 0)
            assert abs(impact - wanted) <= IMPACT_STEP / 2 + 1e-6
    assert decode_words(b"".join(kept))[0].tolist() == sorted(map(key_of, passages[0])) + sorted(
        map(key_of, passages[2])
    )
    assert list(decode_words(coded({"much": 99.0, "little": 1e-9}))[1]) in ([255, 1], [1, 255])


def test_places_at_both_ends_of_a_range_come_back() -> None:
    places, impacts = np.array([0, 1, RANGE - 1]), np.array([1, 255, 7])
    listed = encode_postings(places, impacts)
    assert len(listed) == 9
    assert [each.tolist() for each in decode_postings(listed)] == [places.tolist(), impacts.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_frequent_words_are_left_unread_only_while_they_change_nothing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    language = "english"
    weights = {(language, key): float(10 / key) for key in range(1, 7)}
    scores = np.zeros(3 * RANGE, np.float32)
    whole: list[PostingList] = []
    for _, key in weights:
        for id_range in range(3):
            places = np.flatnonzero(generator.random(RANGE) < 0.0004 * key**4)
            impacts = generator.integers(1, 256, len(places)).astype(np.uint8)
            scores[places + id_range * RANGE] += impacts * np.float32(weights[language, key] * IMPACT_STEP)
            coded = encode_postings(places, impacts)
            whole.append(PostingList(key, id_range, len(places), int(impacts.max()), True, coded, language))
    best = set(np.lexsort((np.arange(len(scores)), -scores))[:100].tolist())
    worst = min(scores[list(best)])
    completed = 0
    for read in range(1, 7):
        lists = [each if each.lexeme <= read else replace(each, coded=None) for each in whole]
        found = best_by_words(Lists(0, np.arange(1, 7, dtype=np.uint64), lists, []), weights, 100)
        completed = len(found.ids) if found.complete else 0
        if found.complete:
            # Of equal ones at the end any will do.
            assert {chunk_id for chunk_id in best if scores[chunk_id] > worst} <= set(found.ids.tolist())
    assert completed == 100
