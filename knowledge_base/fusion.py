"""One score from meaning, words, and words that stand together.

A convex sum of the cosine and of BM25 orders passages better than the fusion of ranks (Bruch, Gai and Ingber,
An Analysis of Fusion Functions for Hybrid Retrieval, 2022). BM25 is divided by what the question's words
could give, not by what the best passage got: so scores of different questions compare. The best passages are
then read: where the words stand in them says more than that they are there. The figures behind the constants
are in docs/search.md.
"""

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeVar

from knowledge_base.language_fit import COSINE_PARTS
from knowledge_base.lexemes import CJK, CJK_RUN, UNSPACED, UNSPACED_RUN, unspaced_words
from knowledge_base.spelling import MARKS, lowered, normalized

# A passage that has every word of a question once or twice reaches this multiple of their weights.
ALL_WORDS = 1.2
# What a passage without a vector counts with in the place of its cosine: so much without any of the words
# that are asked for, so much more with all of them. How it was measured: docs/search.md.
COSINE_WITHOUT_WORDS, COSINE_OF_WORDS = 0.05, 0.7
# Models and languages differ in it. So many of the proposed passages that have both, words and a vector,
# count as much as the line above, with this part of the spread of their cosines for that of their words.
FEW_WITH_BOTH, SPREAD_OF_COSINES = 20, 0.6
# What it adds when the question's neighbours are neighbours in the passage too.
TOGETHER_WEIGHT = 0.1
# What it adds when all words of the question are in one place of the passage.
PLACE_WEIGHT = 0.2
# What it adds when each word that is missing has a relative in the passage.
RELATED_WEIGHT = 0.15
# All three say what words say, so they count less where the cosine counts more: in full with its least part,
# and so much with its greatest.
LEAST_OF_LOOK = 0.65
# So many words apart still counts as together: "leave of absence" and "absence leave".
NEAR = 3
# Words of one place: about a sentence.
PLACE = 16
# Relatives begin alike: with so many letters, and so much of the longer one.
SHORTEST_ROOT, ROOT_PART = 4, 0.5
# An inflected form is at most so much longer than its stem.
MAX_ENDING_CHARACTERS = 3

Key = TypeVar("Key")

WORD = re.compile(rf"(?:[^\W_{CJK}{UNSPACED}]|(?![{UNSPACED}])[{MARKS}])+|[{CJK}]+|[{UNSPACED}]+")
# Of ASCII what is in no word, as spaces.
NO_WORD = {code: " " for code in range(128) if not chr(code).isalnum()}


def in_order(text: str) -> list[str]:
    """The words of a text as they follow each other, lower case; CJK characters in overlapping pairs."""
    text = lowered(normalized(text))
    if text.isascii():
        # Four times as fast as the expression.
        return text.translate(NO_WORD).split()
    found: list[str] = WORD.findall(text)
    whole = not (CJK_RUN.search(text) or UNSPACED_RUN.search(text))
    return found if whole else [part for word in found for part in _parts(word)]


def _parts(word: str) -> list[str]:
    if UNSPACED_RUN.match(word):
        return list(unspaced_words(word))
    if len(word) == 1 or not CJK_RUN.match(word):
        return [word]
    return [word[place : place + 2] for place in range(len(word) - 1)]


def closer_looks(
    question: Sequence[str], weights: Mapping[str, float], passages: "Sequence[Passage]"
) -> "list[CloserLook]":
    """How each passage has the question's lexemes, which are given in their order, and their weights."""
    asked = {lexeme: weights.get(lexeme, 0.0) for lexeme in question}
    pairs = {pair: min(asked[pair[0]], asked[pair[1]]) for pair in pairwise(question) if pair[0] != pair[1]}
    texts = [in_order(passage.content) for passage in passages]
    meant = _meant(set[str]().union(*texts), asked)
    return [
        # Who was found by meaning has none of them.
        CloserLook(0, 0, 0) if meant.keys().isdisjoint(text) else _look(passage, text, meant, asked, pairs)
        for passage, text in zip(passages, texts, strict=True)
    ]


def _look(
    passage: "Passage",
    text: Sequence[str],
    meant: "Mapping[str, Meant]",
    asked: Mapping[str, float],
    pairs: Mapping[tuple[str, str], float],
) -> "CloserLook":
    places = [(place, meant[word]) for place, word in enumerate(text) if word in meant]
    # The index knows the true stems: what it did not find is no form, however alike.
    forms = [(place, lexeme) for place, one in places for lexeme in one.forms if lexeme in passage.matched]
    roots = {lexeme for _, one in places for lexeme in one.all if lexeme not in passage.matched}
    return CloserLook(_together(forms, pairs), _in_place(forms, asked), _part(roots, asked))


def _meant(vocabulary: Iterable[str], asked: Collection[str]) -> "dict[str, Meant]":
    """What each word may stand for, if for anything."""
    by_root: dict[str, list[str]] = {}
    for lexeme in asked:
        by_root.setdefault(root_of(lexeme), []).append(lexeme)
    roots = tuple(by_root)
    short = tuple(root for root in roots if len(root) < SHORTEST_ROOT)
    meant: dict[str, Meant] = {}
    for word in vocabulary:
        # Most words begin like none.
        if word[:SHORTEST_ROOT] not in by_root and not (short and word.startswith(short)):
            continue
        lexemes = [lexeme for root in roots if word.startswith(root) for lexeme in by_root[root]]
        forms = [lexeme for lexeme in lexemes if is_form_of(word, lexeme)]
        alike = [lexeme for lexeme in lexemes if lexeme in forms or is_related(word, lexeme)]
        if alike:
            meant[word] = Meant(forms, alike)
    return meant


def root_of(lexeme: str) -> str:
    """How all words begin that the lexeme may be a form or a relative of."""
    return (lexeme[:-1] if lexeme.endswith("i") and len(lexeme) > 1 else lexeme)[:SHORTEST_ROOT]


def is_form_of(word: str, lexeme: str) -> bool:
    """Whether a word may have this stem: stems are beginnings of their words, but for a final y."""
    if len(word) > len(lexeme) + MAX_ENDING_CHARACTERS:
        return False
    return word.startswith(lexeme) or (lexeme.endswith("i") and word == lexeme[:-1] + "y")


def is_related(word: str, lexeme: str) -> bool:
    """Whether a word may come from the same root as a stem: they begin alike, as many relatives do."""
    if not (word.isalpha() and lexeme.isalpha()):
        return False
    alike = next(
        (place for place, (one, other) in enumerate(zip(word, lexeme, strict=False)) if one != other),
        min(len(word), len(lexeme)),
    )
    return alike >= SHORTEST_ROOT and alike >= ROOT_PART * max(len(lexeme), len(word))


def _together(forms: Sequence[tuple[int, str]], pairs: Mapping[tuple[str, str], float]) -> float:
    places: dict[str, list[int]] = {}
    for place, lexeme in forms:
        places.setdefault(lexeme, []).append(place)
    there = [(one, other) for one, other in pairs if one in places and other in places]
    return _part([pair for pair in there if _are_near(places[pair[0]], places[pair[1]])], pairs)


def _are_near(one: Sequence[int], other: Sequence[int]) -> bool:
    return any(abs(left - right) <= NEAR for left in one for right in other)


def _in_place(forms: Sequence[tuple[int, str]], asked: Mapping[str, float]) -> float:
    best = 0.0
    here: deque[tuple[int, str]] = deque()
    for place, lexeme in forms:
        here.append((place, lexeme))
        while here[0][0] <= place - PLACE:
            here.popleft()
        best = max(best, _part({each for _, each in here}, asked))
    return best


def _part(some: Iterable[Key], weights: Mapping[Key, float]) -> float:
    whole = sum(weights.values())
    return sum(weights[one] for one in some) / whole if whole else 0.0


class Passage(NamedTuple):
    """What is read of a passage: its text, and the question's lexemes that the index found in it."""

    content: str
    matched: Collection[str]


class Meant(NamedTuple):
    """What a word may stand for: lexemes whose form it is, and all that it is at least related to."""

    forms: Sequence[str]
    all: Sequence[str]


@dataclass(frozen=True)
class CloserLook:
    """Parts of what the question's words say, 0 to 1: of its neighbours those that stand `together`, of its
    words those `in_place` with each other, and those that only have a relative.
    """

    together: float
    in_place: float
    related: float

    def score(self, cosine_part: float) -> float:
        """What is added to the score for it, where the cosine has such a part in that."""
        least, greatest = COSINE_PARTS
        known = min(max((cosine_part - least) / (greatest - least), 0), 1)
        found = TOGETHER_WEIGHT * self.together + PLACE_WEIGHT * self.in_place + RELATED_WEIGHT * self.related
        return (1 - known * (1 - LEAST_OF_LOOK)) * found
