"""How the cells of a workbook are shown in each of its styles; a sheet may have a million of them."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from parsing.sheets.builtin_formats import GENERAL
from parsing.sheets.number_formats import formatted, text_formatted
from parsing.sheets.numbers import general

# Longer numbers are written as a power of ten.
MAX_LENGTH_AS_STORED = 15
AS_SHOWN = re.compile(r"[1-9][0-9]*(?:\.[0-9]*[1-9])?")


class CellFormats:
    """How numbers and texts are shown in each style of cells."""

    def __init__(self, codes: Sequence[str], *, from_1904: bool) -> None:
        self._codes = codes
        self._from_1904 = from_1904
        self._numbers: dict[str, Callable[[str], str]] = {}
        self._text_code = lru_cache(1_000)(self._text_code_of)

    def code(self, style: str | None) -> str:
        """The format of a style, which cells name by its number."""
        position = int(style) if style and style.isdecimal() and len(style) < 7 else 0
        return self._codes[position] if position < len(self._codes) else GENERAL

    def text(self, text: str, style: str | None) -> str:
        """A text as it is shown."""
        code = self._text_code(style) if style else ""
        return text_formatted(text, code) if code else text

    def text_writer(self, text_of: Callable[[str], str], style: str) -> Callable[[str], str]:
        """How a style writes the texts that are found by what cells store."""
        code = self._text_code(style) if style else ""
        return (lambda stored: text_formatted(text_of(stored), code)) if code else text_of

    def _text_code_of(self, style: str) -> str:
        """The format of a style, if it adds to texts."""
        code = self.code(style)
        return code if "@" in code and code != "@" else ""

    def number(self, stored: str, style: str) -> str:
        """A number as it is shown; what is none stays as it is."""
        return self.number_writer(style)(stored)

    def number_writer(self, style: str) -> Callable[[str], str]:
        """How a style writes numbers; dates take longest, and are few."""
        if style not in self._numbers:
            self._numbers[style] = self._new_writer(self.code(style))
        return self._numbers[style]

    def _new_writer(self, code: str) -> Callable[[str], str]:
        def write(stored: str) -> str:
            try:
                return formatted(float(stored), code, from_1904=self._from_1904)
            except (ValueError, ArithmeticError):
                return stored

        return _generally if code == GENERAL else lru_cache(10_000)(write)


def _generally(stored: str) -> str:
    """A number without a format; most are stored already as they are shown."""
    if len(stored) <= MAX_LENGTH_AS_STORED and AS_SHOWN.fullmatch(stored):
        return stored
    try:
        return general(float(stored))
    except (ValueError, ArithmeticError):
        return stored
