"""The computation of a BERT-like encoder as a graph for OpenVINO.

Devlin et al. 2019 (https://arxiv.org/abs/1810.04805), in the form of the published weights: post-layer
normalisation, learned positions, erf GELU.
"""

from typing import Any

import numpy as np

from knowledge_base.embedding.encoder import Dense, Encoder, UnknownEncoderError, Weights
from knowledge_base.embedding.runtime import openvino, operations

INPUTS = ("input_ids", "attention_mask")
# Added to the score of padding, as in the published BERT: e to that power is zero. A larger one would be
# infinite in 16 bits, and nothing after it a number.
MASKED = np.float32(-10_000)


def build_graph(encoder: Encoder) -> Any:
    """An `openvino.Model`: the ids and the mask of texts in, int64 of shape (texts, tokens); vectors out,
    float32 of shape (texts, dimensions), not of length 1 yet.

    Raises `UnknownEncoderError`, `OSError`.
    """
    op = operations()
    inputs = [op.parameter([-1, -1], np.int64, name) for name in INPUTS]
    try:
        vectors = _Graph(encoder, encoder.weights()).vectors(*inputs)
    except KeyError as error:
        raise UnknownEncoderError(f"it has no weights named {error}") from None
    model = openvino().Model([vectors], inputs, "encoder")
    for place, name in enumerate(INPUTS):
        model.input(place).get_tensor().set_names({name})
    return model


class _Graph:
    def __init__(self, encoder: Encoder, weights: Weights) -> None:
        self._op = operations()
        self._encoder = encoder
        self._sizes = encoder.sizes
        self._weights = weights

    def vectors(self, ids: Any, mask: Any) -> Any:
        op = self._op
        # (texts, tokens) to (texts, 1, 1, tokens): each token of each head looks at those that are there.
        there = op.convert(mask, "f32")
        absent = op.subtract(op.constant(np.float32(1)), op.unsqueeze(there, self._ints(1, 2)))
        bias = op.multiply(absent, op.constant(MASKED))
        hidden = self._embedded(ids, mask)
        for layer in range(self._sizes.layers):
            hidden = self._layer(hidden, bias, f"encoder.layer.{layer}.")
        vectors = self._pooled(hidden, there)
        for dense in self._encoder.dense:
            vectors = self._brought_to(vectors, dense)
        return vectors

    def _brought_to(self, vectors: Any, dense: Dense) -> Any:
        op = self._op
        weights = dense.weights()
        vectors = op.matmul(vectors, op.constant(weights["linear.weight"]), False, True)
        if "linear.bias" in weights:
            vectors = op.add(vectors, op.constant(weights["linear.bias"]))
        return op.tanh(vectors) if dense.activation == "tanh" else vectors

    def _embedded(self, ids: Any, mask: Any) -> Any:
        op = self._op
        words = self._row("embeddings.word_embeddings.weight", ids)
        places = self._row("embeddings.position_embeddings.weight", self._positions(ids, mask))
        # One text at a time: all of it is of the first kind.
        kind = op.constant(self._weights["embeddings.token_type_embeddings.weight"][0])
        return self._norm(op.add(op.add(words, places), kind), "embeddings.LayerNorm")

    def _positions(self, ids: Any, mask: Any) -> Any:
        op = self._op
        counted = op.cumsum(mask, op.constant(np.int64(1)))
        if self._sizes.architecture == "bert":
            # Padding gets the place of the last word, and is not looked at.
            return op.subtract(op.maximum(counted, self._ints(1)), self._ints(1))
        return op.add(op.multiply(counted, mask), self._ints(self._encoder.pad_id))

    def _layer(self, hidden: Any, bias: Any, name: str) -> Any:
        op = self._op
        attended = self._linear(self._attention(hidden, bias, name), f"{name}attention.output.dense")
        hidden = self._norm(op.add(attended, hidden), f"{name}attention.output.LayerNorm")
        wide = op.gelu(self._linear(hidden, f"{name}intermediate.dense"), "erf")
        return self._norm(
            op.add(self._linear(wide, f"{name}output.dense"), hidden), f"{name}output.LayerNorm"
        )

    def _attention(self, hidden: Any, bias: Any, name: str) -> Any:
        op, heads = self._op, self._sizes.heads
        shape = self._ints(0, 0, heads, self._sizes.width // heads)
        query, key, value = (
            op.transpose(
                op.reshape(self._linear(hidden, f"{name}attention.self.{part}"), shape, True),
                self._ints(0, 2, 1, 3),
            )
            for part in ("query", "key", "value")
        )
        mixed = op.transpose(op.scaled_dot_product_attention(query, key, value, bias), self._ints(0, 2, 1, 3))
        return op.reshape(mixed, self._ints(0, 0, self._sizes.width), True)

    def _pooled(self, hidden: Any, there: Any) -> Any:
        op = self._op
        if self._encoder.pooling == "cls":
            return op.gather(hidden, op.constant(np.int64(0)), op.constant(np.int64(1)))
        weights = op.unsqueeze(there, self._ints(2))
        total = op.reduce_sum(op.multiply(hidden, weights), self._ints(1), False)
        return op.divide(total, op.reduce_sum(weights, self._ints(1), False))

    def _linear(self, hidden: Any, name: str) -> Any:
        product = self._op.matmul(hidden, self._weight(f"{name}.weight"), False, True)
        return self._op.add(product, self._weight(f"{name}.bias"))

    def _norm(self, hidden: Any, name: str) -> Any:
        op = self._op
        even = op.mvn(hidden, self._ints(-1), True, self._sizes.epsilon, "inside_sqrt")
        return op.add(op.multiply(even, self._weight(f"{name}.weight")), self._weight(f"{name}.bias"))

    def _row(self, name: str, places: Any) -> Any:
        return self._op.gather(self._weight(name), places, self._op.constant(np.int64(0)))

    def _weight(self, name: str) -> Any:
        # Shared with the array: a copy of all weights would be the most that the process ever holds.
        return openvino().op.Constant(self._weights[name], shared_memory=True)

    def _ints(self, *values: int) -> Any:
        return self._op.constant(np.array(values, dtype=np.int64))
