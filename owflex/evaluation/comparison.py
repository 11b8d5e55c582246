"""Whether the search became better or worse: the same questions now and before, in pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import Measured, Measurement, flags_of, scores_of, values_of
from owflex.evaluation.metrics import METRICS, RESAMPLES, SEED, Floats, Interval, percentiles, resampled_means
from owflex.evaluation.thresholds import Flags, average_precision, roc_auc

Separation = Callable[[Flags, Floats], float]
SEPARATIONS: dict[str, Separation] = {"average precision": average_precision, "ROC AUC": roc_auc}


@dataclass(frozen=True)
class Difference:
    """A metric before and now; `change` with its 95 % interval over pairs of the same question."""

    metric: str
    before: float
    now: float
    change: Interval

    @property
    def worse(self) -> bool:
        """Whether the metric fell by more than chance explains."""
        return self.change.high < 0


@dataclass(frozen=True)
class Comparison:
    """The differences over the questions that both measurements have."""

    differences: list[Difference]
    shared: int
    only_before: int
    only_now: int

    @property
    def worse(self) -> bool:
        """Whether any metric is significantly worse."""
        return any(difference.worse for difference in self.differences)

    def as_json(self) -> dict[str, Any]:
        """The differences for programs."""
        rows = {
            difference.metric: {
                "before": difference.before,
                "now": difference.now,
                "change": difference.change.value,
                "low": difference.change.low,
                "high": difference.change.high,
                "worse": difference.worse,
            }
            for difference in self.differences
        }
        return {"questions": self.shared, "worse": self.worse, "metrics": rows}


def compare(before: Measurement, now: Measurement) -> Comparison:
    """The differences from `before` to `now`. Raises `EvaluationError` when they share no question."""
    pairs = _pairs(before.questions, now.questions)
    if not pairs:
        raise EvaluationError(
            "The two measurements have no question in common. Measure the baseline with the same questions."
        )
    ranking = [difference for metric in METRICS if (difference := _ranking(metric, pairs))]
    return Comparison(
        [*ranking, *_separations(pairs)],
        shared=len(pairs),
        only_before=len(before.questions) - len(pairs),
        only_now=len(now.questions) - len(pairs),
    )


Pair = tuple[Measured, Measured]


def _pairs(before: Sequence[Measured], now: Sequence[Measured]) -> list[Pair]:
    """The same question twice; one whose label was changed meanwhile is another one."""
    known = {question.question_id: question for question in before}
    found = ((known.get(question.question_id), question) for question in now)
    return [(old, new) for old, new in found if old is not None and _same_kind(old, new)]


def _same_kind(old: Measured, new: Measured) -> bool:
    return old.answerable == new.answerable and (old.metrics is None) == (new.metrics is None)


def _ranking(metric: str, pairs: Sequence[Pair]) -> Difference | None:
    old = np.array(values_of([pair[0] for pair in pairs], metric))
    new = np.array(values_of([pair[1] for pair in pairs], metric))
    if not len(old):
        return None
    change = Interval(float((new - old).mean()), *percentiles(resampled_means(new - old)))
    return Difference(metric, float(old.mean()), float(new.mean()), change)


def _separations(pairs: Sequence[Pair]) -> list[Difference]:
    """How well confidence tells apart what is in the documents and what is not."""
    positive = flags_of([pair[1] for pair in pairs])
    if positive.all() or not positive.any():
        return []
    old = scores_of([pair[0] for pair in pairs], "confidence")
    new = scores_of([pair[1] for pair in pairs], "confidence")
    return [_separation(name, positive, old, new) for name in SEPARATIONS]


def _separation(name: str, positive: Flags, old: Floats, new: Floats) -> Difference:
    measure = SEPARATIONS[name]
    generator = np.random.default_rng(SEED)
    changes: list[float] = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(0, len(positive), len(positive))
        sample = positive[drawn]
        if sample.any() and not sample.all():
            changes.append(measure(sample, new[drawn]) - measure(sample, old[drawn]))
    before, now = measure(positive, old), measure(positive, new)
    return Difference(name, before, now, Interval(now - before, *percentiles(np.asarray(changes))))
