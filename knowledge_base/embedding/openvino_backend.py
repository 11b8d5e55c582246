"""A converted model, run by OpenVINO without torch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from knowledge_base.embedding.model import BATCH_SIZE, Vectors, normalised
from knowledge_base.embedding.runtime import compile_model
from knowledge_base.embedding.store import ConvertedModel

# Fewer different lengths, fewer plans that the runtime has to make and keep.
LENGTH_STEP = 16

Inputs = dict[str, NDArray[np.int64]]


def backend_name(precision: str) -> str:
    """What the back end of this precision is called in logs and choices."""
    return f"openvino {precision}"


class OpenVinoBackend:
    """A converted model in one precision (f32 or bf16), on all cores."""

    def __init__(self, converted: ConvertedModel, precision: str) -> None:
        self.name = backend_name(precision)
        self.facts = converted.meta.facts
        self.tokenizer_json = converted.tokenizer.read_text(encoding="utf-8")
        self._meta = converted.meta
        self._tokenizer = Tokenizer.from_str(self.tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(  # pyright: ignore[reportUnknownMemberType]
            self.facts.max_tokens
        )
        self._request: Any = compile_model(converted.xml, precision).create_infer_request()

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """Vectors of length 1, in the order of `texts`."""
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        vectors = np.empty((len(texts), self.facts.dimensions), dtype=np.float32)
        for places in _batches(encodings):
            vectors[places] = self._infer(self._inputs([encodings[place] for place in places]))
        return normalised(vectors)

    def _infer(self, inputs: Inputs) -> Vectors:
        self._request.infer(inputs)
        return np.asarray(self._request.get_output_tensor(0).data, dtype=np.float32)

    def _inputs(self, encodings: list[Encoding]) -> Inputs:
        longest = max(len(encoding.ids) for encoding in encodings)
        # A model may have fewer positions than the next step has tokens.
        length = min(-(-longest // LENGTH_STEP) * LENGTH_STEP, max(self.facts.max_tokens, longest))
        inputs = {name: np.zeros((len(encodings), length), dtype=np.int64) for name in self._meta.inputs}
        inputs["input_ids"].fill(self._meta.pad_id)
        for row, encoding in enumerate(encodings):
            inputs["input_ids"][row, : len(encoding.ids)] = encoding.ids
            inputs["attention_mask"][row, : len(encoding.ids)] = 1
            if "token_type_ids" in inputs:
                inputs["token_type_ids"][row, : len(encoding.ids)] = encoding.type_ids
        return inputs


def _batches(encodings: list[Encoding]) -> Iterator[list[int]]:
    # Neighbours of one length need next to no padding.
    order = sorted(range(len(encodings)), key=lambda place: len(encodings[place].ids))
    for start in range(0, len(order), BATCH_SIZE):
        yield order[start : start + BATCH_SIZE]
