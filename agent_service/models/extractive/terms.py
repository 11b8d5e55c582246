"""Words of a text as they are compared: lower case, without endings, without those that say nothing."""

import re

WORD = re.compile(r"\w+(?:[.'’-]\w+)*")
PARTS = re.compile(r"[^\W_]+")
# Scripts without spaces: neighbouring pairs of characters stand for words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
VOWELS = set("aeiouy")
DOUBLED = {"bb", "dd", "gg", "mm", "nn", "pp", "rr", "tt"}
SHORTEST_STEM = 3

COMMON_WORDS = """
a about above after again all also am an and any anyone are as at be because been before being below
between both but by can cannot could did do does doing done don't down during each else etc ever every
few find for from further get gets give given go goes going got had has have having he her here hers him
his how however i i'd i'll i'm i've if in into is isn't it it's its itself just know let let's like made
make makes many may me might mine more most much must my myself need needs no nor not now of off on once
one only or other our ours out over own per please possible same say says see shall she should show so
some such tell than thanks that that's the their theirs them then there these they thing things this
those through to too under until up upon us use used uses using very want was way ways we were what
what's when where where's whether which while who who's whom whose why will with within without would
you your yours yourself explain describe documents document documentation docs
"""
STOP_WORDS = frozenset(COMMON_WORDS.split())


def terms(text: str) -> set[str]:
    """The comparable words of a text, those that say nothing left out."""
    found: set[str] = set()
    for word in WORD.findall(text.lower()):
        found.update(_terms_of(word))
    return found


def question_terms(question: str) -> set[str]:
    """The words a passage should share with a question; all of them when every one is a common word."""
    return terms(question) or {stem(word) for word in WORD.findall(question.lower())}


def stem(word: str) -> str:
    """The word without its English ending, so that `declaring` and `declared` are the same."""
    word = word.removesuffix("'s").removesuffix("’s")
    for ending, replacement in ENDINGS:
        if word.endswith(ending) and _can_lose(word, ending):
            return _tidy(word[: len(word) - len(ending)] + replacement)
    return _tidy(word)


ENDINGS = (
    ("ications", "ic"),
    ("ication", "ic"),
    ("ations", "at"),
    ("ation", "at"),
    ("ities", "it"),
    ("ity", "it"),
    ("ies", "i"),
    ("ied", "i"),
    ("ings", ""),
    ("ing", ""),
    ("ions", ""),
    ("ion", ""),
    ("ments", ""),
    ("ment", ""),
    ("ally", "al"),
    ("ly", ""),
    ("edly", ""),
    ("ed", ""),
    ("sses", "ss"),
    ("es", ""),
    ("ers", "er"),
    ("s", ""),
)


def _can_lose(word: str, ending: str) -> bool:
    left = word[: len(word) - len(ending)]
    if ending == "s" and word.endswith(("ss", "us", "is")):
        return False
    return len(left) >= SHORTEST_STEM and not VOWELS.isdisjoint(left)


def _tidy(word: str) -> str:
    if word[-2:] in DOUBLED and len(word) > SHORTEST_STEM:
        word = word[:-1]
    if len(word) > SHORTEST_STEM and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > SHORTEST_STEM and word.endswith("y") else word


def _terms_of(word: str) -> set[str]:
    if UNSPACED.search(word):
        return {word[i : i + 2] for i in range(max(1, len(word) - 1))}
    if word in STOP_WORDS:
        return set()
    parts = {stem(part) for part in PARTS.findall(word) if part not in STOP_WORDS and len(part) > 1}
    return parts | {stem(word)}
