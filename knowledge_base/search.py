"""Search over the passages: by meaning and by words at once, in one round trip to Postgres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg.types.json import Jsonb

from knowledge_base.confidence import confidence_of
from knowledge_base.embedding import Vectors
from knowledge_base.embedding_spaces import check_model
from knowledge_base.errors import MeaningUnavailableError
from knowledge_base.fusion import (
    ALL_WORDS,
    COSINE_OF_WORDS,
    COSINE_WEIGHT,
    COSINE_WITHOUT_WORDS,
    FEW_WITH_BOTH,
    SPREAD_OF_COSINES,
    Passage,
    closer_looks,
    in_order,
)
from knowledge_base.hit_merging import without_copies
from knowledge_base.hits import HIT_COLUMNS, Hit, WaitsFor
from knowledge_base.lexemes import words
from knowledge_base.search_query import search_statement
from knowledge_base.vector_index import VectorIndex

Connection = AsyncConnection[TupleRow]
Mode = Literal["hybrid", "vector", "keyword"]

# Passages that each way of searching proposes; all are then scored both ways.
CANDIDATES = 100
# Best of them that are looked at more closely.
LOOKED_AT = 30
# A passage that holds this part of what the question's words say is relevant whatever its cosine.
ENOUGH_WORDS = 0.6


@dataclass(frozen=True)
class Question:
    """What is asked: its text, and its vector made by the model `model_name`; None while that loads."""

    text: str
    embedding: Vectors | None
    model_name: str


@dataclass(frozen=True)
class SearchFilter:
    """What may be found: a collection, documents whose metadata have these values, at or below a source,
    changed in a period (`since` included, `until` not).

    A metadata value is one value or a list of which any will do; a list in the metadata matches by any of
    its members. `restricted`: not all collections are open to the caller. Postgres holds the others back by
    itself; it is said here because the open passages are then listed first, as with a filter.
    """

    collection: str | None = None
    metadata: Mapping[str, Any] | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    restricted: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return any((self.collection, self.metadata, self.source, self.since, self.until, self.restricted))


@dataclass(frozen=True)
class SearchOutcome:
    """The hits at or above the threshold, best first, and what the threshold held back.

    `confidence` says how likely the hits answer the question, 0 to 1 (see `knowledge_base.confidence`).
    `chunks_by_meaning` of the searched chunks were compared by meaning; `waits_for` says why others were not.
    """

    hits: list[Hit]
    below: list[Hit]
    chunks_searched: int
    threshold: float
    mode: Mode = "hybrid"
    chunks_by_meaning: int = 0
    waits_for: WaitsFor | None = None
    model_in_use: str | None = None
    confidence: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def best_similarity_below(self) -> float | None:
        """Similarity of the best chunk that the threshold held back."""
        return max((hit.similarity for hit in self.below), default=None)


async def search(
    connection: Connection,
    question: Question,
    *,
    limit: int,
    min_similarity: float,
    which: SearchFilter,
    mode: Mode = "hybrid",
    index: VectorIndex | None = None,
) -> SearchOutcome:
    """The `limit` best passages for a question, in one round trip.

    With an `index` over the vectors a search without filter uses it; one with a filter is always exact.

    The threshold is applied to what was found, never inside the scan: there it would keep the scan going for
    rows that do not exist. Vectors of a model that was replaced meanwhile are searched as long as they are
    there. Passages without a vector, and all of them while the question has none, are found by their words.
    Raises `EmbeddingSpaceMismatchError`, and `MeaningUnavailableError` in the mode "vector" without a model.
    """
    by_meaning, by_words = mode != "keyword", mode != "vector"
    if question.embedding is None and not by_words:
        raise MeaningUnavailableError
    cosine_part = COSINE_WEIGHT if mode == "hybrid" else float(by_meaning)
    vector = None if question.embedding is None else HalfVector(question.embedding).to_text()
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            search_statement(index),
            {
                "embedding": vector,
                "model_name": question.model_name,
                "words": sorted(words(question.text)),
                "narrows": which.narrows,
                "collection": which.collection,
                "metadata": Jsonb(dict(which.metadata or {})),
                "source": which.source,
                "since": which.since,
                "until": which.until,
                "by_meaning": by_meaning and vector is not None,
                "by_words": by_words,
                "cosine_weight": cosine_part,
                "words_weight": (1 - cosine_part) / ALL_WORDS,
                "all_words": ALL_WORDS,
                "cosine_without_words": COSINE_WITHOUT_WORDS,
                "cosine_of_words": COSINE_OF_WORDS,
                "few_with_both": FEW_WITH_BOTH,
                "spread_of_cosines": SPREAD_OF_COSINES,
                "candidates": max(CANDIDATES, limit),
                "limit": max(LOOKED_AT, limit),
            },
            # The plan depends on whether there is a filter: one for all would read every passage each time.
            prepare=False,
        )
        rows = await cursor.fetchall()
    return _outcome(rows, question, limit, min_similarity, mode)


def _outcome(
    rows: Sequence[DictRow], question: Question, limit: int, threshold: float, mode: Mode
) -> SearchOutcome:
    # Each row says it; where nothing was found there is one row, without a passage.
    about = rows[0]
    if about["space_id"] is None and about["model_in_use"] is not None:
        check_model(about["model_in_use"], question.model_name)
    hits = [_hit(row) for row in rows if row["chunk_id"] is not None]
    if mode != "vector":
        hits = _looked_at(hits, question.text, about["weights"] or {}, about["lexemes"] or {})
    best = without_copies(hits)[:limit]
    waits_for, by_meaning = _meaning(about, question, mode)
    return SearchOutcome(
        hits=[hit for hit in best if _is_relevant(hit, threshold, mode)],
        below=[hit for hit in best if not _is_relevant(hit, threshold, mode)],
        chunks_searched=about["chunks_searched"],
        threshold=threshold,
        mode=mode,
        chunks_by_meaning=by_meaning,
        waits_for=waits_for,
        model_in_use=about["model_in_use"],
        confidence=confidence_of(hits),
        weights=about["weights"] or {},
    )


def _meaning(about: DictRow, question: Question, mode: Mode) -> tuple[WaitsFor | None, int]:
    """What the comparison by meaning waits for, and with how many chunks it was made."""
    if mode == "keyword":
        return None, 0
    if question.embedding is None:
        return "model", 0
    awaiting: int = about["chunks_awaiting"]
    return "vectors" if awaiting else None, about["chunks_searched"] - awaiting


def _hit(row: DictRow) -> Hit:
    return Hit(**{name: row[name] for name in HIT_COLUMNS})


def _looked_at(
    hits: Sequence[Hit], text: str, weights: Mapping[str, float], lexemes: Mapping[str, str]
) -> list[Hit]:
    """The hits ordered anew by where the question's words stand in them."""
    asked = [lexemes[word] for word in in_order(text) if word in lexemes]
    looks = closer_looks(asked, weights, [Passage(hit.content, hit.matched) for hit in hits])
    scored = [
        replace(
            hit,
            together=look.together,
            in_place=look.in_place,
            related=look.related,
            score=hit.score + look.score,
        )
        for hit, look in zip(hits, looks, strict=True)
    ]
    return sorted(scored, key=lambda hit: -hit.score)


def _is_relevant(hit: Hit, threshold: float, mode: Mode) -> bool:
    """By its cosine or by its words: a rare name or an error code says more than a sentence's gist."""
    by_words = mode != "vector" and hit.keyword >= ENOUGH_WORDS
    return by_words or (mode != "keyword" and hit.similarity >= threshold)
