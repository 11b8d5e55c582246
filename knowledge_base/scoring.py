"""The score of passages that were proposed by meaning or by words: all are scored both ways.

What has no vector yet, a passage or the question, is scored by the cosine that its words let expect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from knowledge_base.fusion import (
    ALL_WORDS,
    COSINE_OF_WORDS,
    COSINE_WITHOUT_WORDS,
    FEW_WITH_BOTH,
    SPREAD_OF_COSINES,
)
from knowledge_base.language_fit import Fits
from knowledge_base.word_codes import Array

# Words that hardly differ tell nothing.
LEAST_SPREAD_OF_WORDS = 0.05


@dataclass(frozen=True)
class Proposals:
    """Passages that were proposed, in arrays with a place for each: ids; cosines, NaN without a vector;
    languages; weights and impacts of the `lexemes`, a row for each passage and a column for each lexeme; and
    ranks, from 1, in each way of searching, 0 where that one did not propose them.

    A lexeme that is none of a passage's language has neither weight nor impact there.
    """

    ids: Array
    cosines: Array
    languages: Sequence[str]
    lexemes: Sequence[str]
    weights: Array
    impacts: Array
    vector_ranks: Array
    keyword_ranks: Array


class Scored(NamedTuple):
    """A passage with what it counts by meaning, by words and together (see `knowledge_base.hits.Hit`)."""

    chunk_id: int
    similarity: float
    estimated: bool
    meaning: float
    cosine_part: float
    keyword: float
    bm25: float
    score: float
    vector_rank: int | None
    keyword_rank: int | None
    language: str
    matched: list[str]


def best_scored(
    proposed: Proposals, fits: Fits, count: int, *, by_meaning: bool = True, by_words: bool = True
) -> list[Scored]:
    """The `count` best passages with their scores, best first; words and cosines count as they do in its
    language.
    """
    bm25 = part_said(proposed.impacts, proposed.weights)
    words = np.minimum(bm25 / ALL_WORDS, 1)
    unknown = np.isnan(proposed.cosines)
    meaning = _usual(proposed, fits)
    line = _line(meaning, words, ~unknown & (proposed.keyword_ranks > 0))
    meaning = np.where(unknown, line.cosine_of(words), meaning)
    similarity = np.where(unknown, meaning, proposed.cosines)
    cosine_part = _cosine_parts(proposed, fits)
    part = cosine_part if by_meaning and by_words else np.full(len(words), float(by_meaning))
    score = part * meaning + (1 - part) / ALL_WORDS * bm25
    best = np.lexsort((proposed.ids, -score))[:count]
    covered = part_said(proposed.impacts > 0, proposed.weights)
    columns = [
        *(proposed.ids, similarity, unknown, meaning, cosine_part, covered, bm25, score),
        *(proposed.vector_ranks, proposed.keyword_ranks),
    ]
    # One conversion for each column: one for each value takes several times as long.
    rows = zip(*(column[best].tolist() for column in columns), strict=True)
    impacts = proposed.impacts[best].tolist()
    return [
        Scored._make(
            (*numbers, near or None, said or None, proposed.languages[place], _those(proposed.lexemes, some))
        )
        for place, (*numbers, near, said), some in zip(best.tolist(), rows, impacts, strict=True)
    ]


def _usual(proposed: Proposals, fits: Fits) -> Array:
    """The cosines on the scale of a language that the default model knows."""
    usual = proposed.cosines.copy()
    for language in set(proposed.languages):
        here = np.array([each == language for each in proposed.languages])
        usual[here] = fits.usual(language, usual[here])
    return usual


def _cosine_parts(proposed: Proposals, fits: Fits) -> Array:
    parts = {language: fits.cosine_part(language) for language in set(proposed.languages)}
    return np.array([parts[language] for language in proposed.languages])


def part_said(impacts: Array, weights: Array) -> Array:
    """What each passage says of all that the words could say in its language; 0 where none is asked for."""
    totals = weights.sum(axis=1)
    # Sums of rows, not a product of matrices: that may differ in the last bit for passages that are alike.
    return (impacts * weights).sum(axis=1) / np.where(totals > 0, totals, 1)


def _those(lexemes: Sequence[str], impacts: Sequence[float]) -> list[str]:
    return sorted(lexeme for lexeme, impact in zip(lexemes, impacts, strict=True) if impact)


@dataclass(frozen=True)
class _Line:
    """How the cosine goes with the words where both are known; `trust`, 0 to 1, in the given passages."""

    cosine: float
    words: float
    slope: float
    trust: float

    def cosine_of(self, words: Array) -> Array:
        """The cosine that is to be expected of each passage by its words."""
        general = COSINE_WITHOUT_WORDS + COSINE_OF_WORDS * words
        here = self.cosine + self.slope * (words - self.words)
        return (1 - self.trust) * general + self.trust * here


def _line(cosines: Array, words: Array, known: Array) -> _Line:
    """Other models and languages have another mean and spread of cosines; a few passages say little of it."""
    if not known.any():
        return _Line(0, 0, 0, 0)
    cosines, words = cosines[known], words[known]
    slope = SPREAD_OF_COSINES * float(cosines.std()) / max(float(words.std()), LEAST_SPREAD_OF_WORDS)
    trust = len(cosines) / (len(cosines) + FEW_WITH_BOTH)
    return _Line(float(cosines.mean()), float(words.mean()), slope, trust)
