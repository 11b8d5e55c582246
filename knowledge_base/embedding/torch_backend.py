"""The model as sentence-transformers runs it: reference and fall-back. Importing this takes seconds."""

from typing import cast

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as model_logging

from knowledge_base.embedding.model import (
    BATCH_SIZE,
    DOCUMENT_PROMPTS,
    QUERY_PROMPTS,
    TORCH,
    ModelFacts,
    Vectors,
    prompt_of,
)
from knowledge_base.errors import EmbeddingModelError


def load_torch(model_name: str, place: str) -> "TorchBackend":
    """The model at `place`, a folder or a name the hub knows. Raises `EmbeddingModelError`."""
    # The default ("highest") takes a path of half the speed on AMD; on a CPU the results are the same.
    torch.set_float32_matmul_precision("medium")
    model_logging.disable_progress_bar()
    try:
        return TorchBackend(SentenceTransformer(place, device="cpu"))
    except (OSError, ValueError) as error:
        raise EmbeddingModelError(
            f"The embedding model {model_name} cannot be loaded ({_short(error)}). "
            "Set EMBEDDING_MODEL to a folder that holds it, or to a name the Hugging Face hub knows."
        ) from None


class TorchBackend:
    """A sentence-transformers model on the CPU."""

    name = TORCH

    def __init__(self, model: SentenceTransformer) -> None:
        self.model = model
        self.facts = _facts(model)

    @property
    def tokenizer_json(self) -> str:
        """The model's tokenizer as the tokenizers library stores one."""
        return cast(str, self.model.tokenizer.backend_tokenizer.to_str())

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """Vectors of length 1, in the order of `texts`."""
        vectors = self.model.encode(  # pyright: ignore[reportUnknownMemberType]
            texts, prompt=prompt, batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def _facts(model: SentenceTransformer) -> ModelFacts:
    dimensions = model.get_embedding_dimension()
    if dimensions is None:
        raise ValueError("it does not say how long its vectors are")
    return ModelFacts(
        dimensions=dimensions,
        max_tokens=model.max_seq_length or 256,
        query_prompt=prompt_of(model.prompts, model.default_prompt_name, QUERY_PROMPTS),
        document_prompt=prompt_of(model.prompts, model.default_prompt_name, DOCUMENT_PROMPTS),
    )


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
