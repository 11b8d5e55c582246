"""Commands that were mistyped, or written down wrongly by dictation: "remnid me", "rapelle-moi"."""

import re
from functools import cache

from agent_service.models.extractive.templates import plain
from agent_service.wishes.cues import ways
from agent_service.wishes.matching import common_words

WORD = re.compile(r"[^\W\d_]+")
SHORTEST = 4
# Up to this length only two letters that changed places are a slip.
SHORT = 4
# From this length on two slips are forgiven.
LONG = 9
MAX_CHARACTERS = 400


def without_slips(text: str) -> str:
    """The text with commands as they are meant; other words stay as they are, and so do long texts."""
    return text if len(text) > MAX_CHARACTERS else WORD.sub(lambda word: _meant(word[0]), text)


def _meant(word: str) -> str:
    bare = plain(word)
    if len(bare) < SHORTEST or bare in _commands() or bare in common_words():
        return word
    most = 2 if len(bare) >= LONG else 1
    alike = (known for known in _commands() if slips(bare, known, most) <= most)
    return next((known for known in alike if len(bare) > SHORT or sorted(bare) == sorted(known)), word)


@cache
def _commands() -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for way in ways("commands") for word in way.split("|")))


def slips(one: str, other: str, most: int) -> int:
    """How many letters are wrong, missing, too many or exchanged with the next; more than `most` is any such.

    The restricted Damerau-Levenshtein distance.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, last = list[int](), list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for place, wanted in enumerate(other, 1):
            cost = min(last[place] + 1, current[-1] + 1, last[place - 1] + (letter != wanted))
            if row > 1 and place > 1 and letter == other[place - 2] and one[row - 2] == wanted:
                cost = min(cost, before[place - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1]
