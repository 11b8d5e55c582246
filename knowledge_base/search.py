"""Search over the passages: by meaning and by words at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from knowledge_base.confidence import confidence_of
from knowledge_base.embedding import Vectors
from knowledge_base.engine_proposals import candidates_by_words
from knowledge_base.errors import MeaningUnavailableError
from knowledge_base.first_look import look_first
from knowledge_base.fusion import CloserLook, Passage, closer_looks, in_order
from knowledge_base.half_vectors import as_halfvec
from knowledge_base.hit_merging import without_copies
from knowledge_base.hits import HIT_COLUMNS, Hit, Mode, WaitsFor
from knowledge_base.id_arrays import as_array
from knowledge_base.language_fit import fits_of
from knowledge_base.missing_words import missing_words
from knowledge_base.posting_lists import HEADS_ONLY, Weights
from knowledge_base.proposals import Asked, AskedVector, ask_by_words, ask_nearest, nearest_of, propose
from knowledge_base.question_words import QuestionWords, corrected_words, words_to_ask
from knowledge_base.relevance import is_relevant
from knowledge_base.scoring import Scored, best_scored
from knowledge_base.search_filter import SearchFilter
from knowledge_base.search_query import HITS
from knowledge_base.search_scope import Scope, count_awaiting_in, scope_of
from knowledge_base.snapshot import one_moment, without_waiting
from knowledge_base.vector_index import VectorIndex
from knowledge_base.word_codes import EVERY_PASSAGE
from knowledge_base.word_engine_watch import EngineInUse
from knowledge_base.word_weights import spoken_language, weights_of

__all__ = ["Found", "Mode", "Question", "SearchFilter", "SearchOutcome", "find", "search"]

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
    by language. For words that no passage has, those were searched that `corrected` names. `missing` are the
    question's rare words that none of the hits has.
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
    missing: Sequence[str] = ()

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
    found = await find(connection, question, limit, which, mode, index, engine)
    return await found.outcome(limit, min_similarity)


@dataclass(frozen=True)
class Found:
    """What a search has found; its passages are read when the `outcome` is asked for, in the transaction or
    after it: so they come with the answer to its commit, and nobody waits for that alone.
    """

    question: Question
    mode: Mode
    ranked: "Ranked"
    passages: AsyncCursor[TupleRow]

    async def outcome(self, limit: int, min_similarity: float) -> SearchOutcome:
        """The `limit` best passages, no more than were looked for; see `search`."""
        ranked = self.ranked
        weights, passages = ranked.asked.weights, ranked.scope.passages
        hits = _hits(await self._stored(), ranked.text, ranked.asked, by_words=self.mode != "vector")
        distinct = without_copies(hits, max(LOOKED_AT, limit))
        shown = distinct[:limit]
        hits, below = _parted(
            shown, lambda hit: is_relevant(hit, weights, min_similarity, self.mode, passages)
        )
        waits_for, compared = _meaning(self.question, self.mode, passages, ranked.awaiting)
        return SearchOutcome(
            hits=hits,
            below=below,
            chunks_searched=passages,
            threshold=min_similarity,
            mode=self.mode,
            chunks_by_meaning=compared,
            waits_for=waits_for,
            model_in_use=ranked.model_in_use,
            confidence=confidence_of(distinct[:LOOKED_AT], weights, passages),
            weights=weights,
            is_estimated=ranked.scope.estimated,
            corrected=ranked.corrected,
            missing=missing_words(ranked.text, ranked.asked.words.lexemes, weights, hits),
        )

    async def _stored(self) -> list[tuple[Scored, TupleRow]]:
        """The best passages with what is stored of them, without those that were removed just now."""
        stored = {row[0]: row for row in await self.passages.fetchall()}
        return [(one, stored[one.chunk_id]) for one in self.ranked.best if one.chunk_id in stored]


async def find(
    connection: Connection,
    question: Question,
    limit: int,
    which: SearchFilter,
    mode: Mode = "hybrid",
    index: VectorIndex | None = None,
    engine: EngineInUse | None = None,
) -> Found:
    """What `search` finds, while its passages are still on their way. Raises as `search` does."""
    async with one_moment(connection), without_waiting(connection):
        ranked = await rank(connection, question, max(LOOKED_AT, limit), which, mode, index, engine)
        ids = as_array([one.chunk_id for one in ranked.best])
        return Found(question, mode, ranked, await connection.execute(HITS, {"ids": ids}, prepare=True))


def _parted(hits: Sequence[Hit], is_one: Callable[[Hit], bool]) -> tuple[list[Hit], list[Hit]]:
    """Those of which it holds, and the others."""
    parts: tuple[list[Hit], list[Hit]] = ([], [])
    for hit in hits:
        parts[not is_one(hit)].append(hit)
    return parts


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
    text = question.text if by_words else ""
    words = await words_to_ask(connection, text, question.context, which.collection)
    first = await look_first(
        connection, question.model_name, words, which, None if engine is None else HEADS_ONLY
    )
    about = first.about
    scope = await scope_of(connection, which, first.lists, first.labels, about.vectors)
    embedding = None if question.embedding is None else as_halfvec(question.embedding)
    vector = AskedVector(embedding, about.space_id, max(CANDIDATES, count))
    near_asked = await ask_nearest(connection, vector, which, scope, index) if by_meaning else None
    # While the vectors are compared, the words are looked at.
    found = QuestionWords(text, first.words, first.lists)
    found = await corrected_words(connection, found, question.context, first.how)
    asked = _asked(found, vector, scope)
    said = await candidates_by_words(connection, asked, which, scope, found.lists, engine)
    said_asked = await ask_by_words(connection, vector, said)
    near = await nearest_of(connection, vector, near_asked)
    proposed = propose(asked, near, await said_asked.fetchall())
    awaiting = about.awaiting
    if awaiting:
        awaiting = await count_awaiting_in(connection, scope, which, found.lists, awaiting)
    fits = fits_of(about.measured, spoken_language(found.asked, found.lists))
    best = best_scored(proposed, fits, count, by_meaning=by_meaning, by_words=by_words)
    return Ranked(best, asked, scope, awaiting, about.model_in_use, found.text, found.corrected)


def _asked(found: QuestionWords, vector: AskedVector, scope: Scope) -> Asked:
    """What is asked for, in the part of all passages that may be found."""
    share = scope.passages / max(found.lists.count(EVERY_PASSAGE), 1)
    return Asked(found.asked, weights_of(found.asked, found.lists), vector, share)


def _meaning(question: Question, mode: Mode, passages: int, awaiting: int) -> tuple[WaitsFor | None, int]:
    """What the comparison by meaning waits for, and with how many chunks it was made."""
    if mode == "keyword":
        return None, 0
    if question.embedding is None:
        return "model", 0
    return "vectors" if awaiting else None, passages - awaiting


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
        score=one.score + look.score(one.cosine_part),
        together=look.together,
        in_place=look.in_place,
        related=look.related,
        language=one.language,
        meaning=one.meaning,
        cosine_part=one.cosine_part,
    )
