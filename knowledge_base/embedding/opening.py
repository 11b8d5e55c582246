"""Opens the back end that is fastest here: a converted model where one can be had, torch otherwise."""

import importlib.metadata
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge_base.embedding.choice import Choice, choose, read_choice, write_choice
from knowledge_base.embedding.model import TORCH, Backend
from knowledge_base.embedding.openvino_backend import OpenVinoBackend, backend_name
from knowledge_base.embedding.runtime import cpu_id, has_bf16
from knowledge_base.embedding.source import find_model, fingerprint
from knowledge_base.embedding.store import ConvertedModel, alone, publish, read_converted, unfinished
from knowledge_base.errors import EmbeddingModelError

if TYPE_CHECKING:
    from knowledge_base.embedding.torch_backend import TorchBackend

logger = logging.getLogger("knowledge_base.embedding")

# Raised with every change to what a conversion writes, so that no older file is read as a newer one.
EXPORT_FORMAT = "1"
PRECISIONS = ("bf16", "f32")


def open_backend(model_name: str, cache: Path | None) -> Backend:
    """The model, ready to embed; converted models are kept in `cache` (None: always torch).

    Raises `EmbeddingModelError` if the model cannot be loaded at all.
    """
    folder = find_model(model_name)
    place = model_name if folder is None else str(folder)
    if folder is None or cache is None:
        return _torch(model_name, place)
    try:
        target = cache / fingerprint(folder)
        backend = _remembered(target)
        if backend is not None:
            return backend
        # Two processes that start together must not both spend half a minute on it.
        with alone(cache / f".{target.name}.lock"):
            return _remembered(target) or _chosen(_torch(model_name, place), target)
    except EmbeddingModelError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever ails a copy made for speed, the original works
        return _give_up(error, _torch(model_name, place))


def versions() -> dict[str, str]:
    """What a converted model must have been made with to be used."""
    return {"format": EXPORT_FORMAT, "openvino": importlib.metadata.version("openvino")}


def _remembered(target: Path) -> Backend | None:
    """The converted model, if it is there and was found to be the fastest on this CPU."""
    choice = read_choice(_choice_file(target))
    precision = next(
        (known for known in PRECISIONS if choice and choice.backend == backend_name(known)), None
    )
    model = read_converted(target, versions()) if precision else None
    if precision is None or model is None:
        return None
    return OpenVinoBackend(model, precision)


def _chosen(reference: "TorchBackend", target: Path) -> Backend:
    choice = read_choice(_choice_file(target))
    known = choice is not None and choice.backend == TORCH
    return reference if known else _fastest(reference, target)


def _fastest(reference: "TorchBackend", target: Path) -> Backend:
    try:
        model = read_converted(target, versions()) or _convert(reference, target)
        precisions = PRECISIONS if has_bf16() else PRECISIONS[1:]
        candidates = [OpenVinoBackend(model, precision) for precision in precisions]
        choice = choose(reference, candidates)
        write_choice(_choice_file(target), choice)
    except Exception as error:  # noqa: BLE001 - tracing a model raises whatever its code raises
        return _give_up(error, reference)
    _report(choice)
    return next((found for found in candidates if found.name == choice.backend), reference)


def _convert(reference: "TorchBackend", target: Path) -> ConvertedModel:
    logger.info("Converting the embedding model for this CPU (once; takes some seconds).")
    from knowledge_base.embedding.conversion import convert

    with unfinished(target.parent) as folder:
        built = folder / "model"
        built.mkdir()
        convert(reference, built, versions())
        # Another process may have been at it too; its model is as good.
        model = read_converted(target, versions())
        if model is None:
            publish(built, target)
            model = read_converted(target, versions())
    if model is None:
        raise OSError(f"{target} could not be read back")
    return model


def _torch(model_name: str, place: str) -> "TorchBackend":
    # Importing it takes seconds: only who embeds with it pays for it.
    from knowledge_base.embedding.torch_backend import load_torch

    return load_torch(model_name, place)


def _give_up(error: Exception, reference: "TorchBackend") -> Backend:
    reason = (str(error).strip().splitlines() or [""])[0][:200]
    logger.warning("The embedding model runs on torch, slower: %s (%s)", reason, type(error).__name__)
    return reference


def _report(choice: Choice) -> None:
    speeds = ", ".join(f"{name} {speed}" for name, speed in choice.texts_per_cpu_second.items())
    logger.info("The embedding model runs on %s (texts per second of CPU time: %s).", choice.backend, speeds)


def _choice_file(target: Path) -> Path:
    return target / f"choice-{cpu_id()}.json"
