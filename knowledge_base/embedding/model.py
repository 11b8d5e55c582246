"""What every back end of the embedding says about its model, and how it is asked for vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# A CPU is fastest with small batches at these lengths: larger ones fall out of its cache.
BATCH_SIZE = 16
TORCH = "torch"
# What sentence-transformers models call the texts that are put before a question, or a passage.
QUERY_PROMPTS = ("query",)
DOCUMENT_PROMPTS = ("document", "passage", "corpus")


def normalised(vectors: Vectors) -> Vectors:
    """`vectors` scaled to length 1; a zero vector stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def prompt_of(prompts: Mapping[str, str | None], default: str | None, names: Sequence[str]) -> str:
    """The first prompt with one of the `names`, else the one that the model names as its `default`."""
    return next((found for name in (*names, default) if name and (found := prompts.get(name))), "")


def least_cosine(wanted: Vectors, found: Vectors) -> float:
    """The smallest cosine between a row of one and the same row of the other, all of them of length 1."""
    return float((wanted * found).sum(axis=1).min())


@dataclass(frozen=True)
class ModelFacts:
    """What a caller has to know of a model besides its vectors."""

    dimensions: int
    max_tokens: int
    query_prompt: str
    document_prompt: str


class Backend(Protocol):
    """A loaded model. One thread calls it at a time."""

    @property
    def name(self) -> str: ...

    @property
    def facts(self) -> ModelFacts: ...

    @property
    def tokenizer_json(self) -> str: ...

    def encode(self, texts: list[str], prompt: str) -> Vectors: ...
