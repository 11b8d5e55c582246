"""One score from meaning, words, and words that stand together.

A convex sum of the cosine and of BM25 orders passages better than the fusion of ranks (Bruch, Gai and Ingber,
An Analysis of Fusion Functions for Hybrid Retrieval, 2022). BM25 is divided by what the question's words
could give, not by what the best passage got: so scores of different questions compare. The figures behind
the constants are in docs/search.md.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from knowledge_base.lexemes import CJK

# The part of the cosine in the score; the rest is the words' part.
COSINE_WEIGHT = 0.6
# A passage that has every word of a question once or twice reaches this multiple of their weights.
ALL_WORDS = 1.2
# What it adds when the question's neighbours are neighbours in the passage too.
TOGETHER_WEIGHT = 0.15
# So many words apart still counts as together: "leave of absence" and "absence leave".
NEAR = 3
# An inflected form is at most so much longer than its stem.
LONGEST_ENDING = 5

WORD = re.compile(rf"[^\W_{CJK}]+|[{CJK}]")


def together(question: Sequence[str], content: str, weights: Mapping[str, float]) -> float:
    """The part of the question's neighbouring lexemes (by weight) that are near each other in `content`.

    `question` holds its lexemes in their order.
    """
    pairs = {pair for pair in pairwise(question) if pair[0] != pair[1]}
    whole = sum(_weight(pair, weights) for pair in pairs)
    if not whole:
        return 0.0
    places = _places({lexeme for pair in pairs for lexeme in pair}, content)
    near = (pair for pair in pairs if _are_near(places.get(pair[0], []), places.get(pair[1], [])))
    return sum(_weight(pair, weights) for pair in near) / whole


def _weight(pair: tuple[str, str], weights: Mapping[str, float]) -> float:
    return min(weights.get(pair[0], 0.0), weights.get(pair[1], 0.0))


def _places(lexemes: set[str], content: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, word in enumerate(WORD.findall(content.lower())):
        for lexeme in lexemes:
            if is_form_of(word, lexeme):
                found.setdefault(lexeme, []).append(place)
    return found


def is_form_of(word: str, lexeme: str) -> bool:
    """Whether a word may have this stem: stems are beginnings of their words, but for a final y."""
    if len(word) > len(lexeme) + LONGEST_ENDING:
        return False
    return word.startswith(lexeme) or (lexeme.endswith("i") and word == lexeme[:-1] + "y")


def _are_near(one: Sequence[int], other: Sequence[int]) -> bool:
    return any(abs(left - right) <= NEAR for left in one for right in other)
