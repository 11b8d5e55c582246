"""Turns a sentence-transformers model into a graph for OpenVINO. Importing this takes seconds (torch)."""

import logging
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers.utils import logging as model_logging

from knowledge_base.embedding import store
from knowledge_base.embedding.runtime import openvino
from knowledge_base.embedding.torch_backend import TorchBackend

# Of different lengths: a batch without padding would be traced without its mask.
EXAMPLES = ["A short text.", "A text that is rather longer than the other one, so that the other is padded."]


class NotConvertibleError(Exception):
    """The model is none of the plain kind that the converted form computes exactly."""


def convert(reference: TorchBackend, folder: Path, versions: dict[str, str]) -> None:
    """Write the model to `folder`. Raises `NotConvertibleError`, `OSError`, or what tracing it raises."""
    model = reference.model
    _check(model)
    inputs = _examples(model)
    with _quiet():
        graph = _graph(_Pipeline(list(model)).eval(), inputs)
    openvino().save_model(graph, str(folder / store.XML), compress_to_fp16=False)
    (folder / store.TOKENIZER).write_text(reference.tokenizer_json, encoding="utf-8")
    meta = store.Meta(
        facts=reference.facts,
        inputs=tuple(inputs),
        pad_id=cast(int, model.tokenizer.pad_token_id),
        versions=versions,
        files=store.digests(folder),
    )
    store.seal(folder, meta)


def _check(model: SentenceTransformer) -> None:
    kinds = [type(module) for module in model]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        raise NotConvertibleError(f"it is made of {', '.join(kind.__name__ for kind in kinds)}")
    if not cast(Pooling, model[1]).include_prompt:
        raise NotConvertibleError("it leaves its prompt out of the pooling")
    tokenizer = model.tokenizer
    if tokenizer.pad_token_id is None or tokenizer.padding_side != "right":
        raise NotConvertibleError("its tokenizer does not pad on the right")


def _examples(model: SentenceTransformer) -> dict[str, torch.Tensor]:
    encoded = model.tokenizer(EXAMPLES, padding=True, return_tensors="pt")
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {name: encoded[name] for name in names if name in encoded}


def _graph(pipeline: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> Any:
    # The front end itself, not OpenVINO's convert_model: that one reports each conversion to its maker.
    frontend = openvino().frontend.FrontEndManager().load_by_framework("pytorch")
    from openvino.frontend.pytorch.ts_decoder import (  # pyright: ignore[reportMissingTypeStubs]
        TorchScriptPythonDecoder,
    )

    decoder: Any = TorchScriptPythonDecoder(pipeline, example_input=inputs)
    graph = frontend.convert(frontend.load(decoder))
    found = [next(iter(port.get_names()), "") for port in graph.inputs]
    if found != list(inputs):
        raise NotConvertibleError(f"its inputs became {found}")
    return graph


@contextmanager
def _quiet() -> Generator[None]:
    # Tracing looks at every attribute of the model, and some of them warn of being old.
    verbosity = model_logging.get_verbosity()
    model_logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        model_logging.set_verbosity(verbosity)


class _Pipeline(torch.nn.Module):
    """The modules of a model as one function of its tensors."""

    def __init__(self, modules: Sequence[torch.nn.Module]) -> None:
        super().__init__()
        self.steps = torch.nn.ModuleList(modules)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            features["token_type_ids"] = token_type_ids
        for step in self.steps:
            features = step(features)
        return features["sentence_embedding"]
