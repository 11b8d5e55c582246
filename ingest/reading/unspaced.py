"""Where a text without spaces is cut: between words as ICU knows them, never inside a letter."""

import re
from collections.abc import Iterator
from itertools import accumulate

# Han, kana, Thai, Lao, Burmese, Khmer: written without spaces between words.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# What no part begins with: the punctuation and the space after a word.
NOT_FIRST = re.compile(r"[\W_]")
# ICU needs no language to tell the scripts apart.
ANY_LANGUAGE = "en"


def words_of(text: str) -> Iterator[str]:
    """The words of a text without spaces, each with the punctuation after it; another text is one word."""
    if not UNSPACED.search(text):
        yield text
        return
    # Only few documents are written so, and the library brings 30 MB of dictionaries.
    from icu4py.breakers import WordBreaker

    word = ""
    for segment in WordBreaker(text, ANY_LANGUAGE):
        if word and not NOT_FIRST.fullmatch(segment):
            yield word
            word = ""
        word += segment
    yield word


def whole_letters(text: str, characters: int) -> Iterator[str]:
    """The text in parts of at most so many characters, none of which ends inside a letter with its marks."""
    start = 0
    while len(text) - start > characters:
        end = start + characters
        if not text[start:end].isascii():
            end = _letter_end(text, start, end)
        yield text[start:end]
        start = end
    yield text[start:]


def _letter_end(text: str, start: int, end: int) -> int:
    """The last place up to `end` where a letter ends; `end` itself in a row of marks that is no letter."""
    from icu4py.breakers import CharacterBreaker

    # Its own counting of places is in units of UTF-16.
    ends = accumulate(map(len, CharacterBreaker(text[start : end + 1], ANY_LANGUAGE)), initial=start)
    return max((place for place in ends if start < place <= end), default=end)
