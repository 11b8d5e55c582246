"""Patterns that agents look for, compiled by RE2: linear in the text, whatever the pattern is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import re2 as untyped_re2  # pyright: ignore[reportMissingTypeStubs]

from knowledge_base.errors import KnowledgeBaseError

re2: Any = untyped_re2

MAX_PATTERN_CHARACTERS = 500
# Of the automaton of one pattern; what does not fit is refused when it is compiled.
MAX_MEMORY = 8 << 20
# More alternatives than this are not told apart before the texts are read.
MAX_ALTERNATIVES = 16
CURE = (
    "Write it in the syntax of RE2: no look-around such as (?=x), no back-references such as \\1; a bracket "
    "or dot that is meant itself needs a backslash, or pass fixed=true to search for the text as it is."
)
REPETITION = re.compile(r"(?:[*+?]|\{(\d+)(?:,\d*)?\})\??")
# What stands for one of several characters, a place between them, or one that is seldom written.
NO_LETTERS = frozenset("bBdDwWsSAztnrfva")
# What means another thing in one line than in several: the ends, also where `^` and `$` are made these.
WHOLE_TEXT = re.compile(r"\\[AzC]|\(\?[imsU]*-")

Alternatives = Sequence[Sequence[str]]


class InvalidPatternError(KnowledgeBaseError):
    """The pattern is none that can be searched for; the message names the cure."""


@dataclass(frozen=True)
class Pattern:
    """What is looked for in each line.

    `alternatives`: one of these lists of texts is whole in every line that matches, in any case of its
    letters; None where that is not known.
    """

    alternatives: Alternatives | None
    _of_lines: Any
    _of_texts: Any

    def may_match(self, text: str) -> bool:
        """Whether a line of the text can match: False is sure, True is nearly."""
        return self._of_texts is None or self._of_texts.search(text) is not None

    def span_in(self, line: str) -> tuple[int, int] | None:
        """Where the line matches first: its first character and the one behind; None where it does not."""
        found = self._of_lines.search(line)
        return None if found is None else cast("tuple[int, int]", found.span())


def compiled(pattern: str, *, fixed: bool = False, ignore_case: bool = False) -> Pattern:
    """The pattern: an expression of RE2, or with `fixed` a text as it is. Raises `InvalidPatternError`."""
    if "\n" in pattern or "\r" in pattern:
        raise InvalidPatternError("pattern: a match never goes beyond one line. Search for one line of it.")
    try:
        # What UTF-8 cannot hold no text has.
        expression: str = re2.escape(pattern) if fixed else pattern
        of_lines = re2.compile(expression, _options(ignore_case))
        of_texts = None if WHOLE_TEXT.search(expression) else _of_texts(expression, ignore_case)
    except re2.error as error:
        raise InvalidPatternError(f"pattern: {_said(error)}. {CURE}") from None
    except UnicodeEncodeError:
        raise InvalidPatternError("pattern: it has half of a character. Write it anew.") from None
    alternatives = [[pattern]] if fixed else required(pattern)
    return Pattern(alternatives, of_lines, of_texts)


def required(pattern: str) -> Alternatives | None:
    """Texts of which one list is whole in what matches, in any case; None where that is not plain to see.

    Groups, classes and what may be missing are passed over: what is said holds, and need not be all.
    """
    reader = _Reader(pattern)
    try:
        while reader.place < len(pattern):
            reader.step()
    except _UnclearError:
        return None
    found = reader.ended()
    return found if all(found) and len(found) <= MAX_ALTERNATIVES else None


class _UnclearError(Exception):
    """The pattern has something that the reader does not know."""


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self._run = ""
        self._texts: list[str] = []
        self._alternatives: list[list[str]] = []

    def ended(self) -> list[list[str]]:
        """What was found, at the end of an alternative."""
        self._break()
        self._alternatives.append(self._texts)
        self._texts = []
        return self._alternatives

    def step(self) -> None:
        """Read the next item with its repetition."""
        mark = self.pattern[self.place]
        if mark == "|":
            self.place += 1
            self.ended()
            return
        if mark in ")*+?" or REPETITION.match(self.pattern, self.place):
            raise _UnclearError
        letter = self._item(mark)
        repetition = REPETITION.match(self.pattern, self.place)
        if repetition is None:
            self._take(letter)
            return
        self.place = repetition.end()
        at_least_once = repetition[0].startswith("+") or int(repetition[1] or 0) > 0
        self._take(letter if at_least_once else None)
        self._break()

    def _take(self, letter: str | None) -> None:
        if letter is None:
            self._break()
        else:
            self._run += letter

    def _break(self) -> None:
        if self._run:
            self._texts.append(self._run)
        self._run = ""

    def _item(self, mark: str) -> str | None:
        """The character that stands here, or None for what is no single one."""
        if mark == "\\":
            return self._escaped()
        if mark == "[":
            self.place = self._class_end(self.place)
            return None
        if mark == "(":
            self.place = self._group_end(self.place)
            return None
        self.place += 1
        return None if mark in ".^$" else mark

    def _escaped(self) -> str | None:
        letter = self.pattern[self.place + 1 : self.place + 2]
        self.place += 2
        if not letter or (letter.isalnum() and letter not in NO_LETTERS):
            raise _UnclearError
        return None if letter.isalnum() else letter

    def _class_end(self, start: int) -> int:
        place = start + 1
        if self.pattern.startswith("^", place):
            place += 1
        if self.pattern.startswith("]", place):
            place += 1
        while place < len(self.pattern) and self.pattern[place] != "]":
            if self.pattern.startswith("[:", place):
                place = self._after(":]", place)
            else:
                place += 2 if self.pattern[place] == "\\" else 1
        return place + 1

    def _group_end(self, start: int) -> int:
        place, depth = start, 0
        while place < len(self.pattern):
            mark = self.pattern[place]
            if self.pattern.startswith("\\Q", place):
                raise _UnclearError
            depth += {"(": 1, ")": -1}.get(mark, 0)
            place = self._class_end(place) if mark == "[" else place + (2 if mark == "\\" else 1)
            if depth == 0:
                return place
        raise _UnclearError

    def _after(self, mark: str, place: int) -> int:
        found = self.pattern.find(mark, place)
        if found < 0:
            raise _UnclearError
        return found + len(mark)


def _of_texts(expression: str, ignore_case: bool) -> Any:
    """The same for a text of several lines, of which one is to match."""
    options = _options(ignore_case)
    options.never_nl = True
    return re2.compile(f"(?m){expression}".encode(), options)


def _options(ignore_case: bool) -> Any:
    options: Any = re2.Options()
    options.max_mem = MAX_MEMORY
    # It would write to the standard error.
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return options


def _said(error: Exception) -> str:
    told = error.args[0] if error.args else "it is not a regular expression"
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)
