"""The nearest of the made-up passages, all vectors compared, and how many of them a system has found."""

import statistics
from collections.abc import Sequence

import numpy as np
from made_passages import FILTERS
from numpy.typing import NDArray
from search_given import LIMIT, Given

NO_FILTER = "none"


def nearest(given: Given) -> dict[str, list[list[int]]]:
    """The nearest passages of each question, by name of filter, all vectors compared."""
    questions = np.array([one.vector for one in given.questions])
    best = {name: _NearestSoFar(len(questions)) for name in (NO_FILTER, *FILTERS)}
    for block in given.made.blocks:
        similarity = questions @ block.vectors.T
        for name, so_far in best.items():
            allowed = [name == NO_FILTER or about[name] == "yes" for about in block.metadata]
            places = np.flatnonzero(allowed)
            so_far.add(similarity[:, places], block.first + places)
    return {name: so_far.numbers() for name, so_far in best.items()}


class _NearestSoFar:
    def __init__(self, questions: int) -> None:
        self._similarity = np.full((questions, LIMIT), -np.inf)
        self._numbers = np.full((questions, LIMIT), -1)

    def add(self, similarity: NDArray[np.float32], numbers: NDArray[np.int64]) -> None:
        """Similarities (questions, n) of the passages with these numbers (n)."""
        all_of_them = np.hstack([self._similarity, similarity])
        known = np.hstack([self._numbers, np.tile(numbers, (len(all_of_them), 1))])
        order = np.argsort(-all_of_them, axis=1)[:, :LIMIT]
        self._similarity = np.take_along_axis(all_of_them, order, axis=1)
        self._numbers = np.take_along_axis(known, order, axis=1)

    def numbers(self) -> list[list[int]]:
        """Best first; fewer where there are fewer."""
        return [[number for number in row if number >= 0] for row in self._numbers.tolist()]


def recall_of(found: Sequence[list[int]], wanted: Sequence[list[int]]) -> float:
    """The part of the nearest that was found, of those questions for which there is any."""
    pairs = zip(found, wanted, strict=True)
    return statistics.mean(len({*mine} & {*theirs}) / len(theirs) for mine, theirs in pairs if theirs)
