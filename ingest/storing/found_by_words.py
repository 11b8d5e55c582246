"""How well cosines find what belongs together, beside words: on a sample of passages, by their sentences.

For `ingest.storing.language_fits`. Words are compared by how they begin, since a sample has no index; that is
enough to tell how hard the sentences are.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from knowledge_base.fusion import in_order
from knowledge_base.word_codes import Array

# As in the search (BM25).
K1, B = 0.6, 0.6
# Words that begin alike are forms of one, mostly.
ROOT = 6
# Where words hardly find more than chance would, they are no measure.
LEAST_FOUND = 0.2


def ratio_to_words(cosines: Array, own: Array, words: Array, own_words: Array, others: Array) -> float:
    """How far cosines bring what belongs to each sentence to the front, as a part of how far words do.

    `cosines` and `words` of each sentence (a row) with each passage, and with what belongs to it (`own`,
    `own_words`); `others` says which passages may be taken for it. Each halving of its rank counts alike,
    from the middle, where it is by chance.
    """
    return max(_gained(cosines, own, others), 0) / max(_gained(words, own_words, others), LEAST_FOUND)


def by_words(sentences: Sequence[str], rests: Sequence[str], passages: Sequence[str]) -> tuple[Array, Array]:
    """BM25 of each sentence with each passage (a row for each sentence), and with the rest of its own."""
    counted = [Counter(_roots(passage)) for passage in passages]
    in_passages = Counter(root for passage in counted for root in passage)
    mean = sum(passage.total() for passage in counted) / len(counted)
    scores: list[list[float]] = []
    own: list[float] = []
    for sentence, rest in zip(sentences, rests, strict=True):
        weights = {
            root: math.log(1 + (len(passages) - in_passages[root] + 0.5) / (in_passages[root] + 0.5))
            for root in _roots(sentence)
        }
        scores.append([_bm25(weights, passage, mean) for passage in counted])
        own.append(_bm25(weights, Counter(_roots(rest)), mean))
    return np.array(scores), np.array(own)


def _bm25(weights: dict[str, float], passage: Counter[str], mean: float) -> float:
    length = K1 * (1 - B + B * passage.total() / max(mean, 1))
    return sum(
        weight * count * (K1 + 1) / (count + length)
        for root, weight in weights.items()
        if (count := passage.get(root, 0))
    )


def _roots(text: str) -> list[str]:
    return [word[:ROOT] for word in in_order(text)]


def _gained(scores: Array, own: Array, others: Array) -> float:
    """How much nearer to the front than the middle, as a mean logarithm; half of what is alike is before."""
    better = ((scores > own[:, None]) & others).sum(axis=1)
    alike = ((scores == own[:, None]) & others).sum(axis=1)
    by_chance = np.log1p(others.sum(axis=1) / 2)
    return float((by_chance - np.log1p(better + alike / 2)).mean())
