"""What can go wrong while the search is measured; each message names the place and the cure."""

from pathlib import Path

from owflex.errors import OwflexError


class EvaluationError(OwflexError):
    """The search cannot be measured as it was asked; the message says what to change."""


class BadFileError(EvaluationError):
    """A file that was given to measure with is not what it must be; the message names it."""


class BadRowError(BadFileError):
    """A line of a file is not what it must be."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")
