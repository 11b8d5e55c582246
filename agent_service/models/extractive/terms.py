"""Words of a text as they are compared: lower case, without endings, without those that say nothing."""

import re
from difflib import SequenceMatcher

from agent_service.models.extractive.language import FALLBACK, Language, languages
from agent_service.models.extractive.templates import plain

WORD = re.compile(r"\w+(?:[.'’-]\w+)*")
PARTS = re.compile(r"[^\W_]+")
# Scripts without spaces: neighbouring pairs of characters stand for words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
VOWELS = set("aeiouy")
DOUBLED = {"bb", "dd", "gg", "mm", "nn", "pp", "rr", "tt"}
SHORTEST_STEM = 3
LEAST_BEGINNING = 5


def terms(text: str, language: Language | None = None) -> set[str]:
    """The comparable words of a text, those that say nothing left out; in English unless said otherwise."""
    spoken = language or languages()[FALLBACK]
    found: set[str] = set()
    for word in WORD.findall(text.lower()):
        found.update(_terms_of(word, spoken))
    return found


def question_terms(question: str, language: Language | None = None) -> set[str]:
    """The words a passage should share with a question; all of them when every one is a common word."""
    spoken = language or languages()[FALLBACK]
    return terms(question, language) or {stem(word, spoken) for word in WORD.findall(question.lower())}


def is_alike(one: str, other: str, least: float) -> bool:
    """Whether two words are forms of one (alike by `least`, 0 to 1), or a compound and its beginning."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < LEAST_BEGINNING:
        return False
    return longer.startswith(shorter) or SequenceMatcher(None, one, other).ratio() >= least


def stem(word: str, language: Language | None = None) -> str:
    """The word without its ending, so that `declaring` and `declared` are the same.

    English endings have rules of their own; other languages list theirs.
    """
    word = word.removesuffix("'s").removesuffix("’s")
    if language is not None and language.data["text"]["endings"]:
        return _without_ending(plain(word), language)
    for ending, replacement in ENDINGS:
        if word.endswith(ending) and _can_lose(word, ending):
            return _tidy(word[: len(word) - len(ending)] + replacement)
    return _tidy(word)


def _without_ending(word: str, language: Language) -> str:
    endings = sorted(str(language.data["text"]["endings"]).split(), key=len, reverse=True)
    ending = next((end for end in endings if word.endswith(end) and len(word) - len(end) > SHORTEST_STEM), "")
    return word.removesuffix(ending)


ENDINGS = (
    ("ications", "ic"),
    ("ication", "ic"),
    ("ations", "at"),
    ("ation", "at"),
    ("ators", "at"),
    ("ator", "at"),
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


def _terms_of(word: str, language: Language) -> set[str]:
    if UNSPACED.search(word):
        return {word[i : i + 2] for i in range(max(1, len(word) - 1))}
    if word in language.stop_words:
        return set()
    parts = {
        stem(part, language)
        for part in PARTS.findall(word)
        if part not in language.stop_words and len(part) > 1
    }
    return parts | {stem(word, language)}
