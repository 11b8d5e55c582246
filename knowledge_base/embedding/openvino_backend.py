"""An encoder, run by OpenVINO without PyTorch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from knowledge_base.embedding.encoder import Encoder
from knowledge_base.embedding.encoder_graph import build_graph
from knowledge_base.embedding.model import BATCH_SIZE, Vectors, normalised
from knowledge_base.embedding.runtime import compile_model

# Fewer different lengths, fewer plans that the runtime has to make and keep.
LENGTH_STEP = 16

Inputs = dict[str, NDArray[np.int64]]


class OpenVinoBackend:
    """An encoder in one precision (f32 or bf16), on all cores.

    Raises `UnknownEncoderError` if its weights are not those of its architecture, `OSError`.
    """

    def __init__(self, encoder: Encoder, precision: str) -> None:
        self.name = f"openvino {precision}"
        self.facts = encoder.facts
        self.tokenizer_json = encoder.tokenizer_json
        self._pad_id = encoder.pad_id
        self._tokenizer = Tokenizer.from_str(self.tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(  # pyright: ignore[reportUnknownMemberType]
            self.facts.max_tokens
        )
        self._request: Any = compile_model(build_graph(encoder), precision).create_infer_request()

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """Vectors of length 1, in the order of `texts`."""
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        vectors = np.empty((len(texts), self.facts.dimensions), dtype=np.float32)
        for places in _batches(encodings):
            vectors[places] = self._infer(self._inputs([encodings[place] for place in places]))
        return normalised(vectors)

    def _infer(self, inputs: Inputs) -> Vectors:
        self._request.infer(inputs)
        whole = np.asarray(self._request.get_output_tensor(0).data, dtype=np.float32)
        return whole[:, : self.facts.dimensions]

    def _inputs(self, encodings: list[Encoding]) -> Inputs:
        longest = max(len(encoding.ids) for encoding in encodings)
        # A model may have fewer positions than the next step has tokens.
        length = min(-(-longest // LENGTH_STEP) * LENGTH_STEP, max(self.facts.max_tokens, longest))
        ids = np.full((len(encodings), length), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        return {"input_ids": ids, "attention_mask": mask}


def _batches(encodings: list[Encoding]) -> Iterator[list[int]]:
    # Neighbours of one length need next to no padding.
    order = sorted(range(len(encodings)), key=lambda place: len(encodings[place].ids))
    for start in range(0, len(order), BATCH_SIZE):
        yield order[start : start + BATCH_SIZE]
