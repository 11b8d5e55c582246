"""Questions are remembered, computed together, and nobody who leaves takes others along."""

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from knowledge_base.embedding import SentenceTransformerEmbedder, Vectors
from knowledge_base.errors import EmbeddingModelError
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.query_embedding import QueryEmbedder


class RecordingEmbedder(SentenceTransformerEmbedder):
    """The real model, which also takes several questions, and notes what was computed together."""

    def __init__(self) -> None:
        super().__init__("all-MiniLM-L6-v2")
        self.batches: list[list[str]] = []

    def embed_query(self, text: str) -> Vectors:
        self.batches.append([text])
        return super().embed_query(text)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        return super().embed_queries(texts)


@pytest.fixture(scope="module")
def model() -> RecordingEmbedder:
    """Loaded once."""
    return RecordingEmbedder()


@pytest.fixture
def questions(model: RecordingEmbedder) -> QueryEmbedder:
    """A fresh memory over the model."""
    model.batches.clear()
    following = FollowingEmbedder(model, SentenceTransformerEmbedder)
    following.is_loaded = True
    return QueryEmbedder(following, remembered=3)


async def test_questions_that_come_while_one_is_computed_go_together_next(
    questions: QueryEmbedder, model: RecordingEmbedder
) -> None:
    first = asyncio.create_task(questions.embed("first"))
    # Two turns: one to ask, one to hand the first question to the thread.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = await asyncio.gather(*(questions.embed(f"question {number}") for number in range(5)))
    await first
    assert model.batches == [["first"], [f"question {number}" for number in range(5)]]
    alone = SentenceTransformerEmbedder.embed_query(model, "question 3")
    assert others[3].vector is not None
    assert np.allclose(others[3].vector, alone, atol=1e-5)
    assert others[3].model_name == "all-MiniLM-L6-v2"


async def test_the_same_question_is_computed_once_and_forgotten_after_newer_ones(
    questions: QueryEmbedder, model: RecordingEmbedder
) -> None:
    await asyncio.gather(*(questions.embed("again") for _ in range(4)))
    await questions.embed("again")
    assert model.batches == [["again"]]
    for newer in ("one", "two", "three"):
        await questions.embed(newer)
    await questions.embed("again")
    assert model.batches[-1] == ["again"]
    assert len(model.batches) == 5


async def test_whoever_goes_away_leaves_the_others_their_answer(questions: QueryEmbedder) -> None:
    leaving = asyncio.create_task(questions.embed("shared"))
    staying = asyncio.create_task(questions.embed("shared"))
    await asyncio.sleep(0)
    leaving.cancel()
    vector = (await staying).vector
    assert vector is not None
    assert vector.shape == (384,)
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_what_fails_is_said_to_all_who_wait_and_tried_again(model: RecordingEmbedder) -> None:
    following = FollowingEmbedder(
        SentenceTransformerEmbedder("no-such-model-anywhere"), SentenceTransformerEmbedder
    )
    following.is_loaded = True
    questions = QueryEmbedder(following)
    said = await asyncio.gather(
        *(questions.embed(f"{number}") for number in range(3)), return_exceptions=True
    )
    assert [type(error) for error in said] == [EmbeddingModelError] * 3
    following.current = model
    assert (await questions.embed("0")).model_name == "all-MiniLM-L6-v2"


async def test_while_the_model_is_loading_nobody_waits_for_it(model: RecordingEmbedder) -> None:
    model.batches.clear()
    following = FollowingEmbedder(model, SentenceTransformerEmbedder)
    questions = QueryEmbedder(following)
    early = await questions.embed("early")
    assert (early.vector, early.model_name, model.batches) == (None, "all-MiniLM-L6-v2", [])
    await asyncio.to_thread(following.load)
    assert (await questions.embed("early")).vector is not None


async def test_a_first_model_that_cannot_be_loaded_gives_way_to_that_of_the_index(
    model: RecordingEmbedder,
) -> None:
    missing = SentenceTransformerEmbedder("no-such-model-anywhere")
    following = FollowingEmbedder(missing, lambda name: model)
    with pytest.raises(EmbeddingModelError):
        await asyncio.to_thread(following.load)
    following.follow("all-MiniLM-L6-v2")
    for thread in threading.enumerate():
        if thread.name == "following":
            await asyncio.to_thread(thread.join)
    assert following.is_loaded
    assert (await QueryEmbedder(following).embed("now")).vector is not None
