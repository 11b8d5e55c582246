"""Opens the embedding model: OpenVINO computes it where its architecture is known, PyTorch otherwise."""

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge_base.embedding.encoder import Encoder, UnknownEncoderError, read_encoder
from knowledge_base.embedding.model import Backend, least_cosine
from knowledge_base.embedding.openvino_backend import OpenVinoBackend
from knowledge_base.embedding.runtime import has_bf16
from knowledge_base.embedding.source import check_whole, download_model, find_model
from knowledge_base.errors import EmbeddingModelError

if TYPE_CHECKING:
    from knowledge_base.embedding.torch_backend import TorchBackend

logger = logging.getLogger("knowledge_base.embedding")

# What a vector may differ from that of full precision; the order of the found documents does not notice it.
LEAST_COSINE = 0.999
# What a model whose files do not fit each other ends in; OpenVINO's own errors are the last.
DAMAGES = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)
SAMPLES = [
    "How many days of holiday are there?",
    "Before the quarterly report leaves the office, every figure is compared with the ledger of the branch. "
    * 6,
    "Set max_connections to 200 and restart the database; the pump's manual asks for 2.4 bar in Évora.",
]


def open_backend(model_name: str) -> Backend:
    """The model, ready to embed. Raises `EmbeddingModelError`."""
    folder = find_model(model_name) or download_model(model_name)
    check_whole(folder)
    try:
        return _fastest(read_encoder(folder, model_name))
    except UnknownEncoderError as error:
        return _torch(model_name, folder, str(error))
    except DAMAGES as error:
        raise _damaged(model_name, error) from None


def can_be_opened(model_name: str) -> bool:
    """Whether the model is on this machine (if not, it is downloaded first); its weights are not read.

    Raises `EmbeddingModelError` when it is there and could not be opened.
    """
    folder = find_model(model_name)
    if folder is None:
        return False
    check_whole(folder)
    try:
        read_encoder(folder, model_name)
    except UnknownEncoderError as error:
        if find_spec("sentence_transformers") is None:
            raise _needs_torch(model_name, str(error)) from None
    except DAMAGES as error:
        raise _damaged(model_name, error) from None
    return True


def _damaged(model_name: str, error: Exception) -> EmbeddingModelError:
    what = f"it does not say {error}" if isinstance(error, LookupError) else str(error)
    return EmbeddingModelError(
        f"The embedding model {model_name} cannot be read ({what}). "
        "Set EMBEDDING_MODEL to a folder that holds it whole."
    )


def _needs_torch(model_name: str, reason: str) -> EmbeddingModelError:
    return EmbeddingModelError(
        f"The embedding model {model_name} needs sentence-transformers here ({reason}). "
        "Install it with: pip install 'owflex[models]'"
    )


def described(model_name: str) -> Encoder | None:
    """What the files of the model say of it without loading it; None where only loading it tells.

    Raises `EmbeddingModelError` if the default model is not installed whole.
    """
    folder = find_model(model_name)
    try:
        return None if folder is None else read_encoder(folder, model_name)
    except (UnknownEncoderError, OSError, ValueError, KeyError):
        return None


def _fastest(encoder: Encoder) -> Backend:
    exact = OpenVinoBackend(encoder, "f32")
    if not has_bf16():
        return exact
    fast = OpenVinoBackend(encoder, "bf16")
    cosine = least_cosine(exact.encode(SAMPLES, ""), fast.encode(SAMPLES, ""))
    if cosine < LEAST_COSINE:
        logger.info("The embedding model loses too much in bf16 (cosine %.4f): it runs in f32.", cosine)
        return exact
    return fast


def _torch(model_name: str, folder: Path, reason: str) -> "TorchBackend":
    # Importing it takes seconds: only who embeds with it pays for it.
    try:
        from knowledge_base.embedding.torch_backend import load_torch
    except ImportError:
        raise _needs_torch(model_name, reason) from None
    logger.info("The embedding model %s runs on PyTorch: %s.", model_name, reason)
    return load_torch(model_name, str(folder))
