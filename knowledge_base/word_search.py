"""The passages in which a question's words say most (BM25), found in the posting lists.

Rare lexemes are read whole. What the frequent ones could add is known from their greatest impact: while that
cannot bring another passage among the best, they are not read, and only the candidates are looked at
(MaxScore; Turtle and Flood, Query Evaluation: Strategies and Optimizations, 1995).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from knowledge_base.posting_lists import Lists, PostingList
from knowledge_base.word_codes import IMPACT_STEP, RANGE, RANGE_BITS, Array, decode_postings

# Passages that may be looked at one by one, in the place of reading the lists of frequent lexemes.
MAX_CANDIDATES = 600


@dataclass(frozen=True)
class BestByWords:
    """Passages that may be among the best, with their scores as far as they were read, best first.

    `complete`: nobody else can be among them. `exhausted`: there are no other passages with any of the words.
    """

    ids: Array
    scores: Array
    complete: bool
    exhausted: bool


# What lexemes weigh, by language and key. Those of one language add up to 1, so that passages compare.
KeyWeights = Mapping[tuple[str, int], float]


def best_by_words(lists: Lists, weights: KeyWeights, count: int, allowed: Array | None = None) -> BestByWords:
    """The `count` best passages, or candidates for them; of `allowed` ids (ascending) where given."""
    best = _Best(count, _unread(lists, weights))
    for part in lists.pending:
        if part.added and part.searched:
            of_keys = [weights.get((part.language, int(key)), 0) for key in lists.keys]
            scores = part.impacts @ np.array(of_keys, np.float32)
            best.add(*_only(part.ids, scores, allowed))
    scores = np.zeros(RANGE, np.float32)
    by_range: dict[int, list[PostingList]] = {}
    for each in lists.lists:
        if each.coded is not None and (each.language, each.lexeme) in weights:
            by_range.setdefault(each.id_range, []).append(each)
    not_there = np.concatenate([np.empty(0, np.int64), *(part.ids for part in lists.pending)])
    for id_range, here in by_range.items():
        scores.fill(0)
        for each in here:
            assert each.coded is not None
            places, impacts = decode_postings(each.coded)
            scores[places] += _worth(weights[each.language, each.lexeme])[impacts]
        scores[not_there[not_there >> RANGE_BITS == id_range] & (RANGE - 1)] = 0
        best.add_range(id_range, scores, allowed)
    return best.found()


def _worth(weight: float) -> Array:
    """What each coded impact adds to the score."""
    return np.arange(256, dtype=np.float32) * np.float32(weight * IMPACT_STEP)


def _unread(lists: Lists, weights: KeyWeights) -> float:
    """The most that lists which were not read could add to a passage, which has one language."""
    highest: dict[tuple[str, int], int] = {}
    for each in lists.lists:
        place = (each.language, each.lexeme)
        if each.coded is None and each.searched and place in weights:
            highest[place] = max(highest.get(place, 0), each.max_impact)
    unread: dict[str, float] = {}
    for (language, lexeme), impact in highest.items():
        worth = weights[language, lexeme] * impact * IMPACT_STEP
        unread[language] = unread.get(language, 0) + worth
    return max(unread.values(), default=0.0)


def _only(ids: Array, scores: Array, allowed: Array | None) -> tuple[Array, Array]:
    if allowed is None:
        return ids, scores
    there = np.isin(ids, allowed)
    return ids[there], scores[there]


class _Best:
    """The best passages so far; `unread` is what each of them may still gain."""

    def __init__(self, count: int, unread: float) -> None:
        self._count = count
        self._unread = unread
        self._ids: list[Array] = [np.empty(0, np.int64)]
        self._scores: list[Array] = [np.empty(0, np.float32)]
        self._kept = 0
        self._left_out = False
        # Score of the last of the best.
        self._last = 0.0

    def add_range(self, id_range: int, scores: Array, allowed: Array | None) -> None:
        """Add the passages of a range, given by their places."""
        if allowed is None:
            places = np.flatnonzero(scores > 0)
        else:
            first, end = np.searchsorted(allowed, [id_range << RANGE_BITS, (id_range + 1) << RANGE_BITS])
            places = allowed[first:end] & (RANGE - 1)
        self.add(places.astype(np.int64) | id_range << RANGE_BITS, scores[places])

    def add(self, ids: Array, scores: Array) -> None:
        """Add passages with their scores."""
        good = np.flatnonzero((scores > 0) & (scores >= self._last - self._unread))
        self._left_out = self._left_out or len(good) < np.count_nonzero(scores > 0)
        self._ids.append(ids[good])
        self._scores.append(scores[good])
        self._kept += len(good)
        if self._kept > self._count:
            self._cut()

    def _cut(self) -> None:
        ids, scores = np.concatenate(self._ids), np.concatenate(self._scores)
        self._last = float(np.partition(scores, -self._count)[-self._count])
        good = np.flatnonzero(scores >= self._last - self._unread)
        self._left_out = self._left_out or len(good) < len(scores)
        self._ids, self._scores, self._kept = [ids[good]], [scores[good]], len(good)

    def found(self) -> BestByWords:
        """What was found, best first."""
        ids, scores = np.concatenate(self._ids), np.concatenate(self._scores)
        order = np.lexsort((ids, -scores))
        if not self._unread:
            order = order[: self._count]
            exhausted = not self._left_out and len(order) == len(ids)
            return BestByWords(ids[order], scores[order], complete=True, exhausted=exhausted)
        # Who has none of the words that were read gains no more than `unread`.
        complete = len(ids) >= self._count and self._last > self._unread and len(ids) <= MAX_CANDIDATES
        return BestByWords(ids[order], scores[order], complete, exhausted=False)
