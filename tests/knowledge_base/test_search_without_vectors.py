"""Passages with and without a vector in one search: none is shut out, none is favoured, and it is said."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pgvector import HalfVector

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base import first_look, search_scope
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.errors import MeaningUnavailableError
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Mode, Question, SearchFilter, SearchOutcome, search
from knowledge_base.vector_index import ensure_vector_index, vector_index

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

QUESTION = "How do wombats dig burrows"
ALL = "Wombats dig burrows with their claws."
SOME = "Wombats are shy and live alone in the bush."
NONE = "The okapi eats leaves in the forest."


@pytest.fixture
def passages(connection: "Connection", plane: "PlaneEmbedder") -> "Passages":
    return Passages(connection, plane)


class Passages:
    """Stores documents of one passage each, with a vector of a given cosine to the question, or without."""

    def __init__(self, connection: "Connection", plane: "PlaneEmbedder") -> None:
        self.connection = connection
        self._plane = plane

    async def store(self, texts: Sequence[tuple[str, str, float | None]], collection: str = "all") -> None:
        """Documents by source, text and cosine."""
        await self.connection.execute(
            "insert into origins (collection, name, path) values (%(c)s, 'tests', '') on conflict do nothing",
            {"c": collection},
        )
        documents: list[NewDocument] = []
        vectors: dict[bytes, HalfVector] = {}
        for source, text, cosine in texts:
            chunk = Chunk(0, (), None, source, text, len(text.split()))
            content = ChunkedDocument("", source, "text/plain", source.encode().hex(), {}, (), (chunk,))
            documents.append(NewDocument(collection, "tests", source, "test", {}, content))
            if cosine is not None:
                vectors[text_hash(chunk)] = HalfVector(self._plane.embed_query(str(cosine)))
        async with self.connection.transaction():
            space_id = await hold_space_in_use(self.connection, self._plane)
            await store_documents(self.connection, space_id, documents, vectors)

    async def ask(
        self,
        *,
        mode: Mode = "hybrid",
        model: bool = True,
        text: str = QUESTION,
        collection: str | None = None,
        which: SearchFilter | None = None,
    ) -> SearchOutcome:
        """The answer to the question, whose vector is there or not."""
        vector = np.array([1.0, 0.0], dtype=np.float32) if model else None
        return await search(
            self.connection,
            Question(text, vector, "plane"),
            limit=10,
            min_similarity=0.3,
            which=which or SearchFilter(collection),
            mode=mode,
        )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # Equal words: what is near is before what may be near, and that before what is not.
        (
            [("near", ALL, 0.8), ("unknown", ALL + " Often", None), ("far", ALL + " Here", 0.1)],
            "near unknown far",
        ),
        # Words that say all of it are worth more than a vector that says little.
        ([("vector", SOME, 0.35), ("unknown", ALL, None)], "unknown vector"),
        # A vector that says all of it is worth more than a few of the words.
        ([("vector", SOME, 0.8), ("unknown", "Wombats sleep a lot.", None)], "vector unknown"),
        # Meaning alone is still found.
        ([("meaning", NONE, 0.7), ("unknown", ALL, None)], "unknown meaning"),
        # Without any vector the words decide.
        ([("some", SOME, None), ("all", ALL, None), ("none", NONE, None)], "all some"),
    ],
    ids=["between", "words", "vectors", "meaning", "words only"],
)
async def test_both_kinds_stand_side_by_side(
    passages: Passages, texts: Sequence[tuple[str, str, float | None]], expected: str
) -> None:
    await passages.store(texts)
    outcome = await passages.ask()
    ranked = sorted([*outcome.hits, *outcome.below], key=lambda hit: -hit.score)
    assert " ".join(hit.source for hit in ranked) == expected
    without = {source for source, _, cosine in texts if cosine is None}
    assert {hit.source for hit in ranked if hit.estimated} == without & {hit.source for hit in ranked}
    assert outcome.chunks_by_meaning == len(texts) - len(without)
    assert outcome.waits_for == ("vectors" if without else None)


@pytest.mark.parametrize("low", [0.0, 0.4, 0.7])
async def test_a_model_to_which_everything_is_alike_or_nothing_neither_shuts_out_nor_favours(
    passages: Passages, low: float
) -> None:
    """Models differ in the cosines of passages that have the same words."""
    known = [(f"some{n}", f"{SOME} Note {n}.", low + 0.1 + n / 1000) for n in range(60)]
    known += [(f"none{n}", f"{NONE} Note {n}.", low + n / 1000) for n in range(60)]
    await passages.store(
        [*known, ("all", ALL, None), ("few", "Wombats in the dark, far away in the bush.", None)]
    )
    outcome = await passages.ask()
    ranked = [hit.source for hit in sorted([*outcome.hits, *outcome.below], key=lambda hit: -hit.score)]
    assert ranked[0] == "all"
    assert "few" not in ranked[:5]


@pytest.mark.parametrize("text", [ALL, SOME])
async def test_the_question_and_the_passage_without_a_vector_are_judged_alike(
    passages: Passages, text: str
) -> None:
    await passages.store([("one", text, None), ("rest", NONE, 0.1)])
    with_model, without = await passages.ask(), await passages.ask(model=False)
    first, second = ([*outcome.hits, *outcome.below][0] for outcome in (with_model, without))
    assert (first.source, first.score) == (second.source, pytest.approx(second.score))
    assert with_model.confidence == pytest.approx(without.confidence, abs=0.02)
    assert (without.chunks_by_meaning, without.waits_for) == (0, "model")


async def test_confidence_follows_the_words_where_there_is_nothing_else(passages: Passages) -> None:
    await passages.store([("all", ALL, None), ("some", SOME, None), ("none", NONE, None)])
    found = {
        text: (await passages.ask(model=False, text=text)).confidence
        for text in (QUESTION, "wombats and volcanoes of Iceland", "taxes of Mongolia")
    }
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert found[QUESTION] > 0.5
    assert found["taxes of Mongolia"] < 0.15


async def test_a_search_by_meaning_alone_finds_what_has_vectors_and_says_what_has_none(
    passages: Passages,
) -> None:
    await passages.store([("near", NONE, 0.8), ("unknown", ALL, None)])
    outcome = await passages.ask(mode="vector")
    assert [hit.source for hit in outcome.hits] == ["near"]
    assert (outcome.chunks_searched, outcome.chunks_by_meaning, outcome.waits_for) == (2, 1, "vectors")
    with pytest.raises(MeaningUnavailableError, match="still loading"):
        await passages.ask(mode="vector", model=False)
    by_words = await passages.ask(mode="keyword", model=False)
    assert [hit.source for hit in by_words.hits] == ["unknown"]
    assert (by_words.waits_for, by_words.chunks_by_meaning) == (None, 0)


async def test_only_what_is_searched_is_counted(passages: Passages) -> None:
    await passages.store([("a", ALL, None), ("b", SOME, 0.5)], "one")
    await passages.store([("c", NONE, 0.1)], "other")
    one, other = await passages.ask(collection="one"), await passages.ask(collection="other")
    assert (one.chunks_searched, one.chunks_by_meaning, one.waits_for) == (2, 1, "vectors")
    assert (other.chunks_searched, other.chunks_by_meaning, other.waits_for) == (1, 1, None)


async def test_an_index_over_the_vectors_leaves_the_others_to_their_words(passages: Passages) -> None:
    await passages.store([(f"v{n}", f"{NONE} {n}", n / 100) for n in range(60)])
    await passages.store([("unknown", ALL, None)])
    async with passages.connection.cursor() as cursor:
        await cursor.execute("select 1")
    await passages.connection.commit()
    await passages.connection.set_autocommit(True)
    assert await ensure_vector_index(passages.connection, worth=50)
    index = await vector_index(passages.connection, "plane")
    outcome = await search(
        passages.connection,
        Question(QUESTION, np.array([1.0, 0.0], dtype=np.float32), "plane"),
        limit=3,
        min_similarity=0.3,
        which=SearchFilter(),
        index=index,
    )
    assert index is not None
    assert {hit.source for hit in outcome.hits} >= {"unknown", "v59"}
    assert outcome.waits_for == "vectors"


@pytest.mark.parametrize("which", [SearchFilter(), SearchFilter(source="w"), SearchFilter("all")])
async def test_of_thousands_that_wait_it_is_said_about_how_many(
    passages: Passages, monkeypatch: pytest.MonkeyPatch, which: SearchFilter
) -> None:
    for module in (first_look, search_scope):
        monkeypatch.setattr(module, "MOST_COUNTED", 20)
    monkeypatch.setattr(search_scope, "MAX_LISTED", 0)
    monkeypatch.setattr(search_scope, "SURELY_MANY", 0)
    # Nearly all are looked at.
    monkeypatch.setattr(search_scope, "SAMPLE", 200_000)
    await passages.store([(f"w/{number}", ALL, 0.5 if number % 4 == 0 else None) for number in range(80)])
    await merge_pending(passages.connection, at_least=1)
    outcome = await passages.ask(which=which)
    assert outcome.waits_for == "vectors"
    assert 70 <= outcome.chunks_searched <= 80
    assert 10 <= outcome.chunks_by_meaning <= 30
