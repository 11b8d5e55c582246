"""One spelling of what is written in several: characters, contractions, numbers, accents.

Done alike to documents and questions, before words are looked for.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import groupby

# Joins the letters of a word without changing it.
JOINER = "\u200d"
# The stretch of Arabic letters and the vowels above them, which readers may leave out.
ARABIC_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
# Forms of alef, and the letters that Persian keyboards have for Arabic yeh and kaf.
ARABIC_FORMS = str.maketrans("أإآٱىیک", "ااااييك")
# Letters with a stroke or two in one, which Unicode takes for letters of their own.
FOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)
# "I'm", "it's": what stands for an auxiliary verb. With "n't" all of the word is one.
CONTRACTION = re.compile(r"\b[a-z]{2,6}n['’]t\b|(?<=[a-z])['’](?:s|m|re|ve|ll|d)\b", re.IGNORECASE)
DIGIT = re.compile(r"\d")
# "50 000", "50,000", "50.000" and "50'000".
GROUPED = re.compile(r"(?<![\w.,])(?<!\d )\d{1,3}(?:([ .,'’])\d{3})(?:\1\d{3})*(?![\w]|[.,' ]\d)")


def normalized(text: str) -> str:
    """The text in one form of each character, without what stands for auxiliary verbs; case stays."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace(JOINER, "")
        text = ARABIC_MARKS.sub("", text).translate(ARABIC_FORMS)
    return CONTRACTION.sub(" ", text) if "'" in text or "’" in text else text


def lowered(word: str) -> str:
    """Lower case, in which the dotted capital of Turkish is a plain i."""
    return word.lower().replace("i\u0307", "i")


def folded(word: str) -> str:
    """A lower-case word without accents, as who cannot type them writes it; other scripts stay."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word.translate(FOLDED))
    plain = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
    return plain if plain.isascii() else word


def whole_numbers(text: str) -> Iterator[str]:
    """Numbers that are written in groups of three digits, as one."""
    if not DIGIT.search(text):
        return
    for number in GROUPED.finditer(text):
        yield "".join(filter(str.isdigit, number[0]))


def _ranges_of_marks() -> str:
    marks = [code for code in range(min(sys.maxunicode, 0xFFFF)) if unicodedata.category(chr(code))[0] == "M"]
    runs = groupby(enumerate(marks), lambda pair: pair[1] - pair[0])
    ends = [[code for _, code in run] for _, run in runs]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in ends)


# What is written above, below and between letters: `\\w` takes the vowel signs of Indian scripts for none.
MARKS = _ranges_of_marks()
