"""Which rare words of a question none of the passages found has: they may speak of something else.

A question about "the enterprise plan" finds what is said of plans. That "enterprise" is in none of it says
more to whoever reads the answer than any figure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from knowledge_base.fusion import in_order, is_form_of, is_related, root_of
from knowledge_base.hits import Hit
from knowledge_base.lexemes import CJK_RUN, UNSPACED_RUN

# It is in one of fifty passages at most. Where there are thirty none is named: there "many" is rare.
LEAST_WEIGHT = 4.0
# More would be a list, not a reason.
MOST_MISSING = 5
# "Get", "use" and "many" may be rare, too; shorter words count with capitals or digits ("422", "PDF").
SHORTEST_NAMED = 5


def missing_words(
    text: str,
    lexemes: Mapping[str, Mapping[str, str]],
    weights: Mapping[str, Mapping[str, float]],
    hits: Sequence[Hit],
) -> list[str]:
    """The rare words of a question, as it has them, that none of the hits has, nor a word of the same root.

    `lexemes` of its words and their `weights`, by language; the first hit's language counts. Words of scripts
    without spaces are pairs of characters to the search: they are left out.
    """
    if not hits:
        return []
    stems, asked = lexemes.get(hits[0].language, {}), weights.get(hits[0].language, {})
    found = {lexeme for hit in hits for lexeme in hit.matched}
    absent = {
        word: stems[word]
        for word in in_order(text)
        if word in stems and stems[word] not in found and _names_something(_as_written(word, text))
    }
    rare = [word for word, stem in absent.items() if asked.get(stem, 0) >= LEAST_WEIGHT]
    if not rare:
        return []
    # Relatives begin alike: most words of the passages need no other look.
    beginnings = tuple({absent[word][0] for word in rare})
    there = {word for word in _words_of(hits) if word.startswith(beginnings)}
    named = [word for word in rare if not _has_relative(absent[word], there)]
    return [_as_written(word, text) for word in named[:MOST_MISSING]]


def _names_something(word: str) -> bool:
    """Whether readers would know it again: no pair of characters, no "get" or "many"."""
    if CJK_RUN.search(word) or UNSPACED_RUN.search(word):
        return False
    return len(word) >= SHORTEST_NAMED or not (word.isalpha() and word.islower())


def _words_of(hits: Sequence[Hit]) -> set[str]:
    texts = (text for hit in hits for text in (hit.title, *hit.heading_path, hit.content))
    return set(in_order(" ".join(texts)))


def _has_relative(stem: str, words: Iterable[str]) -> bool:
    # Most words begin like none, which is seen at once.
    root = root_of(stem)
    return any(is_form_of(word, stem) or is_related(word, stem) for word in words if word.startswith(root))


def _as_written(word: str, text: str) -> str:
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)
    return found[0] if found else word
