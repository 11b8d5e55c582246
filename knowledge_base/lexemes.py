"""Words as keyword search counts them: plain words, identifiers whole and in parts, pairs of CJK characters.

Postgres brings them to their stems (`ts_lexize`), in the language of the collection.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

# Han, kana and hangul are written without spaces: every two neighbours are a word.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
CJK_RUN = re.compile(f"[{CJK}]+")
# Between the letters of a word of Persian or of an Indian script; many write the word without it.
NON_JOINER, JOINER = "\u200c", "\u200d"
# A word, or several joined by what identifiers, versions, paths and error codes are joined by.
COMPOUND = re.compile(rf"[^\W{CJK}]+(?:(?:[-./:@+#{NON_JOINER}]|::)[^\W{CJK}]+)*")
# The same where no other characters can come: three times as fast.
ASCII_COMPOUND = re.compile(r"\w+(?:(?:[-./:@+#]|::)\w+)*", re.ASCII)
# What programs call a name: `iterative_scan` in `hnsw.iterative_scan`.
NAME = re.compile(r"[\w-]+")
PART = re.compile(r"[^\W_]+")
# `camelCase`, `HTTPServer`, `error52`
HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
MAX_LEXEME_CHARACTERS = 80
# Compounds whose words are kept: some megabytes.
MAX_REMEMBERED = 20_000


def words(text: str) -> Counter[str]:
    """How often each word is in the text; words are lower case and not stemmed."""
    found, compounds = _units(text)
    for compound, times in Counter(compounds).items():
        short = len(compound) <= MAX_LEXEME_CHARACTERS
        for word in _remembered_words(compound) if short else _words_of(compound):
            found[word] = found.get(word, 0) + times
    return Counter(found)


def _units(text: str) -> tuple[dict[str, int], list[str]]:
    """The pairs of CJK characters, counted, and the compounds, each as often as it is there."""
    if text.isascii():
        return {}, ASCII_COMPOUND.findall(text)
    text = unicodedata.normalize("NFKC", text).replace(JOINER, "")
    return dict(Counter(_neighbours(text))), COMPOUND.findall(text)


def _neighbours(text: str) -> Iterator[str]:
    for run in CJK_RUN.findall(text):
        yield from (run[place : place + 2] for place in range(max(len(run) - 1, 1)))


def _words_of(compound: str) -> tuple[str, ...]:
    """A compound as a word of its own, its names, their parts, and the humps of these."""
    parts = PART.findall(compound)
    names = NAME.findall(compound) if len(parts) > 1 else []
    whole = [
        name.replace(NON_JOINER, "") for name in {compound, *names} if not PART.fullmatch(name) and names
    ]
    inner = [piece for part in parts for piece in (part, *_humps(part))]
    return tuple(word.lower()[:MAX_LEXEME_CHARACTERS] for word in (*whole, *inner))


# Nearly all words of a text were in one before it, and counting must keep up with writing.
_remembered_words = lru_cache(maxsize=MAX_REMEMBERED)(_words_of)


def _humps(part: str) -> list[str]:
    humps = HUMP.findall(part) if _has_humps(part) else []
    return humps if len(humps) > 1 else []


def _has_humps(word: str) -> bool:
    return (
        not (word.isalpha() and (word.islower() or word.isupper() or word.istitle())) and not word.isdigit()
    )
