"""Fits the confidence by leaving one set out, and says what it is worth on each; for
`retrieval_constants.py`.

Kinds of questions count alike whatever their number: half are answerable, a quarter look so, a quarter are
about something else. A question whose answer is not among the first five documents counts as not answered.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from retrieval_signals import Asked, name_of

from knowledge_base.confidence import (
    OF_LEAD,
    OF_LENGTH,
    OF_MEANING,
    OF_SCORE,
    OF_WORDS,
    UNANSWERED,
    UNSPOKEN,
    evidence_of,
)
from knowledge_base.hits import Hit
from owflex.evaluation.metrics import Floats
from owflex.evaluation.thresholds import Flags, average_precision

SHARES = {"answerable": 0.5, "look-alike": 0.25, "off-topic": 0.25}
FIRST = 5
# Below it the chat says that the documents do not say it.
REFUSED = 0.15
BINS = 10
# Newton's method is there after a few steps; the penalty keeps it from running off.
STEPS, PENALTY = 30, 1e-3
SIGNALS: dict[str, Callable[[Hit], float]] = {
    "score": lambda hit: hit.score,
    "cosine": lambda hit: hit.similarity,
    "BM25": lambda hit: hit.bm25,
    "words": lambda hit: hit.keyword,
}
COLUMNS = (
    "set",
    "calibration error",
    "as shipped",
    "off-topic refused",
    "answers refused",
    "AP of look-alikes",
    "best single signal",
)
SHIPPED = (
    np.array([OF_MEANING, OF_WORDS, UNSPOKEN]),
    np.array([OF_SCORE, OF_LEAD, OF_LENGTH, UNANSWERED]),
)


@dataclass(frozen=True)
class Judged:
    """Questions of a set: evidence that the documents speak of it, and that they answer it (with a constant 1
    at the end of each); whether they do; kinds, and how much each counts; single signals of the best hit.
    """

    spoken: Floats
    answered: Floats
    truth: Flags
    kinds: NDArray[np.str_]
    counts: Floats
    signals: Mapping[str, Floats]


def confidence_tables(sets: Mapping[str, Sequence[Asked]]) -> str:
    """A row for each set, by a confidence that was fitted on the others and by the one shipped."""
    judged = {name: judge(asked) for name, asked in sets.items()}
    lines = [f"| {' | '.join(COLUMNS)} |", f"|---{'|---:' * (len(COLUMNS) - 1)}|"]
    left_out: list[Floats] = []
    for name, one in judged.items():
        others = [other for key, other in judged.items() if key != name] or [one]
        said = confidences(one, fitted(others))
        left_out.append(said)
        cells = [calibration_error(said, one), calibration_error(confidences(one, SHIPPED), one)]
        cells += _refused(said, one) + _precisions(said, one)
        lines.append("| " + " | ".join([name, *(f"{cell:.3f}" for cell in cells)]) + " |")
    everything = _together(list(judged.values()))
    together = calibration_error(np.concatenate(left_out), everything)
    shipped = calibration_error(confidences(everything, SHIPPED), everything)
    spoken, answered = (np.round(curve, 2) for curve in fitted(list(judged.values())))
    lines += [
        f"\nTogether, each left out once: calibration error {together:.3f}, as shipped {shipped:.3f}.",
        f"Fitted on all: {spoken} and {answered}.",
    ]
    return "\n".join(lines)


def judge(asked: Sequence[Asked]) -> Judged:
    """The questions, and those with an answer once more without the documents that hold it."""
    everything = [*asked, *(one.without_its_answer() for one in asked if one.kind == "answerable")]
    everything = [one for one in everything if one.hits]
    evidence = [evidence_of(one.hits, one.weights) for one in everything]
    kinds = np.array([one.kind for one in everything])
    shares = {kind: SHARES[kind] / (kinds == kind).sum() for kind in set(kinds.tolist())}
    whole = sum(SHARES[kind] for kind in shares)
    return Judged(
        np.array([[*one.spoken, 1] for one in evidence]),
        np.array([[*one.answered, 1] for one in evidence]),
        np.array([_is_answered(one) for one in everything]),
        kinds,
        np.array([shares[kind] / whole for kind in kinds.tolist()]),
        {name: np.array([of(one.hits[0]) for one in everything]) for name, of in SIGNALS.items()},
    )


def _is_answered(one: Asked) -> bool:
    first = list(dict.fromkeys(name_of(hit) for hit in one.hits))[:FIRST]
    return any(name in one.relevant for name in first)


def fitted(sets: Sequence[Judged]) -> tuple[Floats, Floats]:
    """The constants of both curves."""
    both = _together(sets)
    on_topic = both.kinds != "off-topic"
    # What is on a topic counts as much as what is not.
    balanced = np.where(on_topic, both.counts / SHARES["off-topic"] / 3, both.counts / SHARES["off-topic"])
    return (
        logistic(both.spoken, on_topic, balanced),
        logistic(both.answered[on_topic], both.truth[on_topic], both.counts[on_topic]),
    )


def logistic(evidence: Floats, truth: Flags, counts: Floats) -> Floats:
    """The constants of a logistic curve by Newton's method."""
    constants = np.zeros(evidence.shape[1])
    counts = counts / counts.mean()
    for _ in range(STEPS):
        said = _curve(evidence @ constants)
        slope = evidence.T @ (counts * (said - truth)) + PENALTY * constants
        bend = (evidence.T * (counts * said * (1 - said))) @ evidence + PENALTY * np.eye(len(constants))
        constants -= np.linalg.solve(bend, slope)
    return constants


def confidences(one: Judged, constants: tuple[Floats, Floats]) -> Floats:
    """What the product would say, but for what a whole match adds."""
    return _curve(one.spoken @ constants[0]) * _curve(one.answered @ constants[1])


def calibration_error(said: Floats, one: Judged) -> float:
    """The mean distance of what is said from what is true, over tenths of the confidence."""
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = [abs((one.counts * (said - one.truth))[bins == each].sum()) for each in range(BINS)]
    return float(sum(gaps) / one.counts.sum())


def _refused(said: Floats, one: Judged) -> list[float]:
    """The parts of the off-topic questions, and of those that were answered, that are refused."""
    answered = one.truth & (one.kinds == "answerable")
    return [_mean(said[one.kinds == "off-topic"] < REFUSED), _mean(said[answered] < REFUSED)]


def _precisions(said: Floats, one: Judged) -> list[float]:
    """Average precision of finding look-alikes among what is on the topic: ours, and the best single
    signal's.
    """
    on_topic = one.kinds != "off-topic"
    wrong = ~one.truth[on_topic]
    if wrong.all() or not wrong.any():
        return [math.nan, math.nan]
    ours, *single = (average_precision(wrong, -values[on_topic]) for values in (said, *one.signals.values()))
    return [ours, max(single)]


def _together(sets: Sequence[Judged]) -> Judged:
    return Judged(
        np.concatenate([one.spoken for one in sets]),
        np.concatenate([one.answered for one in sets]),
        np.concatenate([one.truth for one in sets]),
        np.concatenate([one.kinds for one in sets]),
        np.concatenate([one.counts for one in sets]),
        {},
    )


def _mean(values: Flags) -> float:
    return float(values.mean()) if len(values) else math.nan


def _curve(values: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))
