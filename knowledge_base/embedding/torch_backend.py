"""The model as sentence-transformers runs it: reference and fall-back. Importing this takes seconds."""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as model_logging

from knowledge_base.embedding.encoder import UnknownEncoderError, kept_dimensions, prompts_in
from knowledge_base.embedding.model import BATCH_SIZE, TORCH, ModelFacts, Vectors
from knowledge_base.embedding.prompts import Prompts
from knowledge_base.errors import EmbeddingModelError


def load_torch(model_name: str, place: str) -> "TorchBackend":
    """The model in the folder `place`. Raises `EmbeddingModelError`."""
    # The default ("highest") takes a path of half the speed on AMD; on a CPU the results are the same.
    torch.set_float32_matmul_precision("medium")
    model_logging.disable_progress_bar()
    try:
        folder = Path(place)
        model = SentenceTransformer(place, device="cpu", truncate_dim=kept_dimensions(folder))
        return TorchBackend(model, prompts_in(folder, model_name))
    except (OSError, ValueError, UnknownEncoderError) as error:
        raise EmbeddingModelError(
            f"The embedding model {model_name} cannot be loaded ({_short(error)}). "
            "Set EMBEDDING_MODEL to a folder that holds it, or to a name the Hugging Face hub knows."
        ) from None


class TorchBackend:
    """A sentence-transformers model on the CPU."""

    name = TORCH

    def __init__(self, model: SentenceTransformer, prompts: Prompts) -> None:
        self.model = model
        self.facts = _facts(model, prompts)

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


def _facts(model: SentenceTransformer, prompts: Prompts) -> ModelFacts:
    dimensions = model.get_embedding_dimension()
    if dimensions is None:
        raise ValueError("it does not say how long its vectors are")
    return ModelFacts(
        dimensions=dimensions,
        max_tokens=model.max_seq_length or 256,
        prompts=prompts,
    )


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
