"""What `retrieval.py` compares libraries with: plain computations in memory, without a database."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from retrieval_given import Ask, Given


def exact_cosine(given: Given, url: str) -> Ask:
    """Every vector compared."""
    del url
    return _by_scores(given, lambda question: given.vectors @ given.known[question])


def bm25(given: Given, url: str) -> Ask:
    """BM25 alone, without stemming."""
    del url
    return _by_scores(given, _bm25_scores(given))


def convex_sum(given: Given, url: str) -> Ask:
    """0.7 of the cosine and 0.3 of BM25 as a share of the best."""
    del url
    keyword = _bm25_scores(given)

    def scores(question: str) -> Any:
        found = keyword(question)
        return 0.7 * (given.vectors @ given.known[question]) + 0.3 * found / (found.max() or 1)

    return _by_scores(given, scores)


def _bm25_scores(given: Given) -> Callable[[str], Any]:
    library: Any = import_module("bm25s")
    index = library.BM25()
    index.index(library.tokenize(given.texts, stopwords="en", show_progress=False), show_progress=False)

    def scores(question: str) -> Any:
        words = library.tokenize([question], stopwords="en", return_ids=False, show_progress=False)[0]
        return index.get_scores(words) if words else np.zeros(len(given.texts))

    return scores


def _by_scores(given: Given, scores: Callable[[str], Any]) -> Ask:
    labels = np.array(given.labels)

    def ask(question: str, label: str | None, limit: int) -> list[int]:
        found = scores(question)
        eligible = np.flatnonzero(labels == label) if label else np.arange(len(labels))
        return eligible[np.argsort(-found[eligible], kind="stable")[:limit]].tolist()

    return ask


REFERENCES: dict[str, Callable[[Given, str], Ask]] = {
    "exact cosine": exact_cosine,
    "bm25s": bm25,
    "convex sum": convex_sum,
}
