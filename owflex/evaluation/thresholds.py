"""How well a score separates two classes of questions, and at which threshold best."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from owflex.evaluation.metrics import RESAMPLES, SEED, Floats, Interval, percentiles

Flags = NDArray[np.bool_]

# The curve is kept and drawn with at most so many points.
CURVE_POINTS = 101


@dataclass(frozen=True)
class CurvePoint:
    """What counting every score from `threshold` on as positive would give."""

    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Detection:
    """How well a score finds the questions of one class; the threshold is the one with the best F1."""

    average_precision: float
    roc_auc: float
    threshold: Interval
    best_f1: float
    precision: float
    recall: float
    curve: list[CurvePoint]


def detect(positive: Flags, scores: Floats) -> Detection | None:
    """How well `scores` find the `positive` ones; None when all questions are of one class."""
    if positive.all() or not positive.any():
        return None
    curve = threshold_curve(positive, scores)
    best = _best(curve)
    return Detection(
        average_precision=average_precision(positive, scores),
        roc_auc=roc_auc(positive, scores),
        threshold=Interval(best.threshold, *_threshold_interval(positive, scores)),
        best_f1=best.f1,
        precision=best.precision,
        recall=best.recall,
        curve=_thinned(curve),
    )


def average_precision(positive: Flags, scores: Floats) -> float:
    """The mean of the precision over the recall; equal scores are one step."""
    true, predicted, _ = _counts(positive, scores)
    gained = np.diff(true, prepend=0) / true[-1]
    return float((gained * true / predicted).sum())


def roc_auc(positive: Flags, scores: Floats) -> float:
    """The chance that a positive one scores higher than a negative one; equal scores count half."""
    _, inverse, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks = (last - (sizes - 1) / 2)[inverse]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    above = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def threshold_curve(positive: Flags, scores: Floats) -> list[CurvePoint]:
    """Precision, recall and F1 at every threshold that makes a difference, the highest threshold first."""
    true, predicted, distinct = _counts(positive, scores)
    precision, recall = true / predicted, true / true[-1]
    f1 = 2 * true / (predicted + true[-1])
    rows = zip(_between(distinct), precision, recall, f1, strict=True)
    return [CurvePoint(*(float(value) for value in row)) for row in rows]


def _counts(positive: Flags, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """True positives and predicted ones down to each distinct score, and these scores, the highest first."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    true = np.cumsum(positive[order])[ends].astype(np.float64)
    return true, (ends + 1).astype(np.float64), ordered[ends]


def _between(distinct: Floats) -> Floats:
    """Thresholds half way to the next lower score: robust against the last digits of a score."""
    lower = np.append(distinct[1:], distinct[-1])
    return (distinct + lower) / 2


def _best(curve: list[CurvePoint]) -> CurvePoint:
    return max(curve, key=lambda point: point.f1)


def _threshold_interval(positive: Flags, scores: Floats) -> tuple[float, float]:
    generator = np.random.default_rng(SEED)
    found: list[float] = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(0, len(scores), len(scores))
        if positive[drawn].any():
            found.append(_best_threshold(positive[drawn], scores[drawn]))
    return percentiles(np.asarray(found))


def _best_threshold(positive: Flags, scores: Floats) -> float:
    true, predicted, distinct = _counts(positive, scores)
    return float(_between(distinct)[np.argmax(2 * true / (predicted + true[-1]))])


def _thinned(curve: list[CurvePoint]) -> list[CurvePoint]:
    if len(curve) <= CURVE_POINTS:
        return curve
    places = np.unique(np.linspace(0, len(curve) - 1, CURVE_POINTS).round().astype(int))
    return [curve[place] for place in places]
