"""How likely the passages found answer the question: one number, calibrated on labelled questions."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge_base.search import Hit

# A logistic curve over the fused score of the best passage, which joins three signs: the cosine, how much of
# what the question's words say is there (words that no document has weigh most), and whether they stand
# together. Fitted on two thousand questions about the documents, half of them with an answer in them, and on
# questions about something else, both kinds with the same weight; how: docs/search.md.
SLOPE, OFFSET = 5.45, -3.42


def confidence_of(hits: "Sequence[Hit]") -> float:
    """0 to 1 for hits in their order, best first; 0 where there are none."""
    if not hits:
        return 0.0
    return 1 / (1 + math.exp(-(SLOPE * hits[0].score + OFFSET)))
