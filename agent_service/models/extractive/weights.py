"""How much of a question a piece of text has: rare words count more, and compounds for most of a word."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from agent_service.models.extractive.terms import LEAST_BEGINNING

COMPOUND_SHARE = 0.8


@dataclass(frozen=True)
class Weights:
    """How much each word of the question counts: the rarer it is in what was found, the more."""

    of: dict[str, float]
    compounds: bool = False

    @cached_property
    def total(self) -> float:
        return sum(self.of.values()) or 1.0

    def share(self, words: frozenset[str] | set[str]) -> float:
        """The part of the question (0 to 1) that `words` cover; compounds count for most of it."""
        return (
            sum(weight * form_of(word, words, self.compounds) for word, weight in self.of.items())
            / self.total
        )


def form_of(word: str, words: frozenset[str] | set[str], compounds: bool) -> float:
    if word in words:
        return 1.0
    if not compounds or len(word) < LEAST_BEGINNING:
        return 0.0
    is_part = any(word in other or (len(other) >= LEAST_BEGINNING and other in word) for other in words)
    return COMPOUND_SHARE * is_part


def weigh(question: set[str], found: Sequence[frozenset[str]], *, compounds: bool) -> Weights:
    """The weights of a question's words among the words of the pieces `found`."""
    counts = Counter(word for words in found for word in words & question)
    of = {word: math.log(1 + (len(found) + 1) / (counts[word] + 0.5)) for word in question}
    return Weights(of, compounds)
