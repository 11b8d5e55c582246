"""Reads a sentence-transformers model from its folder, as far as OwFlex can compute it without PyTorch."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from knowledge_base.embedding.model import ModelFacts
from knowledge_base.embedding.prompts import Prompts, prompts_of
from knowledge_base.embedding.source import WEIGHTS

Architecture = Literal["bert", "roberta"]
Pooling = Literal["mean", "cls"]
Activation = Literal["none", "tanh"]
Weights = dict[str, NDArray[np.float32]]

# XLM-RoBERTa differs from RoBERTa in its vocabulary alone.
ARCHITECTURES: dict[str, Architecture] = {"bert": "bert", "roberta": "roberta", "xlm-roberta": "roberta"}
# Vectors get length 1 here whether a model's parts say so or not.
MODULES = re.compile(r"Transformer Pooling( Dense)*( Normalize)?")
ACTIVATIONS: dict[str, Activation] = {"Identity": "none", "Tanh": "tanh"}
OWN_SETTINGS = "config_sentence_transformers.json"
ANCHOR = "embeddings.word_embeddings.weight"


class UnknownEncoderError(Exception):
    """The model is of a kind that only sentence-transformers computes; the message says in what."""


def read_encoder(folder: Path, model_name: str = "") -> "Encoder":
    """The model in `folder`, which the user calls `model_name`. Raises `UnknownEncoderError`, `OSError`."""
    modules = _modules(folder)
    config = _json(folder / "config.json")
    sizes = _sizes(config)
    dense = [_dense(folder / module["path"]) for module in modules if _kind(module) == "Dense"]
    width = dense[-1].width if dense else sizes.width
    transformer = _json(folder / "sentence_bert_config.json")
    _require(not transformer.get("do_lower_case"), "it lowers its texts before the tokenizer does")
    tokenizer = folder / "tokenizer.json"
    _require(tokenizer.is_file(), "it has no tokenizer.json")
    return Encoder(
        sizes=sizes,
        pooling=_pooling(_json(folder / modules[1]["path"] / "config.json")),
        dense=tuple(dense),
        facts=ModelFacts(
            dimensions=min(kept_dimensions(folder) or width, width),
            max_tokens=min(transformer.get("max_seq_length") or sizes.positions, sizes.positions),
            prompts=prompts_in(folder, model_name),
        ),
        pad_id=int(config.get("pad_token_id") or 0),
        tokenizer_json=tokenizer.read_text(encoding="utf-8"),
        weights=lambda: _weights(folder / WEIGHTS),
    )


def prompts_in(folder: Path, model_name: str) -> Prompts:
    """What the model in `folder` wants before its texts: as its files say, else as its family is used.

    Raises `UnknownEncoderError`.
    """
    settings = _json(folder / OWN_SETTINGS)
    names = (model_name, folder.name, str(_json(folder / "config.json").get("_name_or_path", "")))
    return prompts_of(settings.get("prompts") or {}, settings.get("default_prompt_name"), names)


def kept_dimensions(folder: Path) -> int | None:
    """How many of its first dimensions the model in `folder` keeps (`truncate_dim`); None: all.

    Raises `UnknownEncoderError`.
    """
    kept = _json(folder / OWN_SETTINGS).get("truncate_dim")
    _require(kept is None or (isinstance(kept, int) and kept > 0), f"its truncate_dim is {kept}")
    return kept


def _modules(folder: Path) -> list[dict[str, Any]]:
    modules = _json(folder / "modules.json", [])
    kinds = [_kind(module) for module in modules]
    made_of = ", ".join(kinds) or "parts that no modules.json names"
    _require(MODULES.fullmatch(" ".join(kinds)), f"it is made of {made_of}")
    _require(not modules[0].get("path"), "its transformer lies in a folder of its own")
    return modules


def _kind(module: dict[str, Any]) -> str:
    return str(module.get("type", "")).rpartition(".")[2]


def _dense(folder: Path) -> "Dense":
    """A layer that brings vectors to another length. Raises `UnknownEncoderError`."""
    config = _json(folder / "config.json")
    between = {config.get(f"module_{side}_name") or "sentence_embedding" for side in ("input", "output")}
    _require(between == {"sentence_embedding"}, "a layer after its pooling reads something else")
    _require(not config.get("use_residual"), "a layer after its pooling adds what it reads")
    activation = str(config.get("activation_function", "Tanh")).rpartition(".")[2]
    _require(activation in ACTIVATIONS, f"the activation after its pooling is {activation}")
    _require((folder / WEIGHTS).is_file(), "a layer after its pooling has no safetensors")
    return Dense(int(config["out_features"]), ACTIVATIONS[activation], lambda: _tensors(folder / WEIGHTS))


def _sizes(config: dict[str, Any]) -> "Sizes":
    kind = str(config.get("model_type"))
    _require(kind in ARCHITECTURES, f"its architecture is {kind}")
    plain = config.get("position_embedding_type", "absolute") == "absolute"
    _require(plain, "its positions are not absolute")
    _require(config.get("hidden_act") == "gelu", f"its activation is {config.get('hidden_act')}")
    architecture = ARCHITECTURES[kind]
    positions = int(config["max_position_embeddings"])
    return Sizes(
        architecture=architecture,
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        width=int(config["hidden_size"]),
        epsilon=float(config["layer_norm_eps"]),
        # RoBERTa counts its positions from behind the one of padding.
        positions=positions if architecture == "bert" else positions - int(config["pad_token_id"]) - 1,
    )


def _pooling(config: dict[str, Any]) -> Pooling:
    _require(config.get("include_prompt", True), "it leaves its prompt out of the pooling")
    chosen = {key.removeprefix("pooling_mode_") for key, on in config.items() if on is True and "mode" in key}
    mode = config.get("pooling_mode") or ",".join(sorted(chosen))
    known: dict[str, Pooling] = {"mean_tokens": "mean", "mean": "mean", "cls_token": "cls", "cls": "cls"}
    _require(mode in known, f"its pooling is {mode or 'not said'}")
    return known[str(mode)]


def _weights(file: Path) -> Weights:
    tensors = _tensors(file)
    anchor = next((name for name in tensors if name.endswith(ANCHOR)), None)
    _require(anchor is not None, "its weights are named differently")
    # A model that was trained for something else first keeps its encoder under a name.
    prefix = str(anchor).removesuffix(ANCHOR)
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _tensors(file: Path) -> Weights:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

    try:
        tensors = load_file(file)
    except SafetensorError as error:
        raise OSError(f"{file.name} is damaged: {error}") from None
    return {name: tensor.astype(np.float32, copy=False) for name, tensor in tensors.items()}


def _json(file: Path, default: Any = None) -> Any:
    if not file.is_file():
        return {} if default is None else default
    try:
        return json.loads(file.read_bytes())
    except ValueError:
        raise UnknownEncoderError(f"{file.name} is no JSON") from None


def _require(right: object, reason: str) -> None:
    if not right:
        raise UnknownEncoderError(reason)


@dataclass(frozen=True)
class Sizes:
    """The shape of a transformer encoder; `positions` is how many tokens it can tell apart."""

    architecture: Architecture
    layers: int
    heads: int
    width: int
    epsilon: float
    positions: int


@dataclass(frozen=True)
class Dense:
    """A linear layer after the pooling, to vectors of length `width`; `weights` reads it."""

    width: int
    activation: Activation
    weights: Callable[[], Weights]


@dataclass(frozen=True)
class Encoder:
    """A model as its folder describes it; `weights` reads them, each by the name of its tensor."""

    sizes: Sizes
    pooling: Pooling
    dense: tuple[Dense, ...]
    facts: ModelFacts
    pad_id: int
    tokenizer_json: str
    weights: Callable[[], Weights]
