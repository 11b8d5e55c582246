"""Made-up passages for benchmarks of search: always the same ones, on every machine and in every environment.

Words are as frequent as in a language (Zipf and Mandelbrot), half of them drawn from what the passage's topic
talks about. Vectors lie in clusters, one a topic, whose sizes differ like words' frequencies, and spread in
few directions much more than in the others, as those of sentence models do. Needs numpy alone.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DIMENSIONS = 384
BLOCK = 1_000
VOCABULARY, COMMON_WORDS, TOPIC_WORDS = 200_000, 2_000, 300
MEAN_WORDS, SPREAD_OF_WORDS, FEWEST_WORDS, MOST_WORDS = 90, 25, 30, 180
QUESTION_WORDS = 7
PASSAGES_A_TOPIC = 100
# How far a passage lies from the middle of its topic, and a question from the passage it asks for.
OFF_TOPIC, OFF_PASSAGE = 0.9, 0.8
# Every name is a key of the metadata: "yes" in that part of the passages, "no" in the others.
FILTERS = {"half": 0.5, "tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}
TEXTS, NOISE, TOPIC_OF_PASSAGE, TOPICS, TOPIC_SIZES, QUESTIONS = range(6)
SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]


@dataclass(frozen=True)
class Passages:
    """Some passages in a row: their numbers, texts, vectors (n, 384) of length 1, and metadata."""

    first: int
    texts: Sequence[str]
    vectors: Floats
    metadata: Sequence[dict[str, str]]


@dataclass(frozen=True)
class Questions:
    """Texts and vectors (n, 384) of questions."""

    texts: Sequence[str]
    vectors: Floats


@dataclass(frozen=True)
class Made:
    """A library of so many made-up passages."""

    size: int

    @property
    def blocks(self) -> Iterator[Passages]:
        """All passages, a thousand at a time."""
        return (self.block(first) for first in range(0, self.size, BLOCK))

    def block(self, first: int) -> Passages:
        """The passages of the block that begins at `first`, a multiple of a thousand."""
        rng = _rng(TEXTS, first // BLOCK)
        topics = self._topics(first)
        lengths = rng.normal(MEAN_WORDS, SPREAD_OF_WORDS, BLOCK).clip(FEWEST_WORDS, MOST_WORDS).astype(int)
        yes = rng.random((BLOCK, len(FILTERS)))[: len(topics)] < list(FILTERS.values())
        metadata = [
            {name: "yes" if one else "no" for name, one in zip(FILTERS, row, strict=True)} for row in yes
        ]
        texts = _texts(rng, topics, lengths[: len(topics)])
        return Passages(first, texts, self.vectors_of_block(first), metadata)

    def vectors_of_block(self, first: int) -> Floats:
        """Those of the passages of a block, without making the texts."""
        topics = self._topics(first)
        return _near(_rng(NOISE, first // BLOCK), self._topic_vectors[topics], OFF_TOPIC)

    def _topics(self, first: int) -> NDArray[np.int64]:
        rng = _rng(TOPIC_OF_PASSAGE, self.size, first // BLOCK)
        return np.searchsorted(self._topic_shares, rng.random(min(BLOCK, self.size - first)))

    def vectors(self) -> Floats:
        """Those of all passages."""
        return np.concatenate([self.vectors_of_block(first) for first in range(0, self.size, BLOCK)])

    def questions(self, count: int) -> Questions:
        """Each has some words of a passage, and a vector near that of the passage."""
        rng = _rng(QUESTIONS, self.size)
        texts: list[str] = []
        vectors: list[Floats] = []
        for number in np.sort(rng.integers(0, self.size, count)):
            block = self.block(int(number) // BLOCK * BLOCK)
            place = int(number) - block.first
            words = sorted(set(block.texts[place].split()))
            chosen: list[str] = rng.permutation(words)[:QUESTION_WORDS].tolist()
            texts.append(" ".join(chosen))
            vectors.append(_near(rng, block.vectors[place : place + 1], OFF_PASSAGE)[0])
        order: list[int] = rng.permutation(count).tolist()
        return Questions([texts[one] for one in order], np.array(vectors)[order])

    @cached_property
    def _topic_vectors(self) -> Floats:
        count = max(2, self.size // PASSAGES_A_TOPIC)
        middles = _rng(TOPICS, self.size).standard_normal((count, DIMENSIONS), dtype=np.float32) * _spread()
        common = _rng(TOPICS, 0).standard_normal((1, DIMENSIONS), dtype=np.float32)
        return _normalized(_normalized(middles) + 0.3 * _normalized(common))

    @cached_property
    def _topic_shares(self) -> NDArray[np.float64]:
        ranks = _rng(TOPIC_SIZES, self.size).permutation(len(self._topic_vectors))
        return np.cumsum(_zipf(len(ranks), 20)[ranks])


def fingerprint(made: Made) -> str:
    """Tells whether another environment makes the same passages of this library."""
    block = made.block(0)
    said: Any = [block.texts[0], block.metadata[0], block.vectors[0].round(3).tolist()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _texts(rng: np.random.Generator, topics: NDArray[np.int64], lengths: NDArray[np.int64]) -> list[str]:
    total = int(lengths.sum())
    common = np.searchsorted(_cumulated(VOCABULARY), rng.random(total))
    ranks = np.searchsorted(_cumulated(TOPIC_WORDS), rng.random(total))
    # The multipliers are primes: which words a topic has looks like chance.
    mixed = np.repeat(topics, lengths) * 1_000_003 + ranks * 7_919
    special = COMMON_WORDS + mixed % (VOCABULARY - COMMON_WORDS)
    numbers: list[int] = np.where(rng.random(total) < 0.5, common, special).tolist()
    words = [_words()[number] for number in numbers]
    ends = np.cumsum(lengths).tolist()
    return [" ".join(words[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _near(rng: np.random.Generator, vectors: Floats, far: float) -> Floats:
    noise = rng.standard_normal(vectors.shape, dtype=np.float32) * _spread()
    return _normalized(vectors + far * _normalized(noise))


@cache
def _words() -> list[str]:
    """Common words are short."""
    return [_word(number) for number in range(VOCABULARY)]


def _word(number: int) -> str:
    word = ""
    while number or len(word) < 4:
        number, place = divmod(number, len(SYLLABLES))
        word += SYLLABLES[place]
    return word


@cache
def _cumulated(count: int) -> NDArray[np.float64]:
    return np.cumsum(_zipf(count, 10))


def _zipf(count: int, offset: float) -> NDArray[np.float64]:
    weights = 1 / (np.arange(count) + offset)
    # The last sum must not round to less than a number that is drawn.
    return weights / weights.sum() * (1 + 1e-12)


@cache
def _spread() -> Floats:
    return (1 / np.sqrt(np.arange(1, DIMENSIONS + 1))).astype(np.float32)


def _normalized(vectors: Any) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def _rng(*of: int) -> np.random.Generator:
    return np.random.default_rng([17, *of])
