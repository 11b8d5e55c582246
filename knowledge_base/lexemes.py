"""Words as keyword search counts them: plain words, identifiers whole and in parts, pairs of CJK characters.

Postgres brings them to their stems (`ts_lexize`), in the language of the collection.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

# Han, kana and hangul are written without spaces: every two neighbours are a word.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
CJK_RUN = re.compile(f"[{CJK}]+")
# Between the letters of a word of Persian or of an Indian script; many write the word without it.
NON_JOINER, JOINER = "\u200c", "\u200d"
# A word, or several joined by what identifiers, versions, paths and error codes are joined by.
COMPOUND = re.compile(rf"[^\W{CJK}]+(?:(?:[-./:@+#{NON_JOINER}]|::)[^\W{CJK}]+)*")
# What programs call a name: `iterative_scan` in `hnsw.iterative_scan`.
NAME = re.compile(r"[\w-]+")
PART = re.compile(r"[^\W_]+")
# `camelCase`, `HTTPServer`, `error52`
HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
MAX_LEXEME_CHARACTERS = 80


def words(text: str) -> Counter[str]:
    """How often each word is in the text; words are lower case and not stemmed."""
    return Counter(_words(unicodedata.normalize("NFKC", text).replace(JOINER, "")))


def _words(text: str) -> Iterator[str]:
    for run in CJK_RUN.findall(text):
        yield from (run[place : place + 2] for place in range(max(len(run) - 1, 1)))
    for compound in COMPOUND.findall(text):
        parts = PART.findall(compound)
        names = NAME.findall(compound) if len(parts) > 1 else []
        yield from (
            name.replace(NON_JOINER, "").lower()[:MAX_LEXEME_CHARACTERS]
            for name in {compound, *names}
            if not PART.fullmatch(name) and names
        )
        for part in parts:
            yield part.lower()[:MAX_LEXEME_CHARACTERS]
            humps = HUMP.findall(part) if _has_humps(part) else []
            if len(humps) > 1:
                yield from (hump.lower()[:MAX_LEXEME_CHARACTERS] for hump in humps)


def _has_humps(word: str) -> bool:
    return (
        not (word.isalpha() and (word.islower() or word.isupper() or word.istitle())) and not word.isdigit()
    )
