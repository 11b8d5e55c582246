"""A cross-encoder reads question and passage together: slower than vectors, and more exact."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge_base.errors import RerankModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH_SIZE = 8
NEEDED = "it needs sentence-transformers: pip install 'owflex[models]'"


class Reranker:
    """A sentence-transformers cross-encoder on the CPU, loaded at its first use; threads may share it."""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name
        self._caller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reranking")

    def load(self) -> None:
        """Load the model now. Raises `RerankModelError`."""
        self.scores("ready", ["ready"])

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers the question, 0 to 1."""
        return self._caller.submit(self._scores, question, list(passages)).result()

    def _scores(self, question: str, passages: list[str]) -> list[float]:
        pairs = [(question, passage) for passage in passages]
        logits = self._model.predict(  # pyright: ignore[reportUnknownMemberType]
            pairs, batch_size=BATCH_SIZE, show_progress_bar=False, activation_fn=_identity()
        )
        return [1 / (1 + math.exp(-logit)) for logit in np.asarray(logits, dtype=float).tolist()]

    @cached_property
    def _model(self) -> "CrossEncoder":
        try:
            from sentence_transformers import CrossEncoder
        except ImportError:
            raise RerankModelError(self.model_name, NEEDED) from None
        try:
            return CrossEncoder(self.model_name, device="cpu", num_labels=1)
        except (OSError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise RerankModelError(self.model_name, reason) from None


def check_reranker(model_name: str) -> None:
    """Raises `RerankModelError` if the model cannot be loaded, as far as can be told without loading it."""
    if find_spec("sentence_transformers") is None:
        raise RerankModelError(model_name, NEEDED)
    if model_name.startswith(("/", "./", "../", "~")) and not Path(model_name).is_dir():
        raise RerankModelError(model_name, "there is no such folder")


def _identity() -> "Callable[..., Any]":
    # The model's own last step differs from model to model; its raw output does not.
    import torch

    return torch.nn.Identity()
