"""Places of cells as workbooks write them."""

import re
from functools import lru_cache

from parsing.tables import Merged

REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")


@lru_cache(20_000)
def column_number(letters: str) -> int:
    """The position of a column from 0; -1 for what is none."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1 if letters.isascii() and letters.isupper() else -1


def area_of(reference: str) -> Merged | None:
    """The cells that a reference such as "A1" or "B2:C9" names; None for what is none."""
    found = REFERENCE.fullmatch(reference)
    if found is None:
        return None
    left, top = column_number(found[1]), int(found[2]) - 1
    right = column_number(found[3]) if found[3] else left
    bottom = int(found[4]) - 1 if found[4] else top
    return Merged(top, left, bottom, right) if top >= 0 and bottom >= top and right >= left else None
