"""How fast this machine multiplies matrices in the shapes of an encoder: the bound of its embedding."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from knowledge_base.embedding.encoder import Sizes
from knowledge_base.embedding.runtime import compile_model, openvino, operations

# As in the architecture: the inner layer is four times as wide.
WIDENED = 4
# Rows of a batch of sixteen passages of 184 tokens.
TOKENS = 16 * 184


def encoder_flop(sizes: Sizes, lengths: Sequence[int]) -> int:
    """Additions and multiplications that texts of so many tokens need, padding left out.

    A layer has four products with a square of weights, two with a wide one, and two with the text itself
    (Kaplan et al. 2020, https://arxiv.org/abs/2001.08361, table 1).
    """
    dense = 2 * (4 + 2 * WIDENED) * sizes.width**2
    return sizes.layers * sum(dense * length + 4 * sizes.width * length**2 for length in lengths)


class MatrixProducts:
    """The products of one layer with its weights, and nothing between them, on all cores."""

    def __init__(self, sizes: Sizes, precision: str) -> None:
        op, width = operations(), sizes.width
        generator = np.random.default_rng(7)

        def product(rows: Any, inner: int, outer: int) -> Any:
            weights = generator.standard_normal((outer, inner), dtype=np.float32)
            return op.matmul(rows, op.constant(weights), False, True)

        narrow = op.parameter([TOKENS, width], np.float32, "narrow")
        wide = op.parameter([TOKENS, WIDENED * width], np.float32, "wide")
        made = [product(narrow, width, width) for _ in range(4)]
        made += [product(narrow, width, WIDENED * width), product(wide, WIDENED * width, width)]
        graph = openvino().Model(made, [narrow, wide], "products")
        self._request = compile_model(graph, precision).create_infer_request()
        self._inputs = {
            place: generator.standard_normal((TOKENS, columns), dtype=np.float32)
            for place, columns in enumerate((width, WIDENED * width))
        }
        self._flop = TOKENS * 2 * (4 + 2 * WIDENED) * width**2

    def speed(self, seconds: float) -> float:
        """Additions and multiplications a second, over `seconds` at least."""
        started, rounds = time.perf_counter(), 0
        while (passed := time.perf_counter() - started) < seconds or not rounds:
            self._request.infer(self._inputs, share_inputs=True)
            rounds += 1
        return rounds * self._flop / passed
