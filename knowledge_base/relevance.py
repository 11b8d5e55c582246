"""Which passages are worth showing: those that a threshold holds back are counted, not shown."""

from knowledge_base.confidence import has_code, spoken_of
from knowledge_base.hits import Hit, Mode
from knowledge_base.posting_lists import Weights

# A passage that holds this part of what the question's words say is relevant whatever its cosine.
ENOUGH_WORDS = 0.6
# The threshold that fits the default model in English.
USUAL_THRESHOLD = 0.3
# Or else so likely must a passage speak of what is asked.
LIKELY_ENOUGH = 0.25


def is_relevant(hit: Hit, weights: Weights, threshold: float, mode: Mode, passages: int) -> bool:
    """By its cosine or by its words: a rare name or an error code says more than a sentence's gist.

    Where all is alike to the model a cosine above the threshold says nothing: something else must speak for
    it. `passages`: among so many it was found.
    """
    if mode != "vector" and (hit.keyword >= ENOUGH_WORDS or _has_code(hit, weights, passages)):
        return True
    if mode == "keyword" or hit.similarity < threshold:
        return False
    words = len(weights.get(hit.language, {}))
    return hit.meaning >= min(threshold, USUAL_THRESHOLD) or spoken_of(hit, words) >= LIKELY_ENOUGH


def _has_code(hit: Hit, weights: Weights, passages: int) -> bool:
    return has_code(hit, weights.get(hit.language, {}), passages)
