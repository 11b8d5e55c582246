"""The words of a question in another language, as far as the glossaries know them."""

from functools import cache

from agent_service.models.extractive.follow_ups import distinctive_words
from agent_service.models.extractive.language import FALLBACK, Language
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import stem

SHORTEST_BEGINNING = 5


def translated(question: str, language: Language, other: Language) -> str:
    """The distinctive words in the other language; names stay. Empty where nothing is left to say."""
    words = [_in_other(word, language, other) for word in distinctive_words(question, language)]
    return " ".join(dict.fromkeys(word for word in words if word))


def _in_other(word: str, language: Language, other: Language) -> str:
    english = _to_english(word, language) if language.code != FALLBACK else word
    return english if other.code == FALLBACK else _from_english(english, other)


def _to_english(word: str, language: Language) -> str:
    known = _glossary(language.code, tuple(_entries(language)))
    bare = plain(word)
    found = known.get(bare) or known.get(stem(bare, language))
    return found or _by_beginning(stem(bare, language), known) or word


def _by_beginning(word: str, known: dict[str, str]) -> str | None:
    """Compounds and forms that no ending tells: they begin alike."""
    if len(word) < SHORTEST_BEGINNING:
        return None
    fitting = [entry for entry in known if len(entry) >= SHORTEST_BEGINNING and word.startswith(entry)]
    return known[max(fitting, key=len)] if fitting else None


def _from_english(word: str, other: Language) -> str:
    wanted = stem(plain(word))
    entries = [(english.replace("_", " "), forms) for english, forms in _entries(other)]
    whole = next((forms[0] for english, forms in entries if stem(english) == wanted), None)
    parts = ((part, forms) for english, forms in entries for part in english.split())
    return whole or next((forms[0] for part, forms in parts if stem(part) == wanted), word)


def _entries(language: Language) -> list[tuple[str, tuple[str, ...]]]:
    return [(english, tuple(str(forms).split())) for english, forms in language.data["glossary"].items()]


@cache
def _glossary(code: str, entries: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    """English by each form and its stem."""
    return {plain(form): english.replace("_", " ") for english, forms in entries for form in forms}
