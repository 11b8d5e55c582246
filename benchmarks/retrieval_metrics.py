"""The measures of `retrieval.py`."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CUT = 10
RESAMPLES = 2_000
SEED = 7
COLUMNS = ("nDCG@10", "MRR@10", "recall@10", "filtered: found", "of possible", "filtered: recall", "p50 ms")
QUALITY = COLUMNS[:3]


def scored(
    answer: Mapping[str, Any],
    documents: Sequence[str],
    relevant: Sequence[Mapping[str, int]],
    wanted: Sequence[Sequence[int]],
) -> "Scores":
    """The scores of what a system found; `wanted` are the passages an exact filtered search finds."""
    folded = [_folded(found, documents) for found in answer["found"]]
    pairs = list(zip(folded, relevant, strict=True))
    filtered = list(zip(answer["filtered"], wanted, strict=True))
    return Scores(
        ndcg=[ndcg_of(found, truth) for found, truth in pairs],
        reciprocal_rank=[_reciprocal_rank(found, truth) for found, truth in pairs],
        recall=[len(set(found) & set(truth)) / len(truth) for found, truth in pairs],
        returned=statistics.fmean(len(found) for found, _ in filtered),
        possible=statistics.fmean(len(ideal) for _, ideal in filtered),
        filtered_recall=statistics.fmean(
            len(set(found) & set(ideal)) / len(ideal) for found, ideal in filtered
        ),
        milliseconds=statistics.median(answer["milliseconds"]),
    )


def ideal_filtered(
    passages: Any, questions: Any, labels: Sequence[str], asked: Sequence[str]
) -> list[list[int]]:
    """For each question the nearest ten passages that have its label."""
    having = {label: np.flatnonzero(np.array(labels) == label) for label in set(asked)}
    ideal: list[list[int]] = []
    for question, label in zip(questions, asked, strict=True):
        eligible = having[label]
        ideal.append(eligible[np.argsort(-(passages[eligible] @ question), kind="stable")[:CUT]].tolist())
    return ideal


def table(scores: "Mapping[str, Scores]") -> str:
    """The scores as a Markdown table, a row for each system."""
    rows = [
        " | ".join([name, *(f"{value:.3f}" for value in one.means), *one.cells])
        for name, one in scores.items()
    ]
    head = " | ".join(["system", *COLUMNS])
    return "\n".join([f"| {head} |", f"|---{'|---:' * len(COLUMNS)}|", *(f"| {row} |" for row in rows)])


def comparison(name: str, scores: "Mapping[str, Scores]", peers: "Mapping[str, Scores]") -> str:
    """Sentences: the difference to the best peer in each measure, to each other system of `scores` in nDCG,
    and which peers are better in which.
    """
    lines: list[str] = []
    ours = scores[name]
    for measure, title in enumerate(QUALITY):
        best = max(peers, key=lambda peer: peers[peer].means[measure])
        difference = np.array(ours.each[measure]) - np.array(peers[best].each[measure])
        low, high = interval(difference)
        lines.append(
            f"- {title}: {name} {difference.mean():+.3f} to the best peer, {best} "
            f"(95 % interval {low:+.3f} to {high:+.3f})"
        )
    for other, theirs in scores.items():
        if other == name:
            continue
        difference = np.array(ours.ndcg) - np.array(theirs.ndcg)
        low, high = interval(difference)
        lines.append(f"- {QUALITY[0]} to {other}: {difference.mean():+.3f} ({low:+.3f} to {high:+.3f})")
    lines.append(f"- {name} loses: {'; '.join(_losses(ours, peers)) or 'nowhere'}")
    return "\n".join(lines)


def _losses(ours: "Scores", peers: "Mapping[str, Scores]") -> list[str]:
    losses: list[str] = []
    for peer, theirs in peers.items():
        better = [
            title
            for measure, title in enumerate(QUALITY)
            if theirs.means[measure] > ours.means[measure] + 0.0005
        ]
        better += ["filtered: found"] if theirs.returned > ours.returned + 0.005 else []
        better += ["speed"] if theirs.milliseconds < ours.milliseconds else []
        losses += [f"{', '.join(better)} to {peer}"] if better else []
    return losses


def interval(differences: Any) -> tuple[float, float]:
    """Of the mean, by drawing the questions again and again."""
    generator = np.random.default_rng(SEED)
    means = [
        differences[generator.integers(0, len(differences), len(differences))].mean()
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _folded(found: Sequence[int], documents: Sequence[str]) -> list[str]:
    """The first ten documents; each takes the place of its best passage."""
    return list(dict.fromkeys(documents[number] for number in found))[:CUT]


def ndcg_of(found: Sequence[str], truth: Mapping[str, float]) -> float:
    """nDCG@10 of documents in their order, with linear gains."""
    ideal = sorted(truth.values(), reverse=True)[:CUT]
    return _gain([truth.get(document, 0) for document in found[:CUT]]) / _gain(ideal)


def _gain(grades: Sequence[float]) -> float:
    return sum(grade / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _reciprocal_rank(found: Sequence[str], truth: Mapping[str, int]) -> float:
    return next((1 / rank for rank, document in enumerate(found, 1) if document in truth), 0.0)


@dataclass(frozen=True)
class Scores:
    """What was measured of a system: three measures for each question, and means of the rest."""

    ndcg: Sequence[float]
    reciprocal_rank: Sequence[float]
    recall: Sequence[float]
    returned: float
    possible: float
    filtered_recall: float
    milliseconds: float

    @property
    def each(self) -> tuple[Sequence[float], ...]:
        """The measures of quality, question by question."""
        return self.ndcg, self.reciprocal_rank, self.recall

    @property
    def means(self) -> list[float]:
        """The measures of quality."""
        return [statistics.fmean(values) for values in self.each]

    @property
    def cells(self) -> list[str]:
        """The rest, as the table shows it."""
        return [
            f"{self.returned:.2f}",
            f"{self.possible:.2f}",
            f"{self.filtered_recall:.3f}",
            f"{self.milliseconds:.1f}",
        ]
