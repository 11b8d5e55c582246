"""Puts questions to the search itself: vectors in batches, searches side by side."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from database.pool import Pool
from knowledge_base.embedding import Embedder, Vectors
from knowledge_base.hits import Hit
from knowledge_base.search import LOOKED_AT, Mode, Question, SearchFilter, SearchOutcome, search
from knowledge_base.wording import wording_of

BATCH = 256
# Nothing is held back: the threshold is what is to be found.
NO_THRESHOLD = -1.0
# Below this, vectors of questions and of documents are made in different ways (by another prompt).
SAME_VECTOR = 0.9995
PROBES = 4

Report = Callable[[str, int, int], None]
# From hits of the question with this number, best first, to the names of its results.
NamesOf = Callable[[int, Sequence[Hit]], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What the search said to one question: its different results, best first, and how sure it is."""

    ranked: list[str]
    confidence: float
    similarity: float


@dataclass(frozen=True)
class Asking:
    """Whom to ask, and how; the pool's connections must know the vector types."""

    pool: Pool
    embedder: Embedder
    mode: Mode
    which: SearchFilter
    report: Report


async def ask(asking: Asking, queries: Sequence[str], names_of: NamesOf, depth: int) -> list[Answer]:
    """The answers in the order of the questions, each with `depth` results where there are as many."""
    answers: list[Answer] = []
    # Whoever waits for a connection is turned away after some seconds, so nobody waits there.
    turn = asyncio.Semaphore(asking.pool.max_size)

    async def ask_in_turn(number: int, question: Question) -> Answer:
        async with turn:
            return await _ask(asking, question, names_of, number, depth)

    as_documents = await asyncio.to_thread(_are_embedded_like_documents, asking.embedder, queries)
    for start in range(0, len(queries), BATCH):
        batch = queries[start : start + BATCH]
        wordings = [wording_of(query) for query in batch]
        texts = [wording.question for wording in wordings]
        vectors = await asyncio.to_thread(_embed, asking.embedder, texts, as_documents=as_documents)
        questions = [
            Question(wording.question, vector, asking.embedder.model_name, wording.context)
            for wording, vector in zip(wordings, vectors, strict=True)
        ]
        answers += await asyncio.gather(
            *(ask_in_turn(number, question) for number, question in enumerate(questions, start))
        )
        asking.report("Questions", len(answers), len(queries))
    return answers


def _are_embedded_like_documents(embedder: Embedder, queries: Sequence[str]) -> bool:
    """Whether the model makes no difference between questions and documents, so that batches will do."""
    probes = list(queries[:PROBES])
    one_by_one = _embed(embedder, probes, as_documents=False)
    return bool(((one_by_one * embedder.embed_documents(probes)).sum(axis=1) >= SAME_VECTOR).all())


def _embed(embedder: Embedder, queries: Sequence[str], *, as_documents: bool) -> Vectors:
    if as_documents:
        return embedder.embed_documents(queries)
    return np.stack([embedder.embed_query(query) for query in queries])


async def _ask(asking: Asking, question: Question, names_of: NamesOf, number: int, depth: int) -> Answer:
    outcome = await _search(asking, question)
    hits = sorted([*outcome.hits, *outcome.below], key=lambda hit: -hit.score)
    ranked = list(dict.fromkeys(names_of(number, hits)))
    similarity = max((hit.similarity for hit in hits), default=0.0)
    return Answer(ranked[:depth], outcome.confidence, similarity)


async def _search(asking: Asking, question: Question) -> SearchOutcome:
    """All passages that a search of the product looks at, whether they count as relevant or not."""
    async with asking.pool.connection() as connection:
        return await search(
            connection,
            question,
            limit=LOOKED_AT,
            min_similarity=NO_THRESHOLD,
            which=asking.which,
            mode=asking.mode,
        )
