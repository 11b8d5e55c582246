"""Words as keyword search counts them: plain words, identifiers whole and in parts, pairs of CJK characters.

Postgres brings them to their stems (`ts_lexize`), in the language of the collection.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from knowledge_base.spelling import MARKS, folded, lowered, normalized, whole_numbers

# Han, kana and hangul are written without spaces: every two neighbours are a word.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
CJK_RUN = re.compile(f"[{CJK}]+")
# Thai, Lao, Burmese and Khmer as well, but a dictionary tells their words apart.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
# Between the letters of a word of Persian or of an Indian script; many write the word without it.
NON_JOINER = "\u200c"
LETTER = rf"(?:[^\W{CJK}{UNSPACED}]|(?![{UNSPACED}])[{MARKS}])"
# A word, or several joined by what identifiers, versions, paths and error codes are joined by; ".NET", "C#".
COMPOUND = re.compile(
    rf"(?:(?<![\w.])\.(?=[^\W\d_]))?{LETTER}+(?:(?:[-./:@+#{NON_JOINER}]|::){LETTER}+)*(?:(?:\+\+|\#)(?!\w))?"
)
# The same where no other characters can come: three times as fast.
ASCII_COMPOUND = re.compile(
    r"(?:(?<![\w.])\.(?=[^\W\d_]))?\w+(?:(?:[-./:@+#]|::)\w+)*(?:(?:\+\+|\#)(?!\w))?", re.ASCII
)
# What programs call a name: `iterative_scan` in `hnsw.iterative_scan`.
NAME = re.compile(rf"[\w{MARKS}-]+")
PART = re.compile(rf"(?:[^\W_]|[{MARKS}])+")
# `camelCase`, `HTTPServer`, `error52`
HUMP = re.compile(rf"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|(?:[^\W\d_]|[{MARKS}])+|\d+")
# ICU needs no language to tell the scripts apart.
ANY_LANGUAGE = "en"
MAX_LEXEME_CHARACTERS = 80
# Compounds whose words are kept: some megabytes.
MAX_REMEMBERED = 20_000


def words(text: str) -> Counter[str]:
    """How often each word is in the text; words are lower case and not stemmed."""
    found, compounds = _units(normalized(text))
    for compound, times in Counter(compounds).items():
        # Most are one plain word: to see that costs less than to remember it.
        if compound.isalpha() and compound.islower() and len(compound) <= MAX_LEXEME_CHARACTERS:
            found[compound] = found.get(compound, 0) + times
        else:
            for word in _words_in(compound):
                found[word] = found.get(word, 0) + times
    return found


def with_folded(found: Iterable[str]) -> set[str]:
    """The words, and each that has accents without them too."""
    return {form for word in found for form in (word, folded(word))}


def _units(text: str) -> tuple[Counter[str], list[str]]:
    """What needs no look into it, counted, and the compounds, each as often as it is there."""
    whole = whole_numbers(text)
    if text.isascii():
        return Counter(whole), ASCII_COMPOUND.findall(text)
    return Counter([*whole, *_neighbours(text), *unspaced_words(text)]), COMPOUND.findall(text)


def _neighbours(text: str) -> Iterator[str]:
    for run in CJK_RUN.findall(text):
        yield from (run[place : place + 2] for place in range(max(len(run) - 1, 1)))


def unspaced_words(text: str) -> Iterator[str]:
    """The words of Thai, Lao, Burmese and Khmer in a text, in their order."""
    for run in UNSPACED_RUN.findall(text):
        # Only few texts are written so, and the library brings 30 MB of dictionaries.
        from icu4py.breakers import WordBreaker

        yield from (str(word) for word in WordBreaker(run, ANY_LANGUAGE) if PART.search(str(word)))


def _words_in(compound: str) -> tuple[str, ...]:
    """The words of a compound, remembered while it is short."""
    return _remembered_words(compound) if len(compound) <= MAX_LEXEME_CHARACTERS else _words_of(compound)


def _words_of(compound: str) -> tuple[str, ...]:
    """A compound as a word of its own, its names, their parts, and the humps of these."""
    parts = PART.findall(compound)
    names = NAME.findall(compound) if len(parts) > 1 else []
    whole = [
        name.replace(NON_JOINER, "")
        for name in {compound, *names}
        if parts and not PART.fullmatch(name) and (names or compound.strip("_") != parts[0])
    ]
    inner = [piece for part in parts for piece in (part, *_humps(part))]
    return tuple(lowered(word)[:MAX_LEXEME_CHARACTERS] for word in (*whole, *inner))


# Most were in a text before, and counting must keep up with writing.
_remembered_words = lru_cache(maxsize=MAX_REMEMBERED)(_words_of)


def _humps(part: str) -> list[str]:
    humps = HUMP.findall(part) if _has_humps(part) else []
    return humps if len(humps) > 1 else []


def _has_humps(word: str) -> bool:
    return (
        not (word.isalpha() and (word.islower() or word.isupper() or word.istitle())) and not word.isdigit()
    )
