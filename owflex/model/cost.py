"""What a model costs: time for a passage and a question, and room for its vectors."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from knowledge_base.embedding import Embedder

# Texts that both models are timed with; as many passages are embedded at once in ingestion.
TIMED_PASSAGES, TIMED_QUESTIONS = 64, 20
# A row of Postgres besides its vector: its head, two ids, a vocabulary, and its place in the index.
BYTES_A_ROW = 24 + 16 + 4 + 32
BYTES_A_NUMBER = 2


@dataclass(frozen=True)
class Cost:
    """Milliseconds on this machine as busy as it is now, and bytes for so many passages."""

    passage_ms: float
    question_ms: float
    dimensions: int
    max_tokens: int
    vectors_bytes: int
    backend: str


@dataclass(frozen=True)
class Costs:
    """Of both models, for `passages` in all."""

    old: Cost
    new: Cost
    passages: int

    @property
    def seconds_for_all(self) -> float:
        """How long it takes to embed every passage with the new model."""
        return self.passages * self.new.passage_ms / 1000


def cost_of(embedder: Embedder, passages: Sequence[str], questions: Sequence[str], total: int) -> Cost:
    """What the model costs, measured with a few of the texts, and its room for `total` passages.

    Raises `EmbeddingModelError`.
    """
    # Loading is not part of it, nor what is planned at the first text of a length.
    embedder.embed_documents(passages[:TIMED_PASSAGES])
    started = time.perf_counter()
    embedder.embed_documents(passages[:TIMED_PASSAGES])
    passage_ms = (time.perf_counter() - started) * 1000 / min(len(passages), TIMED_PASSAGES)
    timed = [_milliseconds(embedder, question) for question in questions[:TIMED_QUESTIONS]]
    room = total * (embedder.dimensions * BYTES_A_NUMBER + BYTES_A_ROW)
    return Cost(passage_ms, median(timed), embedder.dimensions, embedder.max_tokens, room, embedder.backend)


def _milliseconds(embedder: Embedder, question: str) -> float:
    started = time.perf_counter()
    embedder.embed_query(question)
    return (time.perf_counter() - started) * 1000
