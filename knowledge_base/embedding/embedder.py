"""What the rest of the product embeds with."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import Protocol

import numpy as np
from tokenizers import Tokenizer

from knowledge_base.embedding.encoder import Encoder
from knowledge_base.embedding.model import Backend, ModelFacts, Vectors
from knowledge_base.embedding.opening import described, open_backend
from knowledge_base.embedding.prompts import Prompts


def create_embedder(model_name: str) -> "SentenceTransformerEmbedder":
    """The model, loaded at its first use."""
    return SentenceTransformerEmbedder(model_name)


class Embedder(Protocol):
    """Turns texts into vectors of length 1 (the dot product of two is their cosine similarity)."""

    @property
    def model_name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def backend(self) -> str: ...

    @property
    def tokenizer_json(self) -> str: ...

    def count_tokens(self, text: str) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors: ...

    def embed_query(self, text: str) -> Vectors: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors: ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the CPU, loaded at its first use; threads may share it."""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name.removeprefix("sentence-transformers/")
        self._opened: Backend | None = None
        self._opening = Lock()
        # One text or batch after the other, always from the same thread: the library behind the model keeps a
        # pool of threads for each thread that calls it, and several pools would fight for the cores.
        self._caller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return self._facts.dimensions

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads; the rest would be cut off silently.

        Known without loading the model where its files say it, as `tokenizer_json` is.
        """
        return (self._described.facts if self._described else self._facts).max_tokens

    @property
    def prompts(self) -> Prompts:
        """What the model gets to read before a question and before a passage."""
        return self._facts.prompts

    @property
    def backend(self) -> str:
        """What computes the vectors here ("torch", "openvino f32", "openvino bf16"), for logs."""
        return self._backend.name

    @property
    def tokenizer_json(self) -> str:
        """The model's tokenizer, for `tokenizers.Tokenizer.from_str` in another process."""
        return (self._described or self._backend).tokenizer_json

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as the model counts them, including its special ones and those of its prompt."""
        return len(self._tokenizer.encode(self._facts.prompts.document + text).ids)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimensions), in the order of `texts`."""
        return self._encode(list(texts), self._facts.prompts.document)

    def embed_query(self, text: str) -> Vectors:
        """One vector of shape (dimensions,)."""
        return self._encode([text], self._facts.prompts.query)[0]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimensions): several questions in one go, which costs far less."""
        return self._encode(list(texts), self._facts.prompts.query)

    def load(self) -> None:
        """Load the model now, so that no question has to wait for it. Raises `EmbeddingModelError`."""
        self.embed_query("ready")

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return self._caller.submit(self._backend.encode, texts, prompt).result()

    @cached_property
    def _described(self) -> Encoder | None:
        return described(self.model_name)

    @property
    def _facts(self) -> ModelFacts:
        return self._backend.facts

    @property
    def _backend(self) -> Backend:
        with self._opening:
            if self._opened is None:
                self._opened = self._caller.submit(open_backend, self.model_name).result()
            return self._opened

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_str(self.tokenizer_json)
        # It carries a truncation and a padding of its own; both would falsify the count.
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer
