"""The score of passages that were proposed by meaning or by words: all are scored both ways.

What has no vector yet, a passage or the question, is scored by the cosine that its words let expect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.fusion import (
    ALL_WORDS,
    COSINE_OF_WORDS,
    COSINE_WITHOUT_WORDS,
    FEW_WITH_BOTH,
    SPREAD_OF_COSINES,
)
from knowledge_base.posting_lists import Weights

# Words that hardly differ tell nothing.
LEAST_SPREAD_OF_WORDS = 0.05


@dataclass(frozen=True)
class Proposed:
    """A passage that was proposed: its cosine, None without a vector; its language, and the impacts of the
    question's lexemes in it; and its rank, from 1, in each way of searching that proposed it.
    """

    chunk_id: int
    cosine: float | None
    language: str
    impacts: Mapping[str, float]
    vector_rank: int | None
    keyword_rank: int | None


@dataclass(frozen=True)
class Scored:
    """A passage with what it counts by meaning, by words and together (see `knowledge_base.hits.Hit`)."""

    proposed: Proposed
    similarity: float
    keyword: float
    bm25: float
    score: float

    @property
    def estimated(self) -> bool:
        """Whether the similarity is what the words let expect."""
        return self.proposed.cosine is None


def scored(proposed: Sequence[Proposed], weights: Weights, cosine_weight: float) -> list[Scored]:
    """The passages with their scores, best first; the words of each count as they do in its language."""
    bm25 = [_part(one.impacts, weights.get(one.language, {})) for one in proposed]
    words = [min(part / ALL_WORDS, 1) for part in bm25]
    line = _line(
        [
            (one.cosine, part)
            for one, part in zip(proposed, words, strict=True)
            if one.cosine is not None and one.keyword_rank is not None
        ]
    )
    result: list[Scored] = []
    for one, part, said in zip(proposed, bm25, words, strict=True):
        similarity = line.cosine_of(said) if one.cosine is None else one.cosine
        covered = _part(dict.fromkeys(one.impacts, 1.0), weights.get(one.language, {}))
        score = cosine_weight * similarity + (1 - cosine_weight) / ALL_WORDS * part
        result.append(Scored(one, similarity, covered, part, score))
    return sorted(result, key=lambda one: (-one.score, one.proposed.chunk_id))


def _part(impacts: Mapping[str, float], weights: Mapping[str, float]) -> float:
    total = sum(weights.values())
    return sum(weights[lexeme] * impact for lexeme, impact in impacts.items()) / total if total else 0.0


@dataclass(frozen=True)
class _Line:
    """How the cosine goes with the words where both are known; `trust`, 0 to 1, in the given passages."""

    cosine: float
    words: float
    slope: float
    trust: float

    def cosine_of(self, words: float) -> float:
        """The cosine that is to be expected of a passage by its words."""
        general = COSINE_WITHOUT_WORDS + COSINE_OF_WORDS * words
        here = self.cosine + self.slope * (words - self.words)
        return (1 - self.trust) * general + self.trust * here


def _line(known: Sequence[tuple[float, float]]) -> _Line:
    """Other models and languages have another mean and spread of cosines; a few passages say little of it."""
    if not known:
        return _Line(0, 0, 0, 0)
    cosine, words = (float(mean) for mean in np.mean(known, axis=0))
    spread, of_words = (float(each) for each in np.std(known, axis=0))
    slope = SPREAD_OF_COSINES * spread / max(of_words, LEAST_SPREAD_OF_WORDS)
    return _Line(cosine, words, slope, len(known) / (len(known) + FEW_WITH_BOTH))
