"""Search over the passages: by meaning and by words at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.confidence import confidence_of
from knowledge_base.embedding import Vectors
from knowledge_base.embedding_spaces import check_model
from knowledge_base.engine_proposals import candidates_by_words
from knowledge_base.errors import MeaningUnavailableError
from knowledge_base.fusion import CloserLook, Passage, closer_looks, in_order
from knowledge_base.hit_merging import without_copies
from knowledge_base.hits import HIT_COLUMNS, Hit, Mode, WaitsFor
from knowledge_base.id_arrays import as_array
from knowledge_base.labels import labels_of_filter
from knowledge_base.language_fit import fits_of
from knowledge_base.posting_lists import Weights, spoken_language, weights_of
from knowledge_base.proposals import Asked, nearest, propose
from knowledge_base.question_words import Asking, words_of_question
from knowledge_base.relevance import is_relevant
from knowledge_base.scoring import Scored, best_scored
from knowledge_base.search_filter import SearchFilter
from knowledge_base.search_query import ABOUT, HITS, MOST_COUNTED
from knowledge_base.search_scope import Scope, count_awaiting_in, most_listed, scope_of
from knowledge_base.snapshot import one_moment
from knowledge_base.vector_index import VectorIndex
from knowledge_base.word_codes import EVERY_PASSAGE
from knowledge_base.word_engine_watch import EngineInUse

__all__ = ["Mode", "Question", "SearchFilter", "SearchOutcome", "search"]

Connection = AsyncConnection[TupleRow]
# Passages that each way of searching proposes; all are then scored both ways.
CANDIDATES = 100
# Best of them that are looked at more closely.
LOOKED_AT = 30
CONTENT = HIT_COLUMNS.index("content")
NO_LOOK = CloserLook(0, 0, 0)


@dataclass(frozen=True)
class Question:
    """What is asked: its text, and its vector made by the model `model_name`; None while that loads.

    `context` is the page that it was found in (see `wording`), whose rarest words are searched too.
    """

    text: str
    embedding: Vectors | None
    model_name: str
    context: str = ""


@dataclass(frozen=True)
class SearchOutcome:
    """The hits at or above the threshold, best first, and what the threshold held back.

    `confidence` says how likely the hits answer the question, 0 to 1 (see `knowledge_base.confidence`).
    `chunks_searched` is an estimate (`is_estimated`) where a filter lets many through: to count them would
    take longer than to search. `chunks_by_meaning` of the searched chunks were compared by meaning (about so
    many while thousands wait); `waits_for` says why others were not. `weights` of the question's lexemes are
    by language. For words that no passage has, those were searched that `corrected` names.
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
    weights: Weights = field(default_factory=dict[str, Mapping[str, float]])
    is_estimated: bool = False
    corrected: Mapping[str, str] = field(default_factory=dict[str, str])

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
    engine: EngineInUse | None = None,
) -> SearchOutcome:
    """The `limit` best passages for a question, as of one moment.

    With an `index` over the vectors a search uses it, but where a filter leaves so few that all are compared.
    With an `engine` words are searched by it, but where a filter leaves few passages, or it fails.
    In a transaction of the caller's that one has to be of the level "repeatable read".

    The threshold is applied to what was found, never inside the scan: there it would keep the scan going for
    rows that do not exist. Vectors of a model that was replaced meanwhile are searched as long as they are
    there. Passages without a vector, and all of them while the question has none, are found by their words.
    Raises `EmbeddingSpaceMismatchError`, and `MeaningUnavailableError` in the mode "vector" without a model.
    """
    async with one_moment(connection):
        ranked = await rank(connection, question, max(LOOKED_AT, limit), which, mode, index, engine)
        found = await _stored(connection, ranked.best)
    hits = _hits(found, ranked.text, ranked.asked, by_words=mode != "vector")
    distinct = without_copies(hits, max(LOOKED_AT, limit))
    shown = distinct[:limit]
    weights = ranked.asked.weights
    relevant = {hit.chunk_id for hit in shown if is_relevant(hit, weights, min_similarity, mode)}
    waits_for, compared = _meaning(question, mode, ranked.scope.passages, ranked.awaiting)
    return SearchOutcome(
        hits=[hit for hit in shown if hit.chunk_id in relevant],
        below=[hit for hit in shown if hit.chunk_id not in relevant],
        chunks_searched=ranked.scope.passages,
        threshold=min_similarity,
        mode=mode,
        chunks_by_meaning=compared,
        waits_for=waits_for,
        model_in_use=ranked.model_in_use,
        confidence=confidence_of(distinct[:LOOKED_AT], weights, ranked.scope.passages),
        weights=weights,
        is_estimated=ranked.scope.estimated,
        corrected=ranked.corrected,
    )


@dataclass(frozen=True)
class Ranked:
    """The best passages by their scores, what was asked for them, and among how many they were found."""

    best: Sequence[Scored]
    asked: Asked
    scope: Scope
    awaiting: int
    model_in_use: str | None
    text: str
    corrected: Mapping[str, str]


async def rank(
    connection: Connection,
    question: Question,
    count: int,
    which: SearchFilter,
    mode: Mode = "hybrid",
    index: VectorIndex | None = None,
    engine: EngineInUse | None = None,
) -> Ranked:
    """The `count` best passages, before they are read. Raises as `search` does."""
    by_meaning, by_words = mode != "keyword", mode != "vector"
    if question.embedding is None and not by_words:
        raise MeaningUnavailableError
    about = await _about(connection, question.model_name)
    labels = await labels_of_filter(connection, which)
    how = Asking(
        which.collection,
        most_listed(about.vectors) if which.by_collection else 0,
        None if engine is None else 0,
        labels.all,
    )
    found = await words_of_question(connection, question.text if by_words else "", question.context, how)
    asked_for, lists = found.asked, found.lists
    scope = await scope_of(connection, which, lists, labels, about.vectors)
    vector = None if question.embedding is None else HalfVector(question.embedding).to_text()
    weights = weights_of(asked_for, lists)
    share = scope.passages / max(lists.count(EVERY_PASSAGE), 1)
    asked = Asked(asked_for, weights, vector, about.space_id, max(CANDIDATES, count), share)
    near = await nearest(connection, asked, which, scope, index) if by_meaning else []
    said = await candidates_by_words(connection, asked, which, scope, lists, engine)
    proposed = await propose(connection, asked, near, said)
    awaiting = about.awaiting
    if awaiting:
        awaiting = await count_awaiting_in(connection, scope, which, lists, awaiting)
    fits = fits_of(about.measured, spoken_language(found.asked, lists))
    best = best_scored(proposed, fits, count, by_meaning=by_meaning, by_words=by_words)
    return Ranked(best, asked, scope, awaiting, about.model_in_use, found.text, found.corrected)


@dataclass(frozen=True)
class _About:
    """The model in use, the space of the question's vector, how many passages have no vector there (up to
    `MOST_COUNTED`), about how many vectors there are, also those that the caller may not see, and what was
    measured of the model's languages (see `knowledge_base.language_fit`).
    """

    model_in_use: str | None
    space_id: int | None
    awaiting: int
    vectors: int
    measured: Sequence[Mapping[str, Any]]


async def _about(connection: Connection, model_name: str) -> _About:
    """Raises `EmbeddingSpaceMismatchError` where there are vectors, but none of this model."""
    async with connection.cursor(row_factory=class_row(_About)) as cursor:
        await cursor.execute(ABOUT, {"model_name": model_name, "most_counted": MOST_COUNTED}, prepare=True)
        about = await cursor.fetchone()
    assert about is not None
    if about.space_id is None and about.model_in_use is not None:
        check_model(about.model_in_use, model_name)
    return about


def _meaning(question: Question, mode: Mode, passages: int, awaiting: int) -> tuple[WaitsFor | None, int]:
    """What the comparison by meaning waits for, and with how many chunks it was made."""
    if mode == "keyword":
        return None, 0
    if question.embedding is None:
        return "model", 0
    return "vectors" if awaiting else None, passages - awaiting


async def _stored(connection: Connection, best: Sequence[Scored]) -> list[tuple[Scored, TupleRow]]:
    """The best passages with what is stored of them, without those that were removed just now."""
    ids = as_array([one.chunk_id for one in best])
    rows = await connection.execute(HITS, {"ids": ids}, prepare=True)
    stored = {row[0]: row for row in await rows.fetchall()}
    return [(one, stored[one.chunk_id]) for one in best if one.chunk_id in stored]


def _hits(found: Sequence[tuple[Scored, TupleRow]], text: str, asked: Asked, *, by_words: bool) -> list[Hit]:
    """The hits, with the words the best ordered also by where the question's words stand in them."""
    # However many are wanted, so that a longer list begins like a shorter one.
    looked_at = found[: LOOKED_AT if by_words else 0]
    hits: list[Hit] = []
    for language in dict.fromkeys(one.language for one, _ in looked_at):
        here = [(one, row) for one, row in looked_at if one.language == language]
        looks = _looks_in(language, here, text, asked)
        hits += [_hit(one, row, look) for (one, row), look in zip(here, looks, strict=True)]
    hits.sort(key=lambda hit: -hit.score)
    return [*hits, *(_hit(one, row, NO_LOOK) for one, row in found[len(looked_at) :])]


def _looks_in(
    language: str, found: Sequence[tuple[Scored, TupleRow]], text: str, asked: Asked
) -> list[CloserLook]:
    """How passages of a language have the question's words, as that language has them."""
    lexemes = asked.words.lexemes.get(language, {})
    in_question = [lexemes[word] for word in in_order(text) if word in lexemes]
    passages = [Passage(row[CONTENT], one.matched) for one, row in found]
    return closer_looks(in_question, asked.weights.get(language, {}), passages)


def _hit(one: Scored, stored: TupleRow, look: CloserLook) -> Hit:
    return Hit(
        *stored,
        similarity=one.similarity,
        estimated=one.estimated,
        keyword=one.keyword,
        bm25=one.bm25,
        vector_rank=one.vector_rank,
        keyword_rank=one.keyword_rank,
        matched=one.matched,
        score=one.score + look.score,
        together=look.together,
        in_place=look.in_place,
        related=look.related,
        language=one.language,
        meaning=one.meaning,
        cosine_part=one.cosine_part,
    )
