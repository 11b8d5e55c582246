"""How likely the passages found answer the question: one number, calibrated on labelled questions.

The product of two: that the documents speak of it at all, and that, if they do, they answer it. The first is
told by how much the best passage says of it, by meaning and by words; the second also by how far others are
behind: a passage that answers stands out. Both are logistic curves. How they were fitted, on which sets, and
what was tried in vain: docs/search.md.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge_base.fusion import ALL_WORDS, CloserLook
from knowledge_base.hits import Hit

# That the documents speak of it: the cosine's part of the score, and the words' part for each time that the
# question's words are e times as many.
OF_MEANING, OF_WORDS, UNSPOKEN = 24.0, 14.0, -7.5
# That they answer it: the score, the root of how far the next document is behind (as a part of the score),
# and how many words the question has (as a logarithm): a long one says more of what it wants.
OF_SCORE, OF_LEAD, OF_LENGTH, UNANSWERED = 2.9, 3.8, 0.45, -3.55
MOST_LEAD, LEAST_STRENGTH = 0.7, 0.1
# Where there is no other document to compare with.
USUAL_LEAD = 0.12
# A passage with all words of a question, one of them rare, and one with a rare word that only an identifier,
# a code or a number can be: however little else speaks for them, they are not beside the point.
WITH_ALL, WITH_CODE = 0.5, 0.35
ALL_BUT_NOTHING = 0.999
# A rare word is in one of twenty passages at most; where they are few, in some of them.
RARE_WEIGHT, RARE_PART = 3.0, 0.75
CODE = re.compile(r"\d.*[^\W\d]|[^\W\d].*\d|[^\W_][_:./-]+[^\W_]|\d{4,}")
# "Error 422", "port 443": three digits may be chance, but not beside the word that they are asked with.
SHORT_NUMBER = re.compile(r"\d{3}")
YEAR = re.compile(r"1[5-9]\d\d|20\d\d|21\d\d")
# So much does a reranker's word count beside the search's, both as log odds.
OF_RERANKER, LEAST_ODDS = 0.5, 0.01


@dataclass(frozen=True)
class Evidence:
    """What speaks for an answer: by meaning and by words that it is `spoken` of; score, lead over the next
    document and length of the question that it is `answered`.
    """

    spoken: tuple[float, float]
    answered: tuple[float, float, float]


def confidence_of(hits: Sequence[Hit], weights: Mapping[str, Mapping[str, float]], passages: int) -> float:
    """0 to 1 for hits in their order, best first, without copies; 0 where there are none.

    `weights` of the question's lexemes by language (as in BM25), among so many `passages`.
    """
    if not hits:
        return 0.0
    evidence = evidence_of(hits, weights)
    of_score, of_lead, of_length = evidence.answered
    answered = OF_SCORE * of_score + OF_LEAD * of_lead + OF_LENGTH * of_length + UNANSWERED
    both = _curve_of_spoken(*evidence.spoken) * _logistic(answered)
    return max(both, _at_least(hits[0], weights.get(hits[0].language, {}), passages))


def evidence_of(hits: Sequence[Hit], weights: Mapping[str, Mapping[str, float]]) -> Evidence:
    """The evidence of hits in their order, of which there is at least one."""
    words = len(weights.get(hits[0].language, {}))
    strength = _strength(hits[0], words)
    length = math.log(max(words, 1))
    return Evidence(_spoken(hits[0], words), (strength, _lead(hits, strength, words), length))


def spoken_of(hit: Hit, words: int) -> float:
    """How likely a passage speaks of what so many words ask, 0 to 1; it may do so without an answer."""
    return _curve_of_spoken(*_spoken(hit, words))


def with_reranker(confidence: float, best: float) -> float:
    """The confidence with a reranker's score (0 to 1) of its best passage: the mean of both, as log odds."""
    return _logistic((1 - OF_RERANKER) * _log_odds(confidence) + OF_RERANKER * _log_odds(best))


def _spoken(hit: Hit, words: int) -> tuple[float, float]:
    part = _cosine_part(hit, words)
    return part * hit.meaning, (1 - part) * hit.bm25 / ALL_WORDS * math.log1p(words)


def _curve_of_spoken(by_meaning: float, by_words: float) -> float:
    return _logistic(OF_MEANING * by_meaning + OF_WORDS * by_words + UNSPOKEN)


def _lead(hits: Sequence[Hit], best: float, words: int) -> float:
    """The root of how far the best of another document is behind, as a part of the best score."""
    others = [_strength(hit, words) for hit in hits if hit.document_id != hits[0].document_id]
    # By words alone only those are found that have some: where there is no other, none has.
    alone = MOST_LEAD if hits[0].estimated else USUAL_LEAD
    lead = (best - max(others)) / max(best, LEAST_STRENGTH) if others else alone
    return math.sqrt(min(max(lead, 0), MOST_LEAD))


def _strength(hit: Hit, words: int) -> float:
    """The score as it is in a hybrid search, whichever way was searched."""
    part = _cosine_part(hit, words)
    look = CloserLook(hit.together, hit.in_place, hit.related)
    return part * hit.meaning + (1 - part) * hit.bm25 / ALL_WORDS + look.score(hit.cosine_part)


def _cosine_part(hit: Hit, words: int) -> float:
    return hit.cosine_part if words else 1.0


def _at_least(best: Hit, asked: Mapping[str, float], passages: int) -> float:
    if _rare_words(best, asked, passages) and best.keyword > ALL_BUT_NOTHING:
        return WITH_ALL
    return WITH_CODE if has_code(best, asked, passages) else 0.0


def has_code(hit: Hit, asked: Mapping[str, float], passages: int) -> bool:
    """Whether a passage has a rare word of the question that only a code or an identifier can be."""
    return any(_is_code(lexeme, hit) for lexeme in _rare_words(hit, asked, passages))


def _rare_words(hit: Hit, asked: Mapping[str, float], passages: int) -> list[str]:
    rare = min(RARE_WEIGHT, RARE_PART * math.log1p(passages / 1.5))
    return [lexeme for lexeme in hit.matched if asked.get(lexeme, 0) >= rare]


def _is_code(lexeme: str, hit: Hit) -> bool:
    if SHORT_NUMBER.fullmatch(lexeme):
        return hit.together > 0
    return bool(CODE.search(lexeme)) and not YEAR.fullmatch(lexeme)


def _log_odds(part: float) -> float:
    part = min(max(part, LEAST_ODDS), 1 - LEAST_ODDS)
    return math.log(part / (1 - part))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
