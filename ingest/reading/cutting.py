"""Where a text that is too large is cut: best after paragraphs, at worst between words, never in a letter."""

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

# Where a text may be cut, best first: paragraphs, lines, sentences, words, and the words of what is written
# without spaces. Where white space was it stays, and nowhere is it put in.
CLOSING = "」』”’）】》〉"
FULL_STOPS = "。！？｡។៕။"
CUTS = (
    (re.compile(r"\n{2,}"), "\n\n"),
    (re.compile(r"\n"), "\n"),
    (
        re.compile(
            rf"(?<=[.!?…])\s+|(?:(?<=[{FULL_STOPS}])|(?<=[{FULL_STOPS}][{CLOSING}]))(?![{FULL_STOPS}{CLOSING}])\s*"
        ),
        " ",
    ),
    (re.compile(r"\s+|(?<=[，、；：])"), " "),
)
PARAGRAPHS, LINES = 0, 1

# Han, kana, Thai, Lao, Burmese, Khmer: written without spaces between words.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# What no part begins with: the punctuation and the space after a word.
NOT_FIRST = re.compile(r"[\W_]")
# ICU needs no language to tell the scripts apart.
ANY_LANGUAGE = "en"


def cut(text: str, tokens_of: Callable[[str], int], budget: int, kind: int) -> Iterator[str]:
    """The text in parts that fit, cut at the best places; `kind` is the coarsest cut to try."""
    part: list[str] = []
    size = 0
    for unit in _units(text, kind, budget):
        written = unit.rstrip()
        # The end of a line is a token in some models.
        tokens = tokens_of(written) + unit.endswith("\n") if written else 0
        if part and size + tokens > budget and kind == len(CUTS):
            # Words without spaces between them share tokens.
            size = tokens_of("".join(part))
        if part and size + tokens > budget:
            yield "".join(part).rstrip()
            part, size = [], 0
        if tokens > budget and kind <= len(CUTS):
            yield from cut(unit, tokens_of, budget, kind + 1)
        elif written:
            part.append(unit)
            size += tokens
    if part:
        yield "".join(part).rstrip()


def _units(text: str, kind: int, budget: int) -> Iterator[str]:
    """What a cut of this kind parts, each with the white space that follows it; joined they are the text."""
    if kind < len(CUTS):
        cut, glue = CUTS[kind]
        start = 0
        for place in cut.finditer(text):
            yield text[start : place.start()] + (glue if place[0] else "")
            start = place.end()
        yield text[start:]
    elif kind == len(CUTS):
        yield from _words(text)
    else:
        yield from _letters(text, budget)


def _words(text: str) -> Iterator[str]:
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


def _letters(text: str, characters: int) -> Iterator[str]:
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
