"""What every back end of the embedding says about its model, and how it is asked for vectors."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge_base.embedding.prompts import NO_PROMPTS, Prompts

Vectors = NDArray[np.float32]

# A CPU is fastest with small batches at these lengths: larger ones fall out of its cache.
BATCH_SIZE = 16
TORCH = "torch"


def normalised(vectors: Vectors) -> Vectors:
    """`vectors` scaled to length 1; a zero vector stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def least_cosine(wanted: Vectors, found: Vectors) -> float:
    """The smallest cosine between a row of one and the same row of the other, all of them of length 1."""
    return float((wanted * found).sum(axis=1).min())


@dataclass(frozen=True)
class ModelFacts:
    """What a caller has to know of a model besides its vectors, of which the first `dimensions` are kept."""

    dimensions: int
    max_tokens: int
    prompts: Prompts = NO_PROMPTS


class Backend(Protocol):
    """A loaded model. One thread calls it at a time."""

    @property
    def name(self) -> str: ...

    @property
    def facts(self) -> ModelFacts: ...

    @property
    def tokenizer_json(self) -> str: ...

    def encode(self, texts: list[str], prompt: str) -> Vectors: ...
