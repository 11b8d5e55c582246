"""What can go wrong while the programs are supervised."""

from pathlib import Path


class OwflexError(Exception):
    """Base of every error this package raises."""


class ProgramFailedError(OwflexError):
    """A program could not start, or ended by itself."""


class PathNotFoundError(OwflexError):
    """The documents that were named do not exist."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no file or folder {path}. Name one that exists.")
