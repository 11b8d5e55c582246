"""Whether words are those of the user: in other forms perhaps, but with nothing else among them."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache

from agent_service.models.extractive.language import languages
from agent_service.models.extractive.templates import plain
from agent_service.wishes.cues import flat

LEAST_ALIKE = 0.8
# Verbs change more than their end: envoyer, j'envoie.
LEAST_ALIKE_LONG, LONG = 0.75, 6
SHORTEST = 3
MOST_ENDING = 4
PREFIXES = (
    "zuruck",
    "nach",
    "vor",
    "aus",
    "auf",
    "ein",
    "mit",
    "los",
    "weg",
    "her",
    "hin",
    "an",
    "ab",
    "zu",
    "um",
)


def content_words(text: str) -> list[str]:
    """The words of a text that say something; all of them when none does."""
    words = flat(text).replace("#", " ").split()
    return [word for word in words if word not in common_words()] or words


def is_said(text: str, said: str) -> bool:
    """Whether each word of a text that says something stands in what was said, in whatever form."""
    known = said.replace("#", " ").split()
    return all(any(is_alike(word, other) for other in known) for word in content_words(text))


def share(title: str, said: str) -> float:
    """How much of a title stands in what was said, 0 to 1."""
    words, known = content_words(title), said.replace("#", " ").split()
    return sum(any(is_alike(word, other) for other in known) for word in words) / len(words) if words else 0.0


def is_alike(one: str, other: str) -> bool:
    """Whether two plain words are forms of one; numbers have one form only."""
    if one == other:
        return True
    if any(letter.isdigit() for letter in one + other):
        return False
    return any(_is_form(a, b) for a in _stems(one) for b in _stems(other))


def _stems(word: str) -> Iterable[str]:
    """The word, and without a prefix that German verbs lose: anrufen, rufe … an."""
    yield word
    for prefix in PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) > SHORTEST:
            yield word.removeprefix(prefix).removeprefix("zu")


def _is_form(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < SHORTEST:
        return False
    if longer.startswith(shorter) and len(longer) - len(shorter) <= MOST_ENDING:
        return True
    is_same_beginning = shorter[:SHORTEST] == longer[:SHORTEST]
    least = LEAST_ALIKE if len(shorter) < LONG else LEAST_ALIKE_LONG
    return is_same_beginning and SequenceMatcher(None, one, other).ratio() >= least


@cache
def common_words() -> frozenset[str]:
    """The little words of all languages."""
    words = " ".join(str(language.data["text"]["common"]) for language in languages().values())
    return frozenset(plain(words).split()) - {
        "not",
        "no",
        "nicht",
        "ne",
        "pas",
        "kein",
        "keine",
        "find",
        "give",
        "get",
    }
