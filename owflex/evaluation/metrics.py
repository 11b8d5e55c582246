"""Ranking metrics of one question, and their means with bootstrap intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RECALL_DEPTHS = (1, 5, 10)
DEPTH = 10
METRICS = (*(f"recall@{depth}" for depth in RECALL_DEPTHS), f"mrr@{DEPTH}", f"ndcg@{DEPTH}")

# The same figures come out of the same answers every time.
SEED = 20_240_229
RESAMPLES = 1000
# A block of resamples that is drawn at once: bounded memory with thousands of questions.
BLOCK = 100


@dataclass(frozen=True)
class Interval:
    """A figure and the 95 % bootstrap interval around it."""

    value: float
    low: float
    high: float


def ranking_metrics(ranked: Sequence[str], gains: Mapping[str, float]) -> dict[str, float]:
    """Every ranking metric of one question; `gains` says how relevant each expected result is (above 0)."""
    found = [gains.get(name, 0.0) for name in ranked]
    values = {f"recall@{depth}": recall(found, depth, len(gains)) for depth in RECALL_DEPTHS}
    values[f"mrr@{DEPTH}"] = reciprocal_rank(found, DEPTH)
    values[f"ndcg@{DEPTH}"] = ndcg(found, list(gains.values()), DEPTH)
    return values


def recall(found: Sequence[float], depth: int, expected: int) -> float:
    """The share of the expected results that is among the first `depth`."""
    return sum(gain > 0 for gain in found[:depth]) / expected if expected else 0.0


def reciprocal_rank(found: Sequence[float], depth: int) -> float:
    """1 / rank of the first expected result; 0 when it is not among the first `depth`."""
    return next((1 / rank for rank, gain in enumerate(found[:depth], 1) if gain > 0), 0.0)


def ndcg(found: Sequence[float], expected: Sequence[float], depth: int) -> float:
    """Discounted gain relative to the best possible order; the gain is linear: score / log2(rank + 1)."""
    best = _discounted(sorted(expected, reverse=True)[:depth])
    return _discounted(found[:depth]) / best if best else 0.0


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean with its bootstrap interval; of nothing it is not a number."""
    if not values:
        return Interval(math.nan, math.nan, math.nan)
    array = np.asarray(values, dtype=np.float64)
    return Interval(float(array.mean()), *percentiles(resampled_means(array)))


def resampled_means(values: Floats) -> Floats:
    """The means of `RESAMPLES` samples drawn with replacement."""
    generator = np.random.default_rng(SEED)
    blocks = [
        values[generator.integers(0, len(values), (BLOCK, len(values)))].mean(axis=1)
        for _ in range(RESAMPLES // BLOCK)
    ]
    return np.concatenate(blocks)


def percentiles(values: Floats) -> tuple[float, float]:
    """The limits that hold the middle 95 % of the values."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
